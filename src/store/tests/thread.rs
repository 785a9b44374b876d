//! Which holds of a thread were let go, and to whom.

use super::*;

const THREAD: &str = "one@greenfold.sch.example";

async fn let_go(
    store: &Store,
    school: &str,
    thread: &[&str],
    since: Timestamp,
) -> Vec<Vec<Address>> {
    let thread: Vec<String> = thread.iter().map(ToString::to_string).collect();
    let holds = store.let_go_in_thread(school, &thread, since).await;
    holds
        .expect("found")
        .into_iter()
        .map(|(_, to)| to)
        .collect()
}

on_both! {
    async fn a_thread_knows_what_was_let_go_and_to_whom(ground: Ground) {
        let store = ground.serve().await;
        let all = &["a@home.example", "b@home.example"];
        let released = held(&store, all).await;
        let refused = held(&store, all).await;
        held(&store, all).await;
        let thread = &["other@home.example", THREAD];
        assert!(let_go(&store, "greenfold", thread, later(-60)).await.is_empty());
        let to = addresses(&["a@home.example"]);
        store.release(&released, &actor(), Some(&to), &[]).await.expect("released");
        store.refuse(&refused, &actor(), &[]).await.expect("refused");
        assert_eq!(let_go(&store, "greenfold", thread, later(-60)).await, [to]);
        for (school, thread, since) in [
            ("hartwell", &[THREAD][..], later(-60)),
            ("greenfold", &["other@home.example"], later(-60)),
            ("greenfold", &[], later(-60)),
            ("greenfold", &["' OR ''='"], later(-60)),
            ("greenfold", &[THREAD], later(60)),
        ] {
            assert!(let_go(&store, school, thread, since).await.is_empty(), "{school} {thread:?}");
        }
    }

    async fn a_message_that_names_itself_twice_is_kept_once(ground: Ground) {
        let store = ground.serve().await;
        let mut hold = new_hold(&store, &["a@home.example"]).await;
        hold.thread = vec![THREAD.to_owned(), THREAD.to_owned(), String::new()];
        let reference = store.hold(hold).await.expect("held").reference;
        store.release(&reference, &actor(), None, &[]).await.expect("released");
        assert_eq!(let_go(&store, "greenfold", &[THREAD], later(-60)).await.len(), 1);
        // What is destroyed is remembered no longer.
        store.purge("greenfold", later(60)).await.expect("purged");
        let left = ground.execute("DELETE FROM threads").await;
        assert!(left == 0 || store.find(&reference).await.is_ok(), "{left} rows of a hold that is gone");
    }
}
