use super::*;
use crate::extract::{Budget, read_message};

fn words(message: &str) -> Vec<String> {
    let reading = read_message(message.as_bytes(), &Budget::default());
    candidates(&reading)
        .into_iter()
        .map(|candidate| candidate.word)
        .collect()
}

fn of_body(body: &str) -> Vec<String> {
    words(&format!("Subject: List\n\n{body}"))
}

#[test]
fn what_is_announced_is_tried_first() {
    for (body, password) in [
        ("The password is Otter17", "Otter17"),
        ("The password is Otter17.", "Otter17"),
        ("The password is Otter17!", "Otter17!"),
        ("Password: Otter17", "Otter17"),
        ("pw=Otter17", "Otter17"),
        ("PW - Otter17", "Otter17"),
        (
            "The passcode for the attached list is: \"Otter17\"",
            "Otter17",
        ),
        ("The password to open it is\n\nOtter17\n\nThanks", "Otter17"),
        ("the code to open the file is 4471", "4471"),
        ("Otter17 is the password.", "Otter17"),
        ("It opens with Otter17", "Otter17"),
        ("The password is blue horse stable", "blue horse stable"),
        ("The password is blue horse stable.", "bluehorsestable"),
        ("password (all lower case): greenfold", "greenfold"),
        ("Password is greenfold followed by 2026", "greenfold"),
        ("Please use the password “Otter 17”.", "Otter 17"),
        ("The pin is 12.", "12"),
        ("Password – £uke2026", "£uke2026"),
        ("password is the", "the"),
        (
            "You'll need three words to get in, they're merlin under slate, with the gaps",
            "merlin under slate",
        ),
        ("To get into it: heron and chips", "heron and chips"),
        (
            "I cut the password in two. The first half is Tansy- and the second half is Ferry31.",
            "Tansy-Ferry31",
        ),
        ("Password: first part: blue\nsecond part: 77", "blue77"),
        ("The password is Otter followed by 17.", "Otter17"),
        ("The code is Otter and then the number 17", "Otter17"),
    ] {
        let words = of_body(body);
        let at = words.iter().position(|word| word == password);
        assert!(at.is_some_and(|at| at < 16), "{body}: {words:?}");
    }
}

#[test]
fn all_else_follows_by_likelihood() {
    let words = words(
        "Subject: Marsh\nDate: Fri, 20 Nov 2026 09:00:00 +0000\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\n\n\
         Please see (Curlew) about walnut7 before 3 April 2012, sincerely\n\
         > quoted Heron\n\
         --b\nContent-Disposition: attachment; filename=\"Badger list_05-11-2014.txt\"\n\n\
         x\n--b--\n",
    );
    let at = |word: &str| {
        let at = words.iter().position(|known| known == word);
        at.unwrap_or_else(|| panic!("{word} is not among {words:?}"))
    };
    let order = [
        "Curlew",
        "walnut7",
        "Badger",
        "03042012",
        "Marsh",
        "sincerely",
    ];
    assert!(order.map(at).is_sorted(), "{words:?}");
    for word in [
        "Heron",
        "20112026",
        "2012-04-03",
        "05112014",
        "05/11/14",
        "list",
    ] {
        at(word);
    }
    for word in ["about", "before", "Please see", "x"] {
        assert!(!words.iter().any(|known| known == word), "{word}");
    }
    let distinct: HashSet<&String> = words.iter().collect();
    assert_eq!(distinct.len(), words.len());
}

#[test]
fn a_note_beside_the_file_counts_and_a_book_does_not() {
    let note = |text: &str| {
        words(&format!(
            "Subject: List\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
             --b\n\nSee attached.\n--b\n\
             Content-Disposition: attachment; filename=note.txt\n\n{text}\n--b--\n"
        ))
    };
    assert!(note("Otter17").contains(&"Otter17".to_owned()));
    let book = "the tide turned. ".repeat(200);
    assert!(!note(&format!("{book} Otter17 {book}")).contains(&"Otter17".to_owned()));
    let told = note(&format!("{book} The password is Otter17. {book}"));
    assert_eq!(told[0], "Otter17");
}

#[test]
fn hostile_and_huge_texts_end() {
    let many: String = (0..60_000).map(|n| format!("w{n} ")).collect();
    assert_eq!(of_body(&many).len(), MOST);
    for strange in [
        "password",
        "password is",
        "password:",
        "'''((((",
        "password is \u{0}\u{200b}",
        &"password ".repeat(3_000),
        &"(".repeat(50_000),
        "99/99/9999 31/02/2026",
        "’s",
    ] {
        of_body(strange);
    }
}

#[test]
fn days_that_are_spoken_of_are_tried_as_dates() {
    // 13 November 2026 was a Friday.
    let check = |body: &str, expected: &[&str], within: usize| {
        let words = words(&format!(
            "Subject: List\nDate: Fri, 13 Nov 2026 13:52:58 +0000\n\n{body}"
        ));
        for date in expected {
            let at = words.iter().position(|word| word == date);
            assert!(
                at.is_some_and(|at| at < within),
                "{date}: {body}: {words:?}"
            );
        }
    };
    let next = "To open it put in next Thursday's date as eight figures, day first.";
    check(next, &["19112026", "26112026", "12112026"], 60);
    check(
        "The password is tomorrow's date.",
        &["14112026", "141126"],
        40,
    );
    check(
        "It opens with the date of the trip on Friday",
        &["20112026"],
        60,
    );
    // Nobody speaks of a password: they are not first.
    let trip = "The trip is on Monday. See Otter17 and Heron18 in (Walnut19).";
    check(trip, &["16112026"], 200);
    let words = words(&format!(
        "Subject: x\nDate: Fri, 13 Nov 2026 13:52:58 +0000\n\n{trip}"
    ));
    let at = |word: &str| words.iter().position(|known| known == word).expect(word);
    assert!(at("Otter17") < at("16112026"));
    // Without a date of its own, and with an impossible one.
    assert!(dates::spoken("tomorrow", i64::MAX).is_empty());
    assert!(dates::spoken("tomorrow ".repeat(10_000).as_str(), 0).len() <= 400);
}

#[test]
fn a_file_name_may_hold_a_password_with_signs_in_it() {
    for (name, password) in [
        ("Roof plan pw Mallard_drift9.pdf", "Mallard_drift9"),
        ("Roof plan (Otter-17).pdf", "Otter-17"),
        ("Roof_plan_Otter-17.pdf", "Otter-17"),
        ("Roof-plan-otter_17.pdf", "otter_17"),
    ] {
        let words = words(&format!(
            "Subject: Plan\nContent-Type: application/pdf; name=\"{name}\"\n\
             Content-Disposition: attachment; filename=\"{name}\"\n\n%PDF"
        ));
        assert!(words.contains(&password.to_owned()), "{name}: {words:?}");
    }
}
