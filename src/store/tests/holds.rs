//! Holds: made once, joined by retries, decided once.

use super::*;

on_both! {
    async fn a_hold_comes_back_as_it_was_made(ground: Ground) {
        let store = ground.serve().await;
        let mut hold = new_hold(&store, &["a@home.example", "B@home.example"]).await;
        hold.envelope.mail_parameters = "BODY=8BITMIME".to_owned();
        hold.envelope.recipients[0].parameters = "NOTIFY=NEVER".to_owned();
        hold.decision.subject = "NUL \0 in it".to_owned();
        hold.automatic = true;
        let held = store.hold(hold.clone()).await.expect("held");
        assert_eq!(held, Held { reference: hold.reference.clone(), joined: false });

        let found = store.find(&hold.reference).await.expect("found");
        assert_eq!(found.envelope, hold.envelope);
        assert_eq!(found.findings, hold.decision.findings);
        assert_eq!(found.problems, hold.decision.problems);
        assert_eq!((found.state, found.action), (State::AwaitingSender, Action::Warn));
        assert_eq!((found.size, found.automatic, found.body), (1234, true, hold.body));
        assert_eq!(found.due.as_millisecond(), hold.due.as_millisecond());
        assert_eq!(found.subject, "NUL \u{fffd} in it");
        let again = store.hold(hold).await;
        assert!(matches!(again, Err(StoreError::ReferenceTaken(_))));
        assert_eq!(kinds(&store).await, ["decided", "held"]);
        assert_sound(&store).await;
    }

    async fn a_retry_joins_its_hold(ground: Ground) {
        let store = ground.serve().await;
        let key = retry_key(&store, "one");
        let hold = async |recipients: &[&str]| {
            let mut hold = new_hold(&store, recipients).await;
            hold.decision.retry = Some(key);
            hold.notices = vec![notice("t.abara@greenfold.sch.example")];
            store.hold(hold).await.expect("held")
        };
        let first = hold(&["a@home.example"]).await;
        assert!(!first.joined);
        let joined = Held { reference: first.reference.clone(), joined: true };
        assert_eq!(hold(&["a@home.example"]).await, joined);
        assert_eq!(hold(&["a@home.example", "b@home.example"]).await, joined);
        let found = store.find(&first.reference).await.expect("found");
        assert_eq!(found.envelope.recipients.len(), 2);
        let decision = Decision { retry: Some(key), ..decision(&["b@home.example"]) };
        assert_eq!(store.decide(decision).await.expect("decided").hold, Some(first.reference.clone()));

        // Once it is decided, the same recipients change nothing, and a new
        // one is a new hold.
        store.refuse(&first.reference, &actor(), &[]).await.expect("refused");
        assert_eq!(hold(&["b@home.example"]).await, joined);
        let second = hold(&["b@home.example", "c@home.example"]).await;
        assert!(!second.joined && second.reference != first.reference);
        let found = store.find(&second.reference).await.expect("found");
        assert_eq!(found.envelope, envelope(&["c@home.example"]));
        let joined = Held { reference: second.reference.clone(), joined: true };
        assert_eq!(hold(&["a@home.example", "d@home.example"]).await, joined, "the one that is open");

        let kinds = kinds(&store).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "notice-queued").count(), 2);
        assert_eq!(kinds.iter().filter(|kind| *kind == "joined").count(), 4);
        assert_sound(&store).await;
    }

    async fn two_retries_at_once_are_one_hold(ground: Ground) {
        let store = ground.serve().await;
        let key = retry_key(&store, "one");
        let mut one = new_hold(&store, &["a@home.example"]).await;
        let mut two = new_hold(&store, &["a@home.example"]).await;
        one.decision.retry = Some(key);
        two.decision.retry = Some(key);
        let (one, two) = tokio::join!(store.hold(one), store.hold(two));
        let (one, two) = (one.expect("held"), two.expect("held"));
        assert_eq!(one.reference, two.reference);
        assert!(one.joined != two.joined);
    }

    async fn only_arrows_of_the_state_machine_are_taken(ground: Ground) {
        let store = ground.serve().await;
        let (actor, none) = (actor(), &[][..]);
        for state in [State::Released, State::Refused, State::Withdrawn, State::Expired] {
            let reference = held(&store, &["a@home.example"]).await;
            match state {
                State::Released => store.release(&reference, &actor, None, none).await,
                State::Refused => store.refuse(&reference, &actor, none).await,
                State::Withdrawn => store.withdraw(&reference, &actor, none).await,
                _ => store.expire(&reference, none).await,
            }
            .expect("the first decision stands");
            assert_eq!(store.find(&reference).await.expect("found").state, state);
            for second in [
                store.release(&reference, &actor, None, none).await,
                store.refuse(&reference, &actor, none).await,
                store.withdraw(&reference, &actor, none).await,
                store.expire(&reference, none).await,
                store.settle(&reference, settled(Action::Deliver)).await.map(drop),
            ] {
                let Err(StoreError::State { state: now, .. }) = second else {
                    panic!("a second decision on a hold that is {state:?}");
                };
                assert_eq!(now, state);
            }
        }
        let nowhere = Reference::random().expect("random");
        let missing = store.release(&nowhere, &actor, None, none).await;
        assert!(matches!(missing, Err(StoreError::NoSuchHold(reference)) if reference == nowhere));
        assert_eq!(kinds(&store).await.iter().filter(|kind| *kind == "released").count(), 1);
        assert_sound(&store).await;
    }

    async fn twenty_clicks_release_once(ground: Ground) {
        let store = ground.serve().await;
        let reference = held(&store, &["a@home.example"]).await;
        let clicks: Vec<_> = (0..20)
            .map(|_| {
                let (store, reference) = (store.clone(), reference.clone());
                tokio::spawn(async move { store.release(&reference, &actor(), None, &[]).await })
            })
            .collect();
        let mut released = 0;
        for click in clicks {
            match click.await.expect("no panic") {
                Ok(()) => released += 1,
                Err(error) => assert!(matches!(error, StoreError::State { .. }), "{error}"),
            }
        }
        assert_eq!(released, 1);
        let claims = store.claim(std::time::Duration::from_secs(60), 10).await.expect("claimed");
        assert_eq!(claims.len(), 1);
    }

    async fn a_reading_is_settled_each_way(ground: Ground) {
        let store = ground.serve().await;
        for (action, state) in [
            (Action::Deliver, State::Released),
            (Action::Note, State::Released),
            (Action::Warn, State::AwaitingSender),
            (Action::Quarantine, State::AwaitingReviewer),
            // Its client was told 250: it is too late to refuse it.
            (Action::Reject, State::AwaitingReviewer),
        ] {
            let mut hold = new_hold(&store, &["a@home.example"]).await;
            hold.state = State::Reading;
            let reference = store.hold(hold).await.expect("held").reference;
            assert_eq!(store.unfinished_readings().await.expect("list").len(), 1);
            let early = store.release(&reference, &actor(), None, &[]).await;
            assert!(matches!(early, Err(StoreError::State { state: State::Reading, .. })));
            assert_eq!(store.settle(&reference, settled(action)).await.expect("settled"), state);
            let found = store.find(&reference).await.expect("found");
            assert_eq!((found.state, found.action), (state, action));
            assert_eq!((found.subject.as_str(), found.problems.len()), ("Read at last", 0));
            let claims = store.claim(std::time::Duration::from_secs(60), 10).await.expect("claimed");
            let releases = claims.iter().filter(|claim| claim.kind == MailKind::Release).count();
            assert_eq!((releases, claims.len() - releases), (usize::from(!state.is_open()), 1));
        }
        assert_eq!(store.unfinished_readings().await.expect("list").len(), 0);
    }

    async fn lists_go_by_school_state_and_page(ground: Ground) {
        let store = ground.serve().await;
        let mut made = Vec::new();
        for number in 0..7 {
            let mut hold = new_hold(&store, &["a@home.example"]).await;
            if number == 6 {
                hold.decision.school = "hillside".into();
            }
            made.push(store.hold(hold).await.expect("held").reference);
        }
        // All made in one millisecond: pages must not lose or repeat any.
        ground.execute("UPDATE holds SET created = 1").await;
        store.refuse(&made[0], &actor(), &[]).await.expect("refused");
        let mut filter = Filter {
            school: school(),
            states: vec![State::AwaitingSender],
            limit: Some(2),
            ..Filter::default()
        };
        let mut listed = Vec::new();
        loop {
            let page = store.holds(&filter).await.expect("a page");
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 2);
            filter.before = Some((last.created, last.reference.clone()));
            listed.extend(page.into_iter().map(|hold| hold.reference));
        }
        let mut expected = made[1..6].to_vec();
        expected.sort_by(|a, b| b.cmp(a));
        assert_eq!(listed, expected);

        assert_eq!(store.holds(&Filter::default()).await.expect("all").len(), 7);
        let mut counts = store.count_holds(Some("greenfold")).await.expect("counts");
        counts.sort_by_key(|(_, count)| *count);
        assert_eq!(counts, [(State::Refused, 1), (State::AwaitingSender, 5)]);
        let all = store.count_holds(None).await.expect("counts");
        assert_eq!(all.iter().map(|(_, count)| count).sum::<u64>(), 7);
    }

    async fn what_is_due_is_listed_and_expires(ground: Ground) {
        let store = ground.serve().await;
        let reference = held(&store, &["a@home.example"]).await;
        assert!(store.due_holds(later(3000)).await.expect("due").is_empty());
        let due = store.due_holds(later(4000)).await.expect("due");
        assert_eq!(due.iter().map(|hold| &hold.reference).collect::<Vec<_>>(), [&reference]);
        store.expire(&reference, &[notice("t.abara@greenfold.sch.example")]).await.expect("expired");
        assert!(store.due_holds(later(4000)).await.expect("due").is_empty());
        assert_eq!(kinds(&store).await, ["decided", "held", "expired", "notice-queued"]);
    }

    async fn a_purge_leaves_nothing_of_a_hold_but_its_record(ground: Ground) {
        let store = ground.serve().await;
        let open = held(&store, &["a@home.example"]).await;
        let owed = held(&store, &["a@home.example"]).await;
        store.release(&owed, &actor(), None, &[]).await.expect("released");
        let gone = held(&store, &["a@home.example"]).await;
        store.refuse(&gone, &actor(), &[]).await.expect("refused");
        let body = store.find(&gone).await.expect("found").body;

        assert_eq!(store.purge("greenfold", later(-60)).await.expect("purged"), Purged::default());
        assert_eq!(store.purge("hillside", later(60)).await.expect("purged"), Purged::default());
        let purged = store.purge("greenfold", later(60)).await.expect("purged");
        assert_eq!(purged, Purged { holds: 1, mails: 0 });
        assert!(matches!(store.find(&gone).await, Err(StoreError::NoSuchHold(_))));
        let folder = std::env::temp_dir();
        assert!(matches!(store.load_body(body, &folder).await, Err(StoreError::NoSuchBody(_))));
        for kept in [open, owed] {
            let hold = store.find(&kept).await.expect("kept");
            store.load_body(hold.body, &folder).await.expect("kept");
        }
        assert!(kinds(&store).await.contains(&"purged".to_owned()));
        assert_sound(&store).await;
    }
}

on_both! {
    async fn bodies_go_first_and_what_waits_stays(ground: Ground) {
        let store = ground.serve().await;
        let open = held(&store, &["a@home.example"]).await;
        let gone = held(&store, &["a@home.example"]).await;
        store.refuse(&gone, &actor(), &[notice("t.abara@greenfold.sch.example")]).await.expect("refused");
        let kept = Before { bodies: later(60), holds: later(-600), journal: later(-600) };
        let expected = Destroyed { bodies: 1, ..Destroyed::default() };
        assert_eq!(store.kept_too_long("greenfold", &kept).await.expect("counted"), expected);
        assert_eq!(store.keep_no_longer("hillside", &kept).await.expect("none"), Destroyed::default());
        assert_eq!(store.keep_no_longer("greenfold", &kept).await.expect("purged"), expected);
        assert_eq!(store.keep_no_longer("greenfold", &kept).await.expect("once"), Destroyed::default());
        let folder = std::env::temp_dir();
        let hold = store.find(&gone).await.expect("its record is kept");
        assert!(matches!(store.load_body(hold.body, &folder).await, Err(StoreError::Destroyed)));
        let waiting = store.find(&open).await.expect("found");
        store.load_body(waiting.body, &folder).await.expect("it may still be released");
        store.release(&open, &actor(), None, &[]).await.expect("released");
        assert_eq!(store.purge_bodies("greenfold", later(60)).await.expect("owed"), 0);
        assert_sound(&store).await;
    }

    async fn rows_of_no_school_are_emptied_too(ground: Ground) {
        let store = ground.serve().await;
        held(&store, &["a@home.example"]).await;
        let kept = Before { bodies: later(60), holds: later(60), journal: later(60) };
        let emptied = store.keep_no_longer_of_none(&kept).await.expect("purged");
        assert_eq!(emptied, 2, "created and started");
        for row in store.journal_rows(0, 100).await.expect("rows") {
            assert_eq!(row.payload.is_none(), matches!(&*row.kind, "created" | "started"), "{row:?}");
        }
        assert_sound(&store).await;
    }
}

fn settled(action: Action) -> Settled {
    Settled {
        action,
        subject: "Read at last".to_owned(),
        findings: vec![judged()],
        problems: Vec::new(),
        due: later(7200),
        thread: Vec::new(),
        notices: vec![notice("t.abara@greenfold.sch.example")],
    }
}
