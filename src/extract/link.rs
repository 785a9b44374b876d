//! What the addresses and the information in a page say by themselves: to whom
//! a link writes, which file it names, and files that are an address.

use crate::mail::encoding;

/// Names of files end so whose name is for people.
const DOCUMENTS: [&str; 20] = [
    "doc", "docx", "docm", "rtf", "odt", "xls", "xlsx", "xlsm", "xlsb", "ods", "csv", "ppt",
    "pptx", "odp", "pdf", "txt", "zip", "msg", "eml", "pub",
];

/// Information about a page that people give it (HTML 4.2.5.1, Dublin Core,
/// Open Graph); all else is for programs.
const WRITTEN: [&str; 10] = [
    "author",
    "description",
    "keywords",
    "subject",
    "title",
    "creator",
    "contributor",
    "publisher",
    "company",
    "manager",
];

/// Whether people wrote the information of this name.
pub(crate) fn is_written(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let own = name.rsplit(['.', ':']).next().unwrap_or_default();
    WRITTEN.contains(&own)
}

/// To whom a link writes, or the document that it leads to.
pub(crate) fn words(address: &str) -> Option<String> {
    let address = address.trim();
    let (scheme, rest) = match address.split_once(':') {
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => {
            (scheme.to_ascii_lowercase(), rest)
        }
        _ => (String::new(), address),
    };
    match scheme.as_str() {
        "mailto" => Some(percent_decoded(rest)),
        "file" => Some(percent_decoded(rest.trim_start_matches('/'))),
        "" | "http" | "https" | "ftp" => {
            let path = rest.split(['?', '#']).next().unwrap_or_default();
            let name = percent_decoded(path.rsplit(['/', '\\']).next().unwrap_or_default());
            let (_, ending) = name.rsplit_once('.')?;
            let ending = ending.to_ascii_lowercase();
            DOCUMENTS.contains(&ending.as_str()).then_some(name)
        }
        _ => None,
    }
}

/// The file that an address holds in itself (RFC 2397).
pub(crate) fn enclosed(address: &str) -> Option<Vec<u8>> {
    let (scheme, rest) = address.trim_start().split_at_checked(5)?;
    if !scheme.eq_ignore_ascii_case("data:") {
        return None;
    }
    let (kind, data) = rest.split_once(',')?;
    let data = percent_decoded_bytes(data);
    Some(
        match kind.trim_end().to_ascii_lowercase().ends_with(";base64") {
            true => encoding::base64(&data),
            false => data,
        },
    )
}

fn percent_decoded(text: &str) -> String {
    String::from_utf8_lossy(&percent_decoded_bytes(text)).into_owned()
}

fn percent_decoded_bytes(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let pair = bytes
            .get(i + 1..i + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match (
            bytes[i],
            pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_documents_are_named_by_links() {
        for (address, expected) in [
            ("mailto:zoe%40home.example", Some("zoe@home.example")),
            (
                "MAILTO:a@b.example?subject=x",
                Some("a@b.example?subject=x"),
            ),
            (
                "file:///C:/Exclusions/Oban%20Marsh.docx",
                Some("C:/Exclusions/Oban Marsh.docx"),
            ),
            ("Oban%20Marsh.DOCX", Some("Oban Marsh.DOCX")),
            ("../plans/Oban Marsh.pdf#page=2", Some("Oban Marsh.pdf")),
            (
                "https://files.example/a/Oban_Marsh.xlsx?web=1",
                Some("Oban_Marsh.xlsx"),
            ),
            ("https://www.example/oban-marsh", None),
            ("https://www.example/index.html", None),
            ("#oban.pdf", None),
            ("tel:01632960400", None),
            ("cid:list.pdf", None),
            ("%", None),
            ("", None),
        ] {
            assert_eq!(words(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn files_are_taken_out_of_addresses() {
        for (address, expected) in [
            ("data:,Zo%65", Some(&b"Zoe"[..])),
            ("DATA:text/plain;base64,Wm9l", Some(b"Zoe")),
            (
                " data:text/plain;charset=utf-8;base64 ,Wm%39l",
                Some(b"Zoe"),
            ),
            ("data:text/plain", None),
            ("https://a.example/,x", None),
            ("d\u{e4}ta:,x", None),
        ] {
            assert_eq!(enclosed(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn only_what_people_write_of_a_page_is_read() {
        for name in ["author", "DC.Creator", "og:title", "Description"] {
            assert!(is_written(name), "{name}");
        }
        for name in [
            "generator",
            "viewport",
            "og:image",
            "ProgId",
            "",
            "csrf-token",
        ] {
            assert!(!is_written(name), "{name}");
        }
    }
}
