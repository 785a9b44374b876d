//! Bodies come back whole or not at all.

use sqlx::Row;

use crate::mail::content::{self, CHUNK};

use super::*;

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).expect("random");
    bytes
}

async fn save(store: &Store, bytes: &[u8]) -> BodyId {
    let content = content::collect(bytes, u64::MAX, &std::env::temp_dir())
        .expect("io")
        .expect("no limit");
    store.save_body("greenfold", &content).await.expect("saved")
}

async fn load(store: &Store, body: BodyId) -> Result<Vec<u8>, StoreError> {
    let content = store.load_body(body, &std::env::temp_dir()).await?;
    content.to_vec().map_err(StoreError::Message)
}

on_both! {
    async fn bodies_come_back_whole(ground: Ground) {
        let store = ground.serve().await;
        let text = b"The same words again and again. ".repeat(100_000);
        for bytes in [Vec::new(), b"a".to_vec(), text, noise(CHUNK - 40), noise(CHUNK), noise(3 * CHUNK + 1)] {
            let body = save(&store, &bytes).await;
            assert!(load(&store, body).await.expect("loaded") == bytes, "{} bytes", bytes.len());
        }
        assert!(matches!(load(&store, BodyId(5)).await, Err(StoreError::NoSuchBody(_))));
    }

    async fn an_altered_body_gives_nothing(ground: Ground) {
        let store = ground.serve().await;
        let bytes = noise(2 * CHUNK + 100);
        for change in [
            // A chunk in another's place.
            "UPDATE body_chunks SET sealed = (SELECT b.sealed FROM body_chunks b WHERE b.number = 1 AND b.body = body_chunks.body) WHERE number = 0",
            "DELETE FROM body_chunks WHERE number = 1",
            // The last chunk cut off, count and all.
            "UPDATE bodies SET chunks = chunks - 1",
            "UPDATE bodies SET size = size + 1",
            "UPDATE bodies SET school = 'hillside'",
            "UPDATE bodies SET wrapped = (SELECT hash FROM chain)",
        ] {
            let body = save(&store, &bytes).await;
            assert!(ground.execute(change).await > 0, "{change}");
            let loaded = load(&store, body).await;
            assert!(matches!(loaded, Err(StoreError::Altered(_))), "{change}: {loaded:?}");
            ground.execute("DELETE FROM bodies").await;
        }
    }

    async fn a_flipped_byte_is_noticed_wherever_it_is(ground: Ground) {
        let store = ground.serve().await;
        let bytes = noise(CHUNK + 100);
        for (number, place) in [(0, 0), (0, CHUNK / 2), (1, 0), (1, 50), (1, 110)] {
            let body = save(&store, &bytes).await;
            let mut connection = ground.connection().await;
            let row = sqlx::query("SELECT sealed FROM body_chunks WHERE body = $1 AND number = $2")
                .bind(body.0)
                .bind(number)
                .fetch_one(&mut connection)
                .await
                .expect("a chunk");
            let mut sealed: Vec<u8> = row.try_get("sealed").expect("bytes");
            sealed[place] ^= 1;
            sqlx::query("UPDATE body_chunks SET sealed = $1 WHERE body = $2 AND number = $3")
                .bind(sealed)
                .bind(body.0)
                .bind(number)
                .execute(&mut connection)
                .await
                .expect("altered");
            let loaded = load(&store, body).await;
            assert!(matches!(loaded, Err(StoreError::Altered(_))), "chunk {number}, byte {place}");
        }
    }

    async fn chunks_of_two_bodies_are_not_exchanged(ground: Ground) {
        let store = ground.serve().await;
        let (one, two) = (save(&store, b"one").await, save(&store, b"two").await);
        let sql = format!(
            "UPDATE body_chunks SET sealed = (SELECT b.sealed FROM body_chunks b WHERE b.body = {}) WHERE body = {}",
            two.0, one.0
        );
        assert_eq!(ground.execute(&sql).await, 1);
        assert!(load(&store, one).await.is_err());
        assert_eq!(load(&store, two).await.expect("untouched"), b"two");
    }

    async fn orphans_are_swept_and_the_needed_stay(ground: Ground) {
        let store = ground.serve().await;
        let reference = held(&store, &["a@home.example"]).await;
        let orphan = save(&store, b"orphan").await;
        store.sweep().await.expect("swept");
        load(&store, orphan).await.expect("young enough to be needed yet");
        store.close().await.expect("closed");

        let store = ground.serve().await;
        assert!(matches!(load(&store, orphan).await, Err(StoreError::NoSuchBody(_))));
        assert_eq!(ground.execute("DELETE FROM body_chunks WHERE number > 0").await, 0);
        let needed = store.find(&reference).await.expect("held").body;
        load(&store, needed).await.expect("still there");
    }

    async fn nothing_rests_in_clear(ground: Ground) {
        let store = ground.serve().await;
        save(&store, b"a hidden body").await;
        let hold = new_hold(&store, &["hidden.recipient@home.example"]).await;
        let mut mail = notice("hidden.recipient@home.example");
        mail.message = b"a hidden notice".to_vec();
        store.hold(NewHold { notices: vec![mail], ..hold }).await.expect("held");
        store.close().await.expect("closed");
        if ground.is_sqlite() {
            let bytes = std::fs::read(ground.store_file()).expect("readable");
            assert!(bytes.len() > 10_000);
            assert!(memchr::memmem::find(&bytes, b"hidden").is_none());
        }
    }
}
