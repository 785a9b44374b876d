//! Charsets, declared, marked and wrong; letters that are not what they seem.

use super::{Case, Expected, HOSTILE, WORDS, base64, case};
use exeat::finding::ProblemKind;

fn text(charset: &str, bytes: &[u8], kind: &str) -> String {
    format!(
        "Subject: Trip\nMIME-Version: 1.0\nContent-Type: text/{kind}; charset={charset}\nContent-Transfer-Encoding: base64\n\n{}\n",
        base64(bytes)
    )
}

/// The same as an attached file, whose charset may be lost.
fn file(charset: &str, bytes: &[u8]) -> String {
    format!(
        "Subject: Trip\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\nContent-Type: text/plain; charset={charset}; name=a.txt\nContent-Transfer-Encoding: base64\n\n{}\n--b--\n",
        base64(bytes)
    )
}

fn each(name: &str, charset: &str, bytes: &[u8], expected: Expected) -> Vec<Case> {
    vec![
        case(
            format!("{name} in {charset}"),
            &text(charset, bytes, "plain"),
            expected,
        ),
        case(
            format!("{name} in {charset}, page"),
            &text(charset, bytes, "html"),
            expected,
        ),
        case(
            format!("{name} in {charset}, file"),
            &file(charset, bytes),
            expected,
        ),
    ]
}

fn wide(mark: &[u8], unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    [
        mark,
        &WORDS.encode_utf16().flat_map(unit).collect::<Vec<u8>>(),
    ]
    .concat()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for charset in [
        "utf-8",
        "UTF8",
        "utf_8",
        "\"utf-8\"",
        "us-ascii",
        "ascii",
        "iso-8859-1",
        "latin1",
        "iso8859_15",
        "windows-1252",
        "cp1252",
        "iso-8859-8-i",
        "koi8-r",
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
        "shift_jis",
        "euc-jp",
        "iso-2022-jp",
        "euc-kr",
        "ks_c_5601-1987",
        "iso-2022-kr",
        "hz-gb-2312",
        "iso-2022-cn",
        "macintosh",
        "x-mac-roman",
        "ibm850",
        "cp437",
        "x-user-defined",
        "unknown-8bit",
        "x-unknown",
        "default",
        "unicode-1-1-utf-8",
        "ansi_x3.4-1968",
        "646",
        "utf-8; charset=iso-8859-1",
        "''",
        "?",
    ] {
        cases.extend(each(
            "plain letters",
            charset,
            WORDS.as_bytes(),
            Expected::Alike,
        ));
    }
    let utf_8 = [b"\xef\xbb\xbf", WORDS.as_bytes()].concat();
    for charset in ["utf-8", "us-ascii", "windows-1252"] {
        cases.extend(each("a mark of UTF-8", charset, &utf_8, Expected::Alike));
    }
    for (name, bytes) in [
        ("UTF-16 with a mark", wide(b"\xff\xfe", u16::to_le_bytes)),
        (
            "big UTF-16 with a mark",
            wide(b"\xfe\xff", u16::to_be_bytes),
        ),
    ] {
        for charset in ["utf-16", "utf-8", "us-ascii", "iso-8859-1", "unicode"] {
            cases.extend(each(name, charset, &bytes, Expected::Alike));
        }
    }
    cases.extend(each(
        "UTF-16",
        "utf-16le",
        &wide(b"", u16::to_le_bytes),
        Expected::Alike,
    ));
    cases.extend(each(
        "UTF-16",
        "utf-16be",
        &wide(b"", u16::to_be_bytes),
        Expected::Alike,
    ));
    cases.extend(each(
        "UTF-16",
        "utf-8",
        &wide(b"", u16::to_le_bytes),
        Expected::Read,
    ));
    let utf_32: Vec<u8> = WORDS
        .chars()
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    let big: Vec<u8> = WORDS
        .chars()
        .flat_map(|c| u32::from(c).to_be_bytes())
        .collect();
    cases.extend(each("UTF-32", "utf-32le", &utf_32, Expected::Read));
    cases.extend(each("UTF-32", "utf-32", &big, Expected::Read));
    cases.extend(each(
        "UTF-32 with a mark",
        "utf-32",
        &[b"\xff\xfe\0\0".to_vec(), utf_32.clone()].concat(),
        Expected::Read,
    ));
    // Only programs that know UTF-7 show the words.
    let utf_7 = b"+AFo-oe +AFEAdQBpAGwAbA- was late again, and her mother rang.";
    for charset in [
        "utf-7",
        "UTF7",
        "unicode-1-1-utf-7",
        "x-unicode-2-0-utf-7",
        "csUnicode11UTF7",
    ] {
        cases.extend(each("UTF-7", charset, utf_7, HOSTILE));
    }
    cases.extend(each(
        "plain letters",
        "utf-7",
        b"Zoe Quill was late again, and her mother rang. 2 +- 3",
        Expected::Read,
    ));
    for case in each("UTF-7", "utf-8", utf_7, Expected::Alike) {
        cases.push(case.saying("+AFEAdQBpAGwAbA-"));
    }
    // EBCDIC, which Outlook reads.
    let ebcdic: Vec<u8> = "Zoe Quill"
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'i' => byte - b'a' + 0x81,
            b'j'..=b'r' => byte - b'j' + 0x91,
            b's'..=b'z' => byte - b's' + 0xa2,
            b'A'..=b'I' => byte - b'A' + 0xc1,
            b'J'..=b'R' => byte - b'J' + 0xd1,
            b'S'..=b'Z' => byte - b'S' + 0xe2,
            _ => 0x40,
        })
        .collect();
    for charset in ["ibm037", "cp500", "IBM01140", "ebcdic-cp-us"] {
        cases.extend(each(
            "EBCDIC",
            charset,
            &ebcdic,
            Expected::Unread(ProblemKind::Unknown),
        ));
    }
    cases.extend(each(
        "ISO-2022-KR",
        "iso-2022-kr",
        b"\x1b$)C Zoe \x0eGQ\x0f",
        Expected::Unread(ProblemKind::Unknown),
    ));
    let accents = "Zoë Quill était en retard";
    for (charset, bytes) in [
        ("utf-8", accents.as_bytes().to_vec()),
        ("iso-8859-1", b"Zo\xeb Quill \xe9tait en retard".to_vec()),
        ("cp850", b"Zo\x89 Quill \x82tait en retard".to_vec()),
        ("ibm437", b"Zo\x89 Quill \x82tait en retard".to_vec()),
        ("macintosh", b"Zo\x91 Quill \x8etait en retard".to_vec()),
        ("x-nonsense", b"Zo\xeb Quill \xe9tait en retard".to_vec()),
    ] {
        for case in each("accents", charset, &bytes, Expected::Alike) {
            cases.push(case.saying("Zoë Quill était en retard"));
        }
    }
    cases.extend(letters());
    cases
}

/// Letters that are joined, turned round or dressed up. What is shown is what
/// counts: names are recognised in it elsewhere.
fn letters() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: &str, words: &str, shown: &'static str, expected| {
        for kind in ["plain", "html"] {
            let message = text("utf-8", words.as_bytes(), kind);
            cases.push(case(format!("{name}, {kind}"), &message, expected).saying(shown));
        }
    };
    add(
        "zero width",
        "Z\u{200b}oe Qu\u{200d}ill",
        "Z\u{200b}oe Qu\u{200d}ill",
        Expected::Alike,
    );
    add(
        "homoglyphs",
        "Z\u{43e}\u{435} Quill",
        "Z\u{43e}\u{435} Quill",
        Expected::Alike,
    );
    add(
        "marks of direction",
        "\u{200e}Zoe Quill\u{200f} \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "Zoe Quill",
        Expected::Alike,
    );
    add(
        "embedded Hebrew",
        "Zoe Quill \u{202b}\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{202c} here",
        "Zoe Quill",
        Expected::Alike,
    );
    add(
        "turned round",
        "See \u{202e}lliuQ eoZ\u{202c} below",
        "Zoe Quill",
        HOSTILE,
    );
    add(
        "turned round to the line's end",
        "See \u{202e}lliuQ eoZ",
        "Zoe Quill",
        HOSTILE,
    );
    add(
        "turned round twice",
        "See \u{202e}lliuQ \u{202d}Zoe\u{202c}\u{202c}",
        "Zoe Quill",
        HOSTILE,
    );
    cases
}
