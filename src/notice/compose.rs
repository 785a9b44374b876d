//! A letter's facts into a message: templates, then MIME.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Mailboxes;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::mail::Address;

use super::prose;
use super::{House, Mail};

/// Names end in `.txt` or `.html`: by that minijinja knows what to escape.
const TEMPLATES: [(&str, &str); 5] = [
    ("sender.txt", include_str!("templates/sender.txt")),
    ("sender.html", include_str!("templates/sender.html")),
    ("reviewer.txt", include_str!("templates/reviewer.txt")),
    ("reviewer.html", include_str!("templates/reviewer.html")),
    ("frame.html", include_str!("templates/frame.html")),
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_keep_trailing_newline(true);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        environment
            .add_template(name, source)
            .expect("the built-in templates are well formed");
    }
    environment
});

/// What a letter looks like: the name of its two templates.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Sender,
    Reviewer,
}

/// The letter as text and as HTML.
pub(super) fn render(kind: Kind, letter: &impl Serialize) -> (String, String) {
    let (text, html) = match kind {
        Kind::Sender => ("sender.txt", "sender.html"),
        Kind::Reviewer => ("reviewer.txt", "reviewer.html"),
    };
    let render = |name| {
        ENVIRONMENT
            .get_template(name)
            .and_then(|template| template.render(letter))
            .expect("a letter has every field that its built-in template names")
    };
    (render(text), render(html))
}

/// The message to `to`. Answers go to `answers_to`, if there are any.
pub(super) fn message(
    house: &House<'_>,
    to: &Address,
    answers_to: &[Address],
    subject: String,
    (text, html): (String, String),
    now: Timestamp,
) -> Mail {
    let from = from(house, to);
    let name = format!("Exeat for {}", prose::line(&house.school.name, 60));
    let id = message_id(to, &from, &subject, &text, now);
    let mut builder = MessageBuilder::new()
        .from((name, from))
        .to(to.as_str())
        .subject(subject)
        .date(Date::new(now.as_second()))
        .message_id(id)
        // RFC 3834: no vacation notice and no other program answers.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .header("Content-Language", Raw::new("en-GB"))
        .text_body(text)
        .html_body(html);
    if !answers_to.is_empty() {
        let mailboxes = answers_to.iter().map(|address| address.as_str().into());
        builder = builder.reply_to(Mailboxes::new_list(mailboxes.collect()));
    }
    let mut message = Vec::new();
    builder.serialize(&mut message);
    Mail {
        to: to.clone(),
        message,
    }
}

fn from(house: &House<'_>, to: &Address) -> String {
    match (&house.settings.from, house.school.domains.first()) {
        (Some(from), _) => from.as_str().to_owned(),
        (None, Some(domain)) => format!("exeat@{domain}"),
        (None, None) => format!("exeat@{}", to.domain()),
    }
}

/// Of what the mail says, to whom and when: so the same notice made twice has
/// one identifier, and no two notices share one.
fn message_id(to: &Address, from: &str, subject: &str, text: &str, now: Timestamp) -> String {
    let mut digest = Sha256::new();
    for part in [&to.folded(), subject, text, &now.to_string()] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let mut id = String::from("exeat.");
    for byte in &digest.finalize()[..16] {
        write!(id, "{byte:02x}").expect("writing to a string does not fail");
    }
    let domain = from.rsplit('@').next().unwrap_or(from);
    format!("{id}@{domain}")
}
