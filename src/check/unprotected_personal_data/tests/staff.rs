//! Members of staff: their pay, sickness and conduct are personal data; that
//! they work here is in every prospectus.

use super::{assert_masked, file};

fn sheet(heading: &str, rows: &[&str]) -> String {
    format!("{heading}\n{}", rows.join("\n"))
}

#[test]
fn pay_sickness_and_conduct_of_staff_fire() {
    for (heading, rows, expected) in [
        (
            "Name\tGross pay\tTax code\tNet pay",
            &["Daniel Cooper\t3200.50\t1257L\t2450.10"][..],
            "1 member of staff, with pay",
        ),
        (
            "Surname\tForename\tSalary",
            &[
                "Cooper\tDaniel\t41,333",
                "Ashworth\tPhilippa\t38,810",
                "O'Neill\tKatherine\t47,666",
            ],
            "3 members of staff, with pay",
        ),
        (
            "Employee\tPay point\tNI Number\tSort code\tAccount number",
            &["Mr D Cooper\tM6\tAB123456C\t20-00-00\t12345678"],
            "1 member of staff, with National Insurance number, bank details and pay",
        ),
        (
            "Teacher\tDays sick\tReason for absence\tReturn to work",
            &[
                "Mrs P Ashworth\t14\toperation\tphased",
                "Ms K O\u{2019}Neill\t3\tflu\tdone",
            ],
            "2 members of staff, with absence and sickness",
        ),
        (
            "Staff\tBradford score",
            &["COOPER, Daniel\t245"],
            "1 member of staff, with absence and sickness",
        ),
        (
            "Name\tRole\tAppraisal outcome",
            &["Philippa Ashworth\tTeacher\tnot met"],
            "1 member of staff, with appraisal or disciplinary matters",
        ),
        (
            "Member of staff\tDisciplinary action\tFinal written warning",
            &["Daniel Cooper\thearing\tyes"],
            "1 member of staff, with appraisal or disciplinary matters",
        ),
        // Who works through an agency is on no list.
        (
            "Employee\tSalary\tPension",
            &[
                "Ola Berg\t30000\tTPS",
                "Jan Kern\t31000\tTPS",
                "Ida Holm\t32000\tTPS",
            ],
            "3 people, with pay",
        ),
        (
            "Payroll number\tNI number\tNet pay",
            &["1001\tAB123456C\t2450.10", "1002\tJK123456D\t2100.00"],
            "2 people, with National Insurance number and pay",
        ),
    ] {
        let sheet = sheet(heading, rows);
        let findings = file("staff.xlsx", &[("sheet \"1\"", &sheet)]);
        assert_eq!(findings.len(), 1, "{sheet}");
        assert_eq!(findings[0].what, expected, "{sheet}");
        assert!(findings[0].pupils.is_empty());
        assert_masked(&findings);
        for name in ["Cooper", "Ashworth", "Neill", "Berg", "123456"] {
            assert!(
                !findings[0].excerpt.contains(name),
                "{}",
                findings[0].excerpt
            );
        }
    }
}

#[test]
fn a_payslip_is_about_whoever_has_its_number() {
    let slip = "Payslip\tNovember\nEmployee\tMr D Cooper\nNI number\tAB 12 34 56 C\nTax code\t1257L\nNet pay\t2450.10";
    let findings = file("payslip.pdf", &[("", slip)]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].what.contains("National Insurance number"));
}

#[test]
fn lists_of_staff_pass() {
    for (heading, rows) in [
        (
            "Name\tRole\tExtension\tMobile\tEmail",
            &["Daniel Cooper\tHead of Maths\t214\t07700 900123\td.cooper@greenfold.sch.example"][..],
        ),
        (
            "Teacher\tPeriod 1\tPeriod 2\tPeriod 3",
            &[
                "Mr D Cooper\t7A Ma\t8B Ma\tPPA",
                "Mrs P Ashworth\t9C En\tfree\t10A En",
            ],
        ),
        (
            "Name\tSafeguarding training\tPrevent\tFirst aid\tEpiPen",
            &[
                "Daniel Cooper\t01/09/2025\tyes\tno\tyes",
                "Philippa Ashworth\t02/09/2025\tyes\tyes\tyes",
            ],
        ),
        (
            "Name\tResponsibility",
            &[
                "Katherine O'Neill\tSENCO, looked-after children",
                "Daniel Cooper\tDSL, EHCP reviews",
            ],
        ),
        (
            "Absent\tPeriod\tCover\tRoom",
            &["Mr D Cooper\t3\tMrs P Ashworth\tM4"],
        ),
        (
            "Grade\tPay point\tSalary",
            &[
                "Main scale\tM1\t32916",
                "Main scale\tM2\t34823",
                "Upper\tU1\t47472",
            ],
        ),
        (
            "Post\tSalary\tClosing date",
            &[
                "Teacher of Maths\tMPS/UPS\t12 May",
                "Cleaner\tScale 2\t14 May",
            ],
        ),
        (
            "Name\tMeeting\tAttendance",
            &[
                "Daniel Cooper\tBriefing\tpresent",
                "Philippa Ashworth\tBriefing\tapologies",
            ],
        ),
        (
            "Supplier\tContact name\tSort code\tAccount number",
            &[
                "Calder Coaches\tOla Berg\t20-00-00\t12345678",
                "Acme Ltd\tJan Kern\t20-00-01\t12345679",
            ],
        ),
    ] {
        let sheet = sheet(heading, rows);
        let findings = file("staff.xlsx", &[("sheet \"1\"", &sheet)]);
        assert!(findings.is_empty(), "{sheet}: {findings:?}");
    }
}
