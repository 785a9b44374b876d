use super::*;
use crate::check::testing::{attach, mail_of, message, school};
use crate::extract::{Protection, Reading};
use crate::finding::Location;

/// A mail with photographs, each a file by itself.
fn with_photographs(subject: &str, body: &str, files: &[&str]) -> Reading {
    let mut reading = message(&[(Role::Subject, subject), (Role::Body, body)]);
    for name in files {
        attach(&mut reading, name, Protection::Open, &[]);
        note(&mut reading, name, false, false);
    }
    reading
}

/// Notes a photograph in the file that was attached last.
fn note(reading: &mut Reading, place: &str, in_document: bool, placed: bool) {
    reading.photographs.push(Photograph {
        location: Location::new(place),
        attachment: u32::try_from(reading.attachments.len() - 1).ok(),
        in_document,
        placed,
    });
}

fn found(reading: &Reading) -> Vec<Finding> {
    PupilPhoto.inspect(&mail_of(reading, &[]), &school())
}

fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("IMG_{n}.jpg")).collect()
}

/// Whether so many photographs with such a text are found.
fn is_heap(body: &str, count: usize) -> bool {
    let names = numbered(count);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    !found(&with_photographs("Photos", body, &names)).is_empty()
}

#[test]
fn a_pupil_s_name_makes_a_photograph_tell() {
    for (subject, body, file) in [
        ("Long jump", "Here is the winner.", "Amara Okafor.jpg"),
        ("Long jump", "Here she is.", "amara_okafor_long_jump.jpg"),
        ("Amara Okafor, long jump", "As promised.", "IMG_1.jpg"),
        (
            "For Friday's page",
            "From the left: Ben Whitlock and Esme Tanner.",
            "IMG_2.jpg",
        ),
        (
            "Claim 2214",
            "The photograph shows the swelling of Ben Whitlock's ankle, which was broken; he \
             fell from the trampoline. The claim form is in the post.",
            "ankle.jpg",
        ),
        (
            "Player's card",
            "Dylan Pryce, born 3 May 2012, with his picture for the card.",
            "card.jpg",
        ),
    ] {
        let findings = found(&with_photographs(subject, body, &[file]));
        let [finding] = &findings[..] else {
            panic!("{subject} {body} {file}: {findings:?}");
        };
        assert!(finding.confidence >= 0.5, "{body}: {finding:?}");
        assert!(!finding.pupils.is_empty());
        let shown = format!("{} {}", finding.excerpt, finding.location);
        for name in ["Okafor", "okafor", "Whitlock", "Pryce"] {
            assert!(!shown.contains(name), "{shown}");
        }
    }
}

#[test]
fn names_of_nobody_on_it_pass() {
    for (body, file) in [
        ("The choir sang well.", "choir.jpg"),
        (
            "First names only, please: Amara, Ben and Esme.",
            "cheque.jpg",
        ),
        (
            "The pane was broken by Ben Whitlock on Monday. May we have a quotation for the \
             window, and for the door of the shed?",
            "window.jpg",
        ),
        ("Mr Cooper has retired.", "Daniel Cooper.jpg"),
        ("For your slides.", "Dylan Pryce's cottage at Laugharne.jpg"),
    ] {
        let findings = found(&with_photographs("Picture", body, &[file]));
        assert_eq!(findings, [], "{body}");
    }
    // No photograph, however many names.
    let scan = message(&[(Role::Body, "Amara Okafor's certificate is attached.")]);
    assert_eq!(found(&scan), []);
}

#[test]
fn what_is_written_in_the_file_and_around_it_counts() {
    let mut captioned = with_photographs("Picture", "For the wall.", &[]);
    let place = "picture's properties, hidden";
    let file = "IMG_1.jpg";
    attach(
        &mut captioned,
        file,
        Protection::Open,
        &[(place, "Finn Gallagher, captain")],
    );
    note(&mut captioned, file, false, false);
    assert_eq!(found(&captioned).len(), 1);

    let letter = |text: &str| {
        let mut reading = with_photographs("News", "The newsletter.", &[]);
        attach(
            &mut reading,
            "news.docx",
            Protection::Open,
            &[("body", text)],
        );
        reading
    };
    let mut pictured = letter("Star of the week: Chloe Marsden");
    assert_eq!(found(&pictured), [], "without a photograph");
    note(&mut pictured, "news.docx › picture 1", true, false);
    assert_eq!(found(&pictured).len(), 1);
    let mut nameless = letter("Stars of the week: 4B");
    note(&mut nameless, "news.docx › picture 1", true, false);
    assert_eq!(found(&nameless), []);
    // A name in one file says nothing of a photograph in another.
    let mut beside = letter("Chloe Marsden has joined 7B.");
    attach(&mut beside, "hall.jpg", Protection::Open, &[]);
    note(&mut beside, "hall.jpg", false, false);
    assert_eq!(found(&beside), []);
}

#[test]
fn archives_speak_for_what_is_in_them() {
    let mut packed = with_photographs("Pictures", "As asked.", &[]);
    attach(&mut packed, "Esme Tanner.zip", Protection::Open, &[]);
    attach(&mut packed, "1.jpg", Protection::Open, &[]);
    packed.attachments[1].location = Location::new("Esme Tanner.zip › 1.jpg");
    note(&mut packed, "Esme Tanner.zip › 1.jpg", false, false);
    let findings = found(&packed);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(&*findings[0].pupils[0].0, "P4");
}

#[test]
fn a_place_in_the_file_is_enough() {
    let mut reading = with_photographs("Lambs", "They were born on Sunday.", &[]);
    attach(&mut reading, "lambs.jpg", Protection::Open, &[]);
    note(&mut reading, "lambs.jpg", false, true);
    let findings = found(&reading);
    assert_eq!(findings.len(), 1);
    assert_eq!(
        findings[0].what,
        "a photograph that says where it was taken"
    );
    note(&mut reading, "lambs.jpg", false, true);
    let what = "2 photographs that say where they were taken";
    assert_eq!(found(&reading)[0].what, what);
}

#[test]
fn paper_and_screens_are_no_photographs() {
    let text = "Register of 7B. ".repeat(30);
    let mut reading = with_photographs("Register", "As asked.", &["Amara Okafor.jpg"]);
    assert_eq!(found(&reading).len(), 1);
    reading.texts.push(Text {
        location: Location::new("Amara Okafor.jpg (read from the picture)"),
        role: Role::Attachment,
        hidden: false,
        table: false,
        text,
        attachment: Some(0),
    });
    assert_eq!(found(&reading), []);
}

#[test]
fn a_heap_with_children_on_it_is_found() {
    for body in [
        "Pictures from sports day, help yourselves!",
        "here are the photos of yr 4 at the farm",
        "The best of the nativity. Print what you like.",
        "Some shots of our pupils at work for your brochure.",
        "All of the U13 team, taken on Saturday after the match.",
        "Kids having fun at the lake, use any for the website.",
        "Attached are the headshots for the yearbook.",
        "I've put consent forms in the post; the pictures are attached.",
        "Some faces you'll recognise from the exchange.",
        "The girls' relay and the prize giving.",
        "our choir in your church, thank you for having us",
        "Back row: the winners. Front row: everyone else.",
        "The boys in their costumes, before the interval.",
        "Please find photographs of the leavers' assembly for the paper.",
        "Y6 residential. Do share them with the other parents.",
    ] {
        assert!(is_heap(body, 3), "{body}");
        assert!(!is_heap(body, 1), "{body}");
    }
    for body in ["As promised.", "", "Here they are. More tomorrow."] {
        assert!(is_heap(body, 5), "{body:?}");
        assert!(!is_heap(body, 4), "{body:?}");
    }
}

#[test]
fn a_heap_of_things_passes() {
    for body in [
        "Pictures of the leak in the roof above the library, for your quotation.",
        "The damage to the minibus from all sides, for the insurer. Claim 2214.",
        "The meters, as asked, with their serial numbers.",
        "Six pictures of the boiler, since you can't come until Monday.",
        "This is how the chairs were delivered: two are cracked and one has no legs.",
        "Graffiti on the wall by the car park, before it was painted over.",
        "Our old piano, for sale. It needs to be mended, hence the price.",
        "Photos of the fence that came down in the storm. Your contractors know the gate.",
        "Damp in the ceiling of room 4, and mould behind the radiator.",
        "The wrong desks were delivered. I attach what came and what we ordered.",
        "The playground surface is worn, see pictures; could you come for an estimate?",
        "Here is the shed, from inside and outside. Measurements below.",
        "The kiln's wiring. Our electrician will not touch it.",
        "Broken sockets in the hall; please quote for us to have them replaced.",
        "rats again. pictures of the drain and the hole under the fence",
    ] {
        assert!(!is_heap(body, 8), "{body}");
    }
}
