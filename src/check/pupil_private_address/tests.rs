use super::*;
use crate::check::testing::{mail_of, mailbox, message, school};

fn inspect(to: &str, shown_as: &str, text: &str) -> Vec<Finding> {
    let mut reading = message(&[(Role::Body, text)]);
    reading.header.to = vec![crate::extract::Mailbox {
        name: shown_as.to_owned(),
        address: to.to_owned(),
    }];
    PupilPrivateAddress.inspect(&mail_of(&reading, &[to]), &school())
}

#[test]
fn mailboxes_called_like_pupils_fire() {
    for (to, shown_as, text) in [
        ("amara.okafor@gmail.com", "", "Here is the draft."),
        ("amaraokafor11@hotmail.co.uk", "", "Here is the draft."),
        ("okafor_amara@outlook.com", "", "Here is the draft."),
        ("xx_amara_okafor_xx@icloud.com", "", "Hi Amara its here"),
        ("theamaraokafor@gmail.com", "", "It is booked."),
        ("amara.okafor+school@gmail.com", "", "It is booked."),
        ("benny.whitlock@gmail.com", "", "It is booked."),
        (
            "sk8r.gal.xo@icloud.com",
            "Esme Tanner",
            "You were brilliant.",
        ),
        ("e.tanner@gmail.com", "", "Hi Esme, the set I mentioned."),
        ("bennywhitlock@gmail.com", "", "It is booked."),
        ("therealbenwhitlock@gmail.com", "", "It is booked."),
        ("esmetanner.music@gmail.com", "", "Darling Esme, bravo."),
        ("e.j.tanner@gmail.com", "Esme", "Size M is in."),
        ("et.tanner.art@gmail.com", "", "Esme, the poster is fine."),
        ("f.gallagher11@gmail.com", "", "10am not 11"),
        ("fgallagher2011@gmail.com", "Fin", "10am not 11"),
    ] {
        let findings = inspect(to, shown_as, text);
        assert_eq!(findings.len(), 1, "{to}");
        assert!(
            findings[0].confidence >= 0.5 && !findings[0].pupils.is_empty(),
            "{to}"
        );
        assert!(!findings[0].excerpt.contains("okafor"), "{to}");
    }
}

#[test]
fn other_mailboxes_pass() {
    for (to, shown_as, text) in [
        (
            "amara.okafor@pupils.greenfold.sch.example",
            "",
            "Here is the draft.",
        ),
        (
            "amara.okafor@orchestra.example",
            "",
            "Dear Amara, the parts are missing.",
        ),
        (
            "s.cooper@gmail.example",
            "Amara Okafor",
            "Registered as a contact.",
        ),
        ("okafor.taxis@hotmail.com", "", "One less tomorrow."),
        (
            "amara.okafor.catering@gmail.com",
            "",
            "Forty lunches please.",
        ),
        (
            "amara.okafor.catering@gmail.com",
            "",
            "Dear Ms Okafor, lunches.",
        ),
        (
            "amaraokafor.vet@gmail.com",
            "Amara (2017 leaver)",
            "Dear Amara, thanks.",
        ),
        (
            "tanner.and.sons@gmail.com",
            "",
            "Dear Dave, the gate is done.",
        ),
        ("p.tanner.art@gmail.com", "", "Dear Pauline, the poster."),
        (
            "j.tanner48@btinternet.com",
            "June Tanner",
            "Dear Mrs Tanner, do come.",
        ),
        ("e.tanner@gmail.com", "", "Dear Mrs Tanner, do come."),
        ("e.tanner@gmail.com", "", "Forty lunches please."),
        (
            "amara.okafor@gmail.com",
            "",
            "Dear Ms Okafor, thank you for applying.",
        ),
        (
            "tobias.wetherall@gmail.com",
            "Toby",
            "Dear Toby, six years!",
        ),
        ("nobody@gmail.com", "", ""),
    ] {
        assert_eq!(inspect(to, shown_as, text), [], "{to} {text}");
    }
}

#[test]
fn only_staff_are_concerned() {
    let mut reading = message(&[(Role::Body, "final final")]);
    reading.header.from = vec![mailbox("amara@pupils.greenfold.sch.example")];
    let mail = mail_of(&reading, &["amara.okafor@gmail.com"]);
    assert_eq!(PupilPrivateAddress.inspect(&mail, &school()), []);
}
