//! The fields that say how a body is to be read (RFC 2045): commented, folded,
//! quoted, doubled, contradictory.

use super::{Case, Expected, HOSTILE, WORDS, base64, case};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = multiparts();
    cases.extend(texts());
    cases.extend(headers());
    cases
}

/// A multipart whose one part is packed, by its type.
fn packed(kind: &str, boundary: &str) -> String {
    format!(
        "Subject: Trip\nMIME-Version: 1.0\n{kind}\n\n--{boundary}\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{}\n--{boundary}--\n",
        base64(WORDS)
    )
}

fn multiparts() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in [
        "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: Multipart/Mixed; BOUNDARY=b",
        "Content-type:multipart/mixed;boundary=b",
        "Content-Type: multipart/mixed;\n\tboundary=\"b\"",
        "Content-Type: multipart/mixed;\n boundary\n =\n b",
        "Content-Type: multipart/mixed; boundary = \"b\"",
        "Content-Type: multipart/mixed; boundary=b;",
        "Content-Type: multipart/mixed; boundary=\"b\" ",
        "Content-Type: multipart/mixed; boundary=\"b  \"",
        "Content-Type: multipart/mixed; charset=\"utf-8\"; boundary=b",
        "Content-Type: multipart/mixed; ; boundary=b",
        "Content-Type: multipart/mixed (as ever); boundary=b (so)",
        "Content-Type: multipart/mixed; (boundary=c) boundary=b",
        "Content-Type: multipart/(so)mixed; boundary=b",
        "Content-Type: multipart/mixed; boundary*=us-ascii''b",
        "Content-Type: multipart/mixed; boundary*0=b",
        "Content-Type: multipart/mixed; boundary=\"\\b\"",
        "Content-Type: multipart/unheard-of; boundary=b",
        "Content-Type: multipart/x-mixed-replace; boundary=b",
        "Content-Type: multipart/form-data; boundary=b",
        "Content-Type: multipart/mixed; boundary=b\nContent-Type: multipart/mixed; boundary=\"b\"",
        "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit",
        "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64",
        "Content-Type : multipart/mixed; boundary=b",
    ] {
        cases.push(case(kind, &packed(kind, "b"), Expected::Alike));
    }
    for kind in [
        "Content-Type: multipart/mixed",
        "Content-Type: multipart/mixed; boundary",
        "Content-Type: multipart/mixed; boundary=",
        "Content-Type: multipart/mixed; boundary=\"\"",
        "Content-Type: multipart/mixed; boundary='b'",
        "Content-Type: multipart/mixed boundary=b",
        "Content-Type: multipart/mixed; boundary=c",
        "Content-Type: multipart/mixed; boundary=\"b",
        "Content-Type: multipart/mixed; boundary=b; boundary=c",
        "Content-Type: multipart/mixed; boundary=c; boundary=b",
        "Content-Type: multipart/mixed; boundary=c; boundary*=us-ascii''b",
        "Content-Type: multipart/mixed; boundary*0=c; boundary=b",
        "Content-Type: multipart/mixed; boundary=b\nContent-Type: multipart/mixed; boundary=c",
        "Content-Type: multipart/mixed; boundary=c\nContent-Type: multipart/mixed; boundary=b",
        "Content-Type: multipart/mixed; boundary=b\nContent-Type: text/plain",
        "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b",
        "Content-Type: multipart; boundary=b",
        "Content-Type: text/plain, multipart/mixed; boundary=b",
        "Content-Type: \"multipart/mixed\"; boundary=b",
        "Content-Type: ; multipart/mixed; boundary=b",
        "X-Content-Type: none\nContent\u{a0}Type: multipart/mixed; boundary=b\nContent-Type: multipart/mixed; boundary=c",
    ] {
        cases.push(case(kind, &packed(kind, "b"), HOSTILE));
    }
    cases
}

fn texts() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in [
        "",
        "Content-Type: text/plain\n",
        "Content-Type: text\n",
        "Content-Type: text/\n",
        "Content-Type:\n",
        "Content-Type: plain\n",
        "Content-Type: Text/Plain; Charset=UTF8; Format=Flowed; DelSp=No\n",
        "Content-Type: text/plain; charset\n",
        "Content-Type: text/plain; charset=\"utf-8\n",
        "Content-Type: text/plain; charset=utf-8; charset=us-ascii\n",
        "Content-Type: text/plain; charset=us-ascii\nContent-Type: text/plain; charset=utf-8\n",
        "Content-Type: text/unheard-of\n",
        "Content-Type: text/html\n",
        "Content-Type: text/x-html\n",
        "Content-Type: html\n",
        "Content-Type: text/enriched\n",
        "Content-Type: text/richtext\n",
        "Content-Type: text/markdown; charset=utf-8; variant=GFM\n",
        "Content-Type: text/rfc822-headers\n",
        "Content-Type: message/delivery-status\n",
        "Content-Type: message/disposition-notification\n",
        "Content-Type: message/feedback-report\n",
        "Content-Type: application/octet-stream\n",
        "Content-Type: application/text\n",
        "Content-Type: image/jpeg\n",
        "MIME-Version: 2.0 (odd)\nContent-Type: text/plain\n",
        "Content-Type: text/plain\nContent-Disposition: inline\n",
        "Content-Type: text/plain\nContent-Disposition:\n",
        "Content-Type: text/plain\nContent-Disposition: attachment\n",
        "Content-Length: 3\nContent-MD5: none\nContent-Type: text/plain\n",
    ] {
        let message = format!("Subject: Trip\n{kind}\n{WORDS}\n");
        cases.push(case(kind, &message, Expected::Alike));
    }
    let enriched = format!(
        "Content-Type: text/enriched\n\n<param>x</param>{}",
        WORDS.replace("Quill", "<bold>Qu</bold>ill")
    );
    cases.push(case("enriched words", &enriched, Expected::Alike));
    let page = WORDS.replace("Quill", "Q<b>ui</b>ll");
    for kind in ["text/plain", "image/png", "application/octet-stream"] {
        for fields in [
            format!("Content-Type: text/html\nContent-Type: {kind}\n"),
            format!("Content-Type: {kind}\nContent-Type: text/html\n"),
        ] {
            cases.push(case(&fields, &format!("{fields}\n{page}"), HOSTILE));
        }
    }
    cases
}

/// Header sections that end early, late or not at all.
fn headers() -> Vec<Case> {
    let encoded = base64(WORDS);
    let fields = "MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n";
    let plain = format!("Subject: Trip\n\n{WORDS}\n");
    [
        case("no header", &format!("\n{WORDS}\n"), Expected::Alike),
        case("no body", &format!("Subject: {WORDS}"), Expected::Alike),
        case(
            "a line of a mailbox first",
            &format!("From a@b.example Mon Nov 16 09:00:00 2026\n{plain}"),
            Expected::Alike,
        ),
        case(
            "a quoted line of a mailbox first",
            &format!(">From a@b.example Mon Nov 16 09:00:00 2026\n{plain}"),
            Expected::Alike,
        ),
        case(
            "white space for the empty line",
            &format!("Subject: Trip\n{fields} \n{encoded}\n"),
            Expected::Alike,
        ),
        case(
            "a tab for the empty line",
            &format!("Subject: Trip\n\t\n{WORDS}\n"),
            Expected::Alike,
        ),
        case(
            "no empty line",
            &format!("Subject: Trip\n{fields}{encoded}\n"),
            Expected::Alike,
        ),
        case(
            "words among the fields",
            &format!("Subject: Trip\n{WORDS}\nTo: a@b.example\n\nSee you.\n"),
            Expected::Alike,
        ),
        case(
            "a first line that goes on",
            &format!("  Subject: Trip\n{fields}\n{encoded}\n"),
            HOSTILE,
        ),
        case(
            "a mark of UTF-8 first",
            &format!("\u{feff}Subject: Trip\n{fields}\n{encoded}\n"),
            HOSTILE,
        ),
        case(
            "an empty line first",
            &format!("\n{fields}\n{encoded}\n"),
            Expected::Read,
        ),
        case(
            "empty lines first",
            &format!("\n\nSubject: Trip\n{fields}\n{encoded}\n"),
            Expected::Read,
        ),
        case(
            "a field without a name",
            &format!(": x\nSubject: Trip\n{fields}\n{encoded}\n"),
            HOSTILE,
        ),
        case(
            "a line without a field",
            &format!("Subject: Trip\nno field at all\n{fields}\n{encoded}\n"),
            HOSTILE,
        ),
        case(
            "a field of eight bits",
            &format!("Sübject: Trip\n{fields}\n{encoded}\n"),
            HOSTILE,
        ),
        case(
            "lone line feeds",
            &format!("Subject: Trip\n{fields}\n{encoded}\n").replace('\n', "\n"),
            Expected::Alike,
        ),
        case(
            "a thousand fields",
            &format!("{}{plain}", "X-A: b\n".repeat(1_000)),
            Expected::Alike,
        ),
        case(
            "a field of a thousand folds",
            &format!("X-A: b\n{}{plain}", " c\n".repeat(1_000)),
            Expected::Alike,
        ),
    ]
    .into_iter()
    .collect()
}
