//! Files broken in a hundred thousand ways: they crash nothing but workers,
//! and none that still shows pupils' data passes as innocent.
//!
//! By itself this is a sample. `tests/full/mutations` runs it over the whole,
//! in steps, by what it puts into the environment (see [`Task`]).
//!
//! What Exeat finds clear is shown to other programs (`oracle.py`); what they
//! read is judged as a text of its own, and must be clear, too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use exeat::check::History;
use exeat::config;
use exeat::extract::{Budget, Reading};
use exeat::finding::RuleId;
use exeat::mail::{Address, Content, Envelope};
use exeat::screen::judge;
use exeat::tenant::Tenant;
use exeat::worker::{Pool, Settings};
use jiff::Timestamp;
use serde_json::{Value, json};

use corpus::{Base, Case, bases};

mod corpus;
mod dice;
mod mutation;

/// Of files with pupils' data so many times as many cases are made as of
/// others.
const WEIGHT: usize = 4;

/// Those of whom the sample documents speak, beside the school's own pupils.
const MORE_PUPILS: &str = "\
GF9001,,Zoë,,Quillfeather,,,7,7B,2014-09-03,
GF9002,,Oban,,Marsh,,,8,8A,2013-01-21,
GF9003,,Tilly,,Fennimore,,,7,7B,2014-05-30,
GF9004,,Wren,,Tallow,,,8,8A,2013-02-11,
";

/// What is to be run.
struct Task {
    /// `EXEAT_MUTATIONS`: `FROM TO`, of all cases.
    cases: std::ops::Range<usize>,
    /// `EXEAT_SEED`.
    seed: u64,
    /// `EXEAT_FOLDER`: where the results go. With `EXEAT_CASE` that is one
    /// case's file, and nothing is run.
    folder: PathBuf,
    /// `EXEAT_ENDING`: only files with it are broken.
    ending: Option<String>,
    /// Whether every reader is asked that there is, also the slow ones.
    thorough: bool,
}

/// What Exeat makes of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Judgement {
    Found,
    /// It says that it could not read all of it.
    Told,
    /// Its workers did not live through it; what that came from.
    Failed(String),
    Clear,
}

struct Court {
    pool: Pool,
    tenant: Arc<Tenant>,
    envelope: Envelope,
}

impl Court {
    async fn open(folder: &Path) -> Self {
        let config = config::load(&school(folder)).expect("the fixtures are sound");
        let settings = Settings {
            // A picture is not read, and that is told.
            ocr: false,
            deadline_seconds: 10,
            ..Settings::default()
        };
        let program = Path::new(env!("CARGO_BIN_EXE_exeat"));
        let pool = Pool::start(program, &settings, Budget::default()).await;
        Self {
            pool: pool.expect("workers start"),
            tenant: Arc::clone(config.tenants.only().expect("one school")),
            envelope: Envelope::new(
                "office@greenfold.sch.example".parse().ok(),
                ["a@b.example".parse::<Address>().expect("an address")],
            ),
        }
    }

    async fn judge(&self, name: &str, bytes: Vec<u8>) -> Judgement {
        let file = Content::from(bytes);
        let reading = self
            .pool
            .read_file(name, &file)
            .await
            .expect("a fault of Exeat's own");
        self.judgement(&reading)
    }

    fn judgement(&self, reading: &Reading) -> Judgement {
        let failed = |what: &&str| what.starts_with("reading it failed twice");
        let mut told = reading.problems.iter().map(|problem| problem.what.as_str());
        if let Some(what) = told.find(failed) {
            return Judgement::Failed(what.to_owned());
        }
        if !reading.problems.is_empty() {
            return Judgement::Told;
        }
        let Tenant { school, policy, .. } = &*self.tenant;
        let verdict = judge(
            school,
            policy,
            &self.envelope,
            reading,
            History::default(),
            Timestamp::UNIX_EPOCH,
        );
        let found = verdict.findings.iter().any(|judged| {
            judged.finding.rule == RuleId::UnprotectedPersonalData
                && judged.finding.suppressed.is_none()
        });
        match found {
            true => Judgement::Found,
            false => Judgement::Clear,
        }
    }
}

impl Task {
    /// As the environment says.
    fn given() -> Option<Self> {
        let folder = std::env::var_os("EXEAT_FOLDER")?;
        let number = |text: &str| -> usize { text.parse().expect("a number") };
        let cases = std::env::var("EXEAT_MUTATIONS").unwrap_or("0 0".to_owned());
        let (from, to) = cases.split_once(' ').expect("FROM TO");
        Some(Self {
            cases: number(from)..number(to),
            seed: number(&std::env::var("EXEAT_SEED").expect("a seed")) as u64,
            folder: folder.into(),
            ending: std::env::var("EXEAT_ENDING").ok(),
            thorough: true,
        })
    }

    /// The case of this number among all.
    fn case<'b>(&self, index: usize, weighted: &[(&'b Base, usize)]) -> Case<'b> {
        let (base, copy) = weighted[index % weighted.len()];
        let number = index / weighted.len() * WEIGHT + copy;
        Case {
            base,
            number: number as u64,
        }
    }
}

/// Every file as often as cases of it are made in one round.
fn weighted(bases: &[Base]) -> Vec<(&Base, usize)> {
    let times = |base: &Base| if base.personal { WEIGHT } else { 1 };
    let rounds = (0..WEIGHT).flat_map(|copy| bases.iter().map(move |base| (base, copy)));
    rounds.filter(|(base, copy)| *copy < times(base)).collect()
}

#[derive(Default)]
struct Tally {
    /// By the files' endings, and by what became of them.
    counts: BTreeMap<String, BTreeMap<&'static str, usize>>,
    /// Cases that workers did not live through, or that took long.
    failed: Vec<Value>,
    slow: Vec<Value>,
    /// Cases of personal files that were found clear.
    clear: Vec<Value>,
}

async fn run(task: &Task, court: &Arc<Court>, bases: &Arc<Vec<Base>>) -> Tally {
    let next = Arc::new(AtomicUsize::new(task.cases.start));
    let result = Arc::new(Mutex::new(Tally::default()));
    let judges = (0..=court.pool.size()).map(|_| {
        let task = Task {
            folder: task.folder.clone(),
            cases: task.cases.clone(),
            ending: None,
            ..*task
        };
        let (court, bases) = (Arc::clone(court), Arc::clone(bases));
        let (next, result) = (Arc::clone(&next), Arc::clone(&result));
        tokio::spawn(async move {
            let weighted = weighted(&bases);
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if !task.cases.contains(&index) {
                    break;
                }
                let case = task.case(index, &weighted);
                let bytes = case.bytes(task.seed);
                let began = Instant::now();
                let file = case.base.name.rsplit('/').next().expect("a name");
                let judgement = court.judge(file, bytes.clone()).await;
                let took = began.elapsed();
                note(&task, index, &case, &bytes, judgement, took, &result);
            }
        })
    });
    for judge in judges.collect::<Vec<_>>() {
        judge.await.expect("no panic");
    }
    std::mem::take(&mut *result.lock().expect("no panic"))
}

fn note(
    task: &Task,
    index: usize,
    case: &Case<'_>,
    bytes: &[u8],
    judgement: Judgement,
    took: Duration,
    result: &Mutex<Tally>,
) {
    let mut result = result.lock().expect("no panic");
    let kinds = result
        .counts
        .entry(case.base.ending().to_owned())
        .or_default();
    *kinds
        .entry(match judgement {
            Judgement::Found => "found",
            Judgement::Told => "told",
            Judgement::Failed(_) => "failed",
            Judgement::Clear => "clear",
        })
        .or_default() += 1;
    let keep = || {
        let name = format!("{index}.{}", case.base.ending());
        fs::write(task.folder.join(&name), bytes).expect("writable");
        name
    };
    if let Judgement::Failed(what) = &judgement {
        let line = json!({"case": case.name(), "file": keep(), "what": what});
        result.failed.push(line);
    } else if took > Duration::from_secs(2) {
        let line = json!({"case": case.name(), "file": keep(), "ms": took.as_millis() as u64});
        result.slow.push(line);
    }
    if judgement == Judgement::Clear && case.base.personal {
        let line = json!({"case": case.name(), "file": keep()});
        result.clear.push(line);
    }
}

/// What other programs read in the files that were found clear.
fn shown(task: &Task, clear: &[Value]) -> Vec<Value> {
    let list: Vec<String> = clear.iter().map(Value::to_string).collect();
    fs::write(task.folder.join("clear.jsonl"), list.join("\n")).expect("writable");
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutations/oracle.py");
    let mut command = Command::new("python3");
    command.arg(oracle).arg(&task.folder);
    if task.thorough {
        command.arg("--thorough");
    }
    let output = command.output().expect("python3 runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"));
    lines.collect()
}

/// Cases found clear whose file another program shows pupils' data of.
async fn missed(task: &Task, court: &Court, clear: &[Value]) -> Vec<Value> {
    let mut missed = Vec::new();
    for sight in shown(task, clear) {
        let text = sight["text"].as_str().expect("a text");
        if court.judge("shown.txt", text.as_bytes().to_vec()).await == Judgement::Found {
            missed.push(sight);
        }
    }
    missed
}

/// Writes a case's file to where results go.
fn show(name: &str, task: &Task, bases: &[Base]) {
    let (file, number) = name.rsplit_once('#').expect("FILE#NUMBER");
    let base = bases.iter().find(|base| base.name == file);
    let case = Case {
        base: base.expect("a file of the corpus"),
        number: number.parse().expect("a number"),
    };
    let file = format!("case.{}", case.base.ending());
    fs::write(task.folder.join(file), case.bytes(task.seed)).expect("writable");
}

/// The school of the fixtures with some more pupils, in a folder of its own.
fn school(folder: &Path) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/school");
    for name in ["exeat.toml", "roster.csv", "staff.csv", "contacts.csv"] {
        let mut text = fs::read_to_string(fixtures.join(name)).expect("the fixtures are there");
        if name == "roster.csv" {
            text.push_str(MORE_PUPILS);
        }
        fs::write(folder.join(name), text).expect("writable");
    }
    folder.join("exeat.toml")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_broken_is_found_or_told() {
    let sample = tempfile::tempdir().expect("a temporary folder");
    let task = Task::given().unwrap_or(Task {
        cases: 0..900,
        seed: 7,
        folder: sample.path().to_owned(),
        ending: None,
        thorough: false,
    });
    let mut bases = bases();
    if let Some(ending) = &task.ending {
        bases.retain(|base| base.ending() == ending);
    }
    if let Ok(name) = std::env::var("EXEAT_CASE") {
        return show(&name, &task, &bases);
    }
    let court = Arc::new(Court::open(&task.folder).await);
    let (mut personal, mut clear) = (0, Vec::new());
    for base in &mut bases {
        let judgement = court.judge(&base.name, base.bytes.clone()).await;
        if base.personal {
            personal += 1;
            if judgement == Judgement::Clear {
                clear.push(base.name.clone());
            }
        }
        // Of what is told, some part may be all that cannot be read.
        base.personal &= judgement == Judgement::Told;
        base.personal |= judgement == Judgement::Found;
    }
    // A name and a word about it, somewhere in a document, may not be enough.
    assert!(
        clear.len() * 20 < personal,
        "of {personal} unbroken, clear are {clear:#?}"
    );
    let result = run(&task, &court, &Arc::new(bases)).await;
    let missed = missed(&task, &court, &result.clear).await;
    let report = json!({
        "counts": result.counts,
        "failed": result.failed,
        "slow": result.slow,
        "clear": result.clear.len(),
        "missed": missed,
    });
    fs::write(task.folder.join("report.json"), report.to_string()).expect("writable");
    if !task.thorough {
        assert!(missed.is_empty(), "{missed:#?}");
        assert!(result.failed.is_empty(), "{:#?}", result.failed);
    }
}
