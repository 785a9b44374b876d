//! Imported people: kept sealed, replaced whole, purged in time.

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::json;

use crate::school::People;
use crate::school::import::{Source, read_contacts, read_roster, unique};
use crate::school::kept::{Gathering, KeptContact, KeptPupil, keep_contacts, with_former};
use crate::school::names::NameKey;
use crate::store::people::{Before, Former, List, Replacement, before_import, imports};

use super::*;

const ROSTER: &str = "pupil_id,upn,forename,surname,preferred_forename,year,form,dob,email\n\
    P1,B801200005001,Zoë,O'Brien,,9,9EH,03/02/2011,zobrien@pupils.greenfold.sch.example\n\
    P2,,Katherine,Smith,Kate,11,11B,2009-11-30,\n\
    P3,,Mary-Jane,van der Berg,,7,7A,,\n";
const CONTACTS: &str = "type,name,email,pupil_id,restricted\n\
    parent,Ann O'Brien,ann@webmail.example,P1,\n\
    parent,Bob O'Brien,bob@webmail.example,P1;P2,\n\
    parent,Bob O'Brien,bob@webmail.example,P2,yes\n\
    authority,Duty team,duty@northshire-council.example,,\n";

fn actor() -> Actor {
    Actor {
        name: "technician".to_owned(),
        reason: String::new(),
    }
}

fn kept(text: &str, key: NameKey) -> Vec<KeptPupil> {
    let source = Source {
        name: "roster.csv",
        bytes: text.as_bytes(),
    };
    let listed = read_roster(&[source]).expect("a good file");
    unique(&listed.records, &Gathering::new(key)).expect("each has an own id")
}

fn contacts() -> Vec<KeptContact> {
    let source = Source {
        name: "contacts.csv",
        bytes: CONTACTS.as_bytes(),
    };
    keep_contacts(read_contacts(&[source]).expect("a good file").records)
}

async fn replace<T: Serialize>(
    store: &Store,
    school: &str,
    list: List,
    records: &[T],
    former: Former,
    before: Option<i64>,
) -> Result<(), StoreError> {
    let replacement = Replacement {
        school,
        list,
        before,
        records,
        former,
        format: "CSV".to_owned(),
        counts: json!({ "now": records.len() }),
    };
    store.replace_people(&replacement, &actor()).await
}

/// A school's pupils and contacts in place of nobody.
async fn settle(store: &Store, school: &str) {
    let pupils = kept(ROSTER, NameKey::new(store.names_key(school)));
    replace(
        store,
        school,
        List::Roster,
        &pupils,
        Former::default(),
        None,
    )
    .await
    .expect("taken");
    replace(
        store,
        school,
        List::Contacts,
        &contacts(),
        Former::default(),
        None,
    )
    .await
    .expect("taken");
}

async fn people(settings: &Settings, school: &str) -> People {
    let mut all = imports(settings, Unsettled::Settle)
        .await
        .expect("readable");
    let imports = all.remove(school).expect("imported");
    let roster = imports.roster.expect("imported");
    roster.people(Vec::new(), imports.contacts.unwrap_or_default())
}

on_both! {
    async fn what_goes_in_comes_out(ground: Ground) {
        let store = ground.serve().await;
        settle(&store, "greenfold").await;
        let people = people(&ground.settings, "greenfold").await;
        assert_eq!(people.pupils.len(), 3);
        for (forename, surname, pupil) in [
            ("zoe", "OBRIEN", 0),
            ("Kate", "Smith", 1),
            ("Katherine", "Smith", 1),
            ("Mary Jane", "Van der Berg", 2),
        ] {
            assert_eq!(people.names.pupils_named(forename, surname), [pupil]);
        }
        let zoe = people.pupils.get(0).expect("the first");
        assert_eq!((zoe.reference, zoe.initials, zoe.year, zoe.form), ("P1", "Z.O.", Some("9"), Some("9EH")));
        assert_eq!(zoe.date_of_birth, Some(jiff::civil::date(2011, 2, 3)));
        assert_eq!(people.pupils.of_upn("B801200005001"), Some(0));
        assert_eq!(people.pupil_at(&address("ZOBRIEN@pupils.greenfold.sch.example")), Some(0));
        let own: Vec<(&[usize], &[usize])> = people
            .contacts
            .iter()
            .map(|contact| (&contact.pupils[..], &contact.restricted[..]))
            .collect();
        assert_eq!(own, [(&[0][..], &[][..]), (&[0], &[1]), (&[], &[])]);
    }

    async fn schools_do_not_touch_each_other(ground: Ground) {
        let store = ground.serve().await;
        settle(&store, "greenfold").await;
        settle(&store, "hillside").await;
        let before: Before<KeptPupil> =
            before_import(&ground.settings, "greenfold", List::Roster).await.expect("readable");
        let key = before.key.clone().expect("there is a store");
        let one = kept("pupil_id,forename,surname\nX1,Bo,Ng\n", key);
        let generation = before.imported.expect("imported").generation;
        replace(&store, "greenfold", List::Roster, &one, Former::default(), Some(generation))
            .await
            .expect("taken");
        assert_eq!(people(&ground.settings, "greenfold").await.pupils.len(), 1);
        let other = people(&ground.settings, "hillside").await;
        assert_eq!((other.pupils.len(), other.contacts.len()), (3, 3));
        // The same name is another fingerprint at another school.
        let [greenfold, hillside] =
            ["greenfold", "hillside"].map(|school| NameKey::new(store.names_key(school)));
        assert_ne!(kept(ROSTER, greenfold), kept(ROSTER, hillside));
    }

    async fn an_import_that_was_overtaken_changes_nothing(ground: Ground) {
        let store = ground.serve().await;
        settle(&store, "greenfold").await;
        let pupils = kept(ROSTER, NameKey::new(store.names_key("greenfold")));
        let late = replace(&store, "greenfold", List::Roster, &pupils[..1], Former::default(), None);
        assert!(matches!(late.await, Err(StoreError::Overtaken("roster"))));
        assert_eq!(people(&ground.settings, "greenfold").await.pupils.len(), 3);
        let rows = store.journal_rows(0, 100).await.expect("readable");
        let told: Vec<&String> = rows
            .iter()
            .filter(|row| row.kind == "people-imported")
            .filter_map(|row| row.payload.as_ref())
            .collect();
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("\"now\":3") && told[0].contains("technician"), "{}", told[0]);
        assert!(!told[1].contains("webmail"), "{}", told[1]);
    }

    async fn former_pupils_count_until_they_are_purged_with_all_of_theirs(ground: Ground) {
        let store = ground.serve().await;
        settle(&store, "greenfold").await;
        let before: Before<KeptPupil> =
            before_import(&ground.settings, "greenfold", List::Roster).await.expect("readable");
        let (key, now) = (before.key.expect("a store"), Timestamp::now());
        let two_years = SignedDuration::from_hours(2 * 365 * 24);
        let new = kept("pupil_id,forename,surname\nP3,Mary-Jane,van der Berg\n", key);
        let all = with_former(new.clone(), before.records, now, now - two_years);
        let former = Former::among(&all);
        assert_eq!((all.len(), former.count), (3, 2));
        let generation = before.imported.map(|imported| imported.generation);
        replace(&store, "greenfold", List::Roster, &all, former, generation).await.expect("taken");
        let generations = store.people_generations().await.expect("readable");
        let still = people(&ground.settings, "greenfold").await;
        assert_eq!(still.names.pupils_named("Zoe", "O'Brien"), [1]);

        assert_eq!(store.purge_former("greenfold", now).await.expect("done"), 0);
        assert_eq!(store.purge_former("hillside", now + two_years).await.expect("done"), 0);
        let later = now + SignedDuration::from_secs(1);
        assert_eq!(store.purge_former("greenfold", later).await.expect("done"), 2);
        assert_ne!(store.people_generations().await.expect("readable"), generations);
        let left = people(&ground.settings, "greenfold").await;
        assert_eq!(left.pupils.len(), 1);
        assert!(left.names.pupils_named("Zoe", "O'Brien").is_empty());
        let names: Vec<&str> = left.contacts.iter().map(|contact| contact.name.as_str()).collect();
        assert_eq!(names, ["Duty team"], "contacts of purged pupils alone go with them");
        // Who comes back is no former pupil; who was away too long is not kept.
        let back = with_former(kept(ROSTER, NameKey::new(store.names_key("greenfold"))), all.clone(), later, now);
        assert!(back.iter().all(|pupil| pupil.former.is_none()));
        assert_eq!(with_former(new, all, later, later).len(), 1);
    }

    async fn what_was_altered_is_not_taken(ground: Ground) {
        for sql in [
            "DELETE FROM people_blocks WHERE school = 'greenfold' AND list = 'roster'",
            "UPDATE people_lists SET blocks = 0 WHERE school = 'greenfold' AND list = 'roster'",
            "UPDATE people_lists SET generation = 7 WHERE school = 'greenfold'",
            "UPDATE people_lists SET wrapped = (SELECT other.wrapped FROM people_lists AS other
                WHERE other.school = 'hillside' AND other.list = 'contacts')
             WHERE school = 'greenfold' AND list = 'contacts'",
            "UPDATE people_blocks SET sealed = (SELECT other.sealed FROM people_blocks AS other
                WHERE other.school = 'greenfold' AND other.list = 'contacts')
             WHERE school = 'hillside' AND list = 'contacts'",
        ] {
            let store = ground.serve().await;
            for table in ["people_blocks", "people_lists"] {
                ground.execute(&format!("DELETE FROM {table}")).await;
            }
            settle(&store, "greenfold").await;
            settle(&store, "hillside").await;
            store.close().await.expect("closed");
            assert_eq!(people(&ground.settings, "greenfold").await.pupils.len(), 3);
            assert!(ground.execute(sql).await > 0, "{sql}");
            let result = imports(&ground.settings, Unsettled::Settle).await;
            assert!(result.is_err(), "{sql}");
        }
    }

    async fn a_store_of_the_first_version_learns_of_people(ground: Ground) {
        drop(ground.serve().await);
        for sql in [
            "ALTER TABLE holds DROP COLUMN key_id",
            "ALTER TABLE outbox DROP COLUMN key_id",
            "DROP TABLE bypasses",
            "DROP TABLE threads",
            "DROP TABLE people_blocks",
            "DROP TABLE people_lists",
            "UPDATE about SET value = '1' WHERE name = 'schema_version'",
        ] {
            ground.execute(sql).await;
        }
        let none = imports(&ground.settings, Unsettled::Settle).await.expect("nothing to read");
        assert!(none.is_empty());
        let store = ground.serve().await;
        settle(&store, "greenfold").await;
        assert_eq!(people(&ground.settings, "greenfold").await.pupils.len(), 3);
    }

    async fn several_blocks_are_one_list(ground: Ground) {
        let store = ground.serve().await;
        let mut text = "pupil_id,forename,surname,year\n".to_owned();
        for number in 0..2500 {
            text.push_str(&format!("{number},Zoe{},Ng{number},{}\n", "x".repeat(number % 5), number % 13));
        }
        let pupils = kept(&text, NameKey::new(store.names_key("greenfold")));
        replace(&store, "greenfold", List::Roster, &pupils, Former::default(), None).await.expect("taken");
        let people = people(&ground.settings, "greenfold").await;
        assert_eq!(people.pupils.len(), 2500);
        assert_eq!(people.pupils.get(2499).map(|pupil| pupil.reference), Some("2499"));
        assert!(people.pupils.of_reference("2499") == Some(2499));
    }
}

#[tokio::test]
async fn nothing_lies_in_clear() {
    let ground = Ground::sqlite();
    let store = ground.serve().await;
    settle(&store, "greenfold").await;
    store.close().await.expect("closed");
    let mut bytes = std::fs::read(ground.store_file()).expect("there");
    let log = ground.folder.path().join("exeat.db-wal");
    bytes.extend(std::fs::read(log).unwrap_or_default());
    for word in [
        "Zo",
        "Brien",
        "OBrien",
        "obrien",
        "Smith",
        "smith",
        "Z.O.",
        "B801200005001",
        "webmail",
        "9EH",
        "Duty",
    ] {
        let found = memchr::memmem::find(&bytes, word.as_bytes());
        // Two letters stand anywhere by chance.
        assert!(found.is_none() || word.len() < 3, "{word} is in clear");
    }
    assert!(memchr::memmem::find(&bytes, b"greenfold").is_some());
}

#[tokio::test]
async fn without_a_store_there_is_nobody() {
    let ground = Ground::sqlite();
    assert!(
        imports(&ground.settings, Unsettled::Settle)
            .await
            .expect("nothing")
            .is_empty()
    );
    assert!(!ground.store_file().exists(), "looking makes no store");
    let before: Before<KeptPupil> = before_import(&ground.settings, "greenfold", List::Roster)
        .await
        .expect("nothing");
    assert!(before.key.is_none() && before.imported.is_none());
}
