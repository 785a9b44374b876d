//! Stores that must not be opened, or not as if nothing had happened.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::*;

async fn used(ground: &Ground) {
    let store = ground.serve().await;
    held(&store, &["a@home.example"]).await;
    store.close().await.expect("closed");
}

on_both! {
    async fn a_second_server_is_refused_and_a_command_is_not(ground: Ground) {
        let store = ground.serve().await;
        let refused = ground.open_error(Access::Serve).await;
        let StoreError::Served(by) = &refused else { panic!("{refused}") };
        assert!(by.contains("pid "), "{by}");
        let command = Store::open(&ground.settings, Access::Command).await.expect("opens beside it");
        held(&command, &["a@home.example"]).await;
        held(&store, &["a@home.example"]).await;
        assert_sound(&command).await;
        command.close().await.expect("closed");
        store.close().await.expect("closed");
        ground.serve().await;
    }

    async fn a_wrong_key_is_refused(ground: Ground) {
        used(&ground).await;
        let path = ground.key_file();
        let right = std::fs::read(&path).expect("the key");
        std::fs::remove_file(&path).expect("removed");
        assert!(matches!(ground.open_error(Access::Serve).await, StoreError::NoKey(_)));
        assert!(!path.exists(), "a key is made for an empty store only");
        keys::create(&path).expect("another key");
        let error = ground.open_error(Access::Command).await;
        assert!(matches!(error, StoreError::WrongKey { .. }), "{error}");
        std::fs::write(&path, right).expect("put back");
        let store = ground.serve().await;
        assert_eq!(store.holds(&Filter::default()).await.expect("holds").len(), 1);
    }

    async fn a_newer_schema_is_refused(ground: Ground) {
        used(&ground).await;
        ground.execute("UPDATE about SET value = '99' WHERE name = 'schema_version'").await;
        let error = ground.open_error(Access::Serve).await;
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
        ground.execute("UPDATE about SET value = 'one' WHERE name = 'schema_version'").await;
        assert!(matches!(ground.open_error(Access::Serve).await, StoreError::Foreign(_)));
    }

    async fn another_programs_database_is_left_alone(ground: Ground) {
        if ground.is_sqlite() {
            std::fs::write(ground.store_file(), "").expect("an empty file");
        }
        ground.execute("CREATE TABLE recipes (name TEXT)").await;
        assert!(matches!(ground.open_error(Access::Serve).await, StoreError::Foreign(_)));
        ground.execute("CREATE TABLE about (name TEXT, value TEXT)").await;
        assert!(matches!(ground.open_error(Access::Serve).await, StoreError::Foreign(_)));
        if ground.is_sqlite() {
            let files = std::fs::read_dir(ground.folder.path()).expect("a folder");
            assert_eq!(files.count(), 2, "its file, and our lock; no log, no key");
        }
        assert_eq!(ground.execute("INSERT INTO recipes VALUES ('cake')").await, 1);
    }

    async fn a_restored_backup_waits_for_a_person(ground: Ground) {
        used(&ground).await;
        let head = head::path(&ground.key_file());
        let before = std::fs::read(&head).expect("the head file");
        let store = ground.serve().await;
        store.queue(&notice("data@greenfold.sch.example")).await.expect("queued");
        store.close().await.expect("closed");
        let after = std::fs::read(&head).expect("the head file");

        // A crash may leave the head file behind; that is no restoration.
        std::fs::write(&head, &before).expect("written");
        let store = ground.serve().await;
        assert!(!store.restored().await.expect("known"));
        store.close().await.expect("closed");

        // The store is cut back to where the first head was.
        std::fs::write(&head, &after).expect("written");
        let seq = head::read(&ground.key_file()).expect("readable").expect("a head").seq;
        ground.execute(&format!("DELETE FROM journal WHERE seq >= {seq}")).await;
        ground.execute(&format!(
            "UPDATE chain SET seq = {0}, hash = (SELECT hash FROM journal WHERE seq = {0})", seq - 1
        )).await;
        for _ in 0..2 {
            let store = ground.serve().await;
            assert!(store.restored().await.expect("known"), "until a person accepts it");
            assert!(store.claim(Duration::from_secs(1), 10).await.expect("claimed").is_empty());
            store.close().await.expect("closed");
        }
        let store = ground.serve().await;
        store.accept_restored(&actor()).await.expect("accepted");
        assert_eq!(store.claim(Duration::from_secs(1), 10).await.expect("claimed").len(), 1);
        store.close().await.expect("closed");
        let store = ground.serve().await;
        assert!(!store.restored().await.expect("known"));
        assert_sound(&store).await;
    }

    async fn a_store_without_its_head_file_counts_as_restored(ground: Ground) {
        used(&ground).await;
        std::fs::remove_file(head::path(&ground.key_file())).expect("removed");
        let store = ground.serve().await;
        assert!(store.restored().await.expect("known"));
    }

    async fn a_crash_in_the_very_first_start_is_no_restoration(ground: Ground) {
        let store = ground.serve().await;
        store.close().await.expect("closed");
        // As it is between the first commit and the head file.
        ground.execute("INSERT INTO about VALUES ('fresh', 'yes')").await;
        std::fs::remove_file(head::path(&ground.key_file())).expect("removed");
        let store = ground.serve().await;
        assert!(!store.restored().await.expect("known"));
        store.close().await.expect("closed");
        let rows = ground.execute("DELETE FROM about WHERE name = 'fresh'").await;
        assert_eq!(rows, 0, "the second start was not the first");
    }

    async fn an_emptied_store_is_not_made_anew(ground: Ground) {
        used(&ground).await;
        match ground.is_sqlite() {
            true => {
                std::fs::remove_file(ground.store_file()).expect("removed");
                assert!(matches!(ground.open_error(Access::Serve).await, StoreError::Emptied { .. }));
                assert!(!ground.store_file().exists());
                std::fs::write(ground.store_file(), "").expect("emptied");
            }
            false => {
                for table in ["threads", "bypasses", "about", "chain", "journal", "retries", "body_chunks",
                    "outbox_recipients", "outbox", "holds", "bodies", "people_blocks",
                    "people_lists"] {
                    ground.execute(&format!("DROP TABLE {table}")).await;
                }
            }
        }
        let error = ground.open_error(Access::Serve).await;
        assert!(matches!(error, StoreError::Emptied { rows: 4.., .. }), "{error}");
    }
}

#[tokio::test]
async fn a_truncated_or_scribbled_file_is_refused_and_not_touched() {
    let ground = Ground::sqlite();
    used(&ground).await;
    let whole = std::fs::read(ground.store_file()).expect("the store");
    let mut scribbled = whole.clone();
    for page in 3..whole.len() / 4096 {
        scribbled[page * 4096..page * 4096 + 64].fill(0xa5);
    }
    let versions = [
        whole[..whole.len() / 2].to_vec(),
        whole[..5000].to_vec(),
        whole[..50].to_vec(),
        scribbled,
        b"not a database at all, but rather long text\n".repeat(200),
    ];
    for bytes in versions {
        std::fs::write(ground.store_file(), &bytes).expect("written");
        let error = ground.open_error(Access::Serve).await;
        assert!(
            matches!(error, StoreError::Damaged(_)),
            "{} bytes: {error:?}",
            bytes.len()
        );
        assert!(
            std::fs::read(ground.store_file()).expect("readable") == bytes,
            "left as it was"
        );
    }
    std::fs::write(ground.store_file(), whole).expect("written");
    assert!(!ground.serve().await.restored().await.expect("known"));
}

#[tokio::test]
async fn files_are_their_owners_only() {
    let ground = Ground::sqlite();
    let store = ground.serve().await;
    held(&store, &["a@home.example"]).await;
    let files: Vec<_> = std::fs::read_dir(ground.folder.path())
        .expect("a folder")
        .collect();
    assert!(files.len() >= 5, "store, log, key, head, lock: {files:?}");
    for file in files {
        let file = file.expect("an entry");
        let mode = file.metadata().expect("metadata").mode();
        assert_eq!(mode & 0o077, 0, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn what_cannot_be_read_of_the_past_writes_nothing_twice() {
    let ground = Ground::sqlite();
    let store = ground.serve().await;
    let key = retry_key(&store, "one");
    let message = Decision {
        retry: Some(key),
        ..decision(&["a@home.example"])
    };
    let first = store.decide(message.clone()).await.expect("decided");
    let outcome = Outcome::Accepted {
        recipients: message.recipients.clone(),
        reply: "250 ok".to_owned(),
    };
    store.record(first.id, outcome).await.expect("recorded");
    let altered = ground.execute("UPDATE retries SET made = 'long ago'").await;
    assert_eq!(altered, 1);
    let other = decision(&["b@home.example"]);
    let (again, _) = tokio::join!(store.decide(message), store.decide(other));
    again.expect_err("unreadable");
    let rows = store.journal_rows(0, 100).await.expect("rows");
    let decided = rows.iter().filter(|row| row.kind == "decided").count();
    assert_eq!(decided, 3, "one for each call");
    assert_sound(&store).await;
}

#[tokio::test]
async fn odd_paths_are_taken_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let odd = folder.path().join("Größe 100% #1?mode=memory");
    std::fs::create_dir(&odd).expect("made");
    let file = odd.join("a b.db");
    let settings = Settings {
        url: format!("sqlite:{}", file.display()),
        key_file: None,
    };
    Store::open(&settings, Access::Serve)
        .await
        .expect("opens")
        .close()
        .await
        .expect("closed");
    assert!(std::fs::metadata(file).expect("there").len() > 0);
}

#[tokio::test]
async fn what_is_no_store_is_said_without_its_password() {
    for (url, shown) in [
        ("sqlite:relative.db", "sqlite:relative.db"),
        (
            "mysql://root:hunter2@db.example/exeat",
            "mysql://…@db.example/exeat",
        ),
        ("", ""),
    ] {
        let settings = Settings {
            url: url.to_owned(),
            key_file: None,
        };
        let error = Store::open(&settings, Access::Command)
            .await
            .expect_err("no store");
        assert!(
            matches!(&error, StoreError::Url(text) if text == shown),
            "{error}"
        );
    }
    let settings = Settings {
        url: "postgres://localhost/exeat".to_owned(),
        key_file: None,
    };
    let error = Store::open(&settings, Access::Command)
        .await
        .expect_err("no key file");
    assert!(matches!(error, StoreError::KeyFileUnset));
}
