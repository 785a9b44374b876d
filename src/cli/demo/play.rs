//! Sends the samples, and tells what became of each.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::mailbox::{Arrival, Mailbox};
use super::samples::{self, Sample};
use crate::check::History;
use crate::cli::serve::Server;
use crate::cli::trial::envelope_of;
use crate::extract::Reading;
use crate::finding::{Action, Mode};
use crate::mail::{Content, Envelope};
use crate::policy::Verdict;
use crate::screen;
use crate::smtp::next_hop::Connection;
use crate::smtp::reply::Reply;
use crate::smtp::tls::outgoing::Outgoing;
use crate::store::Reference;
use crate::tenant::{NextHop, Tenant};

/// Samples that are on their way at once. Some hold encrypted files, which take
/// seconds, and the others need not wait for them.
const AT_ONCE: usize = 4;
/// How long the last notices may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// What came of the samples.
#[derive(Debug, Default)]
pub(super) struct Played {
    counts: Vec<(Action, usize)>,
    different: Vec<String>,
    took: Duration,
}

/// Sends every sample over SMTP, one row each.
pub(super) async fn samples(
    server: &Server,
    tenant: &Tenant,
    mailbox: &Mailbox,
) -> anyhow::Result<Played> {
    let started = Instant::now();
    let mut played = Played::default();
    let (mut notices, mut out) = (0, io::stdout());
    writeln!(out, "{:<11} {:<38} WHY", "ACTION", "MAIL")?;
    let mut fates = stream::iter(samples::samples()?)
        .map(async |sample| (play(server, tenant, &sample).await, sample))
        .buffered(AT_ONCE);
    while let Some((fate, sample)) = fates.next().await {
        let (action, verdict) = fate.with_context(|| sample.name.clone())?;
        writeln!(out, "{action:<11} {:<38} {}", sample.name, why(&verdict))?;
        if action != sample.expected.action {
            let expected = sample.expected.action;
            writeln!(out, "{:11} this differs: {expected} was expected", "")?;
            played.different.push(sample.name);
        }
        if action == Action::Note || action.holds() {
            notices += 1;
        }
        match played
            .counts
            .iter_mut()
            .find(|(counted, _)| *counted == action)
        {
            Some((_, count)) => *count += 1,
            None => played.counts.push((action, 1)),
        }
    }
    played.took = started.elapsed();
    // Some senders are programs, to whom nothing is said; most are people.
    let most =
        |arrivals: &[Arrival]| arrivals.iter().filter(|a| a.is_notice()).count() >= notices / 2;
    mailbox.wait(PATIENCE, most);
    Ok(played)
}

/// Sends one sample; what became of it, and the findings behind that.
async fn play(
    server: &Server,
    tenant: &Tenant,
    sample: &Sample,
) -> anyhow::Result<(Action, Verdict)> {
    let message = Content::from(sample.message.clone());
    let (school, now) = (&tenant.school, Timestamp::now());
    let envelope = |reading: &Reading| sample.envelope(envelope_of(&reading.header));
    let habits = |reading: &Reading| {
        envelope(reading).map_or_else(
            |_| Vec::new(),
            |envelope| screen::habits(school, &envelope, reading, now),
        )
    };
    let reading = server.workers.read_message_with(&message, habits).await?;
    let envelope = envelope(&reading)?;
    let verdict = screen::judge(
        school,
        &tenant.policy,
        &envelope,
        &reading,
        History::default(),
        now,
    );
    let reply = send(server, &envelope, &message).await?;
    let action = match (reply.code(), reference(&reply)) {
        (250, Some(reference)) => server.store.find(&reference).await?.action,
        (250, None) if verdict.action == Action::Note => Action::Note,
        (250, None) => Action::Deliver,
        (550, _) => Action::Reject,
        _ => anyhow::bail!("the relay answered {reply}"),
    };
    Ok((action, verdict))
}

async fn send(server: &Server, envelope: &Envelope, message: &Content) -> anyhow::Result<Reply> {
    let relay = server.smtp.first().context("the relay listens")?;
    let relay = Arc::new(NextHop::in_clear(relay.to_string()));
    let mut connection =
        Connection::open(&relay, &Outgoing::InClear, "client.greenfold.sch.example").await?;
    let (mail, recipients) = connection.submit(envelope, Some(message.size())).await?;
    if let Some(refused) = [mail]
        .into_iter()
        .chain(recipients)
        .find(|reply| !reply.is_positive())
    {
        return Ok(refused);
    }
    let go_on = connection.data().await?;
    if go_on.code() != 354 {
        return Ok(go_on);
    }
    connection.body(message).await?;
    connection.end_body().await?;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let reply = connection.final_reply(deadline).await?;
    connection.quit().await;
    Ok(reply)
}

fn reference(reply: &Reply) -> Option<Reference> {
    let at = reply.text().find("EX-")?;
    Reference::parse(reply.text()[at..].split_whitespace().next()?)
}

/// The findings that led to the action, each once.
fn why(verdict: &Verdict) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for judged in &verdict.findings {
        let counts = judged.finding.suppressed.is_none() && judged.mode == Mode::Enforce;
        let reason = format!("{} ({})", judged.finding.what, judged.finding.location);
        if counts && judged.action > Action::Deliver && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    match reasons.as_slice() {
        [] => "nothing to say".to_owned(),
        reasons => reasons.join("; "),
    }
}

/// Prints one notice of each kind, as its reader would see it.
pub(super) fn show_notices(mailbox: &Mailbox) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "\nWhat staff and reviewers get, one of each kind:")?;
    let mut seen: Vec<String> = Vec::new();
    for arrival in mailbox
        .arrivals()
        .iter()
        .filter(|arrival| arrival.is_notice())
    {
        let parsed = mail_parser::MessageParser::default().parse(&arrival.message);
        let Some(parsed) = parsed else { continue };
        let subject = parsed.subject().unwrap_or_default().to_owned();
        let text = parsed.body_text(0).unwrap_or_default();
        // What was advised first tells the kinds of notices apart.
        let kind = kind(&subject, &text);
        if seen.contains(&kind) {
            continue;
        }
        seen.push(kind);
        writeln!(out, "\n{:─<78}", "")?;
        writeln!(
            out,
            "To: {}\nSubject: {subject}\n",
            arrival.recipients.join(", ")
        )?;
        writeln!(out, "{}", text.replace("\r\n", "\n").trim_end())?;
    }
    writeln!(out, "{:─<78}\n", "")
}

fn kind(subject: &str, text: &str) -> String {
    let opening: String = subject.chars().take_while(|c| *c != ':').collect();
    let advice = text
        .lines()
        .skip_while(|line| *line != "WHAT TO DO")
        .nth(1)
        .unwrap_or_default();
    // A quoted subject differs from mail to mail.
    let advice = advice.split('“').next().unwrap_or_default();
    let opening = opening.split(" by ").next().unwrap_or_default();
    format!("{opening}: {advice}")
}

impl Played {
    pub(super) fn as_expected(&self) -> bool {
        self.different.is_empty()
    }

    pub(super) fn summarise(&self) -> io::Result<()> {
        let total: usize = self.counts.iter().map(|(_, count)| count).sum();
        let counts: Vec<String> = self
            .counts
            .iter()
            .map(|(action, count)| format!("{count} {action}"))
            .collect();
        let seconds = self.took.as_secs_f64();
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "{total} mails in {seconds:.1} s: {}.",
            counts.join(", ")
        )?;
        match self.different.len() {
            0 => writeln!(out, "Each met the fate that its fixture says.\n"),
            n => writeln!(out, "{n} did not meet the fate that their fixtures say.\n"),
        }
    }
}
