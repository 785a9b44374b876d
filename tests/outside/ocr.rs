//! Pictures and scanned pages, read by the real programs of OCR in workers of
//! their own.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use exeat::extract::{Budget, Reading, Role};
use exeat::finding::ProblemKind;
use exeat::mail::Content;
use exeat::worker::{Pool, Settings};
use image::ImageFormat;
use serde_json::Value;

use crate::documents::document;
use crate::support::exeat::{BINARY, error_of};
use crate::support::mail::with_files;

const PUPILS: [&str; 5] = [
    "Oyinkansola Bello",
    "Ceri Bowen",
    "Millie Cooper",
    "Ahmed Hussain",
    "Nia Meredith",
];

async fn pool(settings: Settings) -> Pool {
    let settings = Settings {
        count: 1,
        ..settings
    };
    Pool::start(Path::new(BINARY), &settings, Budget::default())
        .await
        .expect("workers start")
}

/// A message with these files attached.
pub(crate) fn mail(files: &[(&str, &[u8])]) -> Vec<u8> {
    let to = "Alex <alex@home.example>";
    with_files(to, "From the copier", "Please see attached.", files)
}

async fn read_all(pool: &Pool, files: &[(&str, &[u8])]) -> Reading {
    let message = Content::from(mail(files));
    let reading = pool.read_message(&message).await.expect("no fault");
    assert!(reading.pictures.is_empty(), "all of them are settled");
    reading
}

async fn read(pool: &Pool, name: &str) -> Reading {
    read_all(pool, &[(name, &document(name))]).await
}

#[track_caller]
fn text_at<'r>(reading: &'r Reading, place: &str) -> &'r str {
    let found = reading
        .texts
        .iter()
        .find(|text| text.location.as_str() == place);
    let text = found.unwrap_or_else(|| panic!("nothing at {place}: {reading:#?}"));
    assert_eq!(text.role, Role::Attachment);
    let file = usize::try_from(text.attachment.expect("in a file")).expect("small");
    let file = reading.attachments[file].location.as_str();
    assert!(place.starts_with(file), "{place} in {file}");
    &text.text
}

/// A JPEG picture with a comment, which the workers' faults listen to.
pub(crate) fn with_comment(jpeg: &[u8], comment: &str) -> Vec<u8> {
    let length = u16::try_from(comment.len() + 2).expect("short");
    let mut out = jpeg[..2].to_vec();
    out.extend_from_slice(b"\xff\xfe");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(comment.as_bytes());
    out.extend_from_slice(&jpeg[2..]);
    out
}

#[tokio::test]
async fn text_in_pictures_is_read() {
    let pool = pool(Settings::default()).await;
    for (file, place) in [
        ("sheet.jpg", "sheet.jpg (read from the picture)"),
        ("screen.png", "screen.png (read from the picture)"),
        ("copier.tif", "copier.tif › page 2 (read from the picture)"),
        ("copier.pdf", "copier.pdf › page 2 (read from the picture)"),
    ] {
        let reading = read(&pool, file).await;
        let text = text_at(&reading, place);
        for pupil in PUPILS {
            assert!(text.contains(pupil), "{pupil} in {file}:\n{text}");
        }
        // A row stays a row: who, and when born.
        let row = text.lines().find(|line| line.contains("Bello"));
        assert!(row.is_some_and(|row| row.contains("08/08/2015")), "{text}");
        assert_eq!(reading.problems, [], "{file}");
    }
    let reading = read(&pool, "copier.pdf").await;
    let menu = text_at(&reading, "copier.pdf › page 1 (read from the picture)");
    assert!(menu.contains("Tuesday: fish pie with carrots"), "{menu}");
}

#[tokio::test]
async fn pages_that_lay_on_their_side_or_head_are_read() {
    let pool = pool(Settings::default()).await;
    for file in ["sheet.jpg", "screen.png"] {
        let upright = image::load_from_memory(&document(file)).expect("a picture");
        for (turn, turned) in [
            ("right", upright.rotate90()),
            ("round", upright.rotate180()),
            ("left", upright.rotate270()),
        ] {
            let mut png = Cursor::new(Vec::new());
            turned
                .write_to(&mut png, ImageFormat::Png)
                .expect("written");
            let reading = read_all(&pool, &[("turned.png", png.get_ref())]).await;
            let text = text_at(&reading, "turned.png (read from the picture)");
            for pupil in PUPILS {
                assert!(
                    text.contains(pupil),
                    "{pupil} in {file} turned {turn}:\n{text}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_strip_cut_from_a_screen_is_read() {
    let pool = pool(Settings::default()).await;
    let screen = image::load_from_memory(&document("screen.png")).expect("a picture");
    let mut found = 0;
    for top in (0..screen.height() - 60).step_by(40) {
        let strip = screen.crop_imm(0, top, screen.width(), 60);
        let mut png = Cursor::new(Vec::new());
        strip.write_to(&mut png, ImageFormat::Png).expect("written");
        let reading = read_all(&pool, &[("strip.png", png.get_ref())]).await;
        assert_eq!(reading.problems, []);
        let read = |pupil: &&str| reading.texts.iter().any(|text| text.text.contains(*pupil));
        found += PUPILS.iter().filter(|pupil| read(pupil)).count();
    }
    assert!(found >= PUPILS.len(), "{found}");
}

#[tokio::test]
async fn a_picture_that_comes_often_is_read_once() {
    let pool = pool(Settings::default()).await;
    let scan = document("sheet.jpg");
    let names: Vec<String> = (0..60).map(|copy| format!("copy-{copy}.jpg")).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), scan.as_slice()))
        .collect();
    // Fifty pages of a message are read, and these are one.
    let reading = read_all(&pool, &files).await;
    assert_eq!(reading.problems, []);
    let last = text_at(&reading, "copy-59.jpg (read from the picture)");
    assert!(last.contains("Nia Meredith"), "{last}");
}

#[tokio::test]
async fn pictures_that_hold_no_page_are_no_problem() {
    let pool = pool(Settings::default()).await;
    let reading = read(&pool, "badge.png").await;
    assert_eq!(
        (reading.attachments[0].kind.as_str(), reading.problems),
        ("png", vec![])
    );
}

#[tokio::test]
async fn what_is_not_to_be_read_is_told() {
    let pool = pool(Settings {
        ocr: false,
        ..Settings::default()
    })
    .await;
    for file in ["sheet.jpg", "copier.tif", "copier.pdf"] {
        let reading = read(&pool, file).await;
        let [problem] = reading.problems.as_slice() else {
            panic!("{:?}", reading.problems);
        };
        assert_eq!(problem.kind, ProblemKind::NotRead);
        assert_eq!(problem.location.as_str(), file);
        assert!(
            problem.what.ends_with("(OCR is switched off)"),
            "{problem:?}"
        );
    }
    assert_eq!(read(&pool, "badge.png").await.problems, []);
}

/// The problems of a file where none of OCR's programs is installed.
fn problems_without_programs(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/documents");
    let output = Command::new(BINARY)
        .args(["read", "--json"])
        .arg(path.join(file))
        .env("PATH", "/nonexistent")
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", error_of(&output));
    let object: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    object["problems"].as_array().expect("a list").clone()
}

#[test]
fn programs_that_are_missing_are_told_by_name() {
    for (file, program) in [
        ("sheet.jpg", "tesseract"),
        ("copier.tif", "tesseract"),
        ("copier.pdf", "pdftoppm"),
    ] {
        let problems = problems_without_programs(file);
        let [problem] = problems.as_slice() else {
            panic!("{file}: {problems:?}");
        };
        assert_eq!(problem["kind"], "not-read");
        let what = problem["what"].as_str().expect("a sentence");
        let reason = format!("(no OCR: {program} is not installed)");
        assert!(what.ends_with(&reason), "{what}");
    }
}

#[test]
fn a_photograph_without_words_needs_no_program() {
    assert_eq!(problems_without_programs("meadow.jpg"), [] as [Value; 0]);
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn a_worker_with_programs_reaches_them_and_nothing_else() {
    let pool = pool(Settings::default()).await;
    let scan = with_comment(&document("sheet.jpg"), "X-Exeat-Test-Fault: reach-by-ocr ");
    let reading = read_all(&pool, &[("scan.jpg", &scan)]).await;
    assert_eq!(reading.problems, []);
    let text = text_at(&reading, "scan.jpg (read from the picture)");
    assert!(text.contains(PUPILS[0]), "{text}");
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn a_page_that_kills_its_worker_harms_no_other() {
    let pool = pool(Settings::default()).await;
    for (fault, expected) in [
        ("panic", ProblemKind::Damaged),
        ("exit", ProblemKind::Damaged),
        ("abort", ProblemKind::Hostile),
    ] {
        let comment = format!("X-Exeat-Test-Fault: {fault} ");
        let bad = with_comment(&document("sheet.jpg"), &comment);
        let good = document("screen.png");
        let reading = read_all(&pool, &[("bad.jpg", &bad), ("good.png", &good)]).await;
        let [problem] = reading.problems.as_slice() else {
            panic!("{:?}", reading.problems);
        };
        assert_eq!(problem.kind, expected, "{fault}");
        assert_eq!(problem.location.as_str(), "bad.jpg");
        text_at(&reading, "good.png (read from the picture)");
    }
}

/// Processes that were started with this word among their arguments.
#[cfg(debug_assertions)]
fn running_with(word: &str) -> usize {
    std::fs::read_dir("/proc")
        .expect("procfs")
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .filter(|arguments| {
            arguments
                .split(|&byte| byte == 0)
                .any(|argument| argument == word.as_bytes())
        })
        .count()
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn what_a_worker_has_started_ends_with_it() {
    let pool = pool(Settings {
        ocr_deadline_seconds: 3,
        ..Settings::default()
    })
    .await;
    let scan = with_comment(&document("sheet.jpg"), "X-Exeat-Test-Fault: linger ");
    let files: [(&str, &[u8]); 1] = [("scan.jpg", &scan)];
    let reading = read_all(&pool, &files);
    tokio::pin!(reading);
    // While it hangs, its child is there.
    let mut seen = 0;
    let reading = loop {
        tokio::select! {
            reading = &mut reading => break reading,
            () = tokio::task::yield_now() => seen = seen.max(running_with("page_separator=lingering")),
        }
    };
    assert_eq!(seen, 1);
    // The kernel takes its time over the dead.
    let killed = Instant::now();
    while running_with("page_separator=lingering") > 0 {
        assert!(killed.elapsed() < Duration::from_secs(10), "it lives on");
    }
    assert_eq!(reading.problems[0].kind, ProblemKind::Hostile);
    assert!(reading.problems[0].what.contains("too long"));
}
