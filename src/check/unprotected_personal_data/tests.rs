use super::*;
use crate::check::testing::{PUPILS, attach, mail_of, message, school};

mod exports;
mod innocent;
mod staff;

const OUTSIDE: &[&str] = &["office@council.example"];

/// What counts where the school sets no threshold of its own.
const LEAST: f32 = 0.5;

fn inspect(reading: &Reading, recipients: &[&str]) -> Vec<Finding> {
    let mut findings = all(reading, recipients);
    findings.retain(|finding| finding.confidence >= LEAST);
    findings
}

/// Also what is less certain.
fn all(reading: &Reading, recipients: &[&str]) -> Vec<Finding> {
    UnprotectedPersonalData.inspect(&mail_of(reading, recipients), &school())
}

/// The findings on one open file with these texts, sent outside.
fn file(name: &str, texts: &[(&str, &str)]) -> Vec<Finding> {
    let mut reading = message(&[]);
    attach(&mut reading, name, Protection::Open, texts);
    inspect(&reading, OUTSIDE)
}

/// Nothing that names or numbers anybody may stand in a finding.
fn assert_masked(findings: &[Finding]) {
    for finding in findings {
        let said = format!("{} {} {}", finding.location, finding.what, finding.excerpt);
        for name in PUPILS
            .iter()
            .flat_map(|name| name.split(' '))
            .chain(["Nowak", "Kasia", "8012", "9993", "Acacia", "2012"])
        {
            assert!(!said.contains(name), "{name} in {said}");
        }
    }
}

#[test]
fn documents_about_pupils_fire() {
    for (text, expected) in [
        (
            "Amara Okafor has an EHCP, reviewed in May.",
            "1 pupil, with special educational needs",
        ),
        ("Amara Okafor\nUPN B801200005001", "1 pupil, with UPN"),
        (
            "Pupil: Ben Whitlock\nDate of birth: 03/04/2012",
            "1 pupil, with date of birth",
        ),
        (
            "Referral for Ben Whitlock, born 3rd April 2012, NHS number 999 372 9884",
            "1 pupil, with NHS number and date of birth",
        ),
        (
            "Chloe Marsden was permanently excluded on Monday.",
            "1 pupil, with behaviour and exclusions",
        ),
        (
            "A strategy discussion took place about Dylan Pryce.",
            "1 pupil, with safeguarding matters",
        ),
        (
            "Esme Tanner is a looked-after child.",
            "1 pupil, with care status",
        ),
        (
            "Finn Gallagher is entitled to free school meals.",
            "1 pupil, with free school meals",
        ),
        (
            "Finn Gallagher carries an inhaler and an EpiPen for his nut allergy.",
            "1 pupil, with health",
        ),
        (
            "Amara Okafor lives at 12 Acacia Road, Northshire",
            "1 pupil, with home address and family circumstances",
        ),
        (
            "Refund for Amara Okafor. Bank details: 20-00-00 12345678",
            "1 pupil, with bank details",
        ),
        (
            "CAMHS saw Dylan Pryce and Esme Tanner for self-harm.",
            "2 pupils, with health",
        ),
        (
            "Name\tBen Whitlock\nDOB\t03/04/2012\nMedical conditions\tepilepsy",
            "1 pupil, with date of birth and health",
        ),
        (
            "UPNs to remove: B801200005001, R674123101121",
            "2 pupils, with UPN",
        ),
        ("Please find the UPN: R674123101121", "1 pupil, with UPN"),
        (
            "New starter Kasia Nowak, DOB 03/04/2012, has an EHCP",
            "1 person, with date of birth and special educational needs",
        ),
        (
            "Chloe Marsden came out as transgender to her tutor.",
            "1 pupil, with sexuality or gender identity",
        ),
        (
            "Police were called and Dylan Pryce was arrested.",
            "1 pupil, with police or court matters",
        ),
    ] {
        let findings = file("letter.docx", &[("", text)]);
        assert_eq!(findings.len(), 1, "{text}");
        assert_eq!(findings[0].what, expected, "{text}");
        assert_eq!(findings[0].location.as_str(), "letter.docx");
        assert!(findings[0].confidence >= LEAST && findings[0].confidence <= 1.0);
        assert_masked(&findings);
    }
}

#[test]
fn teaching_public_and_empty_documents_pass() {
    let far = format!("Amara Okafor{}\nEHCP", " word".repeat(100));
    for text in [
        "Lesson on diabetes: what insulin does, and what type 1 means.",
        "The history of the Windrush, racism and the police.",
        "Name: ______ DOB: ______ Medical conditions (asthma, epilepsy): ______",
        "Learning objective: to explain asthma. Worksheet by Amara Okafor",
        "Autumn Newsletter. Ben Whitlock raised £300 for Diabetes UK.",
        "Congratulations to Chloe Marsden, Dylan Pryce and Esme Tanner on their places at university!",
        "Amara Okafor played Juliet with great skill.",
        "Dear parents of Amara Okafor, the trip leaves at 8.",
        "SEND policy. This policy is reviewed every year. EHCP, SENCO, looked-after children.",
        "Charles Dickens, born 7 February 1812, wrote of neglect.",
        "Mr Kasia Nowak, DOB 03/04/1975, EHCP coordinator",
        "Order number 9993729884, invoice 9276308686",
        "Ben Whitlock will represent us at the netball court on 03/04/2025.",
        "Please pay for Finn Gallagher. Our sort code is 20-00-00.",
        "Product B801200005002",
        &far,
        "",
        "\t\t\n\t\n",
    ] {
        let findings = file("document.docx", &[("", text)]);
        assert!(findings.is_empty(), "{text}: {findings:?}");
    }
}

#[test]
fn sheets_about_pupils_fire() {
    let rows = |heading: &str, cells: &str| {
        let mut sheet = heading.to_owned();
        for (number, pupil) in PUPILS.iter().enumerate() {
            sheet.push_str(&format!(
                "\n{pupil}\t{}",
                cells.replace('#', &number.to_string())
            ));
        }
        sheet
    };
    for (sheet, expected, cell) in [
        (rows("Name\tForm\tDOB", "7B\t0#/04/2012"), "6 pupils, with date of birth", "C2"),
        (rows("Name\tUPN", "R674123101121"), "6 pupils, with UPN", "B2"),
        (rows("Class list\n\nName\tAttendance %", "9#.5"), "6 pupils, with attendance", "B4"),
        (rows("Pupil\tPredicted grade", "B"), "6 pupils, with marks", "B2"),
        (rows("Name\tSEN\tFSM", "K\tY"), "6 pupils, with special educational needs and free school meals", "B2"),
        (rows("Name\tAddress\tPostcode", "1# Acacia Road\tNS1 2AB"), "6 pupils, with home address", "B2"),
        (rows("Name\tSwimming ability", "weak"), "6 pupils, with data about each of them", "B2"),
        (rows("Name\tNotes", "diagnosed with autism"), "6 pupils, with health, special educational needs and comments on them", "B2"),
        ("Surname\tForename\tDate of Birth\nNowak\tKasia\t03/04/2012\nKhan\tAli\t01/02/2012\nLee\tAnn\t05/06/2012".to_owned(), "3 people, with date of birth", "C2"),
        ("Name\tUPN\nNowak, Kasia\tR674123101121".to_owned(), "1 pupil, with UPN", "B2"),
        ("Employee\tNI number\tSort code\nKasia Nowak\tAB123456C\t20-00-00".to_owned(), "1 person, with National Insurance number and bank details", "B2"),
        ("Name\tMedical\nBen Whitlock\tasthma, carries an inhaler".to_owned(), "1 pupil, with health and medical notes", "B2"),
        ("Amara Okafor\t03/04/2012\nBen Whitlock\t01/02/2012\nChloe Marsden\t05/06/2012".to_owned(), "3 pupils, with date of birth", "B1"),
        ("Amara Okafor\t87\nBen Whitlock\t65.5\nChloe Marsden\t92".to_owned(), "3 pupils, with data about each of them", "B1"),
        ("UPN\nR674123101121".to_owned(), "1 pupil, with UPN", "A2"),
    ] {
        let findings = file("data.xlsx", &[("sheet \"Y6\"", &sheet)]);
        assert_eq!(findings.len(), 1, "{sheet}");
        assert_eq!(findings[0].what, expected, "{sheet}");
        assert_eq!(findings[0].location.as_str(), format!("data.xlsx › sheet \"Y6\" › {cell}"), "{sheet}");
        assert_masked(&findings);
    }
}

#[test]
fn lists_without_details_pass() {
    let names = PUPILS.join("\n");
    let with = |heading: &str, cell: &str| {
        let rows: Vec<String> = PUPILS
            .iter()
            .map(|pupil| format!("{pupil}\t{cell}"))
            .collect();
        format!("{heading}\n{}", rows.join("\n"))
    };
    for sheet in [
        names.clone(),
        with("Name\tForm", "7B"),
        with("Name\tYear\tHouse".trim_end(), "7\tOak"),
        with("Name\tRole", "Juliet"),
        with("Name\tTeam", "Red"),
        with("Name\tSigned", ""),
        with("Name\tGrade", ""),
        with("Name\tInstrument", "Flute"),
        with("", "7B"),
        "Name\tUPN\tDOB\tSEN\tAddress".to_owned(),
        "Name\tUPN\tDOB\n\t\t\n\t\t".to_owned(),
        "School\tURN\tPhone\nGreenfold\t123456\t01632 960400".to_owned(),
        "Author\tTitle\tYear\nCharles Dickens\tHard Times\t1854".to_owned(),
        "Item\tPrice\tReading age\nBook\t4.99\t9".to_owned(),
        "Name\tDOB\nCharles Dickens\t07/02/1812\nJane Austen\t16/12/1775\nOscar Wilde\t16/10/1854"
            .to_owned(),
        "Code\tDescription\nFSM\tFree school meals\nEAL\tEnglish as an additional language"
            .to_owned(),
    ] {
        let findings = file("list.xlsx", &[("sheet \"1\"", &sheet)]);
        assert!(findings.is_empty(), "{sheet}: {findings:?}");
    }
}

#[test]
fn protection_and_recipients_decide_whether_to_look() {
    let content = [("", "Amara Okafor has an EHCP.")];
    let of = |protection| {
        let mut reading = message(&[]);
        attach(&mut reading, "a.docx", protection, &content);
        reading.attachments[0].why = "opens with the empty password".to_owned();
        reading
    };
    for (protection, said) in [
        (
            Protection::Open,
            ", not protected (opens with the empty password): ",
        ),
        (
            Protection::Weak,
            ", weakly protected (opens with the empty password): ",
        ),
    ] {
        let findings = inspect(&of(protection), OUTSIDE);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].what.contains(said), "{}", findings[0].what);
    }
    assert!(inspect(&of(Protection::Protected), OUTSIDE).is_empty());
    let inside = [
        "head@greenfold.sch.example",
        "a@pupils.greenfold.sch.example",
    ];
    assert!(inspect(&of(Protection::Open), &inside).is_empty());
    let mixed = ["head@greenfold.sch.example", "x@council.example"];
    assert_eq!(inspect(&of(Protection::Open), &mixed).len(), 1);

    let mut nested = message(&[]);
    attach(&mut nested, "letters.zip", Protection::Protected, &[]);
    attach(
        &mut nested,
        "letters.zip › a.docx",
        Protection::Open,
        &content,
    );
    assert!(
        inspect(&nested, OUTSIDE).is_empty(),
        "what lies in a protected file is protected"
    );
    nested.attachments[0].protection = Protection::Open;
    let findings = inspect(&nested, OUTSIDE);
    assert_eq!(findings[0].location.as_str(), "letters.zip › a.docx");
    assert!(!findings[0].what.contains("weak"), "{}", findings[0].what);
    nested.attachments[0].protection = Protection::Weak;
    nested.attachments[0].kind = "zip".to_owned();
    let what = &inspect(&nested, OUTSIDE)[0].what;
    assert!(
        what.ends_with(", weakly protected: in 7-Zip, encrypt the whole archive with AES-256"),
        "{what}"
    );
}

#[test]
fn hidden_sheets_are_named() {
    let findings = file(
        "register.xlsx",
        &[
            ("sheet \"Summary\"", "Year\tCount\n6\t32"),
            (
                "sheet \"Y6\" (hidden)",
                "Name\tDOB\nBen Whitlock\t03/04/2012",
            ),
        ],
    );
    assert_eq!(findings.len(), 1);
    assert_eq!(
        findings[0].location.as_str(),
        "register.xlsx › sheet \"Y6\" (hidden) › B2"
    );
    assert!(
        findings[0].what.ends_with(", on the hidden sheet \"Y6\""),
        "{}",
        findings[0].what
    );
    assert_eq!(findings[0].pupils.len(), 1);
}

#[test]
fn a_file_named_after_a_pupil_is_about_the_pupil() {
    let text = format!("Report.{}\nThe EHCP was reviewed.", " Words.".repeat(200));
    let findings = file("Amara Okafor.docx", &[("", &text)]);
    assert_eq!(findings.len(), 1);
    assert_masked(&findings);
    assert_eq!(
        file("Amara Okafor EHCP.pdf", &[]).len(),
        1,
        "the name of a file is enough"
    );
    assert!(file("Amara Okafor.docx", &[("", "A poem about spring.")]).is_empty());
    assert!(file("Homework.docx", &[("", &text)]).is_empty());
}

#[test]
fn transfer_files_are_known() {
    let record =
        "<CTfile><CTFpupilData><Pupil><UPN>R674123101121</UPN></Pupil></CTFpupilData></CTfile>";
    for (name, text, expected) in [
        ("8012000_CTF_8014321_001.xml", "Nowak Kasia", 1),
        ("export.xml", record, 1),
        ("guide.docx", "How to send a Common Transfer File", 0),
        ("notes.xml", "<CTfile></CTfile>", 0),
    ] {
        assert_eq!(file(name, &[("", text)]).len(), expected, "{name}");
    }
}

#[test]
fn odd_and_huge_input_is_no_trouble() {
    let many = "Amara Okafor EHCP 03/04/2012 DOB\tB801200005001\n".repeat(5_000);
    let findings = file("big.xlsx", &[("sheet \"1\"", &many)]);
    assert_eq!(findings.len(), 1);
    for text in [
        "DOB ".repeat(100_000),
        "UPN R67412310112 ".repeat(20_000),
        "e.g. B801200005001 ".repeat(10_000),
        "Name\tDOB\n\n".repeat(10_000),
        "\u{e9}\t".repeat(50_000),
        "DOB ".repeat(20_000),
        "\n".repeat(50_000),
        "address \u{1f600}".repeat(5_000),
    ] {
        assert!(file("odd.xlsx", &[("sheet \"1\"", &text), ("", &text)]).is_empty());
    }
    let mut reading = message(&[]);
    for number in 0..100 {
        attach(
            &mut reading,
            &format!("{number}.docx"),
            Protection::Open,
            &[("", "Amara Okafor EHCP")],
        );
    }
    let findings = inspect(&reading, OUTSIDE);
    assert_eq!(findings.len(), SHOWN);
    assert!(
        findings[SHOWN - 1]
            .what
            .ends_with("and 80 more files or sheets like it")
    );
}

#[test]
fn a_weak_sighting_counts_only_beside_a_surer_one() {
    let mut reading = message(&[(Role::Body, "See attached.")]);
    let content = "Ben Whitlock has asthma. Chloe Marsden has epilepsy.";
    attach(
        &mut reading,
        "notes.docx",
        Protection::Open,
        &[("", content)],
    );
    for (confidences, expected) in [([0.4, 0.4], 0), ([0.4, 0.9], 2), ([0.9, 0.9], 2)] {
        let mut mail = mail_of(&reading, &[]);
        for (sighting, confidence) in mail.sightings.iter_mut().zip(confidences) {
            sighting.confidence = confidence;
        }
        let findings = UnprotectedPersonalData.inspect(&mail, &school());
        let pupils: usize = findings.iter().map(|finding| finding.pupils.len()).sum();
        assert_eq!(pupils, expected, "{confidences:?}");
    }
}
