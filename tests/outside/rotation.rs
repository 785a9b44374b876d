//! A new key in the place of the old one, while mail is held and released.

use std::fs;
use std::path::Path;
use std::thread;

use crate::holding::with_name_in_subject;
use crate::relay::{STAFF, innocent, without_trace};
use crate::restore::{COACH, done, hold};
use crate::support::client::Client;
use crate::support::exeat::{Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;
use crate::support::store::query;

const ROTATE: [&str; 4] = ["keys", "rotate", "--reason", "the technician has left"];

fn content(config: &Path, reference: &str) -> String {
    done(
        config,
        &[
            "holds",
            "show",
            reference,
            "--content",
            "--reason",
            "a test",
        ],
    )
}

#[test]
fn keys_are_rotated_while_mail_is_held_and_released() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let config = school.config();
    let roster = school.folder().join("roster.csv");
    done(
        &config,
        &["roster", "import", "--yes", roster.to_str().expect("UTF-8")],
    );
    let server = Exeat::serve(&config);
    let before = hold(&server, "before");
    let smtp = server.smtp;
    let sending = thread::spawn(move || {
        for number in 0..30 {
            let (held, plain) = (format!("held-{number}"), format!("plain-{number}"));
            for mail in [with_name_in_subject(&held), innocent(&plain)] {
                let reply = Client::connect(smtp).transaction(STAFF, &[COACH], &mail);
                assert_eq!(reply.code, 250, "{reply:?}");
            }
        }
    });
    let told = done(&config, &ROTATE);
    assert!(told.contains("The old key is in"), "{told}");
    sending.join().expect("all were taken");
    let after = hold(&server, "after");
    let shown = done(&config, &["keys"]);
    assert_eq!(shown.matches("the store's").count(), 1, "{shown}");
    assert!(shown.contains("sealed by older keys: 0"), "{shown}");
    for reference in [&before, &after] {
        done(
            &config,
            &["holds", "release", reference, "--reason", "fine"],
        );
    }
    for id in ["before", "after"] {
        let is_it = |d: &crate::support::next_hop::Delivery| {
            d.mail.contains(STAFF) && without_trace(&d.message) == with_name_in_subject(id)
        };
        hop.wait_until(|all| all.iter().any(is_it));
    }
    server.kill();
    let server = Exeat::serve(&config);
    hold(&server, "its people are known");
    let kinds = query(
        &school,
        "SELECT kind FROM journal WHERE kind LIKE 'key%' ORDER BY seq",
    );
    assert_eq!(kinds, [["keys-rotated"], ["key-retired"]]);
    done(&config, &["journal", "verify"]);
}

#[test]
fn a_rotation_that_was_killed_goes_on_and_old_backups_open() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let (config, old) = (school.config(), school.folder().join("old.db"));
    let server = Exeat::serve(&config);
    let held = hold(&server, "held");
    done(&config, &["backup", old.to_str().expect("UTF-8")]);
    server.kill();
    for point in [
        "key-added",
        "keys-rotated",
        "between-batches",
        "before-key-goes",
    ] {
        let server = Exeat::serve_with(&config, &[("EXEAT_FAILPOINT", point)]);
        let died = exeat(&config, &ROTATE);
        assert!(!died.status.success(), "{point}");
        assert!(!server.wait().success(), "{point}: it died");
        let shown = done(&config, &["keys"]);
        assert_eq!(
            shown.contains("is not finished"),
            point != "key-added",
            "{shown}"
        );
        content(&config, &held);
    }
    let server = Exeat::serve(&config);
    done(&config, &ROTATE);
    content(&config, &held);
    let shown = done(&config, &["keys"]);
    assert!(shown.contains("sealed by older keys: 0"), "{shown}");
    assert_eq!(shown.lines().count(), 2, "one key: {shown}");
    let doctor = server.command(&["doctor"]);
    assert!(
        doctor.status.success(),
        "{}",
        String::from_utf8_lossy(&doctor.stdout)
    );
    server.kill();

    // The backup is older than the rotation.
    for name in ["exeat.db", "exeat.db-wal", "exeat.db-shm"] {
        drop(fs::remove_file(school.folder().join(name)));
    }
    fs::copy(&old, school.folder().join("exeat.db")).expect("copied");
    let refused = exeat(&config, &["holds", "list"]);
    let told = error_of(&refused);
    assert!(told.contains("this store was made with key"), "{told}");
    let is_old = |name: &str| name.contains(".key.old-");
    let kept = fs::read_dir(school.folder()).expect("a folder").flatten();
    let kept = kept
        .map(|entry| entry.path())
        .find(|path| is_old(&path.display().to_string()));
    fs::copy(
        kept.expect("the old key"),
        school.folder().join("exeat.db.key"),
    )
    .expect("copied");
    content(&config, &held);
    done(&config, &["journal", "verify"]);
}
