//! `exeat roster|staff|contacts import`: what it shows, refuses, puts in
//! place, and how a running server comes to know of it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use crate::relay::STAFF;
use crate::support::client::Client;
use crate::support::doctor::told_about;
use crate::support::exeat::{Exeat, error_of, exeat};
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

const COACH: &str = "coach@leisure-centre.example";

/// A school where nobody need listen.
fn quiet() -> Greenfold {
    Greenfold::new(SocketAddr::from(([127, 0, 0, 1], 9)), "")
}

/// What a command says on success.
#[track_caller]
fn said(school: &Greenfold, arguments: &[&str]) -> String {
    let output = exeat(&school.config(), arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        error_of(&output)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Why it does not do it.
#[track_caller]
fn refused(school: &Greenfold, arguments: &[&str]) -> String {
    let output = exeat(&school.config(), arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    error_of(&output)
}

fn write(school: &Greenfold, name: &str, text: &str) -> String {
    let path = school.folder().join(name);
    fs::write(&path, text).expect("writable");
    path.display().to_string()
}

/// Pupils of these names, the first in year 11, as Bromcom exports them.
fn bromcom(names: &[&str]) -> String {
    let mut text = "AdmissionNumber,FirstName,LastName,YearGroup,House\n".to_owned();
    for (number, name) in names.iter().enumerate() {
        let (forename, surname) = name.split_once(' ').expect("two names");
        let year = 11 - number % 5;
        text.push_str(&format!(
            "{forename}-{surname},{forename},{surname},Year {year},Red\n"
        ));
    }
    text
}

fn with_subject(subject: &str) -> String {
    format!(
        "From: {STAFF}\r\nTo: {COACH}\r\nSubject: {subject}\r\nMessage-ID: <{}@greenfold.sch.example>\r\n\r\nSee you on Monday.\r\n",
        subject.len()
    )
}

/// The pupils whom `exeat check` finds in a subject.
fn found(school: &Greenfold, subject: &str) -> Vec<String> {
    let mail = write(school, "mail.eml", &with_subject(subject));
    let output = exeat(&school.config(), &["check", "--json", &mail]);
    let line: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", error_of(&output)));
    let pupils = line["findings"].as_array().expect("a list").iter();
    let pupils = pupils.flat_map(|finding| finding["pupils"].as_array().expect("a list").clone());
    pupils
        .map(|pupil| pupil.as_str().expect("a reference").to_owned())
        .collect()
}

const OLWEN: &[&str] = &[
    "Olwen Bevan",
    "Tomos Rees",
    "Ffion Ellis",
    "Idris Parry",
    "Cerys Howell",
    "Gethin Lewis",
    "Nia Bowen",
    "Rhodri Price",
    "Seren Morgan",
    "Macsen Hughes",
];

#[test]
fn an_import_is_shown_first_and_takes_the_place_of_the_file() {
    let school = quiet();
    assert!(!found(&school, "Oyinkansola Bello: lessons").is_empty());
    let file = write(&school, "pupils.csv", &bromcom(OLWEN));
    let import = [
        "roster",
        "import",
        &file,
        "--school",
        "greenfold",
        "--force",
    ];
    let dry = said(&school, &[&import[..], &["--dry-run"]].concat());
    for words in [
        "from ",
        "pupils.csv: CSV",
        "pupil_id                   from AdmissionNumber",
        "forename                   from FirstName",
        "ignored: House",
        "10 in place of ",
        "10 added",
        "The first of them: O.B. Year 11; T.R. Year 10; F.E. Year 9",
        "Nothing was changed",
    ] {
        assert!(dry.contains(words), "{words} is not in\n{dry}");
    }
    assert!(!dry.contains("Olwen") && !dry.contains("Bevan"), "{dry}");
    assert!(!school.folder().join("exeat.db").exists());

    let asked = refused(&school, &import);
    assert!(asked.contains("--yes"), "{asked}");
    said(&school, &[&import[..], &["--yes"]].concat());
    fs::remove_file(file).expect("it was there");
    assert_eq!(found(&school, "Olwen Bevan: lessons"), ["Olwen-Bevan"]);
    assert!(
        found(&school, "Oyinkansola Bello: lessons").is_empty(),
        "the file counts no more"
    );
    assert!(said(&school, &["journal", "verify"]).contains("whole"));
    let checked = said(&school, &["config", "check"]);
    assert!(checked.contains("10 pupils"), "{checked}");
    // Without its key the store gives nobody, and that is no clean bill.
    let (key, away) = ("exeat.db.key", "away.key");
    let [key, away] = [key, away].map(|name| school.folder().join(name));
    fs::rename(&key, &away).expect("there");
    assert!(refused(&school, &["config", "check"]).contains("imported people cannot be read"));
    let doctor = exeat(&school.config(), &["doctor"]);
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.contains("FAULT    import"), "{doctor}");
    fs::rename(&away, &key).expect("there");
    let doctor = exeat(&school.config(), &["doctor"]);
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(
        doctor.contains("greenfold: roster imported today from CSV: 10 pupils"),
        "{doctor}"
    );
}

#[test]
fn a_shrinking_roster_is_refused_and_leavers_stay_known() {
    let school = quiet();
    let import = |names: &[&str], more: &[&str]| -> Vec<String> {
        let file = write(&school, "pupils.csv", &bromcom(names));
        let first = ["roster", "import", &file, "--yes"];
        first
            .iter()
            .chain(more)
            .map(|part| (*part).to_owned())
            .collect()
    };
    let run = |arguments: &[String]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        exeat(&school.config(), &arguments)
    };
    assert!(run(&import(OLWEN, &["--force"])).status.success());
    let less = import(&OLWEN[..8], &[]);
    let output = run(&less);
    assert_eq!(output.status.code(), Some(2));
    let why = error_of(&output);
    assert!(
        why.contains("from 10 to 8") && why.contains("--force"),
        "{why}"
    );
    assert_eq!(found(&school, "Macsen Hughes away"), ["Macsen-Hughes"]);
    let dry = run(&import(&OLWEN[..8], &["--dry-run"]));
    assert_eq!(dry.status.code(), Some(1), "the answer is no");

    let output = run(&import(&OLWEN[..8], &["--force"]));
    assert!(output.status.success(), "{}", error_of(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("0 added, 2 gone, 0 changed"), "{text}");
    assert!(text.contains("counts as a pupil until"), "{text}");
    assert_eq!(
        found(&school, "Macsen Hughes away"),
        ["Macsen-Hughes"],
        "a former pupil"
    );
    // And both come back.
    let text = String::from_utf8_lossy(&run(&import(OLWEN, &[])).stdout).into_owned();
    assert!(text.contains("2 added, 0 gone"), "{text}");
}

#[test]
fn a_running_server_takes_an_import_up() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "former_for = \"0 days\"\n");
    let server = Exeat::serve(&school.config());
    let send = |subject: &str| {
        Client::connect(server.smtp).transaction(STAFF, &[COACH], with_subject(subject).as_bytes())
    };
    assert_eq!(send("Olwen Bevan: lessons").text, "2.0.0 taken");
    let reloaded = |line: &Value| line["fields"]["message"] == "configuration reloaded";
    let file = write(&school, "pupils.csv", &bromcom(OLWEN));
    said(&school, &["roster", "import", &file, "--yes", "--force"]);
    server.wait_for_log(reloaded);
    let reply = send("Olwen Bevan: swimming lessons");
    assert!(reply.text.contains("EX-"), "{reply:?}");
    let file = write(&school, "pupils.csv", &bromcom(&OLWEN[1..]));
    said(&school, &["roster", "import", &file, "--yes"]);
    server.wait_for_log(reloaded);
    assert!(said(&school, &["journal", "verify"]).contains("whole"));

    // A server that was killed leaves a log that the next takes up, people
    // and all; and it purges those whose time has passed.
    server.kill();
    assert_eq!(found(&school, "Tomos Rees away").len(), 1);
    let server = Exeat::serve(&school.config());
    server.wait_for_log(|line| line["fields"]["message"] == "former pupils were purged");
    server.wait_for_log(reloaded);
    assert!(found(&school, "Olwen Bevan: lessons").is_empty());
}

#[test]
fn one_schools_import_never_touches_anothers() {
    let school = quiet();
    school.rewrite(|text| {
        format!(
            "{text}\n[[school]]\nid = \"hillside\"\nname = \"Hillside School\"\n\
             domains = [\"hillside.sch.example\"]\n"
        )
    });
    let (one, other) = (
        write(&school, "one.csv", &bromcom(OLWEN)),
        write(&school, "other.csv", &bromcom(&["Bronwen Pugh"])),
    );
    let unnamed = refused(&school, &["roster", "import", &one, "--yes"]);
    assert!(unnamed.contains("--school"), "{unnamed}");
    let unknown = refused(
        &school,
        &["roster", "import", &one, "--yes", "--school", "elsewhere"],
    );
    assert!(unknown.contains("hillside"), "{unknown}");
    said(
        &school,
        &[
            "roster",
            "import",
            &one,
            "--yes",
            "--force",
            "--school",
            "greenfold",
        ],
    );
    let second = said(
        &school,
        &["roster", "import", &other, "--yes", "--school", "hillside"],
    );
    assert!(second.contains("1 in place of 0"), "{second}");
    let checked = said(&school, &["config", "check"]);
    assert!(checked.contains("greenfold: 10 pupils"), "{checked}");
    assert!(checked.contains("hillside: 1 pupils"), "{checked}");
    assert!(
        found(&school, "Bronwen Pugh: lessons").is_empty(),
        "a pupil of the other"
    );
    assert_eq!(found(&school, "Olwen Bevan: lessons").len(), 1);
}

#[test]
fn contacts_and_staff_come_from_the_same_folder() {
    let school = quiet();
    let folder = school.folder().join("export");
    fs::create_dir(&folder).expect("writable");
    for (name, text) in [
        (
            "users.csv",
            "sourcedId,status,role,username,givenName,familyName,email,agentSourcedIds,grades\n\
          u1,active,student,,Olwen,Bevan,,p1,09\nt1,active,teacher,,Dan,Cooper,d.cooper@greenfold.sch.example,,\n\
          p1,active,parent,,Ann,Bevan,ann@webmail.example,u1,\n",
        ),
        (
            "manifest.csv",
            "propertyName,value\noneroster.version,1.1\n",
        ),
    ] {
        fs::write(folder.join(name), text).expect("writable");
    }
    let folder = folder.display().to_string();
    for (list, words) in [
        ("roster", "OneRoster 1.1"),
        ("staff", "1 in place of"),
        ("contacts", "A.B. parent"),
    ] {
        let text = said(&school, &[list, "import", &folder, "--yes", "--force"]);
        assert!(text.contains(words), "{text}");
    }
    let checked = said(&school, &["config", "check"]);
    assert!(
        checked.contains("1 pupils, 1 staff, 1 contacts"),
        "{checked}"
    );
    // The pupil's own mother may be told the name.
    let action = |to: &str| {
        let mail = write(&school, "own.eml", &with_subject("Olwen Bevan: well done"));
        let output = exeat(&school.config(), &["check", "--json", "--to", to, &mail]);
        let line: Value = serde_json::from_slice(&output.stdout).expect("an object");
        line["action"].as_str().expect("a word").to_owned()
    };
    assert_eq!(action("ann@webmail.example"), "note");
    assert_eq!(action(COACH), "warn");
    // Unless a court has said otherwise.
    let file = write(
        &school,
        "orders.csv",
        "Student ID,Contact Name,Relationship,Email,Court Order\nu1,Ann Bevan,Mother,ann@webmail.example,Yes\n",
    );
    let text = said(&school, &["contacts", "import", &file, "--yes"]);
    assert!(
        text.contains("1 contacts may not hear of a pupil"),
        "{text}"
    );
    assert_eq!(action("ann@webmail.example"), "quarantine");
}

#[test]
fn what_cannot_be_taken_is_told_and_leaves_all_as_it_was() {
    let school = quiet();
    for (name, text, words) in [
        (
            "a.csv",
            "Name,House\nOlwen Bevan,Red\n",
            "the columns are Name, House",
        ),
        (
            "b.csv",
            "Adno,Forename,Surname,DOB\n1,Olwen,Bevan,32/13/2011\n",
            "row 2, column DOB: no date",
        ),
        (
            "c.csv",
            "Adno,Forename,Surname\n1,Olwen,Bevan\n1,Tomos,Rees\n",
            "row 3, pupil_id: an earlier row has the same",
        ),
        ("d.xml", "<CTfile><CTFpupilData><Pupil>", "cut short"),
    ] {
        let file = write(&school, name, text);
        let why = refused(&school, &["roster", "import", &file, "--yes", "--force"]);
        assert!(why.contains(words), "{why}");
        assert!(!why.contains("Bevan"), "{why}");
    }
    let missing = refused(&school, &["roster", "import", "/nowhere/x.csv", "--yes"]);
    assert!(missing.contains("/nowhere/x.csv"), "{missing}");
    assert!(!school.folder().join("exeat.db").exists());
    let twice = write(
        &school,
        "e.csv",
        "Adno,Forename,Surname\n1,Olwen,Bevan\n1,Olwen,Bevan\n",
    );
    let text = said(&school, &["roster", "import", &twice, "--yes", "--force"]);
    assert!(text.contains("1 rows repeat a pupil"), "{text}");
}

#[test]
fn nothing_of_an_import_lies_in_clear() {
    let school = quiet();
    let file = write(
        &school,
        "pupils.csv",
        "Adno,Forename,Surname,UPN,Year,Reg,Email\nADNO-4711,Olwen,Bevan,B801200005001,9,9EH,olwen@pupils.greenfold.sch.example\n",
    );
    said(&school, &["roster", "import", &file, "--yes", "--force"]);
    let contacts = write(
        &school,
        "parents.csv",
        "type,name,email,pupil_id\nparent,Ann Quigley,quigley@webmail.example,ADNO-4711\n",
    );
    said(
        &school,
        &["contacts", "import", &contacts, "--yes", "--force"],
    );
    let server = Exeat::serve(&school.config());
    let log = server.end();
    let mut bytes = log.into_bytes();
    for entry in fs::read_dir(school.folder()).expect("there") {
        let path = entry.expect("readable").path();
        if is_of_store(&path) {
            bytes.extend(fs::read(path).expect("readable"));
        }
    }
    for word in [
        "Olwen",
        "olwen",
        "Bevan",
        "bevan",
        "B801200005001",
        "4711",
        "Quigley",
        "quigley",
        "9EH",
    ] {
        let text = word.as_bytes();
        assert!(
            !bytes.windows(text.len()).any(|part| part == text),
            "{word} is in clear"
        );
    }
}

/// The database, its log and its key; not the socket.
fn is_of_store(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    path.is_file() && name.is_some_and(|name| name.starts_with("exeat.db"))
}

#[test]
fn a_route_whose_review_is_due_is_told_by_the_doctor() {
    let school = quiet();
    school.rewrite(|text| {
        text.replace(
            "\"teachers-union.example\"",
            "{ to = \"teachers-union.example\", approved_by = \"P. Ashworth\", reason = \"staff meeting\", \
             review_by = 2025-09-01 }, { to = \"later.example\", review_by = 2999-01-01 }",
        )
    });
    let routes = told_about(&school.config(), "routes");
    assert_eq!(routes.len(), 1, "{routes:?}");
    assert_eq!(routes[0]["state"], "warning");
    assert_eq!(
        routes[0]["what"],
        "greenfold: private_routes, teachers-union.example: its review was due by 2025-09-01; \
         approved by P. Ashworth (staff meeting)"
    );
    // It is a route until somebody takes it out.
    school.rewrite(|text| text.replace("review_by = 2025-09-01", "review_by = \"soon\""));
    let faults = refused(&school, &["config", "check"]);
    assert!(faults.contains("2027-09-01"), "{faults}");
}
