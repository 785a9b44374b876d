//! Decisions and outcomes; many at once, and one that poisons its batch.

use super::*;

on_both! {
    async fn a_decision_is_durable_and_masked(ground: Ground) {
        let store = ground.serve().await;
        let decided = store.decide(decision(&["a@home.example"])).await.expect("decided");
        assert!(decided.already_sent.is_empty() && decided.hold.is_none());
        let reply = "250 2.0.0 <a@home.example> queued as 12AB".to_owned();
        let outcome = Outcome::Accepted { recipients: addresses(&["a@home.example"]), reply };
        store.record(decided.id, outcome).await.expect("recorded");
        assert_eq!(kinds(&store).await, ["decided", "outcome"]);

        let rows = store.journal_rows(0, 100).await.expect("rows");
        let text: String = rows.into_iter().filter_map(|row| row.payload).collect();
        for secret in ["home.example", "abara", "12AB", "one@greenfold"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let hash = store.address_hash("greenfold", &address("a@home.example"));
        assert_eq!(text.matches(&hash).count(), 2, "decided for it and accepted for it");
        assert!(text.contains("\"250 2.0.0\"") && text.contains("Marks for Z.O."));
        assert_sound(&store).await;
    }

    async fn an_outcome_needs_its_decision_and_comes_once(ground: Ground) {
        let store = ground.serve().await;
        let unknown = store.record(DecisionId(77), Outcome::Rejected).await;
        assert!(matches!(unknown, Err(StoreError::NoSuchDecision(77))));
        let decided = store.decide(decision(&["a@home.example"])).await.expect("decided");
        store.record(decided.id, Outcome::ClientGone).await.expect("recorded");
        assert!(store.record(decided.id, Outcome::Rejected).await.is_err());
        assert_eq!(kinds(&store).await, ["decided", "outcome"]);
    }

    async fn a_retry_is_known_by_its_recipients(ground: Ground) {
        let store = ground.serve().await;
        let key = retry_key(&store, "one");
        let first = Decision { retry: Some(key), ..decision(&["a@home.example", "b@home.example"]) };
        let decided = store.decide(first).await.expect("decided");
        let recipients = addresses(&["A@home.example"]);
        let outcome = Outcome::Accepted { recipients, reply: "250 ok".to_owned() };
        store.record(decided.id, outcome).await.expect("recorded");

        let again = Decision { retry: Some(key), ..decision(&["b@home.example", "a@HOME.example", "c@home.example"]) };
        let decided = store.decide(again.clone()).await.expect("decided");
        assert_eq!(decided.already_sent, addresses(&["a@home.example"]));
        let other = Decision { retry: Some(retry_key(&store, "two")), ..again.clone() };
        assert!(store.decide(other).await.expect("decided").already_sent.is_empty());

        // After seven days it is a new message.
        ground.execute("UPDATE retries SET made = made - 7 * 86400000").await;
        assert!(store.decide(again).await.expect("decided").already_sent.is_empty());
        store.sweep().await.expect("swept");
        assert_eq!(ground.execute("DELETE FROM retries").await, 0, "swept");
    }

    async fn many_sessions_share_commits_and_lose_none(ground: Ground) {
        let store = ground.serve().await;
        let sessions: Vec<_> = (0..40)
            .map(|session| {
                let store = store.clone();
                tokio::spawn(async move {
                    for message in 0..5 {
                        let key = retry_key(&store, &format!("{session}-{message}"));
                        let decision = Decision { retry: Some(key), ..decision(&["a@home.example"]) };
                        let decided = store.decide(decision).await.expect("decided");
                        store.record(decided.id, Outcome::Rejected).await.expect("recorded");
                    }
                })
            })
            .collect();
        for session in sessions {
            session.await.expect("no panic");
        }
        let kinds = kinds(&store).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "decided").count(), 200);
        assert_eq!(kinds.iter().filter(|kind| *kind == "outcome").count(), 200);
        assert_sound(&store).await;
    }

    async fn one_bad_change_costs_the_others_nothing(ground: Ground) {
        let store = ground.serve().await;
        let mut poisoned = new_hold(&store, &["z@home.example"]).await;
        poisoned.body = BodyId(1);
        let good = new_hold(&store, &["y@home.example"]).await;
        // One runtime thread: what is handed in before the first await of
        // the writer lands in one batch.
        let (a, bad, b, c) = tokio::join!(
            store.decide(decision(&["a@home.example"])),
            store.hold(poisoned.clone()),
            store.decide(decision(&["b@home.example"])),
            store.hold(good.clone()),
        );
        assert!(bad.is_err(), "there is no such body");
        let (a, b) = (a.expect("decided"), b.expect("decided"));
        assert_ne!(a.id, b.id);
        assert_eq!(c.expect("held").reference, good.reference);
        assert!(matches!(store.find(&poisoned.reference).await, Err(StoreError::NoSuchHold(_))));
        assert_eq!(kinds(&store).await.iter().filter(|kind| *kind == "decided").count(), 3);
        store.record(a.id, Outcome::Rejected).await.expect("recorded");
        store.record(b.id, Outcome::Rejected).await.expect("recorded");
        assert_sound(&store).await;
    }

    async fn a_decision_without_outcome_becomes_unknown(ground: Ground) {
        let store = ground.serve().await;
        let kept = store.decide(decision(&["a@home.example"])).await.expect("decided");
        let lost = store.decide(decision(&["b@home.example"])).await.expect("decided");
        store.record(kept.id, Outcome::Rejected).await.expect("recorded");
        store.close().await.expect("closed");

        let store = ground.serve().await;
        let rows = store.journal_rows(lost.id.0, 100).await.expect("rows");
        let unknown: Vec<_> = rows.iter().filter(|row| row.kind == "outcome").collect();
        let [_, unknown] = unknown.as_slice() else {
            panic!("one outcome each: {unknown:?}");
        };
        let payload = unknown.payload.as_deref().expect("not purged");
        assert!(payload.contains("unknown") && payload.contains(&format!("\"decision\":{}", lost.id.0)));
        assert_sound(&store).await;
        store.close().await.expect("closed");
        let before = rows.len();
        let store = ground.serve().await;
        let rows = store.journal_rows(lost.id.0, 100).await.expect("rows");
        assert_eq!(rows.iter().filter(|row| row.kind == "outcome").count(), 2, "{before} rows before");
    }
}
