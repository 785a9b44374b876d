//! Files in the words of a mail, and the wrappings of old programs: uuencode,
//! yEnc, BinHex, AppleSingle and AppleDouble, messages in pieces.

use super::{Case, Expected, HOSTILE, WORDS, base64, case, each_way, raw};
use exeat::finding::ProblemKind;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = uuencoded();
    cases.extend(y_encoded());
    cases.extend(bin_hex());
    cases.extend(apple());
    cases.extend(pieces());
    cases
}

/// Nobody looks for files in pages.
fn in_words(name: &str, fields: &str, body: &str, expected: Expected) -> Vec<Case> {
    let mut cases = each_way(name, fields, body, expected);
    cases.retain(|case| !case.name.ends_with(", page"));
    cases
}

fn lines_of_uu(bytes: &[u8]) -> String {
    let letter = |six: u8| match six {
        0 => '`',
        six => char::from(six + 32),
    };
    let mut out = String::new();
    for line in bytes.chunks(45) {
        out.push(letter(line.len() as u8));
        for group in line.chunks(3) {
            let [a, b, c] = [0, 1, 2].map(|i| group.get(i).copied().unwrap_or_default());
            for six in [
                a >> 2,
                (a & 3) << 4 | b >> 4,
                (b & 15) << 2 | c >> 6,
                c & 63,
            ] {
                out.push(letter(six));
            }
        }
        out.push('\n');
    }
    out
}

fn uuencoded() -> Vec<Case> {
    let lines = lines_of_uu(WORDS.as_bytes());
    let mut cases = Vec::new();
    for (name, body) in [
        ("uuencode", format!("begin 644 a.txt\n{lines}`\nend\n")),
        (
            "uuencode with spaces",
            format!(
                "begin 644 a.txt\n{}\n \nend\n",
                lines.trim_end().replace('`', " ")
            ),
        ),
        (
            "uuencode of four digits",
            format!("begin 0644 a.txt\n{lines}`\nend\n"),
        ),
        (
            "uuencode of a long name",
            format!("begin 644 a list of all.txt\n{lines}`\nend\n"),
        ),
        (
            "uuencode without an end",
            format!("begin 644 a.txt\n{lines}`\n"),
        ),
        ("uuencode cut short", format!("begin 644 a.txt\n{lines}")),
        (
            "uuencode behind words",
            format!("See below.\n\nbegin 666 a.txt\n{lines}`\nend\nBye\n"),
        ),
        (
            "uuencode without a name",
            format!("begin 644 \n{lines}`\nend\n"),
        ),
        (
            "uuencode in capitals",
            format!("BEGIN 644 a.txt\n{lines}`\nEND\n"),
        ),
        (
            "uuencode twice",
            format!("begin 644 b.txt\n#0V%T\n`\nend\nbegin 644 a.txt\n{lines}`\nend\n"),
        ),
        (
            "uuencode of base64",
            format!("begin-base64 644 a.txt\n{}\n====\n", base64(WORDS)),
        ),
    ] {
        cases.extend(in_words(name, "", &body, Expected::Read));
    }
    for name in ["x-uuencode", "uuencode", "x-uue", "X-UU"] {
        let fields = format!("Content-Transfer-Encoding: {name}\n");
        let body = format!("begin 644 a.txt\n{lines}`\nend\n");
        cases.extend(in_words(name, &fields, &body, Expected::Read));
    }
    cases.extend(in_words(
        "words that begin",
        "",
        &format!("begin 10 metres on\n{WORDS}\n"),
        Expected::Alike,
    ));
    cases
}

fn y_encoded() -> Vec<Case> {
    let mut body = format!("=ybegin line=128 size={} name=a.txt\r\n", WORDS.len()).into_bytes();
    for byte in WORDS.bytes().map(|byte| byte.wrapping_add(42)) {
        match byte {
            0 | b'\n' | b'\r' | b'=' => body.extend([b'=', byte.wrapping_add(64)]),
            _ => body.push(byte),
        }
    }
    body.extend(format!("\r\n=yend size={}\r\n", WORDS.len()).into_bytes());
    let mut cases = Vec::new();
    for kind in [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/octet-stream; name=a.ync",
    ] {
        let front = format!(
            "Subject: Trip\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        );
        let whole = [front.as_bytes(), b"See below\r\n", &body].concat();
        cases.push(raw(format!("yEnc in {kind}"), whole, Expected::Read));
        let cut = body.len() - 24;
        let cut = [front.as_bytes(), &body[..cut]].concat();
        cases
            .push(raw(format!("yEnc in {kind}, cut"), cut, Expected::Read).saying("Zoe Quill was"));
    }
    cases
}

/// BinHex 4.0 (RFC 1741) of a file of words, without its runs.
fn bin_hex_of(words: &str) -> String {
    const LETTERS: &[u8] = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
    let crc = |bytes: &[u8]| {
        bytes.iter().chain(&[0, 0]).fold(0_u16, |mut crc, byte| {
            for bit in (0..8).rev() {
                let out = crc & 0x8000 != 0;
                crc = crc << 1 | u16::from(byte >> bit & 1);
                if out {
                    crc ^= 0x1021;
                }
            }
            crc
        })
    };
    let mut header = vec![5];
    header.extend(b"a.txt\0TEXTttxt\0\0");
    header.extend((words.len() as u32).to_be_bytes());
    header.extend([0; 4]);
    let mut bytes = header.clone();
    bytes.extend(crc(&header).to_be_bytes());
    bytes.extend(words.bytes());
    bytes.extend(crc(words.as_bytes()).to_be_bytes());
    bytes.extend([0, 0]);
    let bytes: Vec<u8> = bytes
        .into_iter()
        .flat_map(|byte| {
            if byte == 0x90 {
                vec![0x90, 0]
            } else {
                vec![byte]
            }
        })
        .collect();
    let mut letters = String::from(":");
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, i| {
            bits << 8 | u32::from(group.get(i).copied().unwrap_or_default())
        });
        for i in 0..=group.len() {
            letters.push(char::from(LETTERS[(bits >> (18 - 6 * i) & 63) as usize]));
        }
    }
    letters.push(':');
    let lines: Vec<&str> = letters
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    format!(
        "(This file must be converted with BinHex 4.0)\n\n{}\n",
        lines.join("\n")
    )
}

fn bin_hex() -> Vec<Case> {
    let packed = bin_hex_of(WORDS);
    let mut cases = Vec::new();
    cases.extend(in_words("BinHex", "", &packed, Expected::Read));
    cases.extend(in_words(
        "BinHex behind words",
        "",
        &format!("See below\n\n{packed}\nBye\n"),
        Expected::Read,
    ));
    let encoded = "Content-Transfer-Encoding: quoted-printable\n";
    cases.extend(in_words(
        "BinHex in quoted-printable",
        encoded,
        &packed.replace('=', "=3D"),
        Expected::Read,
    ));
    for kind in [
        "application/mac-binhex40",
        "application/mac-binhex40; name=a.hqx",
        "application/x-binhex",
    ] {
        let message = format!("Subject: Trip\nContent-Type: {kind}\n\n{packed}");
        cases.push(case(kind, &message, Expected::Read));
        let cut = &message[..message.len() - 12];
        cases.push(case(format!("{kind}, cut"), cut, Expected::Read).saying("Zoe Quill was"));
    }
    cases
}

/// AppleSingle and AppleDouble (RFC 1740): entries behind a header.
fn apple_of(magic: u32, entries: &[(u32, &[u8])]) -> Vec<u8> {
    let mut out = magic.to_be_bytes().to_vec();
    out.extend(0x0002_0000_u32.to_be_bytes());
    out.extend([0; 16]);
    out.extend((entries.len() as u16).to_be_bytes());
    let mut at = out.len() + 12 * entries.len();
    for (kind, bytes) in entries {
        for number in [*kind, at as u32, bytes.len() as u32] {
            out.extend(number.to_be_bytes());
        }
        at += bytes.len();
    }
    out.extend(entries.iter().flat_map(|(_, bytes)| bytes.iter()));
    out
}

fn apple() -> Vec<Case> {
    let info = [0_u8; 32];
    let single = apple_of(
        0x0005_1600,
        &[(9, &info), (3, b"a.txt"), (1, WORDS.as_bytes())],
    );
    let double = apple_of(0x0005_1607, &[(9, &info), (2, &[0; 40])]);
    let commented = apple_of(0x0005_1607, &[(9, &info), (4, WORDS.as_bytes())]);
    let mut cases = Vec::new();
    for kind in [
        "application/applefile",
        "application/applefile; name=a.txt",
        "application/octet-stream; name=\"._a.txt\"",
    ] {
        let part = |bytes: &[u8]| {
            format!(
                "Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n{}\n",
                base64(bytes)
            )
        };
        let name = |what: &str| format!("{what} as {kind}");
        cases.push(case(
            name("AppleSingle"),
            &format!("Subject: Trip\n{}", part(&single)),
            Expected::Alike,
        ));
        cases.push(case(
            name("a comment in AppleDouble"),
            &format!("Subject: Trip\n{}", part(&commented)),
            Expected::Alike,
        ));
        let pair = format!(
            "Subject: Trip\nContent-Type: multipart/appledouble; boundary=b\n\n--b\n{}--b\nContent-Type: text/plain; name=a.txt\n\n{WORDS}\n--b--\n",
            part(&double)
        );
        cases.push(case(name("AppleDouble"), &pair, Expected::Alike));
        let cut = format!("Subject: Trip\n{}", part(&single[..single.len() - 8]));
        cases.push(
            case(
                name("AppleSingle, cut"),
                &cut,
                Expected::Differs(ProblemKind::Damaged),
            )
            .saying("Zoe Quill was"),
        );
    }
    // MacBinary: a header of 128 bytes before the file.
    let mut binary = vec![0_u8; 128];
    binary[1] = 5;
    binary[2..7].copy_from_slice(b"a.txt");
    binary[65..73].copy_from_slice(b"TEXTttxt");
    binary[83..87].copy_from_slice(&(WORDS.len() as u32).to_be_bytes());
    binary.extend(WORDS.bytes());
    binary.resize(256, 0);
    let message = format!(
        "Subject: Trip\nContent-Type: application/x-macbinary; name=a.bin\nContent-Transfer-Encoding: base64\n\n{}\n",
        base64(&binary)
    );
    cases.push(case("MacBinary", &message, Expected::Alike));
    cases
}

/// Messages that come in pieces, or lie elsewhere.
fn pieces() -> Vec<Case> {
    let unread = Expected::Unread(ProblemKind::Hostile);
    let packed = base64(WORDS);
    let mut cases = Vec::new();
    for number in [1, 2, 3] {
        let message = format!(
            "Subject: Trip\nContent-Type: message/partial; id=\"a@b\"; number={number}; total=3\n\n{packed}\n"
        );
        cases.push(case(format!("piece {number}"), &message, unread));
        let inside = format!(
            "Subject: Trip\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee\n--b\nContent-Type: message/partial; id=\"a@b\"; number={number}\n\n{packed}\n--b--\n"
        );
        cases.push(case(format!("piece {number} as a part"), &inside, unread));
    }
    for access in [
        "URL; URL=\"https://files.example/list.txt\"",
        "anon-ftp; site=files.example; directory=pub; name=list.txt",
        "mail-server; server=files@b.example",
        "local-file; name=\"/u/list.txt\"",
        "x-content",
    ] {
        let message = format!(
            "Subject: Trip\nContent-Type: message/external-body; access-type={access}\n\nContent-Type: text/plain\nContent-ID: <a@b.example>\n\n{WORDS}\n"
        );
        cases.push(case(
            access,
            &message,
            Expected::Differs(ProblemKind::Unknown),
        ));
    }
    for name in ["news", "global", "rfc822"] {
        let message = format!(
            "Subject: Trip\nContent-Type: message/{name}\nContent-Transfer-Encoding: base64\n\n{}\n",
            base64(format!("Subject: Inner\r\n\r\n{WORDS}"))
        );
        cases.push(case(
            format!("message/{name} in base64"),
            &message,
            Expected::Alike,
        ));
    }
    let both = format!(
        "Subject: Trip\nContent-Type: message/rfc822\nContent-Type: text/plain\n\nSubject: Inner\nContent-Transfer-Encoding: base64\n\n{packed}\n"
    );
    cases.push(case("a message or words", &both, HOSTILE));
    cases
}
