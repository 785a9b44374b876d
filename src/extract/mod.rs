//! Bytes into texts with locations, problems and protection.
//!
//! Runs in worker processes only: here strangers' formats are parsed. What
//! comes out is plain data. Nothing is left out in silence: an attachment
//! gives texts, or a problem, or both.

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::finding::{Location, Problem};
use harvest::{Harvest, Place};
use trial::Trials;

pub(crate) use candidate::spoken_digit;
pub(crate) use cells::HIDDEN_ROWS;
pub(crate) use glance::{Glance, glance};
pub use password::{Habit, HabitualPassword, Passwords};
pub(crate) use sight::{Blind, decode, fit, magnify, rendered};

mod access;
mod armour;
mod ber;
mod body;
mod bytes;
mod candidate;
mod cell_style;
mod cells;
mod chart;
mod cipher;
mod claim;
mod cms;
mod compressed;
mod compressed_rtf;
mod content_line;
mod css;
mod dif;
mod doc;
mod elements;
mod external_link;
mod file;
mod flat_office;
mod flow;
mod formula;
mod glance;
mod grid;
mod harvest;
mod header;
mod html;
mod illustration;
mod inline;
mod iwork;
mod kind;
mod later;
mod link;
mod loose;
mod macintosh;
mod mapi;
mod mbox;
mod member;
mod message;
mod metafile;
mod msg;
mod number;
mod odf;
mod office;
mod office_art;
mod office_part;
mod office_xml;
mod ole;
mod ole_object;
mod onenote;
mod page_header;
mod password;
mod pdf;
mod pgp;
mod pgp_packet;
mod picture;
mod picture_words;
mod pivot;
mod plain;
mod ppt;
mod properties;
mod protobuf;
mod quote;
mod rar;
mod rar_comment;
mod rar_header;
mod rar_member;
mod relationships;
mod remedy;
mod rpmsg;
mod rtf;
mod rtf_document;
mod rtf_token;
mod rtf_word;
mod seven_zip;
mod seven_zip_folder;
mod seven_zip_header;
mod sheet;
mod sheet_2003;
mod sheet_reader;
mod shortcut;
mod sight;
mod slides;
mod style;
mod sweep;
mod sylk;
mod tar;
mod tnef;
mod trial;
pub(crate) mod unpack;
mod vml;
mod word;
mod word_2003;
mod word_run;
mod word_style;
mod word_table;
mod xls;
mod xlsb;
pub(crate) mod xml;
mod xml_file;
mod xps;
mod zip;
mod zip_method;
pub(crate) mod zip_records;

/// All that reading a message (or one file) gave.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reading {
    pub header: Header,
    /// Subject first, then bodies, then attachments in their order.
    pub texts: Vec<Text>,
    pub attachments: Vec<Attachment>,
    pub problems: Vec<Problem>,
    /// What only OCR can read. Each has its problem among `problems` until it
    /// has been read.
    pub pictures: Vec<Picture>,
    pub photographs: Vec<Photograph>,
    /// Some encrypted file could be tried with passwords, and stayed closed.
    pub locked: bool,
    /// BLAKE3 over the decoded parts and the header fields that no server
    /// touches: equal for a message that a client sends again with new
    /// boundaries or other transfer encodings.
    pub digest: [u8; 32],
}

impl Reading {
    /// Bytes of text in it.
    pub fn text_size(&self) -> usize {
        self.texts.iter().map(|text| text.text.len()).sum()
    }

    /// A text of this message as others may see it: the passwords that opened
    /// its files are dots, whatever white space is in them.
    pub fn without_passwords(&self, text: &str) -> String {
        let files = self.attachments.iter();
        let openings = files.filter_map(|file| file.opening.as_ref());
        openings.fold(text.to_owned(), |text, opening| opening.dotted(&text))
    }
}

/// The header fields that judging needs, decoded (RFC 2047, RFC 6532).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Header {
    pub subject: String,
    pub from: Vec<Mailbox>,
    pub sender: Vec<Mailbox>,
    pub reply_to: Vec<Mailbox>,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub bcc: Vec<Mailbox>,
    /// Without the angle brackets.
    pub message_id: Option<String>,
    /// Seconds since 1970 in UTC.
    pub date: Option<i64>,
    pub in_reply_to: Option<String>,
    /// Messages before it in its thread, the last ones of many.
    pub references: Vec<String>,
    /// Sent by a program: `Auto-Submitted` other than `no` (RFC 3834), a
    /// calendar reply, a receipt or another report (RFC 6522), `Precedence:
    /// bulk|auto_reply`, `X-Autoreply` and the like.
    pub automatic: bool,
}

/// A mailbox as a header field shows it; the address is as written, and may
/// be none that SMTP would take.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mailbox {
    pub name: String,
    pub address: String,
}

/// A run of text that a person could read, or that is hidden from the sender.
///
/// In every text `\n` ends a line, a paragraph or a table's row, and `\t`
/// separates the cells of a row. There is no `\r`, no NUL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    pub location: Location,
    pub role: Role,
    /// The sender's program does not show it: a hidden sheet, `display:none`.
    pub hidden: bool,
    /// The whole text is one table; its first row is likely its heading.
    pub table: bool,
    pub text: String,
    /// Index into [`Reading::attachments`] of the innermost attachment that
    /// holds it; `None` for the message's own subject and bodies.
    pub attachment: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    Subject,
    /// Newly written.
    Body,
    /// What a reply or a forwarding quotes.
    Quoted,
    /// The name of an attachment or an archive's member.
    FileName,
    /// Inside an attachment.
    Attachment,
}

/// A part or archive member with a name or a document type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// `letters.zip › Y6.docx`.
    pub location: Location,
    /// The file's own name; empty where it has none.
    pub name: String,
    /// By content, never by name: `docx`, `pdf`, `zip`, `jpeg`, `unknown`.
    pub kind: String,
    pub size: u64,
    pub protection: Protection,
    /// Why the protection is what it is, in words: `encrypted with AES-256`.
    pub why: String,
    /// What it is not, though its name or declared type says so: `named like a
    /// picture (.jpg)`.
    pub claim: String,
    /// The password that opened it: one that the message itself gave away, or
    /// one that the school is known to use.
    pub opening: Option<Opening>,
}

/// A password that opened a file. It is here so that it can be kept out of
/// whatever is shown, and goes nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub word: String,
    /// Where it stood: `subject`, `body`, `file name`.
    pub place: Location,
    /// It stood nowhere in the message.
    pub habit: Option<Habit>,
}

impl Opening {
    fn dotted(&self, text: &str) -> String {
        let signs = self.word.chars().filter(|c| !c.is_whitespace());
        let mut word: Vec<String> = Vec::new();
        word.extend(signs.map(|c| regex::escape(c.encode_utf8(&mut [0; 4]))));
        match Regex::new(&word.join(r"\s*")) {
            Ok(word) => word.replace_all(text, "••••").into_owned(),
            // No word is too long for an expression; but nothing is shown then.
            Err(_) => "••••".to_owned(),
        }
    }
}

/// A picture on which there may be text, or pages of a PDF without text of
/// their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// `photo.jpg`, `scan.pdf`, `letter.docx › picture 2`.
    pub location: Location,
    /// As of [`Text`].
    pub attachment: Option<u32>,
    pub hidden: bool,
    pub form: Form,
    /// From 1; a picture that is no document is its own page 1.
    pub pages: Vec<u32>,
    /// BLAKE3 of its bytes.
    pub digest: [u8; 32],
    /// What is told of it while nobody has read it; nothing where it is too
    /// small for a page.
    pub unread: Option<Problem>,
    /// The file itself, as far as [`Budget::pictures`] allows.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// A picture that was taken of something, as far as can be told from its tones
/// and from what the camera wrote: no drawing, no scan, no picture of a screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Photograph {
    /// As of [`Picture`].
    pub location: Location,
    /// As of [`Text`].
    pub attachment: Option<u32>,
    /// It stands in a document, and is no file by itself.
    pub in_document: bool,
    /// Its file says where on earth it was taken.
    pub placed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    Picture,
    Pdf,
}

/// Whether a stranger who gets the file can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protection {
    /// Readable for whoever has it.
    #[default]
    Open,
    /// Encrypted, but opens for anyone, or in part, or with a cipher that
    /// can be broken in minutes.
    Weak,
    /// Nobody without the password can read any of its content.
    Protected,
}

/// What reading one message may take. All are hard ends, met with a problem
/// and what was read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Bytes really inflated or decoded, all parts together.
    pub decoded: u64,
    /// Bytes of text given back.
    pub text: u64,
    /// Members of archives and parts of messages, all together.
    pub entries: u32,
    /// How deep messages and archives nest.
    pub depth: u32,
    /// Inflated bytes per packed byte, beyond the first MB.
    pub ratio: u32,
    /// Bytes of pictures that are handed on to be read by OCR; they are only
    /// described where this is 0.
    pub pictures: u64,
    /// Pixels of pictures that are glanced at, all together; the others are
    /// taken for pages of text.
    pub glanced: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            decoded: 100 * 1024 * 1024, // 100 MB
            text: 8 * 1024 * 1024,      // 8 MB
            entries: 5_000,
            depth: 16,
            ratio: 200,
            pictures: 0,
            glanced: 40_000_000, // 40 megapixels
        }
    }
}

/// Reads a message (RFC 5322) and everything in it; its words are tried as
/// passwords on its encrypted files.
pub fn read_message(message: &[u8], budget: &Budget) -> Reading {
    read_message_with(message, budget, &Passwords::WordsAnd(Vec::new()))
}

/// The same, with other passwords.
pub fn read_message_with(message: &[u8], budget: &Budget, passwords: &Passwords) -> Reading {
    opening(budget, passwords, |harvest| message::read(message, harvest))
}

/// Reads one file; `attachments[0]` is the file itself.
pub fn read_file(name: &str, bytes: &[u8], budget: &Budget) -> Reading {
    read_file_with(name, bytes, budget, &Passwords::WordsAnd(Vec::new()))
}

/// The same, with other passwords.
pub fn read_file_with(name: &str, bytes: &[u8], budget: &Budget, passwords: &Passwords) -> Reading {
    opening(budget, passwords, |harvest| {
        file::read(&[name], bytes, &Place::message(), harvest);
    })
}

/// Reads; and where a file is encrypted, reads once more with the passwords: a
/// word can stand in front of its file or behind it.
fn opening(budget: &Budget, passwords: &Passwords, read: impl Fn(&mut Harvest<'_>)) -> Reading {
    let with = |trials: Trials| {
        let mut harvest = Harvest::with_trials(budget, trials);
        read(&mut harvest);
        harvest.finish()
    };
    match passwords {
        Passwords::Untried => with(Trials::none()),
        Passwords::These(these) => with(Trials::new(Vec::new(), these)),
        Passwords::WordsAnd(these) => {
            let reading = with(Trials::none());
            if !reading.locked {
                return reading;
            }
            let words = candidate::candidates(&reading);
            drop(reading);
            with(Trials::new(words, these))
        }
    }
}
