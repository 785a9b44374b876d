//! Keys are rotated while everything goes on.

use super::*;

/// Seals anew until nothing is left, as the command does.
async fn finish(store: &Store) {
    while store.seal_anew().await.expect("sealed") > 0 {}
    store.retire_keys(&actor()).await.expect("retired");
}

on_both! {
    async fn everything_opens_before_between_and_after(ground: Ground) {
        let store = ground.serve().await;
        let mut holds = Vec::new();
        for _ in 0..60 {
            holds.push(held(&store, &["a@home.example"]).await);
        }
        store.queue(&notice("data@greenfold.sch.example")).await.expect("queued");
        let key = retry_key(&store, "one");
        let hash = store.address_hash("greenfold", &address("a@home.example"));
        let first = store.key_state().await.expect("known");
        assert_eq!((first.older, first.retiring, first.in_file.len()), (0, None, 1));

        store.rotate_keys(&actor()).await.expect("begun");
        let during = store.key_state().await.expect("known");
        assert_eq!(during.in_file, [during.present.clone(), first.present.clone()]);
        assert_eq!(during.retiring.as_deref(), Some(&*first.present));
        assert_eq!(during.older, 60 + 60 + 1);
        holds.push(held(&store, &["a@home.example"]).await);
        assert_eq!(store.key_state().await.expect("known").older, during.older);
        assert!(matches!(store.retire_keys(&actor()).await, Err(StoreError::KeyInUse(121))));
        let folder = std::env::temp_dir();
        let all_open = async |store: &Store| {
            for reference in &holds {
                let hold = store.find(reference).await.expect("opens");
                store.load_body(hold.body, &folder).await.expect("opens");
            }
        };
        all_open(&store).await;

        // The process dies, and its successor goes on where it stopped.
        drop(store);
        let store = ground.serve().await;
        all_open(&store).await;
        store.rotate_keys(&actor()).await.expect("under way already");
        assert_eq!(store.key_state().await.expect("known").present, during.present);
        finish(&store).await;
        let after = store.key_state().await.expect("known");
        assert_eq!(after.in_file, [during.present]);
        assert_eq!((after.older, after.retiring), (0, None));
        all_open(&store).await;

        drop(store);
        let store = ground.serve().await;
        all_open(&store).await;
        assert_eq!(store.claim(std::time::Duration::from_secs(1), 10).await.expect("opens").len(), 1);
        assert_eq!(retry_key(&store, "one"), key, "who has a message is still known");
        assert_eq!(store.address_hash("greenfold", &address("a@home.example")), hash);
        assert_sound(&store).await;
        // And once more.
        store.rotate_keys(&actor()).await.expect("begun");
        finish(&store).await;
        all_open(&store).await;
    }

    async fn an_altered_value_stops_no_rotation(ground: Ground) {
        let store = ground.serve().await;
        let sound = held(&store, &["a@home.example"]).await;
        let altered = held(&store, &["b@home.example"]).await;
        let nothing = if ground.is_sqlite() { "x'00112233'" } else { "'\\x00112233'" };
        ground.execute(&format!("UPDATE holds SET envelope = {nothing} WHERE reference = '{altered}'")).await;
        store.rotate_keys(&actor()).await.expect("begun");
        finish(&store).await;
        store.find(&sound).await.expect("opens");
        assert!(matches!(store.find(&altered).await, Err(StoreError::Altered(_))));
    }
}

#[tokio::test]
async fn a_copy_from_before_opens_with_the_key_from_before() {
    let ground = Ground::sqlite();
    let store = ground.serve().await;
    let reference = held(&store, &["a@home.example"]).await;
    let copy = ground.folder.path().join("copy.db");
    store.back_up(&copy, &actor()).await.expect("made");
    store.rotate_keys(&actor()).await.expect("begun");
    while store.seal_anew().await.expect("sealed") > 0 {}
    let files = store.retire_keys(&actor()).await.expect("retired");
    let [old_key] = &files[..] else {
        panic!("{files:?}")
    };
    let open = async |key_file: PathBuf| {
        let settings = Settings {
            url: format!("sqlite:{}", copy.display()),
            key_file: Some(key_file),
        };
        Store::open(&settings, Access::Command).await
    };
    let refused = open(ground.key_file()).await.expect_err("the new key");
    assert!(matches!(refused, StoreError::WrongKey { .. }), "{refused}");
    let opened = open(old_key.clone()).await.expect("the old key");
    opened.find(&reference).await.expect("opens");
    // And what the old key opens tells nothing of what came after.
    let kept = std::fs::read(old_key).expect("readable");
    std::fs::write(ground.key_file(), kept).expect("written");
    drop(store);
    let refused = ground.open_error(Access::Command).await;
    assert!(matches!(refused, StoreError::WrongKey { .. }), "{refused}");
}
