//! The chain verifies, and names the row that does not.

use sha2::{Digest, Sha256};

use super::*;

async fn filled(ground: &Ground, rows: i64) -> Store {
    let store = ground.serve().await;
    while store
        .journal_rows(rows - 1, 1)
        .await
        .expect("rows")
        .is_empty()
    {
        let decided = store
            .decide(decision(&["a@home.example"]))
            .await
            .expect("decided");
        store
            .record(decided.id, Outcome::Rejected)
            .await
            .expect("recorded");
    }
    store
}

fn faulty(found: &Verification) -> Vec<i64> {
    found.faults.iter().map(|fault| fault.seq).collect()
}

on_both! {
    async fn every_fault_is_found(ground: Ground) {
        let store = filled(&ground, 20).await;
        let rows = store.verify().await.expect("verified").rows;
        for change in [
            "kind = 'outcome' WHERE seq = 3",
            "payload = REPLACE(payload, 'Marks', 'Marke') WHERE seq = 5",
            "hash = digest WHERE seq = 8",
            "digest = salt WHERE seq = 11",
            "time = 0 WHERE seq = 14",
            "time = 0 WHERE seq = 15",
            "payload = NULL WHERE seq = 17",
        ] {
            ground.execute(&format!("UPDATE journal SET {change}")).await;
        }
        ground.execute("DELETE FROM journal WHERE seq = 19").await;
        let found = store.verify().await.expect("verified");
        assert_eq!(faulty(&found), [3, 5, 8, 11, 14, 15, 17, 20]);
        assert_eq!(found.rows, rows - 9, "all others are sound");
    }

    async fn a_fault_is_found_where_it_is(ground: Ground) {
        let store = filled(&ground, 12).await;
        let sound = store.verify().await.expect("verified");
        assert!(sound.rows >= 12 && sound.faults.is_empty());
        for (change, undo) in [
            ("payload = REPLACE(payload, 'Marks', 'Marke')", "payload = REPLACE(payload, 'Marke', 'Marks')"),
            ("time = time + 1", "time = time - 1"),
            ("kind = 'outcome'", "kind = 'decided'"),
            ("school = 'x', salt = digest", ""),
        ] {
            ground.execute(&format!("UPDATE journal SET {change} WHERE seq = 7")).await;
            let found = store.verify().await.expect("verified");
            assert_eq!(found.rows, sound.rows - 1, "{change}: the others are as they were");
            assert_eq!(faulty(&found), [7], "{change}");
            if !undo.is_empty() {
                ground.execute(&format!("UPDATE journal SET {undo} WHERE seq = 7")).await;
                assert_sound(&store).await;
            }
        }
    }

    async fn a_command_may_write_between_two_decisions(ground: Ground) {
        let store = filled(&ground, 4).await;
        let command = Store::open(&ground.settings, Access::Command).await.expect("opens beside it");
        for _ in 0..3 {
            command
                .journal(Kind::ContentRead, Some("greenfold"), &serde_json::json!({}))
                .await
                .expect("appended");
            let (one, two) = tokio::join!(
                store.decide(decision(&["a@home.example"])),
                store.decide(decision(&["b@home.example"])),
            );
            store.record(one.expect("decided").id, Outcome::Rejected).await.expect("recorded");
            store.record(two.expect("decided").id, Outcome::ClientGone).await.expect("recorded");
        }
        assert_sound(&store).await;
        let rows = store.journal_rows(0, 100).await.expect("rows");
        assert_eq!(rows.iter().filter(|row| row.kind == "content-read").count(), 3);
    }

    async fn missing_rows_are_found(ground: Ground) {
        let store = filled(&ground, 9).await;
        let last = store.verify().await.expect("verified").rows;
        ground.execute(&format!("DELETE FROM journal WHERE seq = {last}")).await;
        let found = store.verify().await.expect("verified");
        assert_eq!(faulty(&found), [last]);
        // Cutting the recorded head back with it does not help: the head file
        // beside the key knows better.
        ground.execute(&format!(
            "UPDATE chain SET seq = seq - 1, hash = (SELECT hash FROM journal WHERE seq = {})", last - 1
        )).await;
        let found = store.verify().await.expect("verified");
        assert_eq!(faulty(&found), [last]);
        ground.execute("DELETE FROM journal WHERE seq = 4").await;
        let found = store.verify().await.expect("verified");
        assert_eq!(faulty(&found), [5, last]);
    }

    async fn a_purge_destroys_payloads_and_the_chain_verifies(ground: Ground) {
        let store = filled(&ground, 8).await;
        assert_eq!(store.purge_journal("hillside", later(60)).await.expect("purged"), 0);
        assert_eq!(store.purge_journal("greenfold", later(-600)).await.expect("purged"), 0);
        let purged = store.purge_journal("greenfold", later(60)).await.expect("purged");
        assert!(purged >= 6, "{purged}");
        let rows = store.journal_rows(0, 100).await.expect("rows");
        for row in rows.iter().filter(|row| row.kind == "decided") {
            assert_eq!((&row.payload, &row.salt), (&None, &None));
        }
        assert_sound(&store).await;
        let mut connection = store.begin().await.expect("begun");
        let payloads = sqlx::query("SELECT seq FROM journal WHERE payload LIKE '%Marks%'")
            .fetch_all(connection.connection())
            .await
            .expect("rows");
        assert!(payloads.is_empty());
    }

    async fn an_auditor_computes_the_same(ground: Ground) {
        let store = filled(&ground, 5).await;
        let mut previous = vec![0; 32];
        for row in store.journal_rows(0, 100).await.expect("rows") {
            let payload = [row.salt.expect("salt").as_slice(), row.payload.expect("payload").as_bytes()].concat();
            let digest = Sha256::digest(payload);
            let bytes = [
                previous.as_slice(),
                &row.seq.to_be_bytes(),
                &row.time.to_be_bytes(),
                row.kind.as_bytes(),
                &digest,
            ];
            previous = Sha256::digest(bytes.concat()).to_vec();
            assert_eq!(row.hash.as_slice(), previous);
        }
    }

    async fn other_events_are_appended(ground: Ground) {
        let store = ground.serve().await;
        let payload = serde_json::json!({ "schools": 1 });
        store.journal(Kind::ConfigLoaded, None, &payload).await.expect("appended");
        let rows = store.journal_rows(0, 100).await.expect("rows");
        let last = rows.last().expect("rows");
        assert_eq!((last.kind.as_str(), last.payload.as_deref()), ("config-loaded", Some("{\"schools\":1}")));
        store.close().await.expect("closed");
        let store = ground.serve().await;
        assert!(kinds(&store).await.contains(&"stopped".to_owned()));
    }
}
