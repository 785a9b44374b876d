//! Transfer encodings (RFC 2045 section 6) that are broken, or named in odd
//! ways.

use super::{Case, Expected, HOSTILE, WORDS, base64, each_way};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = named();
    cases.extend(broken_base64());
    cases.extend(broken_printable());
    cases
}

fn encoded(name: &str) -> String {
    format!("Content-Transfer-Encoding: {name}\n")
}

/// An encoding's name, however written.
fn named() -> Vec<Case> {
    let mut cases = Vec::new();
    let packed = base64(WORDS);
    for field in [
        "Content-Transfer-Encoding: BASE64",
        "content-transfer-encoding:base64",
        "Content-Transfer-Encoding:\n base64",
        "Content-Transfer-Encoding:\t base64 \t",
        "Content-Transfer-Encoding: base64;",
        "Content-Transfer-Encoding: base64 (as ever)",
        "Content-Transfer-Encoding: (as ever) base64",
        "Content-Transfer-Encoding: \"base64\"",
        "Content-Transfer-Encoding : base64",
        "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: Base64",
    ] {
        let fields = format!("{field}\n");
        cases.extend(each_way(field, &fields, &packed, Expected::Alike));
    }
    for name in [
        "7-bit", "8-bit", "8bits", "7 bit", "utf-8", "none", "us-ascii", "binary", "8BIT",
        "\"8bit\"", "",
    ] {
        cases.extend(each_way(name, &encoded(name), WORDS, Expected::Alike));
    }
    for name in ["x-base64", "base-64", "b64", "base64x", "gibberish"] {
        cases.extend(each_way(name, &encoded(name), &packed, HOSTILE));
    }
    for (first, last) in [
        ("base64", "7bit"),
        ("7bit", "base64"),
        ("quoted-printable", "base64"),
        ("base64", "gibberish"),
    ] {
        let fields = encoded(first) + &encoded(last);
        let name = format!("{first} and {last}");
        cases.extend(each_way(&name, &fields, &packed, HOSTILE));
    }
    cases
}

fn broken_base64() -> Vec<Case> {
    let mut cases = Vec::new();
    let fields = encoded("base64");
    let mut add = |name: &str, body: &str, expected| {
        cases.extend(each_way(name, &fields, body, expected));
    };
    let packed = base64(WORDS);
    let (one, two) = packed.split_at(20);
    let bare = packed.trim_end_matches('=');
    add("without padding", bare, Expected::Alike);
    add("too much padding", &format!("{bare}===="), Expected::Alike);
    add(
        "lines of odd length",
        &format!("{}\n{}", &packed[..13], &packed[13..]),
        Expected::Alike,
    );
    add(
        "blank lines",
        &format!("\n\n{one}\n\n{two}\n\n"),
        Expected::Alike,
    );
    add(
        "spaces at line ends",
        &format!("{one}  \n{two}\t\n"),
        Expected::Alike,
    );
    add(
        "one character a line",
        &packed.chars().flat_map(|c| [c, '\n']).collect::<String>(),
        Expected::Alike,
    );
    add(
        "a sign that does not count",
        &format!("{one}!{two}"),
        Expected::Alike,
    );
    add(
        "a stray character behind the padding",
        &format!("{packed}\n="),
        Expected::Alike,
    );
    // Some skip what is not in the alphabet, others take it for `+` and `/`.
    add("a hyphen that some skip", &format!("{one}-{two}"), HOSTILE);
    add(
        "an underscore that some skip",
        &format!("{one}_{two}"),
        HOSTILE,
    );
    add("padding that some skip", &format!("{one}={two}"), HOSTILE);
    // Some stop at the padding.
    let more = format!("{}\n{}", base64("See below"), packed);
    add(
        "words behind the padding",
        &more.replace('\n', "==\n"),
        HOSTILE,
    );
    add(
        "words behind the padding in one line",
        &format!("UyE={packed}"),
        HOSTILE,
    );
    // Some show what is no base64 as it stands.
    add("not encoded at all", WORDS, HOSTILE);
    add(
        "words behind it",
        &format!("{}\n\n{WORDS}", base64("See below")),
        HOSTILE,
    );
    cases
}

fn broken_printable() -> Vec<Case> {
    let mut cases = Vec::new();
    let fields = encoded("quoted-printable");
    let mut add = |name: &str, body: &str, expected| {
        cases.extend(each_way(name, &fields, body, expected));
    };
    let escaped = WORDS.replace('Q', "=51");
    add("small letters", &WORDS.replace('l', "=6c"), Expected::Alike);
    add(
        "all escaped",
        &WORDS
            .bytes()
            .map(|b| format!("={b:02X}"))
            .collect::<String>(),
        Expected::Alike,
    );
    add(
        "soft breaks",
        &WORDS.replace("uill", "ui=\nll"),
        Expected::Alike,
    );
    add(
        "a soft break and spaces",
        &WORDS.replace("uill", "ui= \t \nll"),
        Expected::Alike,
    );
    add(
        "ends with an equals sign",
        &format!("{escaped}="),
        Expected::Alike,
    );
    add(
        "an equals sign that begins nothing",
        &format!("2=x {escaped} =zz"),
        Expected::Alike,
    );
    add(
        "bytes that ought to be escaped",
        &format!("Zoë {escaped}"),
        Expected::Alike,
    );
    add("a cut escape", &format!("{escaped} =4"), Expected::Alike);
    add(
        "long lines",
        &format!("{}{escaped}", "word ".repeat(400)),
        Expected::Alike,
    );
    add(
        "spaces at line ends",
        &format!("See   \n{escaped}  \n"),
        Expected::Alike,
    );
    cases
}
