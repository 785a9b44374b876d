//! The delivery status report (RFC 3464, RFC 6522) on a message that Exeat
//! had taken over and could not deliver: in plain English first, for programs
//! second, with the header of the message and nothing of its text.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::mail::{Content, Envelope, Recipient, header};
use crate::store::{Claim, Delivery};
use crate::tenant::Tenant;

/// The report's envelope and text; `None` where nobody may be told: a null
/// reverse path, or recipients whose failures the sender does not want to
/// hear of (RFC 3461 section 4.1).
pub(super) fn compose(
    hostname: &str,
    tenant: &Tenant,
    claim: &Claim,
    message: &Content,
    deliveries: &[Delivery],
    now: Timestamp,
) -> Option<(Envelope, Vec<u8>)> {
    let sender = claim.envelope.reverse_path.clone()?;
    let failed: Vec<(&Recipient, &str)> = claim
        .envelope
        .recipients
        .iter()
        .zip(deliveries)
        .filter_map(|(recipient, delivery)| match delivery {
            Delivery::Failed { reply } if wants_failures(recipient) => {
                Some((recipient, reply.as_str()))
            }
            _ => None,
        })
        .collect();
    if failed.is_empty() {
        return None;
    }
    // Without a way to make boundaries nobody could have written there is no
    // report; the journal has the failure all the same.
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    let id: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let message_head = message.head(header::CAP).unwrap_or_default();
    let text = write(&Report {
        id: &id,
        hostname,
        from: from(tenant),
        to: ascii(sender.as_str()),
        arrived: date(claim.created),
        now: date(now),
        envelope_id: parameter(&claim.envelope.mail_parameters, "ENVID").map(xtext),
        failed: &failed,
        original: ascii_lines(header::section(&message_head)),
    });
    Some((Envelope::new(None, [sender]), text.into_bytes()))
}

struct Report<'a> {
    id: &'a str,
    hostname: &'a str,
    from: String,
    to: String,
    arrived: String,
    now: String,
    envelope_id: Option<String>,
    failed: &'a [(&'a Recipient, &'a str)],
    original: String,
}

fn write(report: &Report<'_>) -> String {
    let Report {
        id,
        hostname,
        from,
        to,
        now,
        ..
    } = report;
    let mut text = format!(
        "From: Exeat <{from}>\r\n\
         To: <{to}>\r\n\
         Subject: Your mail could not be delivered\r\n\
         Date: {now}\r\n\
         Message-ID: <{id}@{hostname}>\r\n\
         Auto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"{id}\"\r\n\
         \r\n\
         --{id}\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         \r\n\
         Your mail of {arrived} did not reach:\r\n\r\n",
        arrived = report.arrived,
    );
    for (recipient, reply) in report.failed {
        line(&mut text, "  ", recipient.address.as_str());
        line(&mut text, "    The mail server said: ", reply);
    }
    let _ = write!(
        text,
        "\r\nIt will not be tried again. Please check the address, or ask the\r\n\
         recipient for another one. If the address is right, your technician can\r\n\
         tell from the mail server's answer above what is wrong.\r\n\
         \r\n\
         --{id}\r\n\
         Content-Type: message/delivery-status\r\n\
         \r\n\
         Reporting-MTA: dns; {hostname}\r\n\
         Arrival-Date: {}\r\n",
        report.arrived,
    );
    if let Some(envelope_id) = &report.envelope_id {
        line(&mut text, "Original-Envelope-Id: ", envelope_id);
    }
    for (recipient, reply) in report.failed {
        text.push_str("\r\n");
        if let Some(original) = parameter(&recipient.parameters, "ORCPT") {
            line(&mut text, "Original-Recipient: ", &xtext(original));
        }
        line(
            &mut text,
            "Final-Recipient: rfc822; ",
            recipient.address.as_str(),
        );
        line(&mut text, "Action: ", "failed");
        line(&mut text, "Status: ", status(reply));
        line(&mut text, "Diagnostic-Code: smtp; ", reply);
    }
    let _ = write!(
        text,
        "\r\n--{id}\r\nContent-Type: text/rfc822-headers; charset=us-ascii\r\n\r\n{}\r\n--{id}--\r\n",
        report.original,
    );
    text
}

/// One line of ASCII, short enough for any server.
fn line(text: &mut String, label: &str, value: &str) {
    let value: String = ascii(value).chars().take(900).collect();
    let _ = write!(text, "{label}{value}\r\n");
}

/// The enhanced status code of a reply such as `550 5.1.1 unknown`. A reply
/// that was temporary for too long is a failure of class 4 (RFC 3463).
fn status(reply: &str) -> &str {
    let mut words = reply.split(' ');
    let class = words.next().and_then(|code| code.chars().next());
    let enhanced = words.next().filter(|word| {
        word.chars().next() == class
            && word.split('.').count() == 3
            && word.chars().all(|c| c == '.' || c.is_ascii_digit())
    });
    match (enhanced, class) {
        (Some(enhanced), _) => enhanced,
        (None, Some('4')) => "4.0.0",
        (None, _) => "5.0.0",
    }
}

fn wants_failures(recipient: &Recipient) -> bool {
    parameter(&recipient.parameters, "NOTIFY").is_none_or(|wanted| {
        wanted
            .split(',')
            .any(|word| word.eq_ignore_ascii_case("FAILURE"))
    })
}

fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters
        .split_ascii_whitespace()
        .filter_map(|word| word.split_once('='))
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
}

/// Decodes xtext (RFC 3461 section 4): `+2B` is `+`.
fn xtext(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('+') {
        plain.push_str(before);
        let code = after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                plain.push(char::from(code));
                rest = &after[2..];
            }
            None => {
                plain.push('+');
                rest = after;
            }
        }
    }
    plain + rest
}

fn from(tenant: &Tenant) -> String {
    match (&tenant.notices.from, tenant.school.domains.first()) {
        (Some(from), _) => ascii(from.as_str()),
        (None, Some(domain)) => format!("exeat@{}", ascii(domain.as_str())),
        (None, None) => "exeat@localhost".to_owned(),
    }
}

fn date(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC)
        .strftime("%a, %d %b %Y %H:%M:%S %z")
        .to_string()
}

fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| if matches!(c, ' '..='~') { c } else { '?' })
        .collect()
}

fn ascii_lines(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| {
            if matches!(c, ' '..='~' | '\r' | '\n' | '\t') {
                c
            } else {
                '?'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_plain_for_people_and_complete_for_programs() {
        let mut unknown = Recipient::from(
            "a@b.example"
                .parse::<crate::mail::Address>()
                .expect("address"),
        );
        unknown.parameters = "ORCPT=rfc822;A+2Bx@b.example".to_owned();
        let text = write(&Report {
            id: "0123",
            hostname: "exeat.example",
            from: "exeat@greenfold.example".to_owned(),
            to: "head@greenfold.example".to_owned(),
            arrived: date(Timestamp::UNIX_EPOCH),
            now: date(Timestamp::UNIX_EPOCH),
            envelope_id: Some("QQ 7".to_owned()),
            failed: &[(&unknown, "550 5.1.1 no such mailbox")],
            original: ascii_lines("Subject: Zoë\r\n".as_bytes()),
        });
        let expected = "\
From: Exeat <exeat@greenfold.example>
To: <head@greenfold.example>
Subject: Your mail could not be delivered
Date: Thu, 01 Jan 1970 00:00:00 +0000
Message-ID: <0123@exeat.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary=\"0123\"

--0123
Content-Type: text/plain; charset=us-ascii

Your mail of Thu, 01 Jan 1970 00:00:00 +0000 did not reach:

  a@b.example
    The mail server said: 550 5.1.1 no such mailbox

It will not be tried again. Please check the address, or ask the
recipient for another one. If the address is right, your technician can
tell from the mail server's answer above what is wrong.

--0123
Content-Type: message/delivery-status

Reporting-MTA: dns; exeat.example
Arrival-Date: Thu, 01 Jan 1970 00:00:00 +0000
Original-Envelope-Id: QQ 7

Original-Recipient: rfc822;A+x@b.example
Final-Recipient: rfc822; a@b.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox

--0123
Content-Type: text/rfc822-headers; charset=us-ascii

Subject: Zo?

--0123--
";
        assert_eq!(text.replace("\r\n", "\n"), expected);
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    }

    #[test]
    fn statuses_come_from_replies() {
        for (reply, expected) in [
            ("550 5.7.1 no", "5.7.1"),
            ("550 no", "5.0.0"),
            ("451 4.4.1 down", "4.4.1"),
            ("451 down", "4.0.0"),
            ("550 4.4.1 mixed", "5.0.0"),
            ("550 5.1 short", "5.0.0"),
            ("", "5.0.0"),
        ] {
            assert_eq!(status(reply), expected, "{reply}");
        }
    }

    #[test]
    fn failures_are_told_to_those_who_want_to_hear() {
        let check = |parameters: &str, expected: bool| {
            let mut recipient = Recipient::from(
                "a@b.example"
                    .parse::<crate::mail::Address>()
                    .expect("address"),
            );
            parameters.clone_into(&mut recipient.parameters);
            assert_eq!(wants_failures(&recipient), expected, "{parameters}");
        };
        check("", true);
        check("NOTIFY=FAILURE,DELAY", true);
        check("notify=success,failure", true);
        check("NOTIFY=NEVER", false);
        check("ORCPT=rfc822;x NOTIFY=SUCCESS", false);
    }

    #[test]
    fn xtext_is_decoded_or_left() {
        for (text, plain) in [
            ("a+2Bb", "a+b"),
            ("+3D", "="),
            ("+", "+"),
            ("a+2", "a+2"),
            ("+zz", "+zz"),
            ("+é1", "+é1"),
        ] {
            assert_eq!(xtext(text), plain);
        }
    }
}
