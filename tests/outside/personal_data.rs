//! `unprotected-personal-data` as a school sees it: what its threshold does,
//! and what people are told.

use std::fs;

use serde_json::Value;

use crate::support::exeat::{error_of, exeat};
use crate::support::school::Greenfold;

/// A mail to a supplier with one CSV file.
fn mail(csv: &str) -> String {
    let head = "From: office@greenfold.sch.example\r\n\
        To: someone@supplier.example\r\n\
        Subject: The list\r\n\
        Date: Mon, 16 Nov 2026 10:00:00 +0000\r\n\
        Message-ID: <list@greenfold.sch.example>\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nAttached.\r\n\
        --b\r\nContent-Type: text/csv; name=list.csv\r\n\
        Content-Disposition: attachment; filename=list.csv\r\n\r\n";
    format!("{head}{}\r\n--b--\r\n", csv.replace('\n', "\r\n"))
}

/// What becomes of it where the rule's threshold is this.
fn judged(csv: &str, threshold: Option<&str>) -> Value {
    let school = Greenfold::new(([127, 0, 0, 1], 9).into(), "");
    if let Some(threshold) = threshold {
        let rule = format!("unprotected-personal-data = {{ threshold = {threshold} }}");
        school.rewrite(|text| text.replace("[school.rules]", &format!("[school.rules]\n{rule}")));
    }
    let file = school.folder().join("list.eml");
    fs::write(&file, mail(csv)).expect("writable");
    let file = file.to_str().expect("UTF-8");
    let output = exeat(&school.config(), &["check", "--json", "--explain", file]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", error_of(&output)))
}

const ONE_MARK: &str = "Name,Form,Reading age\nOyin Bello,7A,9.4\n";
const THREE_MARKS: &str =
    "Name,Form,Reading age\nOyin Bello,7A,9.4\nCeri Bowen,7A,10.2\nMillie Cooper,7A,8.8\n";
const BIRTHDAYS: &str =
    "Name,Form,Date of birth\nOyin Bello,7A,08/08/2015\nCeri Bowen,7A,10/10/2014\n";

#[test]
fn a_threshold_says_how_sure_a_finding_must_be() {
    for (csv, threshold, action, confidence) in [
        (ONE_MARK, None, "deliver", 0.33),
        (ONE_MARK, Some("0.33"), "quarantine", 0.33),
        (ONE_MARK, Some("0.34"), "deliver", 0.33),
        (THREE_MARKS, None, "quarantine", 0.70),
        (THREE_MARKS, Some("0.7"), "quarantine", 0.70),
        (THREE_MARKS, Some("0.71"), "deliver", 0.70),
        (BIRTHDAYS, Some("0.8"), "quarantine", 0.80),
        (BIRTHDAYS, Some("0.9"), "deliver", 0.80),
        (BIRTHDAYS, Some("0"), "quarantine", 0.80),
    ] {
        let report = judged(csv, threshold);
        assert_eq!(report["action"], action, "{threshold:?}: {report}");
        let finding = &report["findings"][0];
        assert_eq!(finding["rule"], "unprotected-personal-data");
        assert_eq!(finding["confidence"], confidence, "{finding}");
        let reason = finding["suppressed"].as_str().unwrap_or_default();
        assert_eq!(reason.contains("less certain"), action == "deliver");
    }
}

#[test]
fn a_bad_threshold_is_told_with_its_place() {
    for threshold in ["80", "\"high\"", "-0.1", "nan"] {
        let school = Greenfold::new(([127, 0, 0, 1], 9).into(), "");
        let rule = format!("unprotected-personal-data = {{ threshold = {threshold} }}");
        school.rewrite(|text| text.replace("[school.rules]", &format!("[school.rules]\n{rule}")));
        let output = exeat(&school.config(), &["config", "check"]);
        assert_eq!(output.status.code(), Some(2), "{threshold}");
        let error = error_of(&output);
        assert!(
            error.contains("from 0 to 1") && error.contains("threshold = "),
            "{error}"
        );
    }
}
