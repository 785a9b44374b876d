//! What is sent later: released, spooled and slowly read mail, notices and
//! reports.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::{Barrier, watch};

use super::{Served, Setting, judge};
use crate::outbox;
use crate::smtp::NextHopDown;
use crate::smtp::testing::{Act, FakeHop, polite};
use crate::smtp::{Limits, resume};
use crate::store::{Actor, Filter, Reference, State};
use crate::worker;

/// Sends a message to two recipients, and gives the reply.
async fn send(served: &Served, subject: &str) -> String {
    let mut client = served.greeted().await;
    client
        .check("MAIL FROM:<head@greenfold.example>", "250")
        .await;
    client.check("RCPT TO:<a@b.example>", "250").await;
    client.check("RCPT TO:<c@d.example>", "250").await;
    client.check("DATA", "354").await;
    client
        .send(format!("Subject: {subject}\r\n\r\n.text\r\n.\r\n"))
        .await;
    client.reply().await
}

async fn release(served: &Served, reply: &str) {
    let reference = reply
        .rsplit(' ')
        .next()
        .and_then(Reference::parse)
        .expect("a reference");
    let actor = Actor {
        name: "reviewer".to_owned(),
        reason: "fine".to_owned(),
    };
    served
        .store
        .release(&reference, &actor, None, &[])
        .await
        .expect("released");
    served.relay.outbox().notify_one();
}

/// Runs the outbox until the next hop has had such a message, and to the end
/// of what was under way then; gives all messages.
async fn run_until(
    served: &Served,
    hop: &FakeHop,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<String> {
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(outbox::run(Arc::clone(&served.relay), stopped));
    hop.log_once(|log| {
        log.iter()
            .any(|line| line.contains(" message ") && is_wanted(line))
    })
    .await;
    stop.send(true).expect("running");
    running.await.expect("no panic");
    hop.messages()
}

/// Mails of the outbox that could be sent now.
async fn due(served: &Served) -> usize {
    let lease = std::time::Duration::from_secs(60);
    served.store.claim(lease, 10).await.expect("claims").len()
}

fn is_the_message(text: &str) -> bool {
    text.contains("Received: from client.example")
}

#[tokio::test]
async fn a_released_message_goes_out_as_it_came() {
    let hop = FakeHop::polite().await;
    let served = Setting::judging(&hop.address).serve().await;
    let reply = send(&served, "warn").await;
    release(&served, &reply).await;
    let messages = run_until(&served, &hop, is_the_message).await;
    let released = messages
        .iter()
        .find(|message| is_the_message(message))
        .expect("sent");
    assert!(
        released.starts_with("Received: from client.example"),
        "{released}"
    );
    assert!(
        released.ends_with("Subject: warn\r\n\r\ntext\r\n.\r\n"),
        "{released}"
    );
    assert_eq!(released.matches("Received:").count(), 1);
    let log = hop.log();
    assert!(
        log.iter()
            .any(|line| line.contains("MAIL FROM:<head@greenfold.example>"))
    );
    assert!(
        log.iter().any(|line| line.contains("MAIL FROM:<>")),
        "the notice has no reverse path"
    );
    assert_eq!(due(&served).await, 0);
}

#[tokio::test]
async fn a_recipient_refused_for_good_is_reported_to_the_sender() {
    let releasing = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&releasing);
    let hop = FakeHop::start(move |_, line| match line {
        "RCPT TO:<c@d.example>" if now.load(Ordering::Relaxed) => {
            Act::Say("550 5.1.1 no such mailbox")
        }
        line => polite(line),
    })
    .await;
    let served = Setting::judging(&hop.address).serve().await;
    let reply = send(&served, "quarantine").await;
    releasing.store(true, Ordering::Relaxed);
    release(&served, &reply).await;
    let messages = run_until(&served, &hop, |text| text.contains("multipart/report")).await;
    let report = messages
        .iter()
        .find(|message| message.contains("multipart/report"))
        .expect("a report");
    for expected in [
        "To: <head@greenfold.example>",
        "Final-Recipient: rfc822; c@d.example",
        "Status: 5.1.1",
        "Subject: quarantine",
    ] {
        assert!(report.contains(expected), "{report}");
    }
    assert!(
        !report.contains("a@b.example") && !report.contains("text\r\n.\r\n"),
        "{report}"
    );
}

#[tokio::test]
async fn a_notice_that_nobody_takes_is_not_reported() {
    let hop = FakeHop::start(|_, line| match line {
        "RCPT TO:<head@greenfold.example>" => Act::Say("550 5.1.1 no such mailbox"),
        line => polite(line),
    })
    .await;
    let served = Setting::judging(&hop.address).serve().await;
    let reply = send(&served, "warn").await;
    release(&served, &reply).await;
    let messages = run_until(&served, &hop, is_the_message).await;
    assert!(messages[0].contains("Subject: warn"));
    assert_eq!(due(&served).await, 0);
}

#[tokio::test]
async fn spooled_mail_goes_when_the_next_hop_is_back() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let hop = FakeHop::start(move |_, line| {
        if is_down.load(Ordering::Relaxed) {
            Act::Close
        } else {
            polite(line)
        }
    })
    .await;
    let mut setting = Setting::judging(&hop.address);
    setting.client.when_next_hop_is_down = NextHopDown::Spool;
    let served = setting.serve().await;
    assert!(
        send(&served, "deliver")
            .await
            .starts_with("250 2.0.0 Taken")
    );
    assert!(send(&served, "reject").await.starts_with("550 5.7.1"));
    down.store(false, Ordering::Relaxed);
    let messages = run_until(&served, &hop, is_the_message).await;
    assert!(messages[0].contains("Subject: deliver"));
}

#[tokio::test]
async fn mail_is_spooled_when_the_next_hop_is_lost_on_the_way() {
    let hop = FakeHop::start(|number, line| match (number, line) {
        (0, "DATA") => Act::Close,
        (_, line) => polite(line),
    })
    .await;
    let mut setting = Setting::judging(&hop.address);
    setting.client.when_next_hop_is_down = NextHopDown::Spool;
    let served = setting.serve().await;
    assert!(
        send(&served, "deliver")
            .await
            .starts_with("250 2.0.0 Taken")
    );
    let messages = run_until(&served, &hop, is_the_message).await;
    assert_eq!(messages.len(), 1);
}

#[tokio::test]
async fn a_slow_reading_goes_on_in_the_background() {
    let hop = FakeHop::polite().await;
    let answered = Arc::new(Barrier::new(2));
    let screened = Arc::clone(&answered);
    let mut setting = Setting::judging(&hop.address);
    setting.limits = Limits {
        screen_deadline: 0,
        ..Limits::default()
    };
    setting.screen = Arc::new(move |_, _, content, _| {
        let screened = Arc::clone(&screened);
        Box::pin(async move {
            screened.wait().await;
            Ok(judge(&content))
        })
    });
    let served = setting.serve().await;
    for subject in ["deliver", "reject"] {
        let reply = send(&served, subject).await;
        assert!(
            reply.starts_with("250 2.0.0 held, reference EX-"),
            "{reply}"
        );
        answered.wait().await;
    }
    served.stop.send(true).expect("serving");
    served.done.await.expect("no panic");
    let holds = served.store.holds(&Filter::default()).await.expect("holds");
    let mut states: Vec<State> = holds.iter().map(|hold| hold.state).collect();
    states.sort_by_key(|state| *state as u8);
    // What would have been refused can only be held now.
    assert_eq!(states, [State::AwaitingReviewer, State::Released]);
}

#[tokio::test]
async fn a_reading_that_a_crash_cut_off_is_taken_up_again() {
    let hop = FakeHop::polite().await;
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let answered = Arc::new(Barrier::new(2));
    let screened = Arc::clone(&answered);
    let mut setting = Setting::judging(&hop.address);
    setting.limits = Limits {
        screen_deadline: 0,
        ..Limits::default()
    };
    setting.screen = Arc::new(move |_, _, content, _| {
        let (counted, screened) = (Arc::clone(&counted), Arc::clone(&screened));
        Box::pin(async move {
            if counted.fetch_add(1, Ordering::Relaxed) == 0 {
                screened.wait().await;
                return Err(worker::Fault::Busy.into());
            }
            Ok(judge(&content))
        })
    });
    let served = setting.serve().await;
    send(&served, "warn").await;
    answered.wait().await;
    served.stop.send(true).expect("serving");
    served.done.await.expect("no panic");
    let state = async || served.store.holds(&Filter::default()).await.expect("holds")[0].state;
    assert_eq!(state().await, State::Reading);
    let unfinished = served
        .relay
        .store
        .unfinished_readings()
        .await
        .expect("the store answers");
    resume(&served.relay, unfinished).await;
    assert_eq!(state().await, State::AwaitingSender);
}
