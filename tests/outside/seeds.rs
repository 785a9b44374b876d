//! The seeds of fuzzing, passed through what fuzzing runs.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/entries.rs"]
mod entries;

#[test]
fn every_seed_passes() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (target, run) in entries::TARGETS {
        let mut files: Vec<_> = fs::read_dir(seeds.join(target))
            .unwrap_or_else(|error| panic!("{target}: {error}"))
            .map(|entry| entry.expect("a folder of the source").path())
            .collect();
        files.sort();
        assert!(files.len() >= 5, "{target} has few seeds");
        for file in files {
            eprintln!("{target}: {}", file.display());
            run(&fs::read(&file).expect("a file of the source"));
        }
    }
}

#[test]
fn every_target_has_its_entry_and_every_folder_its_target() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |folder: &str| {
        let mut names: Vec<String> = fs::read_dir(fuzz.join(folder))
            .expect("a folder of the source")
            .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
            .collect();
        names.sort();
        names
    };
    let mut targets: Vec<String> = entries::TARGETS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    targets.sort();
    assert_eq!(names("targets"), targets);
    assert_eq!(names("seeds"), targets);
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).expect("a file of the source");
    for target in targets {
        assert!(
            manifest.contains(&format!("\"targets/{target}.rs\"")),
            "{target}"
        );
    }
}
