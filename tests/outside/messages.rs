//! Messages as they are met, read from outside: honest, clumsy and hostile.

use std::fmt::Write;
use std::time::{Duration, Instant};

use exeat::extract::{Budget, Reading, read_message};
use exeat::finding::ProblemKind;

use crate::documents::document;

fn read(message: &str) -> Reading {
    read_message(message.replace('\n', "\r\n").as_bytes(), &Budget::default())
}

/// All texts of a message: `role or location: text`, in their order.
fn told(reading: &Reading) -> Vec<String> {
    reading
        .texts
        .iter()
        .map(|text| {
            let hidden = if text.hidden { " hidden" } else { "" };
            let words = text.text.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{:?}{hidden}: {words}", text.role)
        })
        .collect()
}

#[track_caller]
fn check(message: &str, expected: &[&str]) {
    let reading = read(message);
    assert_eq!(told(&reading), expected, "{message}");
    assert_eq!(reading.problems, [], "{message}");
}

#[track_caller]
fn check_hostile(message: &str, expected: &[&str]) {
    let reading = read(message);
    assert_eq!(told(&reading), expected, "{message}");
    let hostile = reading
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::Hostile)
        .count();
    assert_eq!(hostile, 1, "{message}: {:?}", reading.problems);
}

#[test]
fn plain_messages() {
    check(
        "Subject: Trip\n\nDear all\n",
        &["Subject: Trip", "Body: Dear all"],
    );
    check(
        "Subject: =?utf-8?q?Zo=C3?=\n =?utf-8?q?=AB?= Quill\n\nx",
        &["Subject: Zoë Quill", "Body: x"],
    );
    check("\nno header\n", &["Body: no header"]);
    check("Subject: only a header\n", &["Subject: only a header"]);
    check("", &[]);
    check(
        "Content-Type: text/plain; format=flowed\n\nDear \nall\n> old \n> words\n",
        &["Body: Dear all", "Quoted: old words"],
    );
    check(
        "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nZo=EB =\nhere",
        &["Body: Zoë here"],
    );
    check(
        "Content-Transfer-Encoding: base64\n\nWm/DqyB3YXMgbGF0ZQ",
        &["Body: Zoë was late"],
    );
}

#[test]
fn raw_eight_bit_headers_are_read() {
    for subject in ["Zoë".as_bytes(), b"Zo\xeb"] {
        let mut raw = b"Subject: ".to_vec();
        raw.extend_from_slice(subject);
        raw.extend_from_slice(b"\r\n\r\nx");
        assert_eq!(read_message(&raw, &Budget::default()).header.subject, "Zoë");
    }
}

#[test]
fn header_facts() {
    let reading = read(
        "From: \"Fennimore, A\" <a@greenfold.sch.example>\nTo: Office: b@x.example, =?utf-8?q?Zo=C3=AB?= <c@x.example>;\nCc: d@x.example\nReply-To: e@x.example\nMessage-ID: <1@x.example>\nIn-Reply-To: <0@x.example>\nReferences: <a@x.example>\n <0@x.example>\nDate: Tue, 3 Nov 2026 09:12:00 +0100\nAuto-Submitted: auto-replied\n\nx",
    );
    let header = &reading.header;
    assert_eq!(header.from[0].name, "Fennimore, A");
    assert_eq!(header.from[0].address, "a@greenfold.sch.example");
    assert_eq!(header.to.len(), 2);
    assert_eq!(
        (header.to[1].name.as_str(), header.to[1].address.as_str()),
        ("Zoë", "c@x.example")
    );
    assert_eq!(header.cc[0].address, "d@x.example");
    assert_eq!(header.reply_to[0].address, "e@x.example");
    assert_eq!(header.message_id.as_deref(), Some("1@x.example"));
    assert_eq!(header.in_reply_to.as_deref(), Some("0@x.example"));
    assert_eq!(header.references, ["a@x.example", "0@x.example"]);
    assert_eq!(header.date, Some(1_793_693_520));
    assert!(header.automatic);
}

#[test]
fn programs_are_told_from_people() {
    for (field, automatic) in [
        ("Auto-Submitted: no", false),
        ("Auto-Submitted: auto-generated", true),
        ("Precedence: bulk", true),
        ("Precedence: first-class", false),
        ("X-Autoreply: yes", true),
        ("Content-Type: multipart/report; boundary=b", true),
        ("Content-Type: text/calendar; method=REPLY", true),
        ("Content-Type: text/calendar; method=REQUEST", false),
        ("X-Mailer: Outlook", false),
    ] {
        assert_eq!(
            read(&format!("{field}\n\nx")).header.automatic,
            automatic,
            "{field}"
        );
    }
}

const ALTERNATIVE: &str = "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nDear all,\n\nPlease come.\n--b\nContent-Type: text/html\n\n";

#[test]
fn alternatives_that_say_the_same_are_one() {
    check(
        &format!("{ALTERNATIVE}<p>Dear all,</p><p>Please come.</p>\n--b--\n"),
        &["Body: Dear all, Please come."],
    );
    check(
        &format!("{ALTERNATIVE}<p>Dear all,</p><p>Please bring Zo&euml;.</p>\n--b--\n"),
        &[
            "Body: Dear all, Please come.",
            "Body: Dear all, Please bring Zoë.",
        ],
    );
    check(
        &format!(
            "{ALTERNATIVE}<div style='display:none'>psst</div><p>Dear all,</p><p>Please come.</p>\n--b--\n"
        ),
        &["Body: Dear all, Please come.", "Body hidden: psst"],
    );
}

#[test]
fn html_answers_are_told_from_what_they_quote() {
    check(
        "Content-Type: text/html\n\n<p>Yes</p><hr><p><b>From:</b> A<br><b>Sent:</b> today<br><b>To:</b> B<br><b>Subject:</b> Trip</p><p>old</p>",
        &[
            "Body: Yes",
            "Quoted: From: A Sent: today To: B Subject: Trip old",
        ],
    );
    check(
        "Content-Type: text/html\n\n<div>Yes</div><div class=gmail_quote><div class=gmail_attr>On 3 Nov 2026 A wrote:<br></div><blockquote class=gmail_quote type=cite>old</blockquote></div>",
        &["Body: Yes", "Quoted: On 3 Nov 2026 A wrote: old"],
    );
}

fn mixed(part: &str) -> String {
    format!(
        "Subject: s\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\nbody\n--b\n{part}\n--b--\n"
    )
}

#[test]
fn attachments_are_named_in_every_way() {
    for field in [
        "Content-Disposition: attachment; filename=\"Zoë Quill.txt\"",
        "Content-Disposition: attachment; filename*=utf-8''Zo%C3%AB%20Quill.txt",
        "Content-Disposition: attachment; filename*0*=utf-8''Zo%C3%AB; filename*1=\" Quill.txt\"",
        "Content-Disposition: attachment; filename=\"=?utf-8?q?Zo=C3=AB_Quill.txt?=\"",
        "Content-Type: text/plain; name=\"Zoë Quill.txt\"",
    ] {
        let reading = read(&mixed(&format!("{field}\n\nsecret")));
        assert_eq!(reading.attachments.len(), 1, "{field}");
        assert_eq!(reading.attachments[0].name, "Zoë Quill.txt", "{field}");
        assert!(
            told(&reading).contains(&"FileName: Zoë Quill.txt".to_owned()),
            "{field}"
        );
        assert!(
            told(&reading).contains(&"Attachment: secret".to_owned()),
            "{field}"
        );
    }
    let reading = read(&mixed(
        "Content-Type: text/plain; name=b.txt\nContent-Disposition: attachment; filename=a.txt\n\nx",
    ));
    let names: Vec<String> = told(&reading)
        .into_iter()
        .filter(|text| text.starts_with("FileName"))
        .collect();
    assert_eq!(names, ["FileName: a.txt", "FileName: b.txt"]);
}

#[test]
fn content_tells_what_an_attachment_is() {
    let reading = read(&mixed(
        "Content-Type: image/jpeg; name=list.jpg\n\nName,Form,UPN\nZoë,7B,X1",
    ));
    assert_eq!(reading.attachments[0].kind, "csv");
    let reading = read(&mixed(
        "Content-Type: text/plain; name=a.txt\nContent-Transfer-Encoding: base64\n\n/9j/4AAQSkZJRg==",
    ));
    assert_eq!(reading.attachments[0].kind, "jpeg");
    assert_eq!(reading.problems[0].kind, ProblemKind::NotRead);
    let reading = read(&mixed(
        "Content-Type: application/octet-stream; name=x\nContent-Transfer-Encoding: base64\n\nAAECAwQFBgcICQoLDA0ODw==",
    ));
    assert_eq!(reading.problems[0].kind, ProblemKind::Unknown);
    let reading = read(&mixed(
        "Content-Disposition: attachment; filename=empty.txt\n",
    ));
    assert_eq!((reading.attachments.len(), reading.problems.len()), (1, 0));
}

#[test]
fn messages_in_messages_are_read() {
    let inner =
        "Content-Type: message/rfc822\n\nSubject: Inner\nFrom: Zoë <z@x.example>\n\ninner body";
    let reading = read(&mixed(inner));
    assert_eq!(
        told(&reading),
        [
            "Subject: s",
            "Body: body",
            "FileName: attached message",
            "Attachment: Inner",
            "Attachment: Zoë <z@x.example>",
            "Attachment: inner body",
        ]
    );
    let digest = "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: One\n\nfirst\n--d\n\nSubject: Two\n\nsecond\n--d--";
    assert!(told(&read(digest)).contains(&"Attachment: second".to_owned()));
    let saved = mixed(
        "Content-Type: application/octet-stream; name=x.eml\n\nReceived: x\nFrom: a@x.example\nTo: b@x.example\nSubject: Saved\n\nbody of it",
    );
    assert!(told(&read(&saved)).contains(&"Attachment: body of it".to_owned()));
}

#[test]
fn text_outside_all_parts_is_read_as_hidden() {
    check(
        "Content-Type: multipart/mixed; boundary=b\n\nThis is a multi-part message in MIME format.\n--b\n\nbody\n--b--\n\n",
        &["Body: body"],
    );
    check(
        "Content-Type: multipart/mixed; boundary=b\n\nbefore\n--b\n\nbody\n--b--\nafter\n",
        &["Body: body", "Body hidden: before", "Body hidden: after"],
    );
}

#[test]
fn uuencoded_files_are_read() {
    let reading = read("Subject: s\n\nSee below\nbegin 644 list.txt\n#0V%T\n`\nend\nBye\n");
    assert_eq!(
        told(&reading),
        [
            "Subject: s",
            "Body: See below Bye",
            "FileName: list.txt",
            "Attachment: Cat"
        ]
    );
}

#[test]
fn signatures_and_calendars_are_no_problem() {
    let signature = String::from_utf8(document("sealed/detached.asc")).expect("armour");
    let broken = "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----";
    for (signature, kind) in [(signature.as_str(), "signature"), (broken, "text")] {
        let reading = read(&mixed(&format!(
            "Content-Type: application/pgp-signature; name=s.asc\n\n{signature}"
        )));
        assert_eq!(
            (reading.attachments[0].kind.as_str(), reading.problems.len()),
            (kind, 0)
        );
    }
    let reading = read(&mixed(
        "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nSUMMARY:Zoë's review\nEND:VCALENDAR",
    ));
    assert!(
        told(&reading)
            .iter()
            .any(|text| text.contains("Zoë's review"))
    );
    // SignedData without content: a detached signature.
    let reading = read(&mixed(
        "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHAqCAMIACAQExADCABgkqhkiG9w0BBwEAAAAAAAAAAA==",
    ));
    assert_eq!(
        (reading.attachments[0].kind.as_str(), reading.problems.len()),
        ("signature", 0)
    );
}

#[test]
fn what_can_be_read_in_two_ways_is_read_in_both() {
    check_hostile(
        "Subject: one\nSubject: two\n\nx",
        &["Subject: one", "Subject: two", "Body: x"],
    );
    check(
        "Subject: one\nSubject: one\n\nx",
        &["Subject: one", "Body: x"],
    );
    let reading = read("From: a@x.example\nFrom: b@x.example\n\nx");
    assert_eq!((reading.header.from.len(), reading.problems.len()), (2, 1));
    check_hostile(
        "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nbody\n--b--\n",
        &["Body: --b body --b--", "Body: body"],
    );
    check_hostile(
        "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\nWm/Dqw==\n",
        &["Body: Zoë", "Body: Wm/Dqw=="],
    );
    check(
        "Content-Type: text/plain\nContent-Type: text/plain; charset=utf-8\n\nbody\n",
        &["Body: body"],
    );
    check_hostile(
        "Content-Type: multipart/mixed\n\n--x\nContent-Type: text/plain\n\nbody\n--x--\n",
        &["Body: body"],
    );
    check(
        "Content-Type: multipart/mixed; boundary=x\n\njust text\n",
        &["Body: just text"],
    );
}

#[test]
fn the_digest_is_the_same_for_new_boundaries_and_encodings() {
    let digest = |boundary: &str, part: &str| {
        read(&format!(
            "Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n{part}\n--{boundary}--\n"
        ))
        .digest
    };
    let plain = digest("a", "\nZoe was late");
    assert_eq!(
        plain,
        digest("b", "Content-Transfer-Encoding: base64\n\nWm9lIHdhcyBsYXRl")
    );
    assert_eq!(
        plain,
        digest(
            "c",
            "Content-Transfer-Encoding: quoted-printable\n\nZoe was=20late"
        )
    );
    assert_ne!(plain, digest("a", "\nZoe was early"));
}

#[test]
fn the_digest_tells_messages_apart_and_not_their_ways() {
    let digest = |fields: &str| read(&format!("Subject: Trip\n{fields}\nZoe was late\n")).digest;
    let plain = digest("To: a@b.example\n");
    for way in [
        "Received: from a by b; now\nTo: a@b.example\n",
        "To: a@b.example\nX-MS-Exchange-Organization-AuthAs: Internal\n",
        "to: a@b.example\nDKIM-Signature: v=1\nContent-Type: text/plain\n",
    ] {
        assert_eq!(plain, digest(way), "{way}");
    }
    for other in ["To: c@b.example\n", "To: a@b.example\nX-Serial: 2\n", ""] {
        assert_ne!(plain, digest(other), "{other}");
    }
}

#[track_caller]
fn check_bomb(name: &str, message: &[u8]) -> Reading {
    let started = Instant::now();
    let reading = read_message(message, &Budget::default());
    // Unoptimised builds are some ten times slower than what is promised.
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{name}: {:?}",
        started.elapsed()
    );
    assert!(
        reading
            .problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::Hostile),
        "{name}: {:?}",
        reading.problems
    );
    reading
}

#[test]
fn bombs_of_parts_end_soon() {
    let nested = (0..300).fold(String::new(), |mut message, i| {
        write!(
            message,
            "Subject: level {i}\r\nContent-Type: message/rfc822\r\n\r\n"
        )
        .expect("a string takes all");
        message
    });
    let reading = check_bomb("nested messages", nested.as_bytes());
    assert!(told(&reading).contains(&"Attachment: level 10".to_owned()));

    let nested = (0..300).fold(String::new(), |mut message, i| {
        write!(
            message,
            "Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n"
        )
        .expect("a string takes all");
        message
    });
    check_bomb("nested multiparts", nested.as_bytes());

    let mut parts = String::from("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    parts.push_str(&"--b\r\n\r\nx\r\n".repeat(6_000));
    let reading = check_bomb("many parts", parts.as_bytes());
    assert!(reading.texts.iter().any(|text| text.text.trim() == "x"));

    let repeated = "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".repeat(20_000);
    check_bomb(
        "one boundary again and again",
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{repeated}").as_bytes(),
    );
}

#[test]
fn hostile_headers_end_soon() {
    for piece in ["=?utf-8?Q?a?= ", "<a@b>,", "(", "\"", "a:;", " \r\n "] {
        for field in ["Subject", "To", "Content-Type", "Date", "Message-ID"] {
            let message = format!("{field}: {}\r\n\r\nbody", piece.repeat(40_000));
            let started = Instant::now();
            let reading = read_message(message.as_bytes(), &Budget::default());
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{field} of {piece:?}"
            );
            assert!(
                reading.texts.iter().any(|text| text.text.trim() == "body"),
                "{field} of {piece:?}"
            );
        }
    }
}

/// Any byte of a message may be anything.
#[test]
fn broken_messages_never_panic() {
    let whole = format!(
        "Subject: =?utf-8?q?Zo=C3=AB?=\nFrom: \"Fennimore, A\" <a@x.example>\n{ALTERNATIVE}<p>Dear all</p>\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQp5\n--b--\n"
    )
    .replace('\n', "\r\n");
    let mut seed = 11_u64;
    for round in 0..400 {
        let mut broken = whole.clone().into_bytes();
        for _ in 0..=round % 8 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (seed >> 33) as usize % broken.len();
            broken[at] = (seed >> 24) as u8;
        }
        let reading = read_message(&broken, &Budget::default());
        let told = !reading.texts.is_empty() || !reading.problems.is_empty();
        assert!(told, "silence about {}", broken.escape_ascii());
        assert!(
            reading
                .texts
                .iter()
                .all(|text| !text.text.contains(['\r', '\0']))
        );
    }
    for cut in 0..whole.len() {
        read_message(&whole.as_bytes()[..cut], &Budget::default());
    }
}
