//! Data in the mail itself, which no password can protect.

use super::{OUTSIDE, assert_masked, inspect, message};
use crate::extract::Role;
use crate::finding::{Finding, Weight};

fn body(text: &str) -> Vec<Finding> {
    inspect(&message(&[(Role::Body, text)]), OUTSIDE)
}

#[test]
fn tables_and_numbers_in_the_mail_fire() {
    for (text, expected) in [
        (
            "Dear all,\nName\tForm\tDate of birth\nAmara Okafor\t7B\t03/04/2012\nBen Whitlock\t7B\t05/06/2012\nRegards",
            "2 pupils, with date of birth",
        ),
        (
            "Here are the marks:\nName\tMaths\tEnglish\nAmara Okafor\t62\t55\nBen Whitlock\t71\t60\nChloe Marsden\t44\t81\n",
            "3 pupils, with data about each of them",
        ),
        (
            "Please add Dylan Pryce, UPN R674123101121, DOB 03/04/2012, to the list.",
            "1 pupil, with UPN and date of birth",
        ),
        (
            "Please remove the UPNs R674123101121 and E801214514037.",
            "2 pupils, with UPN",
        ),
        (
            "New starter: NI number AB 12 34 56 C, her sort code 20-00-00, account number 12345678.",
            "1 person, with National Insurance number",
        ),
        (
            "Employee\tSalary\tSick days\nMr D Cooper\t41333\t14\n",
            "1 member of staff, with absence and sickness and pay",
        ),
    ] {
        let findings = body(text);
        assert_eq!(findings.len(), 1, "{text}");
        assert_eq!(findings[0].what, expected, "{text}");
        assert_eq!(findings[0].weight, Weight::InBody);
        assert!(findings[0].location.as_str().starts_with("body"));
        assert_masked(&findings);
    }
}

#[test]
fn ordinary_mail_passes() {
    for text in [
        "Amara Okafor has an EHCP; the SENCO will ring about her asthma.",
        "Ben Whitlock will be late on Monday.\n\nGreenfold School\nAddress: 1 School Lane, Northshire NS1 2AB\nTel 01632 960 400",
        "Trip payment for Chloe Marsden: please pay into sort code 20-00-00, account number 12345678.",
        "Order 9993729884, invoice 20417, quote 4000056655665556.",
        "Team for Saturday\nName\tPosition\nAmara Okafor\tGA\nBen Whitlock\tGK\nChloe Marsden\tC\n",
        "Results of the gala\nName\tEvent\tScore\nAmara Okafor\t100 m\t62\nBen Whitlock\t50 m\t71\nChloe Marsden\t50 m\t44\n",
        "A UPN has a check letter, for example B801200005001.",
        "Mr D Cooper\tHead of Maths\t01632 960 401\nMrs P Ashworth\tHeadteacher\t01632 960 400\n",
    ] {
        assert!(body(text).is_empty(), "{text}: {:?}", body(text));
    }
}

#[test]
fn only_what_is_newly_written_and_leaves_the_school_counts() {
    let text = "Amara Okafor, UPN B801200005001, DOB 03/04/2012";
    assert_eq!(body(text).len(), 1);
    let quoted = message(&[(Role::Body, "Thank you."), (Role::Quoted, text)]);
    assert!(inspect(&quoted, OUTSIDE).is_empty());
    let inside = message(&[(Role::Body, text)]);
    assert!(inspect(&inside, &["head@greenfold.sch.example"]).is_empty());
}
