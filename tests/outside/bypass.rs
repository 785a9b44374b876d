//! Mail that leaves unscreened for a time, because a person has said so.

use std::process::Command;

use crate::holding::{decoded, with_name_in_subject};
use crate::relay::{STAFF, without_trace};
use crate::restore::{COACH, done, hold};
use crate::support::client::Client;
use crate::support::exeat::{Exeat, error_of};
use crate::support::next_hop::{Behaviour, Delivery, NextHop};
use crate::support::school::Greenfold;
use crate::support::store::query;

const HILLSIDE: &str = "[[school]]\nid = \"hillside\"\nname = \"Hillside School\"\n\
     domains = [\"hillside.sch.example\"]\nreviewers = [\"head@hillside.sch.example\"]\n\
     [school.rules]\nchain-message = { action = \"reject\" }\n";
const CHAIN: &[u8] = b"From: office@hillside.sch.example\r\nTo: a@b.example\r\nSubject: Fwd: luck\r\n\r\nForward this to ten friends within an hour or you will have seven years of bad luck. Do not break the chain!\r\n";

struct World {
    hop: NextHop,
    school: Greenfold,
    exeat: Exeat,
}

impl World {
    fn new() -> Self {
        let hop = NextHop::start(Behaviour::default());
        let more = "safeguarding = [\"dsl@greenfold.sch.example\"]\n";
        let school = Greenfold::with_head(hop.address, HILLSIDE, more);
        let exeat = Exeat::serve(&school.config());
        Self { hop, school, exeat }
    }

    /// Sends a mail that would be held; its reply.
    fn send(&self, id: &str) -> String {
        let mut client = Client::connect(self.exeat.smtp);
        let reply = client.transaction(STAFF, &[COACH], &with_name_in_subject(id));
        assert_eq!(reply.code, 250, "{reply:?}");
        reply.text
    }

    fn done(&self, arguments: &[&str]) -> String {
        done(&self.school.config(), arguments)
    }

    fn log(&self, part: &str) {
        self.exeat.wait_for_log(|line| {
            line["fields"]["message"]
                .as_str()
                .unwrap_or("")
                .contains(part)
        });
    }

    fn letters(&self, to: &str, subject: &str) -> Vec<Delivery> {
        let is_one = |d: &Delivery| {
            d.recipients.iter().any(|r| r.contains(to)) && decoded(&d.message).contains(subject)
        };
        self.hop.wait_until(|all| all.iter().any(is_one));
        self.hop.accepted().into_iter().filter(is_one).collect()
    }

    fn health(&self) -> String {
        let url = format!("http://{}/health", self.exeat.console);
        fetched(&url)
    }
}

fn fetched(url: &str) -> String {
    let output = Command::new("python3")
        .args([
            "-c",
            "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())",
            url,
        ])
        .output()
        .expect("python3 is there");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_bypass_lets_one_schools_mail_out_loudly_and_on_record() {
    let world = World::new();
    let before = hold(&world.exeat, "before");
    for refused in [
        &["bypass", "--for", "25h", "--reason", "too long"][..],
        &["bypass", "--for", "2h"],
        &["bypass", "--for", "2h", "--reason", " "],
        &[
            "bypass",
            "--for",
            "2h",
            "--school",
            "elsewhere",
            "--reason",
            "x",
        ],
        &["bypass", "--end", "--reason", "there is none"],
    ] {
        let output = world.exeat.command(refused);
        assert_eq!(output.status.code(), Some(2), "{refused:?}");
    }
    assert!(world.done(&["bypass"]).contains("all mail is screened"));

    let reason = "exam results must go out";
    let begin = [
        "bypass",
        "--for",
        "2h",
        "--school",
        "greenfold",
        "--reason",
        reason,
    ];
    world.done(&begin);
    world.log("BYPASS: mail leaves unscreened");
    let again = world.exeat.command(&begin);
    assert_eq!(again.status.code(), Some(2));
    assert!(error_of(&again).contains("already"), "{}", error_of(&again));

    assert_eq!(world.send("one"), "2.0.0 taken");
    world.log("message passed unscreened");
    let is_it = |d: &Delivery| {
        d.mail.contains(STAFF) && without_trace(&d.message) == with_name_in_subject("one")
    };
    let passed: Vec<Delivery> = world.hop.accepted().into_iter().filter(is_it).collect();
    assert_eq!(passed.len(), 1, "as it came, once");
    let whole = String::from_utf8_lossy(&passed[0].message).to_lowercase();
    for word in ["bypass", "screen", "check"] {
        assert!(
            !whole.contains(word),
            "its recipients learn nothing: {whole}"
        );
    }
    let mut client = Client::connect(world.exeat.smtp);
    let reply = client.transaction("office@hillside.sch.example", &["a@b.example"], CHAIN);
    assert_eq!(reply.code, 550, "the other school's mail is screened");
    let held = world.exeat.holds();
    assert_eq!(held.len(), 1, "what was held stays held");
    assert_eq!(held[0]["reference"], before);

    for to in ["data@greenfold", "dsl@greenfold"] {
        let letters = world.letters(to, "Mail leaves unchecked until");
        assert!(decoded(&letters[0].message).contains(reason));
    }
    assert!(world.done(&["bypass"]).contains("so far: 1"));
    assert!(
        world.health().contains("\"school\":\"greenfold\""),
        "{}",
        world.health()
    );
    let doctor = world.exeat.command(&["doctor"]);
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(
        doctor.contains("mail of greenfold leaves unscreened until"),
        "{doctor}"
    );

    let end = ["bypass", "--end", "--reason", "all are out"];
    assert!(world.done(&end).contains("unscreened: 1"));
    world.log("BYPASS ended");
    assert!(world.send("two").contains("EX-"), "held as before");
    let letters = world.letters("data@greenfold", "Mail is checked again");
    assert!(decoded(&letters[0].message).contains("One message left unchecked"));
    assert!(!world.health().contains("unscreened"), "{}", world.health());
    let rows = query(
        &world.school,
        "SELECT kind, payload FROM journal WHERE kind LIKE 'bypass%' OR payload LIKE '%unscreened%' ORDER BY seq",
    );
    let kinds: Vec<&str> = rows.iter().map(|row| &*row[0]).collect();
    assert_eq!(kinds, ["bypass-began", "decided", "bypass-ended"]);
    assert!(
        rows[0][1].contains(reason) && rows[0][1].contains("\"by\":\""),
        "{rows:?}"
    );
    assert!(rows[2][1].contains("\"messages\":1"), "{rows:?}");
    world.done(&["journal", "verify"]);
}

#[test]
fn a_bypass_outlives_a_crash_and_ends_by_itself() {
    let mut world = World::new();
    world.done(&["bypass", "--for", "90m", "--reason", "the worker is broken"]);
    world.log("BYPASS: mail leaves unscreened");
    let World { hop, school, exeat } = world;
    exeat.kill();
    let exeat = Exeat::serve(&school.config());
    world = World { hop, school, exeat };
    assert_eq!(world.send("after the crash"), "2.0.0 taken");

    // Its time is moved close; nobody ends it.
    let soon = "UPDATE bypasses SET until = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) + 800";
    query(&world.school, soon);
    world.log("BYPASS: its time is over");
    world.log("BYPASS ended");
    assert!(world.send("when it was over").contains("EX-"));
    let letters = world.letters("data@greenfold", "Mail is checked again");
    assert!(decoded(&letters[0].message).contains("by themselves"));
    world.letters("head@hillside", "Mail is checked again");
    let ended = query(
        &world.school,
        "SELECT payload FROM journal WHERE kind = 'bypass-ended'",
    );
    assert_eq!(ended.len(), 2, "each school's, once: {ended:?}");

    // Begun while no server runs, it is in force from its start on.
    let World { hop, school, exeat } = world;
    exeat.kill();
    let begin = ["bypass", "--for", "1h", "--reason", "still broken"];
    done(&school.config(), &begin);
    let exeat = Exeat::serve(&school.config());
    let world = World { hop, school, exeat };
    assert_eq!(world.send("from the first message on"), "2.0.0 taken");
    world.done(&["journal", "verify"]);
}
