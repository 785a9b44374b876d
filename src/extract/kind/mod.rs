//! What a file is, by its content: a name or a declared type is a claim.

use memchr::memmem;

use super::compressed::Compression;
use super::content_line::Family;
use super::{ber, macintosh, onenote, pgp, rpmsg, shortcut, tar};
use text::{is_text, text_kind};

mod text;

/// A kind of file, as far as its first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Empty,
    Zip,
    Pdf,
    /// An OLE compound file: Word 97, Excel 97, an encrypted Office document.
    Ole,
    Rtf,
    /// Outlook's `winmail.dat`.
    Tnef,
    Html,
    Message,
    /// Many messages in one file.
    Mbox,
    ContentLines(Family),
    Xml,
    /// Tables in the formats in which old programs exchanged them.
    Sylk,
    Dif,
    Text,
    /// DER or BER: S/MIME, or a certificate.
    Asn1,
    Pgp,
    /// Text with OpenPGP or S/MIME between lines of dashes.
    Armoured,
    /// A message sealed by rights management.
    Rpmsg,
    OneNote,
    Access,
    /// A shortcut of Windows.
    Shortcut,
    /// A file as Macintoshes wrap it.
    Macintosh,
    SevenZip,
    Rar,
    Tar,
    /// One file, packed by itself; often a tar.
    Compressed(Compression),
    Picture(&'static str),
    /// Sounds and moving images.
    Media(Media),
    /// Known by name here, and not read.
    Unread {
        kind: &'static str,
        words: &'static str,
    },
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) kind: &'static str,
    pub(crate) what: &'static str,
}

const SOUND: &str = "a sound recording: what is said in it was not read";
const FILM: &str = "a video: what is seen and said in it was not read";

/// First bytes that no two kinds share.
const MAGIC: &[(&[u8], Kind)] = &[
    (b"%PDF-", Kind::Pdf),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Ole),
    (b"\xff\xd8\xff", picture("jpeg")),
    (b"\x89PNG\r\n\x1a\n", picture("png")),
    (b"GIF87a", picture("gif")),
    (b"GIF89a", picture("gif")),
    (b"II*\0", picture("tiff")),
    (b"MM\0*", picture("tiff")),
    (b"8BPS", picture("psd")),
    (b"\0\0\x01\0\x01", picture("ico")),
    (b"\xd7\xcd\xc6\x9a", picture("wmf")),
    (b"VCLMTF", picture("svm")),
    (b"ID3", media("mp3", SOUND)),
    (b"\xff\xfb", media("mp3", SOUND)),
    (b"OggS", media("ogg", SOUND)),
    (b"fLaC", media("flac", SOUND)),
    (b"#!AMR", media("amr", SOUND)),
    (b"MThd", media("midi", SOUND)),
    (b"\x1a\x45\xdf\xa3", media("matroska", FILM)),
    (b"FLV\x01", media("flv", FILM)),
    (b"\0\0\x01\xba", media("mpeg", FILM)),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", media("asf", FILM)),
    (b"7z\xbc\xaf\x27\x1c", Kind::SevenZip),
    (b"Rar!\x1a\x07", Kind::Rar),
    (b"RE~^", Kind::Rar),
    (b"\x1f\x8b", Kind::Compressed(Compression::Gzip)),
    (b"BZh", Kind::Compressed(Compression::Bzip2)),
    (b"\xfd7zXZ\0", Kind::Compressed(Compression::Xz)),
    (b"\x28\xb5\x2f\xfd", Kind::Compressed(Compression::Zstd)),
    (b"MSCF", unread("cab", "a cabinet archive")),
    (b"LZIP\x01", unread("lzip", "a file packed by lzip")),
    (b"\x89LZO\0\r\n", unread("lzop", "a file packed by lzop")),
    (b"\x04\x22\x4d\x18", unread("lz4", "a file packed by LZ4")),
    (b"\x1f\x9d", unread("compress", "a file packed by compress")),
    (b"xar!\0\x1c", unread("xar", "a xar archive")),
    (b"\x60\xea", unread("arj", "an ARJ archive")),
    (b"070701", unread("cpio", "a cpio archive")),
    (b"070707", unread("cpio", "a cpio archive")),
    (b"\xc7\x71", unread("cpio", "a cpio archive")),
    (b"{\\rtf", Kind::Rtf),
    (b"\x78\x9f\x3e\x22", Kind::Tnef),
    (b"\0\x01\0\0Standard Jet DB", Kind::Access),
    (b"\0\x01\0\0Standard ACE DB", Kind::Access),
    (b"SQLite format 3\0", unread("sqlite", "an SQLite database")),
    (onenote::MARK, Kind::OneNote),
    (b"%!PS", unread("postscript", "a PostScript document")),
    (b"!BDN", unread("pst", "an Outlook data file")),
    (b"AT&TFORM", unread("djvu", "a DjVu document")),
    (b"MZ", unread("exe", "a Windows program")),
    (b"\x7fELF", unread("elf", "a Linux program")),
    (b"\0asm", unread("wasm", "a WebAssembly program")),
    (shortcut::MARK, Kind::Shortcut),
    (rpmsg::MARK, Kind::Rpmsg),
];

const fn picture(kind: &'static str) -> Kind {
    Kind::Picture(kind)
}

const fn media(kind: &'static str, what: &'static str) -> Kind {
    Kind::Media(Media { kind, what })
}

const fn unread(kind: &'static str, words: &'static str) -> Kind {
    Kind::Unread { kind, words }
}

pub(crate) fn sniff(bytes: &[u8]) -> Kind {
    if bytes.is_empty() {
        return Kind::Empty;
    }
    if let Some(kind) = marked(bytes) {
        return kind;
    }
    if is_text(bytes) {
        return text_kind(bytes);
    }
    if macintosh::is_one(bytes) {
        return Kind::Macintosh;
    }
    // Lines around bytes that are no text.
    if memmem::find(&bytes[..bytes.len().min(1024)], b"=ybegin ").is_some() {
        return Kind::Text;
    }
    if pgp::is_one(bytes) {
        return Kind::Pgp;
    }
    Kind::Unknown
}

/// The kind that a mark in the bytes tells; text and unknown files have none.
pub(crate) fn marked(bytes: &[u8]) -> Option<Kind> {
    let known = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic));
    if let Some((magic, kind)) = known
        // Words can begin like a program or a song: "MZ is away".
        && !(may_begin_words(magic) && is_text(bytes) && !bytes[..bytes.len().min(512)].contains(&0))
    {
        return Some(*kind);
    }
    if is_zip(bytes) {
        return Some(Kind::Zip);
    }
    if let Some(kind) = container(bytes) {
        return Some(kind);
    }
    if ber::is_content_info(bytes) {
        return Some(Kind::Asn1);
    }
    // Readers of PDF accept up to a kilobyte of other bytes before it; a mail
    // that only speaks of `%PDF-` has no objects.
    let mark = memmem::find(&bytes[..bytes.len().min(1024)], b"%PDF-");
    if mark.is_some() && (!is_text(bytes) || memmem::find(bytes, b"endobj").is_some()) {
        return Some(Kind::Pdf);
    }
    ber::is_one(bytes).then_some(Kind::Asn1)
}

/// Whether what claims to be encrypted is there to be read: words, or a
/// document that everybody's programs open. Encrypted bytes look like neither,
/// not even by chance.
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    let documents: [&[u8]; 4] = [
        b"PK\x03\x04",
        b"{\\rtf",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x89PNG\r\n\x1a\n",
    ];
    let head = &bytes[..bytes.len().min(4_096)];
    let words = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    documents.iter().any(|mark| bytes.starts_with(mark))
        || memmem::find(&bytes[..bytes.len().min(1024)], b"%PDF-").is_some()
        || (words && head.len() >= 16 && is_text(head))
}

/// Whether text, too, can begin with these bytes. Formats that are text
/// themselves have marks that nobody writes by chance.
fn may_begin_words(magic: &[u8]) -> bool {
    magic.iter().all(u8::is_ascii_graphic) && !matches!(magic, b"%PDF-" | b"{\\rtf" | b"%!PS")
}

/// A zip begins with a member, or with anything at all before its members: a
/// self-extracting one is a program to look at, and a zip to unpackers.
fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
        || bytes.starts_with(b"PK\x05\x06")
        || bytes.starts_with(b"PK\x07\x08PK")
}

/// Formats whose mark is not at the start.
fn container(bytes: &[u8]) -> Option<Kind> {
    let at = |offset: usize, mark: &[u8]| {
        bytes
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(mark))
    };
    if at(0, b"RIFF") {
        return match bytes.get(8..12)? {
            b"WEBP" => Some(picture("webp")),
            b"WAVE" => Some(media("wav", SOUND)),
            b"AVI " => Some(media("avi", FILM)),
            _ => None,
        };
    }
    if at(4, b"ftyp") {
        return match bytes.get(8..12)? {
            b"heic" | b"heix" | b"mif1" | b"msf1" | b"avif" => Some(picture("heif")),
            b"M4A " | b"M4B " => Some(media("m4a", SOUND)),
            _ => Some(media("mp4", FILM)),
        };
    }
    if at(0, b"FORM") && at(8, b"AIF") {
        return Some(media("aiff", SOUND));
    }
    if at(0, b"BM") && at(6, b"\0\0\0\0") {
        return Some(picture("bmp"));
    }
    if at(0, b"\x01\0\0\0") && at(40, b" EMF") {
        return Some(picture("emf"));
    }
    // As it lies in documents, without the header that tells its size.
    if (at(0, b"\x01\0\x09\0\0\x03") || at(0, b"\x02\0\x09\0\0\x03")) && at(16, b"\0\0") {
        return Some(picture("wmf"));
    }
    if tar::is_one(bytes) {
        return Some(Kind::Tar);
    }
    if at(2, b"-lh") && at(6, b"-") {
        return Some(unread("lzh", "an LHA archive"));
    }
    if at(32_769, b"CD001") {
        return Some(unread("iso", "an image of a disc"));
    }
    if is_lzma(bytes) {
        return Some(Kind::Compressed(Compression::Lzma));
    }
    None
}

/// The oldest of xz's formats has no mark: properties as everybody leaves them,
/// a dictionary, and a size that is unknown or of some measure; its first packed
/// byte is always zero.
fn is_lzma(bytes: &[u8]) -> bool {
    let Some(&[0x5d, 0, 0, _, _, ref size @ .., 0]) = bytes.first_chunk::<14>() else {
        return false;
    };
    let size = u64::from_le_bytes(*size);
    size == u64::MAX || size < 1 << 40
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        let kind = format!("{:?}", sniff(bytes));
        assert!(
            kind.contains(expected),
            "{kind} for {}",
            String::from_utf8_lossy(bytes)
        );
    }

    #[test]
    fn content_tells_the_kind() {
        check(b"", "Empty");
        check(b"%PDF-1.7\n", "Pdf");
        check(b"junk\n%PDF-1.7\n1 0 obj null endobj", "Pdf");
        check(b"PK\x03\x04....", "Zip");
        check(b"\xff\xd8\xff\xe0", "jpeg");
        check(b"RIFF....WEBP", "webp");
        check(b"....ftypheic", "heif");
        check(b"{\\rtf1", "Rtf");
        check(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "Ole");
        check(b"\x30\x82\x01\x00\x30\x81\xf0", "Asn1");
        check(b"-----BEGIN PGP MESSAGE-----", "Armoured");
        check(b"MIAGCSqGSIb3DQEHA6CAMIACAQIxAAAAAAAAAA==", "Asn1");
        check(b"0\x80\x06\x03\x55\x04\x03", "Asn1");
        check("0–5 years".as_bytes(), "Text");
        check(b"\x01\x02\x03\x04\x05\x06 binary \x00", "Unknown");
    }

    #[test]
    fn texts_are_told_apart() {
        check(b"Name,Form\nZo\xc3\xab,7B\n", "Text");
        check(b"Zo\xeb was late\n", "Text");
        check(b"N\0a\0m\0e\0", "Text");
        check("Привет, это текст по-русски".as_bytes(), "Text");
        check(
            b"\xcf\xf0\xe8\xe2\xe5\xf2 \xfd\xf2\xee \xf2\xe5\xea\xf1\xf2",
            "Text",
        );
        check(b"<!DOCTYPE html><p>a", "Html");
        check(b"\xef\xbb\xbf <html>", "Html");
        check(b"<file><Header>a</Header>", "Text");
        check(b"<x><Header>a</Header><head>", "Html");
        check(b"Received: x\r\nFrom: a\r\nTo: b\r\n\r\nbody", "Message");
        check(
            b"From: a@b.example\nMessage-ID: <1>\nSubject: x\n\nbody",
            "Message",
        );
        check(b"From: the office\nTo: all\n\nPlease read", "Text");
        check(b"MZ is away, ask BM", "Text");
        check(b"MZ\x90\0\x03\0\0\0", "exe");
        check(b"Save it as %PDF-1.4, please", "Text");
        check(b"Subject: spelling\nweek 3", "Text");
    }
}
