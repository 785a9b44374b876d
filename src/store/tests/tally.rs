//! What each rule noticed and held, and what people decided.

use super::*;
use crate::policy::Standing;

async fn standings(ground: &Ground, since: Timestamp) -> Vec<(String, RuleId, Standing)> {
    let tally = tally(&ground.settings, since).await.expect("counted");
    let rows = tally.into_iter();
    rows.map(|((school, rule), standing)| (school, rule, standing))
        .collect()
}

/// A decision for which this is found.
fn found(judged: Vec<Judged>) -> Decision {
    Decision {
        findings: judged,
        ..decision(&["a@home.example"])
    }
}

fn of(rule: RuleId, judged: Judged) -> Judged {
    Judged {
        finding: Finding {
            rule,
            ..judged.finding
        },
        ..judged
    }
}

on_both! {
    async fn what_was_noticed_held_and_decided_is_counted_by_rule(ground: Ground) {
        assert_eq!(standings(&ground, later(-60)).await, [], "there is no store yet");
        let store = ground.serve().await;
        let suppressed = Judged {
            finding: Finding {
                suppressed: Some("a title stands before it".to_owned()),
                ..judged().finding
            },
            ..judged()
        };
        let observed = Judged { mode: Mode::Observe, ..of(RuleId::ChainMessage, judged()) };
        let noted = Judged { action: Action::Note, ..of(RuleId::PupilNameInBody, judged()) };
        store.decide(found(vec![suppressed])).await.expect("decided");
        store.decide(found(vec![noted.clone(), noted, observed.clone()])).await.expect("decided");
        let mut holds = Vec::new();
        for _ in 0..4 {
            let mut hold = new_hold(&store, &["a@home.example"]).await;
            hold.decision.findings = vec![judged(), judged(), observed.clone()];
            holds.push(store.hold(hold).await.expect("held").reference);
        }
        let [released, refused, withdrawn, _] = &holds[..] else { unreachable!() };
        store.release(released, &actor(), None, &[]).await.expect("released");
        store.refuse(refused, &actor(), &[]).await.expect("refused");
        store.withdraw(withdrawn, &actor(), &[]).await.expect("withdrawn");

        let subject = Standing { noticed: 4, held: 4, upheld: 2, released: 1 };
        let body = Standing { noticed: 1, ..Standing::default() };
        let chain = Standing { noticed: 5, ..Standing::default() };
        let expected = [
            (RuleId::PupilNameInSubject, subject),
            (RuleId::PupilNameInBody, body),
            (RuleId::ChainMessage, chain),
        ];
        let expected = expected.map(|(rule, standing)| ("greenfold".to_owned(), rule, standing));
        assert_eq!(standings(&ground, later(-60)).await, expected);
        assert_eq!(standings(&ground, later(60)).await, [], "all of it is older");

        // A row that another version wrote is left out.
        ground.execute("UPDATE journal SET payload = '{\"findings\": 7}' WHERE kind = 'released'").await;
        let found = standings(&ground, later(-60)).await;
        assert_eq!(found[0].2, Standing { released: 0, ..subject });
    }

    async fn what_was_read_in_the_background_counts_when_it_is_settled(ground: Ground) {
        let store = ground.serve().await;
        let mut hold = new_hold(&store, &["a@home.example"]).await;
        hold.state = State::Reading;
        hold.decision.findings = Vec::new();
        let reference = store.hold(hold).await.expect("held").reference;
        let settled = Settled {
            action: Action::Quarantine,
            subject: "Marks".to_owned(),
            findings: vec![judged()],
            problems: Vec::new(),
            due: later(3600),
            thread: Vec::new(),
            notices: Vec::new(),
        };
        store.settle(&reference, settled).await.expect("settled");
        store.refuse(&reference, &actor(), &[]).await.expect("refused");
        let standing = Standing { noticed: 1, held: 1, upheld: 1, released: 0 };
        let expected = ("greenfold".to_owned(), RuleId::PupilNameInSubject, standing);
        assert_eq!(standings(&ground, later(-60)).await, [expected]);
    }
}
