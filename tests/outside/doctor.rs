//! `exeat doctor`, with and without a server, and each thing that can be wrong.

use std::fs::{self, File, Permissions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::holding::with_name_in_subject;
use crate::relay::STAFF;
use crate::support::client::Client;
use crate::support::doctor::doctor;
use crate::support::exeat::{BINARY, Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

/// The line of this state about this that says these words.
#[track_caller]
fn assert_told(lines: &[Value], state: &str, about: &str, words: &str) {
    let told = lines.iter().any(|line| {
        line["state"] == state
            && line["about"] == about
            && (line["what"]
                .as_str()
                .is_some_and(|what| what.contains(words))
                || line["do"].as_str().is_some_and(|todo| todo.contains(words)))
    });
    assert!(told, "no {state} about {about} with {words:?}: {lines:#?}");
}

fn faults(lines: &[Value]) -> Vec<&Value> {
    lines
        .iter()
        .filter(|line| line["state"] == "fault")
        .collect()
}

/// Everything in a folder: names, sizes, bytes; not what a server changes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("there")
        .map(|entry| entry.expect("readable").path())
        .map(|path| {
            (
                path.display().to_string(),
                fs::read(&path).unwrap_or_default(),
            )
        })
        .collect();
    // In its shared memory SQLite notes who reads; no data is there.
    all.retain(|(name, _)| !name.ends_with("-shm"));
    all.sort();
    all
}

fn world() -> (NextHop, Greenfold) {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    (hop, school)
}

#[test]
fn a_new_installation_is_well() {
    let (_hop, school) = world();
    let before = contents(school.folder());
    let (lines, status) = doctor(&school.config());
    assert_eq!((faults(&lines), status), (vec![], 0));
    for (state, about, words) in [
        ("ok", "configuration", "1 school"),
        ("ok", "people", "greenfold: "),
        ("ok", "file", "roster.csv"),
        ("warning", "server", "systemctl start exeat"),
        ("ok", "store", "none yet"),
        ("ok", "key", "none yet"),
        ("ok", "store", "of space left"),
        ("ok", "next hop", "answers"),
        ("ok", "workers", "start and read"),
        ("ok", "sandbox", "seccomp"),
        ("ok", "ocr", "tesseract"),
        ("ok", "ocr", "pdftoppm"),
        ("ok", "clock", "20"),
    ] {
        assert_told(&lines, state, about, words);
    }
    assert_eq!(contents(school.folder()), before, "it writes nothing");
    let output = exeat(&school.config(), &["doctor"]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains("ok       configuration"), "{said}");
    assert!(said.contains("→ start it"), "{said}");
    assert!(said.contains("0 faults, "), "{said}");
}

#[test]
fn a_configuration_in_the_present_folder_needs_no_name() {
    let (_hop, school) = world();
    let output = Command::new(BINARY)
        .arg("doctor")
        .current_dir(school.folder())
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let store = school.folder().join("exeat.db").display().to_string();
    assert!(said.contains(&store), "{said}");
}

#[test]
fn beside_a_server_it_tells_of_it_and_writes_nothing() {
    let (_hop, school) = world();
    let server = Exeat::serve(&school.config());
    let reply = Client::connect(server.smtp).transaction(
        STAFF,
        &["coach@leisure-centre.example"],
        &with_name_in_subject("doctor"),
    );
    assert!(reply.text.contains("EX-"), "{reply:?}");
    // The ports that were taken, as if they had been asked for.
    let (smtp, console) = (server.smtp, server.console);
    school.rewrite(|text| {
        text.replacen("127.0.0.1:0", &smtp.to_string(), 1).replacen(
            "127.0.0.1:0",
            &console.to_string(),
            1,
        )
    });
    let (lines, status) = doctor(&school.config());
    assert_eq!((faults(&lines), status), (vec![], 0));
    for (about, words) in [
        ("server", "runs and answers"),
        ("store", "version 5, the newest"),
        ("key", "closed to others"),
        ("journal", "last entry"),
        ("smtp", "Exeat answers"),
        ("console", "Exeat answers"),
    ] {
        assert_told(&lines, "ok", about, words);
    }
    assert_eq!(server.holds().len(), 1);

    // After it has ended, and after it was killed.
    server.end();
    let before = contents(school.folder());
    let (lines, _) = doctor(&school.config());
    assert_told(&lines, "ok", "journal", "last entry");
    assert_told(&lines, "ok", "smtp", "free");
    assert_eq!(contents(school.folder()), before, "it writes nothing");
    Exeat::serve(&school.config()).kill();
    let before = contents(school.folder());
    let (lines, status) = doctor(&school.config());
    assert_eq!(status, 0, "{lines:?}");
    assert_told(&lines, "ok", "journal", "(started)");
    assert_eq!(contents(school.folder()), before, "it writes nothing");
}

#[test]
fn each_fault_of_the_store_is_told() {
    let (_hop, school) = world();
    Exeat::serve(&school.config()).end();
    let (key, store) = (
        school.folder().join("exeat.db.key"),
        school.folder().join("exeat.db"),
    );
    let bytes = fs::read(&key).expect("it was made");

    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("its own file");
    let (lines, status) = doctor(&school.config());
    assert_eq!(status, 1);
    assert_told(&lines, "fault", "key", "chmod 600");

    fs::remove_file(&key).expect("there");
    let (lines, status) = doctor(&school.config());
    assert_eq!(status, 1);
    assert_told(&lines, "fault", "key", "from its backup");

    let other = format!("exeat-key-1 {}\n", "7".repeat(64));
    fs::write(&key, other).expect("writable");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("its own file");
    let (lines, status) = doctor(&school.config());
    assert_eq!(status, 1);
    assert_told(&lines, "fault", "key", "belongs to this store");

    fs::write(&key, &bytes).expect("writable");
    let whole = fs::read(&store).expect("it was made");
    fs::write(
        &store,
        b"no database at all, but long enough to look at".repeat(50),
    )
    .expect("writable");
    let (lines, status) = doctor(&school.config());
    assert_eq!(status, 1);
    assert_eq!(faults(&lines)[0]["about"], "store", "{lines:?}");
    fs::write(&store, whole).expect("writable");
    assert_eq!(doctor(&school.config()).1, 0);
}

#[test]
fn each_fault_of_the_network_is_told() {
    let (_hop, school) = world();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let smtp = taken.local_addr().expect("bound");
    let answering = thread::spawn(move || {
        use std::io::Write;
        for stream in taken.incoming().take(2).flatten() {
            let mut stream = stream;
            let _ = stream.write_all(b"220 other.example ESMTP Other\r\n");
        }
    });
    let absent = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("bound")
    };
    school.rewrite(|text| {
        let next_hop = text
            .lines()
            .find(|line| line.starts_with("address = "))
            .expect("one");
        text.replacen("127.0.0.1:0", &smtp.to_string(), 1)
            .replacen("127.0.0.1:0", "192.0.2.1:8025", 1)
            .replace(next_hop, &format!("address = \"{absent}\""))
    });
    let (lines, status) = doctor(&school.config());
    assert_eq!(status, 1);
    assert_told(&lines, "fault", "smtp", "another program");
    assert_told(
        &lines,
        "fault",
        "console",
        "an address that this machine has",
    );
    assert_told(&lines, "fault", "next hop", "nothing listens there");
    // Lets the other program end.
    drop(std::net::TcpStream::connect(smtp));
    drop(answering);
}

#[test]
fn a_next_hop_that_is_mute_or_poor_is_told_soon() {
    let mute = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let school = Greenfold::new(mute.local_addr().expect("bound"), "");
    let began = Instant::now();
    let (lines, status) = doctor(&school.config());
    assert_eq!(status, 1);
    assert_told(&lines, "fault", "next hop", "said nothing in time");
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );

    let poor = Behaviour {
        keywords: Some(&["PIPELINING", "STARTTLS"]),
        ..Behaviour::default()
    };
    let hop = NextHop::start(poor);
    let school = Greenfold::new(hop.address, "");
    let (lines, status) = doctor(&school.config());
    assert_eq!(status, 0, "{lines:?}");
    assert_told(&lines, "warning", "next hop", "STARTTLS");
    assert_told(&lines, "warning", "next hop", "8BITMIME");
}

#[test]
fn a_configuration_with_faults_or_none_is_told_and_the_rest_looked_at() {
    let (_hop, school) = world();
    school.rewrite(|text| text.replace("[listen]", "[listen]\nsmpt = 3"));
    let (lines, status) = doctor(&school.config());
    assert_eq!(status, 1);
    assert_told(&lines, "fault", "configuration", "unknown field `smpt`");
    assert_told(&lines, "ok", "workers", "start");
    let (lines, status) = doctor(&school.folder().join("absent.toml"));
    assert_eq!(status, 1);
    assert_told(&lines, "fault", "configuration", "absent.toml");
}

#[test]
fn missing_programs_and_old_lists_are_warnings() {
    let (_hop, school) = world();
    let old = SystemTime::now() - Duration::from_secs(400 * 24 * 60 * 60);
    let roster = File::options()
        .write(true)
        .open(school.folder().join("roster.csv"));
    roster
        .expect("there")
        .set_modified(old)
        .expect("its own file");
    let output = Command::new(BINARY)
        .args(["doctor", "--json", "--config"])
        .arg(school.config())
        .env("PATH", "/nowhere")
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    assert_told(&lines, "warning", "ocr", "apt install tesseract-ocr");
    assert_told(&lines, "warning", "ocr", "apt install poppler-utils");
    assert_told(&lines, "warning", "file", "export it anew");

    // Fewer descriptors than connections.
    let limited = format!(
        "ulimit -n 64; exec {BINARY} doctor --json --config {}",
        school.config().display()
    );
    let output = Command::new("sh")
        .args(["-c", &limited])
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("LimitNOFILE"), "{said}");
}

#[test]
fn a_server_with_another_store_is_not_taken_for_this_one() {
    let (_hop, school) = world();
    let server = Exeat::serve(&school.config());
    let other = Greenfold::new(SocketAddr::from(([127, 0, 0, 1], 9)), "");
    let smtp = server.smtp;
    other.rewrite(|text| text.replacen("127.0.0.1:0", &smtp.to_string(), 1));
    let (lines, status) = doctor(&other.config());
    assert_eq!(status, 1, "its next hop is not there: {lines:?}");
    assert_told(&lines, "warning", "smtp", "with another store");
}
