//! One command line into a [`Command`] (RFC 5321 section 4.1), or into the
//! reply that says what is wrong with it.
//!
//! Paths and parameters are checked, and kept as they were written: they go
//! to the next hop so.

use super::chunk::{self, Chunk};
use super::proxied::Origin;
use super::reply::Reply;
use crate::mail::Address;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    Ehlo(&'a str),
    Helo(&'a str),
    Mail(Mail<'a>),
    Rcpt(Rcpt<'a>),
    Data,
    /// `None` where it cannot be known how much of a message follows.
    Bdat(Option<Chunk>),
    Rset,
    Noop,
    Help,
    Vrfy,
    StartTls,
    Auth(Auth<'a>),
    /// Whose message comes next, for its trace.
    XForward(Origin),
    /// Whose the session is from here on.
    XClient(Origin),
    Quit,
}

/// RFC 4954 section 4.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Auth<'a> {
    pub(crate) mechanism: &'a str,
    /// In base64.
    pub(crate) response: Option<&'a str>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mail<'a> {
    /// `None` is the null reverse path.
    pub(crate) reverse_path: Option<Path<'a>>,
    pub(crate) parameters: Parameters<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rcpt<'a> {
    pub(crate) path: Path<'a>,
    pub(crate) parameters: Parameters<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path<'a> {
    /// Without angle brackets and source route.
    pub(crate) text: &'a str,
    /// `None` is `postmaster` without a domain (RFC 5321 section 4.5.1).
    pub(crate) address: Option<Address>,
}

/// What follows a path: `SIZE=1000 BODY=8BITMIME`. Sound, each key once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameters<'a>(&'a str);

impl<'a> Parameters<'a> {
    /// Keys and values in order, as they were written.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        self.words().map(split_parameter)
    }

    /// The same, each as one word.
    pub(crate) fn words(self) -> impl Iterator<Item = &'a str> {
        self.0.split_ascii_whitespace()
    }
}

const SYNTAX: Reply = Reply::new(501, "5.5.4 The syntax of this command is not right");
const UNKNOWN: Reply = Reply::new(500, "5.5.2 This command is not known here");
const NOT_TEXT: Reply = Reply::new(501, "5.5.2 A command line is text in ASCII or UTF-8");
const PATH: Reply = Reply::new(501, "5.1.7 An address is written <local-part@domain>");

impl<'a> Command<'a> {
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, Reply> {
        if let Some(arguments) = chunk::arguments(line) {
            return Ok(Self::Bdat(Chunk::parse(arguments)));
        }
        let line = std::str::from_utf8(line).map_err(|_| NOT_TEXT)?;
        if line.chars().any(char::is_control) {
            return Err(NOT_TEXT);
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_matches(' ');
        let verb = Verb::ALL
            .iter()
            .find(|(name, _)| verb.eq_ignore_ascii_case(name));
        let Some((_, verb)) = verb else {
            return Err(UNKNOWN);
        };
        let plain = |command| {
            if rest.is_empty() {
                Ok(command)
            } else {
                Err(SYNTAX)
            }
        };
        match verb {
            Verb::Ehlo => Ok(Self::Ehlo(host(rest)?)),
            Verb::Helo => Ok(Self::Helo(host(rest)?)),
            Verb::Mail => Ok(Self::Mail(mail(rest)?)),
            Verb::Rcpt => Ok(Self::Rcpt(rcpt(rest)?)),
            Verb::Data => plain(Self::Data),
            Verb::Rset => plain(Self::Rset),
            Verb::StartTls => plain(Self::StartTls),
            Verb::Auth => Ok(Self::Auth(auth(rest)?)),
            Verb::XForward => Origin::parse(rest).map(Self::XForward),
            Verb::XClient => Origin::parse(rest).map(Self::XClient),
            Verb::Quit => plain(Self::Quit),
            Verb::Noop => Ok(Self::Noop),
            Verb::Help => Ok(Self::Help),
            Verb::Vrfy if rest.is_empty() => Err(SYNTAX),
            Verb::Vrfy => Ok(Self::Vrfy),
            Verb::Unsupported => Err(Reply::new(502, "5.5.1 This command is not offered here")),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    Ehlo,
    Helo,
    Mail,
    Rcpt,
    Data,
    Rset,
    Noop,
    Help,
    Vrfy,
    StartTls,
    Auth,
    XForward,
    XClient,
    Quit,
    /// Known, and not announced.
    Unsupported,
}

impl Verb {
    const ALL: [(&str, Self); 19] = [
        ("MAIL", Self::Mail),
        ("RCPT", Self::Rcpt),
        ("DATA", Self::Data),
        ("EHLO", Self::Ehlo),
        ("RSET", Self::Rset),
        ("QUIT", Self::Quit),
        ("NOOP", Self::Noop),
        ("HELO", Self::Helo),
        ("HELP", Self::Help),
        ("VRFY", Self::Vrfy),
        ("EXPN", Self::Unsupported),
        ("STARTTLS", Self::StartTls),
        ("AUTH", Self::Auth),
        ("ETRN", Self::Unsupported),
        ("TURN", Self::Unsupported),
        ("BURL", Self::Unsupported),
        ("LHLO", Self::Unsupported),
        ("XCLIENT", Self::XClient),
        ("XFORWARD", Self::XForward),
    ];
}

/// The client's name. It is written into the trace field, so it is held to
/// characters that cannot end or alter one.
fn host(word: &str) -> Result<&str, Reply> {
    if is_host(word) { Ok(word) } else { Err(SYNTAX) }
}

pub(crate) fn is_host(word: &str) -> bool {
    let sound = |c: char| c.is_alphanumeric() || ".-_:[]".contains(c);
    !word.is_empty() && word.len() <= 255 && word.chars().all(sound)
}

fn auth(rest: &str) -> Result<Auth<'_>, Reply> {
    let mut words = rest.split_ascii_whitespace();
    let mechanism = words.next().ok_or(SYNTAX)?;
    let response = words.next();
    match words.next() {
        None => Ok(Auth {
            mechanism,
            response,
        }),
        Some(_) => Err(SYNTAX),
    }
}

fn mail(rest: &str) -> Result<Mail<'_>, Reply> {
    let rest = after_keyword(rest, "FROM:")?;
    if let Some(rest) = rest.strip_prefix("<>") {
        return Ok(Mail {
            reverse_path: None,
            parameters: parameters(rest)?,
        });
    }
    let (path, rest) = path(rest)?;
    if path.address.is_none() {
        return Err(PATH);
    }
    Ok(Mail {
        reverse_path: Some(path),
        parameters: parameters(rest)?,
    })
}

fn rcpt(rest: &str) -> Result<Rcpt<'_>, Reply> {
    let (path, rest) = path(after_keyword(rest, "TO:")?)?;
    Ok(Rcpt {
        path,
        parameters: parameters(rest)?,
    })
}

/// Blanks after the colon are not in the grammar and yet common.
fn after_keyword<'a>(rest: &'a str, keyword: &str) -> Result<&'a str, Reply> {
    match rest.split_at_checked(keyword.len()) {
        Some((word, rest)) if word.eq_ignore_ascii_case(keyword) => {
            Ok(rest.trim_start_matches(' '))
        }
        _ => Err(SYNTAX),
    }
}

/// The path in angle brackets, and what follows it.
fn path(rest: &str) -> Result<(Path<'_>, &str), Reply> {
    let inner = rest.strip_prefix('<').ok_or(PATH)?;
    // RFC 5321 section 4.1.1.3: a source route is taken, and ignored.
    let inner = match inner.strip_prefix('@') {
        Some(route) => route.split_once(':').ok_or(PATH)?.1,
        None => inner,
    };
    let local = local_part(inner).ok_or(PATH)?;
    let close = local + inner[local..].find('>').ok_or(PATH)?;
    let (text, rest) = (&inner[..close], &inner[close + 1..]);
    let address = if text.eq_ignore_ascii_case("postmaster") {
        None
    } else if text[local..].starts_with('@') {
        Some(text.parse::<Address>().map_err(|_| PATH)?)
    } else {
        return Err(PATH);
    };
    Ok((Path { text, address }, rest))
}

/// The length of the local part at the start, a quoted one by its own rules
/// (RFC 5321 section 4.1.2): what is between the quotes ends nothing.
fn local_part(text: &str) -> Option<usize> {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.find(['@', '>']);
    };
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 2),
            _ => {}
        }
    }
    None
}

fn parameters(rest: &str) -> Result<Parameters<'_>, Reply> {
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return Err(SYNTAX);
    }
    let parameters = Parameters(rest.trim_matches(' '));
    for (index, (key, value)) in parameters.iter().enumerate() {
        let sound = !key.is_empty()
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && value.is_none_or(|value| !value.is_empty() && !value.contains('='));
        let twice = parameters
            .iter()
            .take(index)
            .any(|(other, _)| other.eq_ignore_ascii_case(key));
        if !sound || twice {
            return Err(SYNTAX);
        }
    }
    Ok(parameters)
}

fn split_parameter(word: &str) -> (&str, Option<&str>) {
    match word.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (word, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reverse_path(line: &str) -> Option<(String, Vec<String>)> {
        match Command::parse(line.as_bytes()) {
            Ok(Command::Mail(mail)) => Some((
                mail.reverse_path
                    .map_or_else(String::new, |path| path.text.to_owned()),
                mail.parameters.words().map(str::to_owned).collect(),
            )),
            _ => None,
        }
    }

    #[test]
    fn reverse_paths_are_kept_as_written() {
        let check = |line: &str, path: &str, parameters: &[&str]| {
            let (found, words) = reverse_path(line).expect(line);
            assert_eq!(
                (found.as_str(), words),
                (path, parameters.iter().map(|&w| w.to_owned()).collect())
            );
        };
        check("MAIL FROM:<>", "", &[]);
        check(
            "mail from:<A.Smith@Greenfold.example>",
            "A.Smith@Greenfold.example",
            &[],
        );
        check(
            "MAIL FROM: <a@b.example>  SIZE=10  BODY=8BITMIME ",
            "a@b.example",
            &["SIZE=10", "BODY=8BITMIME"],
        );
        check(
            "MAIL FROM:<@x.example,@y.example:a@b.example>",
            "a@b.example",
            &[],
        );
        check(
            r#"MAIL FROM:<"a b>@c \" d"@b.example> SMTPUTF8"#,
            r#""a b>@c \" d"@b.example"#,
            &["SMTPUTF8"],
        );
        check(
            "MAIL FROM:<łukasz@szkoła.example> SMTPUTF8",
            "łukasz@szkoła.example",
            &["SMTPUTF8"],
        );
        check(
            "MAIL FROM:<> RET=HDRS ENVID=QQ+3D1",
            "",
            &["RET=HDRS", "ENVID=QQ+3D1"],
        );
    }

    #[test]
    fn broken_paths_and_parameters_are_refused() {
        for line in [
            "MAIL",
            "MAIL FROM",
            "MAIL FROM:",
            "MAIL FROM:a@b.example",
            "MAIL FROM:<a@b.example",
            "MAIL FROM:<a>",
            "MAIL FROM:<postmaster>",
            "MAIL FROM:<a b@c.example>",
            "MAIL FROM:<@c.example>",
            "MAIL FROM:<@route.example>",
            "MAIL FROM:<a@b@c.example>",
            r#"MAIL FROM:<"a"b@c.example>"#,
            r#"MAIL FROM:<"a@c.example>"#,
            "MAIL FROM:<a@b.example>SIZE=1",
            "MAIL FROM:<a@b.example> SIZE=",
            "MAIL FROM:<a@b.example> =1",
            "MAIL FROM:<a@b.example> A=1=2",
            "MAIL FROM:<a@b.example> SIZE=1 size=2",
            "MAIL FROM:<a@b.example>> X",
            "MAIL TO:<a@b.example>",
            "MAIL FROM:<a\u{7f}@b.example>",
        ] {
            assert!(reverse_path(line).is_none(), "{line}");
        }
        assert!(Command::parse(b"MAIL FROM:<a\rb@c.example>").is_err());
        assert!(Command::parse(b"MAIL FROM:<\xff@c.example>").is_err());
    }

    #[test]
    fn recipients_need_an_address_or_postmaster() {
        let check = |line: &str, expected: Option<(&str, bool)>| {
            let found = match Command::parse(line.as_bytes()) {
                Ok(Command::Rcpt(rcpt)) => {
                    Some((rcpt.path.text.to_owned(), rcpt.path.address.is_some()))
                }
                _ => None,
            };
            assert_eq!(
                found,
                expected.map(|(text, full)| (text.to_owned(), full)),
                "{line}"
            );
        };
        check(
            "RCPT TO:<a@b.example> NOTIFY=NEVER",
            Some(("a@b.example", true)),
        );
        check("rcpt to:<PostMaster>", Some(("PostMaster", false)));
        check(
            "RCPT TO:<postmaster@b.example>",
            Some(("postmaster@b.example", true)),
        );
        check("RCPT TO:<>", None);
        check("RCPT TO:<someone>", None);
        check("RCPT FROM:<a@b.example>", None);
    }

    #[test]
    fn other_commands_parse_in_any_case() {
        let check = |line: &str, expected: Result<Command<'_>, u16>| {
            let found = Command::parse(line.as_bytes()).map_err(|reply| reply.code());
            assert_eq!(found, expected, "{line}");
        };
        check(
            "EHLO mail.greenfold.example",
            Ok(Command::Ehlo("mail.greenfold.example")),
        );
        check("helo [127.0.0.1]", Ok(Command::Helo("[127.0.0.1]")));
        check("EHLO", Err(501));
        check("EHLO a b", Err(501));
        check("EHLO a(b)", Err(501));
        check("EHLO a;b", Err(501));
        check("data", Ok(Command::Data));
        check("DATA now", Err(501));
        check("RSET ", Ok(Command::Rset));
        check("NOOP whatever", Ok(Command::Noop));
        check("VRFY someone", Ok(Command::Vrfy));
        check("VRFY", Err(501));
        check("EXPN list", Err(502));
        check("starttls", Ok(Command::StartTls));
        check("STARTTLS now", Err(501));
        let (size, last) = (10, true);
        check(
            "bdat 10 LAST",
            Ok(Command::Bdat(Some(Chunk { size, last }))),
        );
        check("BDAT ten", Ok(Command::Bdat(None)));
        check("BDATA 10", Err(500));
        check("GET / HTTP/1.1", Err(500));
        check("", Err(500));
        check(" NOOP", Err(500));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(line in ".{0,80}", bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            let _ = Command::parse(line.as_bytes());
            let _ = Command::parse(format!("MAIL FROM:<{line}").as_bytes());
            let _ = Command::parse(&bytes);
        }
    }
}
