//! Calendar entries (iCalendar, RFC 5545) and contact cards (vCard, RFC 6350
//! and its forerunner 2.1): both are lines of `NAME;PARAMETER=…:value`.

use super::harvest::{Harvest, Place};
use super::{file, html};
use crate::finding::ProblemKind;
use crate::mail::{charset, encoding};

/// Parameters that say how to read a value, and nothing of people.
const TECHNICAL: [&str; 14] = [
    "CHARSET",
    "CUTYPE",
    "ENCODING",
    "FMTTYPE",
    "LANGUAGE",
    "PARTSTAT",
    "PREF",
    "RELATED",
    "ROLE",
    "RSVP",
    "TYPE",
    "TZID",
    "VALUE",
    "X-VOBJ-ORIGINAL-TZID",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Calendar,
    Contacts,
}

impl Family {
    fn kind(self) -> &'static str {
        match self {
            Self::Calendar => "ics",
            Self::Contacts => "vcf",
        }
    }

    /// What people call a component; the others are parts of one.
    fn place_of(self, component: &str) -> Option<&'static str> {
        match component {
            "VEVENT" => Some("calendar entry"),
            "VTODO" => Some("task"),
            "VJOURNAL" => Some("journal entry"),
            "VFREEBUSY" => Some("free and busy times"),
            "VCARD" if self == Self::Contacts => Some("contact card"),
            _ => None,
        }
    }
}

pub(crate) fn read(family: Family, bytes: &[u8], place: &Place, harvest: &mut Harvest<'_>) {
    harvest.kind(place, family.kind());
    let utf_16 = charset::sniff_utf16(bytes).map(encoding_rs::Encoding::name);
    let text = charset::decode(bytes, utf_16);
    if !harvest.decoded(place, text.len()) {
        return;
    }
    let mut place_now = place.clone();
    let mut count = 0;
    let mut open = 0_u32;
    let mut said = String::new();
    for line in unfold(text.trim_start_matches('\u{feff}')) {
        if harvest.is_spent() {
            return;
        }
        let Some(line) = Line::parse(&line) else {
            said.push_str(&line);
            said.push('\n');
            continue;
        };
        match line.name.as_str() {
            "BEGIN" => {
                open += 1;
                if let Some(words) = family.place_of(&line.value.to_ascii_uppercase()) {
                    harvest.text(&place_now, std::mem::take(&mut said));
                    count += 1;
                    place_now = place.within(&format!("{words} {count}"));
                }
            }
            "END" => open = open.saturating_sub(1),
            _ => line.say(&mut said, &place_now, harvest),
        }
    }
    harvest.text(&place_now, said);
    if open > 0 {
        harvest.problem(
            place,
            ProblemKind::Damaged,
            "the file is cut short or damaged",
        );
    }
}

/// Lines with those that were folded joined again: by a space before the next,
/// or in quoted-printable by an equals sign at the end.
fn unfold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let Some(last) = lines.last_mut() else {
            lines.push(line.to_owned());
            continue;
        };
        if let Some(rest) = line.strip_prefix([' ', '\t']) {
            last.push_str(rest);
        } else if last.ends_with('=') && last.to_ascii_uppercase().contains("QUOTED-PRINTABLE") {
            last.pop();
            last.push_str(line);
        } else {
            lines.push(line.to_owned());
        }
    }
    lines
}

struct Line {
    /// In upper case, without its group (`item1.EMAIL`).
    name: String,
    parameters: Vec<(String, String)>,
    value: String,
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let mut quoted = false;
        let colon = line.bytes().position(|byte| {
            quoted ^= byte == b'"';
            byte == b':' && !quoted
        })?;
        let mut quoted = false;
        let mut fields = line[..colon].split(|c| {
            quoted ^= c == '"';
            c == ';' && !quoted
        });
        let name = fields.next()?;
        let name = name.rsplit('.').next().unwrap_or(name);
        let parameters = fields.map(|field| {
            // vCard 2.1 leaves out the names of parameters.
            let (name, value) = field.split_once('=').unwrap_or(("ENCODING", field));
            (name.to_ascii_uppercase(), value.replace('"', ""))
        });
        Some(Self {
            name: name.to_uppercase(),
            parameters: parameters.collect(),
            value: line[colon + 1..].to_owned(),
        })
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.parameters
            .iter()
            .any(|(own, given)| own == name && given.eq_ignore_ascii_case(value))
    }

    /// Puts what the line says into the text; a file in it is read as one.
    fn say(&self, said: &mut String, place: &Place, harvest: &mut Harvest<'_>) {
        // The name is shown too: a line of a text may look like a property.
        said.push_str(&self.name.to_lowercase());
        said.push_str(": ");
        for (name, value) in &self.parameters {
            if !TECHNICAL.contains(&name.as_str()) || value.contains(' ') {
                said.push_str(value);
                said.push(' ');
            }
        }
        let data = self
            .value
            .split_once(";base64,")
            .filter(|(head, _)| head.starts_with("data:"));
        if let Some(data) = data
            .map(|(_, data)| data)
            .or_else(|| self.is_base64().then_some(&*self.value))
        {
            let bytes = encoding::base64(data.as_bytes());
            if harvest.decoded(place, bytes.len()) {
                file::read(&[&self.name.to_ascii_lowercase()], &bytes, place, harvest);
            }
        } else {
            said.push_str(&self.words());
        }
        said.push('\n');
    }

    fn is_base64(&self) -> bool {
        self.has("ENCODING", "b") || self.has("ENCODING", "base64")
    }

    fn words(&self) -> String {
        if self.has("ENCODING", "quoted-printable") {
            let bytes = encoding::quoted_printable(self.value.as_bytes());
            let declared = self.parameters.iter().find(|(name, _)| name == "CHARSET");
            let text = charset::decode(&bytes, declared.map(|(_, charset)| charset.as_str()));
            return self.in_order(&text);
        }
        let text = self.in_order(&self.value);
        if text.trim_start().starts_with('<') {
            let page = html::read(&text);
            return format!("{}\n{}", page.shown, page.hidden);
        }
        text
    }

    /// A card's `N` is family, given, further names, title, suffix.
    fn in_order(&self, value: &str) -> String {
        let parts = components(value);
        match (self.name.as_str(), parts.as_slice()) {
            ("N", [family, given, rest @ ..]) => {
                let middle = rest.iter().map(String::as_str);
                let names = std::iter::once(given.as_str())
                    .chain(middle)
                    .chain([family.as_str()]);
                names
                    .filter(|name| !name.is_empty())
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            ("N" | "ADR" | "ORG", _) => parts.join(" "),
            _ => parts.join(";"),
        }
    }
}

/// The parts between semicolons, with what backslashes protect undone.
fn components(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        let plain = match c {
            ';' => {
                parts.push(String::new());
                continue;
            }
            '\\' => match chars.next() {
                Some('n' | 'N') => '\n',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        };
        if let Some(part) = parts.last_mut() {
            part.push(plain);
        }
    }
    parts
}
