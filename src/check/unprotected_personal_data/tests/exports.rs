//! What the schools' own programs give out, and tables that people make.

use super::{PUPILS, assert_masked, file};

#[test]
fn exports_of_all_makers_are_known_by_their_headings() {
    for (maker, sheet, expected) in [
        (
            "SIMS",
            "Adno\tLegal Surname\tLegal Forename\tUPN\tDOB\tReg Group\tYear Taught In\n001234\tOkafor\tAmara\tB801200005001\t03/04/2012\t7B\tYear 7",
            "1 pupil, with UPN and date of birth",
        ),
        (
            "Arbor",
            "First name\tLast name\tUPN\tYear group\tRegistration form\tSEN status\nBen\tWhitlock\tR674123101121\tYear 7\t7B\tSEN Support",
            "1 pupil, with UPN and special educational needs",
        ),
        (
            "Bromcom",
            "FirstName\tLastName\tUPN\tYearGroup\tForm\tDateOfBirth\nChloe\tMarsden\tR674123101121\t7\t7B\t2012-04-03T00:00:00",
            "1 pupil, with UPN and date of birth",
        ),
        (
            "Wonde",
            "upi\tlegal_forename\tforename\tlegal_surname\tsurname\tdate_of_birth\n9f2c\tDylan\tDylan\tPryce\tPryce\t2012-04-03",
            "1 pupil, with date of birth",
        ),
        (
            "ParentPay",
            "Pupil Forename\tPupil Surname\tBalance\tMeal entitlement\nAmara\tOkafor\t-12.40\tFSM\nBen\tWhitlock\t4.20\t\nEsme\tTanner\t0.00\tFSM",
            "3 pupils, with free school meals and money owed",
        ),
        (
            "an examination board",
            "Candidate No.\tCandidate name\tULN\tUCI\n0012\tNOWAK, Kasia\t9276308686\t12345A250012X",
            "1 person, with learner number",
        ),
        (
            "Scotland's SEEMiS",
            "Forename\tSurname\tSCN\tCHI number\tStage\nFinn\tGallagher\t100200300\t0304129992\tS1",
            "1 pupil, with CHI number",
        ),
        (
            "columns apart",
            "Surname\tDOB\tForename\tMedical notes\nOkafor\t03/04/2012\tAmara\thay fever",
            "1 pupil, with date of birth and health",
        ),
        (
            "surname first",
            "Pupil\tDate of birth\tNHS Number\nWHITLOCK, Ben\t03.04.12\t999 372 9884",
            "1 pupil, with NHS number and date of birth",
        ),
        (
            "no headings, but a birthday that the roster knows",
            "Finn Gallagher\t7B\t07/11/2011",
            "1 pupil, with date of birth",
        ),
    ] {
        let findings = file("export.xlsx", &[("sheet \"1\"", sheet)]);
        assert_eq!(findings.len(), 1, "{maker}");
        assert_eq!(findings[0].what, expected, "{maker}");
        assert_masked(&findings);
    }
}

#[test]
fn tables_on_their_side_are_read_by_their_first_column() {
    for (sheet, expected, cell) in [
        (
            "Name\tAmara Okafor\tBen Whitlock\tChloe Marsden\nForm\t7B\t7B\t7C\nDOB\t03/04/2012\t05/06/2012\t07/08/2012",
            "3 pupils, with date of birth",
            "B3",
        ),
        (
            "Pupil:\tKasia Nowak\nDate of birth:\t03/04/2012\nNHS number:\t999 372 9884\nAddress:\t1 Acacia Road",
            "1 person, with NHS number, date of birth and home address",
            "B2",
        ),
        (
            "Class 7B\n\nForename\tAmara\tBen\tEsme\nSurname\tOkafor\tWhitlock\tTanner\nReading age\t9.4\t10.1\t8.2",
            "3 pupils, with reading ages",
            "B5",
        ),
        (
            "Employee\tMr D Cooper\tMrs P Ashworth\nSalary\t41333\t38810\nSick days\t0\t14",
            "2 members of staff, with absence and sickness and pay",
            "B2",
        ),
    ] {
        let findings = file("sheet.xlsx", &[("sheet \"1\"", sheet)]);
        assert_eq!(findings.len(), 1, "{sheet}");
        assert_eq!(findings[0].what, expected, "{sheet}");
        let location = findings[0].location.as_str();
        assert_eq!(location, format!("sheet.xlsx › sheet \"1\" › {cell}"));
        assert_masked(&findings);
    }
}

#[test]
fn tables_on_their_side_that_say_nothing_pass() {
    for sheet in [
        "Name\tAmara Okafor\tBen Whitlock\tChloe Marsden\nForm\t7B\t7B\t7C\nHouse\tOak\tAsh\tElm",
        "Name\t\t\t\nDOB\t\t\t\nAddress\t\t\t",
        "Name:\t\nDate of birth:\t\nMedical conditions:\t",
        "Name\tDaniel Cooper\nRole\tTeacher\nExtension\t214",
        "Author\tCharles Dickens\nBorn\t07/02/1812\nTitle\tHard Times",
        "Name\tCharles Dickens\nDate of birth\t07/02/1812\nAddress\t48 Doughty Street",
    ] {
        let findings = file("sheet.xlsx", &[("sheet \"1\"", sheet)]);
        assert!(findings.is_empty(), "{sheet}: {findings:?}");
    }
}

#[test]
fn a_common_transfer_file_counts_its_pupils() {
    let content = "CTF\t21\nR674123101121\tNowak\tKasia\t2012-04-03\tF\nB801200005001\tOkafor\tAmara\t2012-05-06\tF\n";
    let mut reading = super::message(&[]);
    super::attach(
        &mut reading,
        "export.xml",
        super::Protection::Open,
        &[("", content)],
    );
    reading.attachments[0].kind = "ctf".to_owned();
    let findings = super::inspect(&reading, super::OUTSIDE);
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0]
            .what
            .starts_with("2 pupils, with whole records of a Common Transfer File"),
        "{}",
        findings[0].what
    );
    reading.texts.last_mut().expect("the content").text = "CTF\t21\n".to_owned();
    assert!(
        super::inspect(&reading, super::OUTSIDE).is_empty(),
        "no pupil in it"
    );
}

#[test]
fn a_sheet_and_its_hidden_rows_are_judged_together() {
    let head = "Name\tForm\tReading age\n";
    let (one, two, three) = (PUPILS[0], PUPILS[1], PUPILS[2]);
    let shown = format!("{head}{one}\t7B\t9.4\n{two}\t7B\t10.2\n");
    let rows = format!("{head}\n\n{three}\t7B\t8.8\n");
    let sheet = ("sheet \"7B\"", shown.as_str());
    let hidden = ("sheet \"7B\" (hidden rows or columns)", rows.as_str());
    let other = ("sheet \"8A\" (hidden rows or columns)", rows.as_str());
    for apart in [&[sheet][..], &[hidden], &[sheet, other]] {
        let findings = file("list.xlsx", apart);
        assert!(findings.is_empty(), "two pupils are few: {findings:?}");
    }
    let together = file("list.xlsx", &[sheet, hidden]);
    assert_eq!(together.len(), 1, "{together:?}");
    assert_eq!(
        together[0].what,
        "3 pupils, with reading ages, partly in hidden rows or columns of the sheet \"7B\""
    );
}

#[test]
fn rows_that_a_hidden_column_crosses_count_once() {
    let (one, two) = (PUPILS[0], PUPILS[1]);
    let shown = format!("Name\t\tForm\n{one}\t\t7B\n{two}\t\t7B\n");
    let all = format!("Name\tReading age\tForm\n{one}\t9.4\t7B\n{two}\t10.2\t7B\n");
    let texts = [
        ("sheet \"7B\"", shown.as_str()),
        ("sheet \"7B\" (hidden rows or columns)", all.as_str()),
    ];
    let findings = file("list.xlsx", &texts);
    assert!(findings.is_empty(), "two pupils are few: {findings:?}");
    let unknown = texts.map(|(place, text)| (place, text.replace(one, "Wren Tallow")));
    let grave =
        unknown.map(|(place, text)| (place, text.replace("9.4", "on the autistic spectrum")));
    let grave: Vec<(&str, &str)> = grave
        .iter()
        .map(|(place, text)| (*place, text.as_str()))
        .collect();
    let findings = file("list.xlsx", &grave);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].what.starts_with("2 people"), "{findings:?}");
}

/// A file whose first lines were torn out of it, so that headings run into the
/// values of another row.
#[test]
fn what_stands_behind_torn_headings_is_read_too() {
    let heads = "Name\tForm\tDate of birth\tUPN\tNotes";
    let found = |text: &str| file("list.csv", &[("list.csv", text)]).len();
    for torn in [
        format!("{heads}7A\t15/10/2014\tB801200005001\t\nNobody Known\t7A\t"),
        "Surname\tNHS number\tNotes\t999 372 9884\tpeanuts".to_owned(),
    ] {
        assert_eq!(found(&torn), 1, "{torn}");
    }
    for whole in [
        format!("{heads}\nNobody Known\t7A\t\t\t"),
        format!("{heads}\t15/10/2014\nNobody Known\t7A\t\t\t"),
        "Name\tUPN\tas of 01/09/2026\tB80120000500\n".to_owned(),
    ] {
        assert_eq!(found(&whole), 0, "{whole}");
    }
}
