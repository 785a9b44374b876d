//! What a school keeps no longer, and a journal that is whole without it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::relay::{STAFF, innocent};
use crate::restore::{COACH, done, hold};
use crate::support::client::Client;
use crate::support::exeat::{BINARY, Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;
use crate::support::store::query;

/// A command at another time, by libfaketime.
fn at(when: &str, config: &Path, arguments: &[&str]) -> String {
    let output = Command::new("faketime")
        .args(["-f", when, BINARY])
        .args(arguments)
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .output()
        .expect("faketime is there");
    assert!(output.status.success(), "{when}: {}", error_of(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The command of the handbook, on this store.
fn by_stock_tools(store: &Path) -> Output {
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operator.md");
    let handbook = fs::read_to_string(handbook).expect("readable");
    let command = handbook
        .split("```sh\n")
        .find(|block| block.starts_with("python3 - exeat.db"))
        .and_then(|block| block.split("```").next())
        .expect("the handbook has it");
    Command::new("sh")
        .args(["-c", command])
        .current_dir(store.parent().expect("a folder"))
        .output()
        .expect("a shell")
}

#[test]
fn what_is_kept_no_longer_goes_and_the_journal_is_whole() {
    let hop = NextHop::start(Behaviour::default());
    let more =
        "[school.retention]\nbodies = \"30 days\"\nholds = \"6 months\"\njournal = \"3 years\"\n";
    let school = Greenfold::new(hop.address, more);
    let config = school.config();
    let server = Exeat::serve(&config);
    let (open, decided) = (hold(&server, "open"), hold(&server, "decided"));
    done(
        &config,
        &["holds", "refuse", &decided, "--reason", "not like this"],
    );
    let reply = Client::connect(server.smtp).transaction(STAFF, &[COACH], &innocent("plain"));
    assert_eq!(reply.code, 250, "{reply:?}");
    hop.wait_until(|all| all.iter().filter(|d| d.mail.contains("FROM:<>")).count() >= 3);
    server.end();

    let today = done(&config, &["purge"]);
    assert!(
        today.contains("messages 0, holds 0, finished mails 0, contents of journal rows 0"),
        "{today}"
    );
    let bodies = at("+40d", &config, &["purge", "--dry-run"]);
    assert!(
        bodies.contains("to destroy: messages 1, holds 0,"),
        "{bodies}"
    );
    let bodies = at("+40d", &config, &["purge"]);
    assert!(
        bodies.contains("destroyed: messages 1, holds 0,"),
        "{bodies}"
    );
    let show = [
        "holds",
        "show",
        &decided,
        "--content",
        "--reason",
        "an appeal",
    ];
    let gone = exeat(&config, &show);
    assert!(error_of(&gone).contains("destroyed"), "{}", error_of(&gone));
    done(&config, &["holds", "show", &decided]);

    let holds = at("+200d", &config, &["purge", "--school", "greenfold"]);
    assert!(holds.contains("messages 0, holds 1,"), "{holds}");
    let listed = done(&config, &["holds", "list", "--state", "all"]);
    assert!(
        listed.contains(&open) && !listed.contains(&decided),
        "{listed}"
    );
    done(
        &config,
        &[
            "holds",
            "show",
            &open,
            "--content",
            "--reason",
            "still there",
        ],
    );

    let rows = at("+4y", &config, &["purge"]);
    assert!(
        rows.contains("holds 0") && !rows.contains("journal rows 0"),
        "{rows}"
    );
    let left = query(
        &school,
        "SELECT kind FROM journal WHERE payload IS NOT NULL",
    );
    assert!(left.iter().all(|row| row[0] == "purged"), "{left:?}");
    assert!(
        at("+4y", &config, &["holds", "list"]).contains(&open),
        "nobody has decided on it"
    );

    done(&config, &["journal", "verify"]);
    let store = school.folder().join("exeat.db");
    let whole = by_stock_tools(&store);
    assert!(whole.status.success(), "{}", error_of(&whole));
    let head = fs::read_to_string(school.folder().join("exeat.db.key.head")).expect("a head file");
    let hash = head.split(' ').nth(2).expect("a hash");
    let told = String::from_utf8(whole.stdout).expect("UTF-8");
    assert!(told.contains(hash), "{told}: {head}");

    for tampered in [
        "UPDATE journal SET kind = 'released' WHERE seq = 3",
        "DELETE FROM journal WHERE seq = 3",
        "UPDATE journal SET payload = replace(payload, 'before', 'behind') WHERE payload IS NOT NULL",
    ] {
        let copy = school.folder().join("copy");
        fs::create_dir_all(&copy).expect("made");
        fs::copy(&store, copy.join("exeat.db")).expect("copied");
        let script = "import sqlite3,sys; s = sqlite3.connect(sys.argv[1]); s.execute(sys.argv[2]); s.commit()";
        let done = Command::new("python3")
            .args(["-c", script])
            .arg(copy.join("exeat.db"))
            .arg(tampered)
            .status();
        assert!(done.expect("python3").success());
        assert_eq!(
            by_stock_tools(&copy.join("exeat.db")).status.code(),
            Some(1),
            "{tampered}"
        );
    }
}

#[test]
fn times_that_make_no_sense_are_told_where_they_stand() {
    let hop = NextHop::start(Behaviour::default());
    let more =
        "[school.retention]\nbodies = \"1 hour\"\nholds = \"-1 year\"\njournal = \"for ever\"\n";
    let school = Greenfold::new(hop.address, more);
    let output = exeat(&school.config(), &["config", "check"]);
    let told = error_of(&output);
    assert_eq!(output.status.code(), Some(2));
    for key in ["bodies", "holds"] {
        assert!(
            told.contains(&format!("{key} is a time of at least a day")),
            "{told}"
        );
    }
    assert!(told.contains("for ever"), "{told}");
}
