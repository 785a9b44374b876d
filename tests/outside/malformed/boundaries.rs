//! Multiparts (RFC 2046 section 5.1): boundaries that are missing, doubled or
//! crossed, ends that never come, and what stands outside all parts.

use super::{Case, Expected, HOSTILE, WORDS, base64, case};

/// A multipart with the boundary `b`.
fn mixed(body: &str) -> String {
    format!("Subject: Trip\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n{body}")
}

pub(super) fn cases() -> Vec<Case> {
    let words = format!("Content-Type: text/plain\n\n{WORDS}");
    let packed = format!(
        "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{}",
        base64(WORDS)
    );
    let page = format!("Content-Type: text/html\n\n<p>{WORDS}</p>");
    let parts = [("words", &words), ("base64", &packed), ("page", &page)];
    let mut cases = Vec::new();
    for (kind, part) in parts {
        // To nobody these begin parts, and nobody decodes them.
        let apart = [
            "a part before the beginning",
            "three hyphens",
            "a space before the boundary",
            "a boundary of capitals",
        ];
        let mut add = |name: &str, body: String, expected| {
            if kind == "base64" && apart.contains(&name) {
                return;
            }
            cases.push(case(format!("{name}, {kind}"), &mixed(&body), expected));
        };
        add("whole", format!("--b\n{part}\n--b--\n"), Expected::Alike);
        add("no end", format!("--b\n{part}\n"), Expected::Alike);
        add(
            "no end and no line end",
            format!("--b\n{part}"),
            Expected::Alike,
        );
        add(
            "spaces behind the boundary",
            format!("--b  \n{part}\n--b-- \t\n"),
            Expected::Alike,
        );
        add(
            "an empty part",
            format!("--b\n--b\n{part}\n--b--\n"),
            Expected::Alike,
        );
        add(
            "a part without a line",
            format!("--b\n\n--b\n{part}\n--b--\n"),
            Expected::Alike,
        );
        add(
            "the usual preamble",
            format!("This is a multi-part message in MIME format.\n\n--b\n{part}\n--b--\n"),
            Expected::Alike,
        );
        add(
            "blank lines behind the end",
            format!("--b\n{part}\n--b--\n\n\n\n"),
            Expected::Alike,
        );
        add(
            "an end twice",
            format!("--b\n{part}\n--b--\n--b--\n"),
            Expected::Alike,
        );
        add(
            "a boundary in the words",
            format!("--b\n{part}\n -- b --b\n--b--\n"),
            Expected::Read,
        );
        add(
            "a part behind the end",
            format!("--b\n\nSee below.\n--b--\n--b\n{part}\n--b--\n"),
            HOSTILE,
        );
        add(
            "a part and words behind the end",
            format!("--b\n\nSee below.\n--b--\nbye\n--b\n{part}\n"),
            HOSTILE,
        );
        add(
            "a part before the beginning",
            format!("{part}\n--b\n\nSee below.\n--b--\n"),
            Expected::Read,
        );
        add(
            "words behind the boundary",
            format!("--b\n\nSee below.\n--b extra\n{part}\n--b--\n"),
            HOSTILE,
        );
        add(
            "a longer boundary",
            format!("--b\n\nSee below.\n--bc\n{part}\n--b--\n"),
            HOSTILE,
        );
        add(
            "a longer boundary only",
            format!("--bc\n{part}\n--bc--\n"),
            HOSTILE,
        );
        add("another boundary", format!("--c\n{part}\n--c--\n"), HOSTILE);
        add(
            "three hyphens",
            format!("--b\n\nSee below.\n---b\n{part}\n--b--\n"),
            Expected::Read,
        );
        add(
            "a space before the boundary",
            format!("--b\n\nSee below.\n --b\n{part}\n--b--\n"),
            Expected::Read,
        );
        add(
            "a boundary of capitals",
            format!("--b\n\nSee below.\n--B\n{part}\n--b--\n"),
            Expected::Read,
        );
        add(
            "a multipart inside with the same boundary",
            format!(
                "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n{part}\n--b--\n--b--\n"
            ),
            Expected::Read,
        );
        add(
            "a multipart inside with a longer boundary",
            format!(
                "--b\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\n{part}\n--b2--\n--b--\n"
            ),
            Expected::Alike,
        );
        add(
            "a multipart inside without an end",
            format!("--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n{part}\n--b--\n"),
            Expected::Alike,
        );
        add(
            "the outer boundary in a multipart inside",
            format!(
                "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nSee below.\n--b\n{part}\n--c--\n--b--\n"
            ),
            Expected::Read,
        );
        add(
            "a multipart inside whose boundary never comes",
            format!(
                "--b\nContent-Type: multipart/alternative; boundary=c\n\n--d\n{part}\n--d--\n--b--\n"
            ),
            HOSTILE,
        );
        add(
            "a multipart inside in base64",
            format!(
                "--b\nContent-Type: multipart/mixed; boundary=c\nContent-Transfer-Encoding: base64\n\n{}\n--b--\n",
                base64(format!(
                    "--c\r\n{}\r\n--c--\r\n",
                    part.replace('\n', "\r\n")
                ))
            ),
            Expected::Alike,
        );
        add(
            "five multiparts in one another",
            (0..5).rev().fold(part.clone(), |inner, level| {
                format!("Content-Type: multipart/mixed; boundary=n{level}\n\n--n{level}\n{inner}\n--n{level}--\n")
            }).replacen("Content-Type", "--b\nContent-Type", 1) + "--b--\n",
            Expected::Alike,
        );
        add(
            "a digest",
            format!(
                "--b\nContent-Type: multipart/digest; boundary=c\n\n--c\n\nSubject: Inner\n{part}\n--c--\n--b--\n"
            ),
            Expected::Alike,
        );
        add(
            "no empty line in a part",
            format!("--b\n{}\n--b--\n", part.replace("\n\n", "\n")),
            Expected::Read,
        );
        add(
            "eight hundred parts",
            format!("{}--b\n{part}\n--b--\n", "--b\n\nx\n".repeat(800)),
            Expected::Alike,
        );
    }
    cases.push(case(
        "words before the first part",
        &mixed(&format!("{WORDS}\n--b\n\nSee below.\n--b--\n")),
        Expected::Alike,
    ));
    cases.push(case(
        "words behind the last part",
        &mixed(&format!("--b\n\nSee below.\n--b--\n{WORDS}\n")),
        Expected::Alike,
    ));
    cases.push(case(
        "no part at all",
        &mixed(&format!("{WORDS}\n")),
        Expected::Alike,
    ));
    cases.push(case(
        "the usual preamble and words",
        &mixed(&format!(
            "This is a multi-part message in MIME format. {WORDS}\n--b\n\nSee below.\n--b--\n"
        )),
        Expected::Alike,
    ));
    cases
}
