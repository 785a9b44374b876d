//! Mailboxes, calendars, contact cards and XML, as programs export them.

use exeat::extract::{Budget, Reading, Role, read_file};
use exeat::finding::ProblemKind;

fn read(kind: &str, bytes: &[u8]) -> Reading {
    let reading = read_file("x", bytes, &Budget::default());
    assert_eq!(reading.attachments[0].kind, kind);
    reading
}

fn texts(reading: &Reading) -> Vec<(&str, &str)> {
    reading
        .texts
        .iter()
        .filter(|text| text.role != Role::FileName)
        .map(|text| (text.location.as_str(), text.text.trim()))
        .collect()
}

const MBOX: &str = "From office@greenfold.example Tue Sep  1 09:00:00 2026\r\nFrom: office@greenfold.example\r\nTo: all@greenfold.example\r\nSubject: Trip\r\n\r\nDear all,\r\n\r\nFrom Friday on we meet at nine.\r\n\r\nFrom office@greenfold.example Tue Sep  1 09:00:00 2026\r\nFrom: office@greenfold.example\r\nTo: all@greenfold.example\r\nSubject: Late\r\n\r\nZoe was late.\r\n";

#[test]
fn a_mailbox_is_read_message_by_message() {
    let reading = read("mbox", MBOX.as_bytes());
    assert_eq!(reading.problems, []);
    let found = texts(&reading);
    for expected in [
        ("x › message 1 › subject", "Trip"),
        (
            "x › message 1 › body",
            "Dear all,\n\nFrom Friday on we meet at nine.",
        ),
        ("x › message 2 › subject", "Late"),
        ("x › message 2 › body", "Zoe was late."),
    ] {
        assert!(found.contains(&expected), "{expected:?} {found:#?}");
    }
    let many = MBOX.repeat(4_000);
    let reading = read("mbox", many.as_bytes());
    assert_eq!(
        reading.problems.last().map(|problem| problem.kind),
        Some(ProblemKind::Hostile)
    );
}

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nX-WR-CALNAME:SEN reviews\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Review of Zo\u{eb} Quill\r\n feather\\, 7B\r\nATTENDEE;CN=\"Marsh; Oban\";ROLE=CHAIR:mailto:oban@home.example\r\nDESCRIPTION:First line\\nsecond\\; end\r\nX-ALT-DESC;FMTTYPE=text/html:<p>Bring the <b>plan</b>\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:TmFtZSxGb3JtLEJvcm4KWm9lLDdCLDIwMTQK\r\nEND:VEVENT\r\nBEGIN:VTODO\r\nSUMMARY:Call Ms Hale\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

#[test]
fn calendar_entries_are_unfolded_and_decoded() {
    let reading = read("ics", CALENDAR.as_bytes());
    assert_eq!(reading.problems, []);
    let found = texts(&reading);
    let entry = "summary: Review of Zo\u{eb} Quillfeather, 7B\nattendee: Marsh; Oban mailto:oban@home.example\ndescription: First line\nsecond; end\nx-alt-desc: Bring the plan";
    let (_, event) = found
        .iter()
        .find(|(place, _)| *place == "x › calendar entry 1")
        .expect("the entry");
    assert!(event.starts_with(entry), "{event}");
    for expected in [
        ("x", "x-wr-calname: SEN reviews"),
        ("x › task 2", "summary: Call Ms Hale"),
        (
            "x › calendar entry 1 › attach",
            "Name\tForm\tBorn\nZoe\t7B\t2014",
        ),
    ] {
        assert!(found.contains(&expected), "{expected:?} {found:#?}");
    }
}

#[test]
fn contact_cards_are_read_in_all_their_versions() {
    let cards = "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Quillfeather;Zo=C3=AB;=\n;;\nEND:VCARD\nBEGIN:VCARD\nVERSION:4.0\nFN:Oban Marsh\nitem1.EMAIL;TYPE=home:oban@home.example\nADR:;;1 Mill Lane;Ambleford;;;\nZoe Quill: was late\nEND:VCARD\n";
    let reading = read("vcf", cards.as_bytes());
    assert_eq!(reading.problems, []);
    let found = texts(&reading);
    let first = "version: 2.1\nn: Zo\u{eb} Quillfeather";
    assert!(found.contains(&("x › contact card 1", first)), "{found:#?}");
    let (_, second) = found[1];
    for part in [
        "Oban Marsh",
        "email: oban@home.example",
        "1 Mill Lane",
        "zoe quill:  was late",
    ] {
        assert!(second.contains(part), "{part}: {second}");
    }
}

const CTF: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<CTfile><Header><DocumentName>Common Transfer File</DocumentName></Header><CTFpupilData><Pupil><UPN>A801200001018</UPN><Surname>Quillfeather</Surname><Forename>Zo&#235;</Forename><DOB>2014-09-03</DOB><Note kind=\"sees the nurse\"/></Pupil><Pupil><UPN>A801200001019</UPN><Surname>Marsh</Surname><Forename>Oban</Forename><!-- excluded --></Pupil></CTFpupilData></CTfile>";

#[test]
fn transfer_files_and_other_xml_are_read_row_by_row() {
    let reading = read("ctf", CTF.as_bytes());
    assert_eq!(reading.problems, []);
    let found = texts(&reading);
    assert_eq!(
        found,
        [
            (
                "x",
                "Common Transfer File\t\nA801200001018\tQuillfeather\tZo\u{eb}\t2014-09-03\tsees the nurse\t\nA801200001019\tMarsh\tOban"
            ),
            ("x › comments, hidden", "excluded"),
        ]
    );
    read("xml", b"<?xml version='1.0'?><a><b>Zoe</b></a>");
}

#[test]
fn damaged_records_do_not_pass_in_silence() {
    for (whole, last) in [(CALENDAR, 12), (CTF, 3)] {
        for at in (60..whole.len() - last).filter(|&at| whole.is_char_boundary(at)) {
            let reading = read_file("x", &whole.as_bytes()[..at], &Budget::default());
            assert!(
                !reading.problems.is_empty(),
                "cut at {at}: {}",
                &whole[..at]
            );
        }
    }
    for whole in [CALENDAR, CTF, MBOX] {
        let mut seed = 9_u64;
        for _ in 0..500 {
            let mut flipped = whole.as_bytes().to_vec();
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (seed >> 33) as usize % flipped.len();
            flipped[at] = (seed >> 24) as u8;
            read_file("x", &flipped, &Budget::default());
        }
    }
}
