//! What a file claims to be, by its name and the type that the mail declares
//! for it, held against what it is. Both only claim: a workbook that is called
//! `photo.jpg` is read as a workbook, and people are told of the difference.

/// Files that people take for one thing.
struct Family {
    /// `a picture`.
    words: &'static str,
    /// How their names end.
    endings: &'static [&'static str],
    /// How their declared types begin.
    types: &'static [&'static str],
    /// What such a file may turn out to be, and nobody wonders.
    kinds: &'static [&'static str],
}

/// A claim that is in none of these says nothing.
const FAMILIES: &[Family] = &[
    Family {
        words: "a picture",
        endings: &[
            "jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "tif", "tiff", "webp", "heic",
            "heif", "avif", "ico", "svg", "wmf", "emf", "psd",
        ],
        types: &["image/"],
        kinds: &[
            "jpeg", "png", "gif", "bmp", "tiff", "webp", "heif", "ico", "svg", "wmf", "emf", "psd",
            "djvu",
        ],
    },
    Family {
        words: "a PDF document",
        endings: &["pdf"],
        types: &["application/pdf"],
        kinds: &["pdf"],
    },
    Family {
        words: "a Word document",
        endings: &["doc", "dot", "docx", "docm", "dotx", "dotm", "rtf"],
        types: &[
            "application/msword",
            "application/rtf",
            "text/rtf",
            "application/vnd.ms-word",
            "application/vnd.openxmlformats-officedocument.wordprocessingml",
        ],
        kinds: &["doc", "docx", "docm", "rtf", "wordml"],
    },
    Family {
        words: "an Excel workbook",
        endings: &["xls", "xlt", "xlsx", "xlsm", "xlsb", "xltx", "xltm"],
        types: &[
            "application/vnd.openxmlformats-officedocument.spreadsheetml",
            "application/vnd.ms-excel.",
        ],
        kinds: &["xls", "xlsx", "xlsm", "xlsb"],
    },
    Family {
        words: "a PowerPoint presentation",
        endings: &["ppt", "pps", "pot", "pptx", "ppsx", "potx", "pptm", "ppsm"],
        types: &[
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.presentationml",
        ],
        kinds: &["ppt", "pptx", "pptm"],
    },
    Family {
        words: "an OpenDocument text",
        endings: &["odt", "ott", "fodt"],
        types: &["application/vnd.oasis.opendocument.text"],
        kinds: &["odt", "fodt", "odf", "xml"],
    },
    Family {
        words: "an OpenDocument spreadsheet",
        endings: &["ods", "ots", "fods"],
        types: &["application/vnd.oasis.opendocument.spreadsheet"],
        kinds: &["ods", "fods", "odf", "xml"],
    },
    Family {
        words: "an OpenDocument presentation",
        endings: &["odp", "otp", "fodp"],
        types: &["application/vnd.oasis.opendocument.presentation"],
        kinds: &["odp", "fodp", "odf", "xml"],
    },
    Family {
        words: "a text",
        endings: &["txt", "text", "log", "md", "csv", "tsv", "tab"],
        types: &["text/plain", "text/csv", "text/tab-separated-values"],
        kinds: &[
            "text",
            "csv",
            "tsv",
            "slk",
            "dif",
            "html",
            "xml",
            "ctf",
            "svg",
            "ics",
            "vcf",
            "eml",
            "mbox",
            "pgp",
            "pgp key",
            "signature",
            "signed message",
            "smime",
            "certificate",
        ],
    },
    Family {
        words: "a web page",
        endings: &["html", "htm", "xhtml"],
        types: &["text/html"],
        kinds: &["html", "xml", "text"],
    },
    Family {
        words: "a calendar entry",
        endings: &["ics", "ical", "ifb"],
        types: &["text/calendar"],
        kinds: &["ics"],
    },
    Family {
        words: "a contact card",
        endings: &["vcf", "vcard"],
        types: &["text/vcard", "text/x-vcard"],
        kinds: &["vcf"],
    },
    Family {
        words: "an archive",
        endings: &[
            "zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "tbz", "xz", "txz", "zst",
        ],
        types: &[
            "application/zip",
            "application/x-zip-compressed",
            "application/x-7z-compressed",
            "application/vnd.rar",
            "application/x-rar",
            "application/x-tar",
            "application/gzip",
        ],
        kinds: &[
            "zip", "7z", "rar", "tar", "gzip", "bzip2", "xz", "zstd", "cab",
        ],
    },
    Family {
        words: "a sound or film",
        endings: &[
            "mp3", "mp4", "m4a", "m4v", "mov", "avi", "wav", "wma", "wmv", "ogg", "flac", "mkv",
            "webm", "mpg", "mpeg", "mid",
        ],
        types: &["audio/", "video/"],
        kinds: &[
            "mp3", "mp4", "m4a", "avi", "wav", "aiff", "ogg", "flac", "amr", "midi", "matroska",
            "flv", "mpeg", "asf",
        ],
    },
];

/// Kinds that say too little of what is in a file, or only that it is closed.
const UNTOLD: &[&str] = &[
    "unknown",
    "empty",
    "office",
    "ole",
    "encrypted",
    "encrypted office",
    "irm",
    "rpmsg",
    "applesingle",
    "appledouble",
    "macbinary",
];

/// `named like a picture (.jpg)`, if a file with this name is something else.
pub(super) fn of_name(name: &str, kind: &str) -> Option<String> {
    let (_, ending) = name.trim_end().rsplit_once('.')?;
    let ending = ending.to_lowercase();
    let family = FAMILIES
        .iter()
        .find(|family| family.endings.contains(&ending.as_str()))?;
    (!family.may_be(kind)).then(|| format!("named like {} (.{ending})", family.words))
}

/// `declared as a picture (image/jpeg)`, if a file so declared is something
/// else.
pub(super) fn of_type(declared: &str, kind: &str) -> Option<String> {
    let declared = declared.to_ascii_lowercase();
    let family = FAMILIES.iter().find(|family| {
        let mut types = family.types.iter();
        types.any(|begins| declared.starts_with(begins))
    })?;
    (!family.may_be(kind)).then(|| format!("declared as {} ({declared})", family.words))
}

impl Family {
    fn may_be(&self, kind: &str) -> bool {
        self.kinds.contains(&kind) || UNTOLD.contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_against_what_files_are() {
        for (name, kind, expected) in [
            ("photo.jpg", "docx", Some("named like a picture (.jpg)")),
            ("photo.JPG ", "zip", Some("named like a picture (.jpg)")),
            ("photo.jpg", "png", None),
            (
                "list.xls",
                "html",
                Some("named like an Excel workbook (.xls)"),
            ),
            ("list.xls", "xlsx", None),
            ("letter.doc", "rtf", None),
            ("letter.pdf.exe", "exe", None),
            (
                "letter.pdf",
                "exe",
                Some("named like a PDF document (.pdf)"),
            ),
            ("letter.docx", "encrypted office", None),
            ("notes.txt", "csv", None),
            ("notes.txt", "xlsx", Some("named like a text (.txt)")),
            ("2026.11.16", "docx", None),
            ("", "docx", None),
            ("scan.", "pdf", None),
        ] {
            assert_eq!(of_name(name, kind).as_deref(), expected, "{name} {kind}");
        }
    }

    #[test]
    fn declared_types_are_held_against_what_files_are() {
        for (declared, kind, expected) in [
            (
                "image/jpeg",
                "docx",
                Some("declared as a picture (image/jpeg)"),
            ),
            ("Image/PJPEG", "jpeg", None),
            ("application/octet-stream", "docx", None),
            (
                "application/pdf",
                "zip",
                Some("declared as a PDF document (application/pdf)"),
            ),
            // Windows declares CSV so where Excel is installed.
            ("application/vnd.ms-excel", "csv", None),
            ("text/plain", "exe", Some("declared as a text (text/plain)")),
            ("", "docx", None),
        ] {
            assert_eq!(
                of_type(declared, kind).as_deref(),
                expected,
                "{declared} {kind}"
            );
        }
    }
}
