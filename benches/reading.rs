//! What reading costs, format by format: every file of the corpus and every
//! sample document, in this process and through one worker, on one core; without
//! a glance at their pictures.
//!
//! `tests/full/throughput` runs it beside python-docx, openpyxl and pdftotext
//! on the same files. By itself it prints an object a line:
//! `{"format","files","kilobytes","here","worker"}`, the last two in files a
//! second.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use exeat::extract::{Budget, Protection, read_file};
use exeat::mail::Content;
use exeat::worker::{Pool, Settings};
use serde_json::json;
use tokio::runtime::Runtime;

/// Each format is read for so long, and each file at least once.
const TIME: Duration = Duration::from_millis(700);

type Files = Vec<(String, Vec<u8>)>;

fn main() {
    let runtime = Runtime::new().expect("threads start");
    let settings = Settings {
        count: 1,
        ocr: false,
        ..Settings::default()
    };
    let program = Path::new(env!("CARGO_BIN_EXE_exeat"));
    // What a glance at a picture costs is no matter of the document's format.
    let budget = Budget {
        glanced: 0,
        ..Budget::default()
    };
    let pool = Pool::start(program, &settings, budget);
    let pool = runtime.block_on(pool).expect("workers start");
    for (format, files) in formats() {
        let here = files_a_second(&files, |name, bytes| {
            black_box(read_file(name, bytes, &budget));
        });
        let contents: BTreeMap<&str, Content> = files
            .iter()
            .map(|(name, bytes)| (name.as_str(), Content::from(bytes.clone())))
            .collect();
        let worker = files_a_second(&files, |name, _| {
            let reading = runtime.block_on(pool.read_file(name, &contents[name]));
            black_box(reading.expect("the workers work"));
        });
        let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        let line = json!({
            "format": format,
            "files": files.len(),
            "kilobytes": bytes as f64 / 1024.0 / files.len() as f64,
            "here": here,
            "worker": worker,
        });
        #[expect(clippy::print_stdout, reason = "a command")]
        {
            println!("{line}");
        }
    }
}

/// All files by what they are; those that nobody can open are left out.
fn formats() -> BTreeMap<String, Files> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let sets = folder(&fixtures.join("corpus"))
        .into_iter()
        .filter(|set| set.is_dir());
    let folders = sets.chain([fixtures.join("documents")]);
    let mut formats: BTreeMap<String, Files> = BTreeMap::new();
    for path in folders
        .flat_map(|set| folder(&set))
        .filter(|path| path.is_file())
    {
        let ours = ["py", "sh", "md", "jsonl"].map(|end| Some(end.as_ref()));
        let name = path.to_str().expect("UTF-8").to_owned();
        if ours.contains(&path.extension()) || name.contains("bomb") {
            continue;
        }
        let bytes = fs::read(&path).expect("readable");
        let reading = read_file(&name, &bytes, &Budget::default());
        let file = &reading.attachments[0];
        if file.protection == Protection::Open {
            // A password that Office tries by itself takes its time.
            let format = match file.why.starts_with("encrypted") {
                true => format!("{}, encrypted", file.kind),
                false => file.kind.clone(),
            };
            formats.entry(format).or_default().push((name, bytes));
        }
    }
    formats
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.sort();
    paths
}

fn files_a_second(files: &Files, mut read: impl FnMut(&str, &[u8])) -> f64 {
    let began = Instant::now();
    let mut rounds = 0;
    while rounds == 0 || began.elapsed() < TIME {
        for (name, bytes) in files {
            read(name, bytes);
        }
        rounds += 1;
    }
    (rounds * files.len()) as f64 / began.elapsed().as_secs_f64()
}
