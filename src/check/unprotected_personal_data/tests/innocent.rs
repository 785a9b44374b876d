//! What a school sends every day, and what only looks like personal data.

use super::{assert_masked, file};

fn passes(name: &str, place: &str, text: &str) {
    let findings = file(name, &[(place, text)]);
    assert!(findings.is_empty(), "{text}: {findings:?}");
}

#[test]
fn blank_forms_and_templates_pass() {
    for text in [
        "Consent form\nName of pupil: ______________\nDate of birth: __/__/____\nNHS number: ___ ___ ____\nMedical conditions (asthma, epilepsy, allergies): ________",
        "Pupil's full name\t\nUPN\t\nDate of birth (dd/mm/yyyy)\t\nSEN status\t\nIs your child looked after? Y/N\t",
        "Payroll starter form\nNational Insurance number\t\nSort code\t\nAccount number\t",
        "Name\tDOB\tUPN\tSEN\tFSM\n<<Forename>> <<Surname>>\t<<DOB>>\t<<UPN>>\t<<SEN>>\t<<FSM>>",
        "Annual review of the EHCP. Name: [insert name]. Date of birth: [dd/mm/yyyy]",
        "Incident form. Completed by: Mr D Cooper. Pupil(s) involved: ________ Police informed? Y/N",
    ] {
        passes("form.docx", "", text);
    }
    passes(
        "template.xlsx",
        "sheet \"Pupils\"",
        "Surname\tForename\tUPN\tDOB\tSEN\tFSM\n\t\t\t\t\t\n\t\t\t\t\t",
    );
}

#[test]
fn teaching_material_with_made_up_people_passes() {
    for text in [
        "Worksheet 4: validation. A UPN looks like B801200005001. Explain its check letter.",
        "In the format AB123456C: which validation rule fits a National Insurance number?",
        "Lesson 3: check digits. Learning objective: to apply the Luhn sum. Card number 4000 0566 5566 5556 is valid.",
        "Success criteria: I can find the error. Kasia Nowak, DOB 03/04/2012, has asthma.",
        "Case study: Kasia Nowak, born 3 April 2012, is a looked-after child. Discussion questions follow.",
    ] {
        passes("lesson.docx", "", text);
    }
    let database = "CustomerID\tSurname\tForename\tDate of birth\tPostcode\n1\tNowak\tKasia\t03/04/2012\tNS1 2AB\n2\tKhan\tAli\t01/02/2012\tNS1 2AC\n3\tLee\tAnn\t05/06/2012\tNS1 2AD";
    passes("Database lesson.xlsx", "sheet \"Customers\"", database);
    passes("SQL worksheet.xlsx", "sheet \"Customers\"", database);
    assert_eq!(
        file("Trip.xlsx", &[("sheet \"Customers\"", database)]).len(),
        1,
        "the same without a lesson around it"
    );
    let real = "Worksheet 4. Amara Okafor, UPN B801200005001, DOB 03/04/2012";
    let findings = file("worksheet.docx", &[("", real)]);
    assert_eq!(findings.len(), 1, "a pupil of the roster is no example");
    assert_masked(&findings);
}

#[test]
fn public_documents_pass() {
    for text in [
        "Autumn newsletter. Well done to Amara Okafor and Ben Whitlock, who raised £200 for Diabetes UK.",
        "Press release. Chloe Marsden, 17, has overcome dyslexia to win a place at university.",
        "Prospectus 2027. Head girl Esme Tanner says: \"They helped me with my dyslexia.\"",
        "Ofsted inspection report. Pupils with SEND and looked-after children do well. Headteacher: Mrs P Ashworth",
        "Safeguarding policy. This policy is reviewed each year. DSL: Mr D Cooper. MASH referral, CPOMS, section 47.",
        "Accessibility plan. Terms of reference. SEN support, EHCP, medical conditions.",
        "Fixtures: Saturday 12 May, kick-off 10.30. Team: Amara Okafor, Ben Whitlock, Chloe Marsden (captain)",
        "Governors' minutes: the SENCO reported that 12 pupils have an EHCP. Present: Mr D Cooper",
        "School bank details\nAccount name: Greenfold School\nSort code: 20-00-00\nAccount number: 12345678",
        "Trip to Paris for Amara Okafor: please pay £40 by bank transfer, sort code 20-00-00, account number 12345678.",
        "Invoice 20417. Calder Coaches Ltd. Registered in England no. 01234567. Hire for Ben Whitlock's trip. IBAN GB82 WEST 1234 5698 7654 32",
    ] {
        passes("document.docx", "", text);
    }
}

#[test]
fn published_results_and_team_lists_pass() {
    for (title, heading, cells) in [
        ("Sports day results", "Name\tEvent\tResult", "100 m\t12.4"),
        ("GCSE honours list 2026", "Name\tResults", "9 9 8 8 8 7 7"),
        (
            "A level results: congratulations to all",
            "Name\tGrades\tUniversity",
            "A*AA\tLeeds",
        ),
        (
            "Cross-country championship",
            "Name\tPosition\tScore",
            "4\t96",
        ),
        ("Prize-giving programme", "Name\tPrize\tMark", "Maths\t98"),
        ("Netball fixtures", "Player\tPosition\tGoals", "GA\t14"),
        ("House chess tournament", "Name\tHouse\tPoints", "Oak\t17"),
    ] {
        let rows: Vec<String> = super::PUPILS
            .iter()
            .map(|pupil| format!("{pupil}\t{cells}"))
            .collect();
        let sheet = format!("{title}\n\n{heading}\n{}", rows.join("\n"));
        passes("list.xlsx", "sheet \"1\"", &sheet);
    }
    let rows: Vec<String> = super::PUPILS
        .iter()
        .map(|pupil| format!("{pupil}\t62\t03/04/2012"))
        .collect();
    let sheet = format!(
        "GCSE honours list 2026\n\nName\tResults\tDOB\n{}",
        rows.join("\n")
    );
    let findings = file("list.xlsx", &[("sheet \"1\"", &sheet)]);
    assert_eq!(findings.len(), 1, "dates of birth are never published");
    assert_masked(&findings);
}

#[test]
fn praise_does_not_excuse_what_is_told_beside_it() {
    for text in [
        "After sports day Amara Okafor had a seizure; her epilepsy care plan is attached.",
        "Congratulations to the choir. Separately: Chloe Marsden was permanently excluded, and is on a child protection plan.",
        "Fixtures. Ben Whitlock, DOB 03/04/2012, NHS number 999 372 9884, emergency contact below.",
    ] {
        let findings = file("note.docx", &[("", text)]);
        assert_eq!(findings.len(), 1, "{text}");
        assert_masked(&findings);
    }
}
