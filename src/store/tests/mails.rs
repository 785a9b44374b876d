//! The outbox: claimed by one at a time, sent at least once, ended once.

use std::time::Duration;

use super::*;

const LEASE: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(90);

async fn released(store: &Store, recipients: &[&str]) -> Reference {
    let reference = held(store, recipients).await;
    store
        .release(&reference, &actor(), None, &[])
        .await
        .expect("released");
    reference
}

async fn claim_one(store: &Store) -> Claim {
    let mut claims = store.claim(LEASE, 10).await.expect("claimed");
    assert_eq!(claims.len(), 1);
    claims.remove(0)
}

async fn nothing_to_claim(store: &Store) {
    assert_eq!(store.claim(LEASE, 10).await.expect("claimed").len(), 0);
}

async fn states(store: &Store, reference: &Reference) -> Vec<RecipientState> {
    let deliveries = store.deliveries(reference).await.expect("deliveries");
    deliveries.into_iter().map(|(_, state, _)| state).collect()
}

fn sent() -> Delivery {
    Delivery::Sent {
        reply: "250 2.0.0 ok".to_owned(),
    }
}

fn put_off() -> Delivery {
    Delivery::Later {
        reply: "451 4.3.0 try again".to_owned(),
    }
}

/// As if all leases had ended, here and in the database.
async fn lapse(ground: &Ground, store: &Store) {
    ground
        .execute("UPDATE outbox SET lease = 1 WHERE lease IS NOT NULL")
        .await;
    store.0.in_hand().clear();
}

/// As if the time of each queued mail had come.
async fn wind_on(ground: &Ground) {
    ground
        .execute("UPDATE outbox SET next_attempt = 0 WHERE state = 'queued'")
        .await;
}

on_both! {
    async fn a_release_is_claimed_sent_and_over(ground: Ground) {
        let store = ground.serve().await;
        let key = retry_key(&store, "one");
        let mut hold = new_hold(&store, &["a@home.example", "b@home.example", "c@home.example"]).await;
        hold.decision.retry = Some(key);
        let reference = store.hold(hold).await.expect("held").reference;
        let some = addresses(&["c@home.example", "A@home.example"]);
        store.release(&reference, &actor(), Some(&some), &[]).await.expect("released");

        let claim = claim_one(&store).await;
        assert_eq!((claim.kind, claim.attempts), (MailKind::Release, 0));
        assert_eq!(claim.hold, Some(reference.clone()));
        assert_eq!(claim.envelope, envelope(&["a@home.example", "c@home.example"]));
        let message = store.message_of(&claim, &std::env::temp_dir()).await.expect("message");
        assert_eq!(message.to_vec().expect("bytes"), b"Subject: Marks\r\n\r\nHello.\r\n");
        nothing_to_claim(&store).await;

        store.before_dot(&claim).await.expect("marked");
        store.report(&claim, &[sent(), sent()], SOON, &[]).await.expect("reported");
        assert_eq!(states(&store, &reference).await, [RecipientState::Sent; 2]);
        wind_on(&ground).await;
        nothing_to_claim(&store).await;
        assert_eq!(kinds(&store).await, ["decided", "held", "released", "sent"]);

        let again = Decision { retry: Some(key), ..decision(&["a@home.example", "b@home.example"]) };
        let decided = store.decide(again).await.expect("decided");
        assert_eq!(decided.already_sent, addresses(&["a@home.example"]));
        assert_eq!(decided.hold, Some(reference));
        assert_sound(&store).await;
    }

    async fn a_release_names_recipients_of_its_hold(ground: Ground) {
        let store = ground.serve().await;
        let reference = held(&store, &["a@home.example"]).await;
        for wrong in [addresses(&[]), addresses(&["b@home.example"]), addresses(&["a@home.example", "b@home.example"])] {
            let refused = store.release(&reference, &actor(), Some(&wrong), &[]).await;
            assert!(matches!(refused, Err(StoreError::NoSuchRecipient(_))), "{wrong:?}");
        }
        let state = store.find(&reference).await.expect("found").state;
        assert_eq!(state, State::AwaitingSender, "nothing was decided");
        nothing_to_claim(&store).await;
    }

    async fn each_recipient_has_its_own_fate(ground: Ground) {
        let store = ground.serve().await;
        let reference = released(&store, &["a@home.example", "b@home.example", "c@home.example", "d@home.example"]).await;
        let claim = claim_one(&store).await;
        let failed = Delivery::Failed { reply: "550-5.1.1 <b@home.example>\r\n550 5.1.1 unknown".to_owned() };
        let results = [sent(), failed, put_off(), Delivery::ReplyLost];
        let follow_up = NewMail { kind: MailKind::Report, ..notice("t.abara@greenfold.sch.example") };
        store.report(&claim, &results, SOON, &[follow_up]).await.expect("reported");
        assert_eq!(
            states(&store, &reference).await,
            [RecipientState::Sent, RecipientState::Failed, RecipientState::Queued, RecipientState::Unknown]
        );
        let replies: Vec<String> = store.deliveries(&reference).await.expect("deliveries")
            .into_iter().map(|(_, _, reply)| reply).collect();
        assert_eq!(replies, ["250 2.0.0", "550 5.1.1", "451 4.3.0", ""]);

        let report = claim_one(&store).await;
        assert_eq!(report.kind, MailKind::Report);
        store.report(&report, &[sent()], SOON, &[]).await.expect("reported");
        wind_on(&ground).await;
        let claim = claim_one(&store).await;
        assert_eq!(claim.envelope, envelope(&["c@home.example", "d@home.example"]));
        assert_eq!(claim.attempts, 1);
        // A report on fewer than were claimed leaves the rest queued.
        store.report(&claim, &[sent()], SOON, &[]).await.expect("reported");
        wind_on(&ground).await;
        assert_eq!(claim_one(&store).await.envelope, envelope(&["d@home.example"]));
        assert_eq!(
            kinds(&store).await,
            ["decided", "held", "released", "sent", "failed", "unknown", "notice-queued", "notice-sent", "sent"]
        );
        assert_sound(&store).await;
    }

    async fn a_mail_waits_for_its_next_attempt(ground: Ground) {
        let store = ground.serve().await;
        store.queue(&notice("data@greenfold.sch.example")).await.expect("queued");
        let claim = claim_one(&store).await;
        let message = store.message_of(&claim, &std::env::temp_dir()).await.expect("message");
        assert_eq!(message.to_vec().expect("bytes"), notice("x@y.example").message);
        store.report(&claim, &[put_off()], SOON, &[]).await.expect("reported");
        nothing_to_claim(&store).await;
        wind_on(&ground).await;
        let claim = claim_one(&store).await;
        let failed = Delivery::Failed { reply: "550 no".to_owned() };
        store.report(&claim, &[failed], SOON, &[]).await.expect("reported");
        assert_eq!(kinds(&store).await, ["notice-queued", "notice-failed"]);
    }

    async fn a_dead_sender_before_the_dot_sent_nothing(ground: Ground) {
        let store = ground.serve().await;
        let reference = released(&store, &["a@home.example"]).await;
        let dead = claim_one(&store).await;
        lapse(&ground, &store).await;
        let claim = claim_one(&store).await;
        assert_eq!(claim.attempts, 1);
        assert!(!kinds(&store).await.contains(&"unknown".to_owned()));
        // The dead one was only slow: it may neither send nor report.
        assert!(matches!(store.before_dot(&dead).await, Err(StoreError::ClaimLost(_))));
        let report = store.report(&dead, &[sent()], SOON, &[]).await;
        assert!(matches!(report, Err(StoreError::ClaimLost(_))));
        assert_eq!(states(&store, &reference).await, [RecipientState::Sending]);
        store.before_dot(&claim).await.expect("marked");
        store.report(&claim, &[sent()], SOON, &[]).await.expect("reported");
        assert!(store.report(&claim, &[sent()], SOON, &[]).await.is_err(), "reported once");
    }

    async fn a_dead_sender_after_the_dot_is_unknown(ground: Ground) {
        let store = ground.serve().await;
        let reference = released(&store, &["a@home.example"]).await;
        let dead = claim_one(&store).await;
        store.before_dot(&dead).await.expect("marked");
        lapse(&ground, &store).await;
        let claim = claim_one(&store).await;
        assert_eq!(claim.envelope, envelope(&["a@home.example"]));
        assert_eq!(states(&store, &reference).await, [RecipientState::Sending]);
        assert!(kinds(&store).await.contains(&"unknown".to_owned()));
        assert_sound(&store).await;
    }

    async fn a_restart_ends_leases_at_once(ground: Ground) {
        let store = ground.serve().await;
        released(&store, &["a@home.example"]).await;
        let claim = claim_one(&store).await;
        store.before_dot(&claim).await.expect("marked");
        store.close().await.expect("closed");
        let store = ground.serve().await;
        claim_one(&store).await;
        assert!(kinds(&store).await.contains(&"unknown".to_owned()));
    }

    async fn a_clock_put_forward_ends_no_lease(ground: Ground) {
        let store = ground.serve().await;
        released(&store, &["a@home.example"]).await;
        let claim = claim_one(&store).await;
        ground.execute("UPDATE outbox SET lease = 1").await;
        nothing_to_claim(&store).await;
        store.before_dot(&claim).await.expect("still the sender's own");
        store.report(&claim, &[sent()], SOON, &[]).await.expect("reported");
    }

    async fn an_altered_mail_is_set_aside_and_the_rest_goes_on(ground: Ground) {
        let store = ground.serve().await;
        store.queue(&notice("a@greenfold.sch.example")).await.expect("queued");
        ground.execute("UPDATE outbox SET school = 'hillside'").await;
        store.queue(&notice("b@greenfold.sch.example")).await.expect("queued");
        let claim = claim_one(&store).await;
        assert_eq!(claim.envelope.recipients[0].address, address("b@greenfold.sch.example"));
        assert_eq!(kinds(&store).await, ["notice-queued", "notice-queued", "failed"]);
        assert_eq!(ground.execute("DELETE FROM outbox WHERE state = 'altered'").await, 1, "kept until now");
    }

    async fn many_claims_take_each_mail_once(ground: Ground) {
        let store = ground.serve().await;
        for number in 0..30 {
            store.queue(&notice(&format!("n{number}@greenfold.sch.example"))).await.expect("queued");
        }
        let claimants: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.claim(LEASE, 5).await.expect("claimed") })
            })
            .collect();
        let mut ids = Vec::new();
        for claimant in claimants {
            ids.extend(claimant.await.expect("no panic").into_iter().map(|claim| claim.id));
        }
        assert_eq!(ids.len(), 30);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 30);
    }
}
