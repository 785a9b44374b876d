//! Imports run one way, down the layers that `src/lib.rs` names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// From the top; modules of one row may import each other, without a circle.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    &["config"],
    &["smtp", "console", "outbox"],
    &["screen", "store", "notice", "tenant"],
    &["policy"],
    &["check"],
    &["worker", "extract", "school", "patterns"],
    &["mail", "finding", "failpoint"],
];

fn depth(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("module {module} has no layer"))
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("src is there");
    for path in entries.map(|entry| entry.expect("readable").path()) {
        if path.is_dir() {
            // Tests may look at anything.
            if path.file_name().is_none_or(|name| name != "tests") {
                sources(&path, into);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

/// The top module of a source file: `src/mail/address.rs` is of `mail`.
fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix("src").expect("below src");
    let first = inside.components().next().expect("a name").as_os_str();
    let name = first.to_str().expect("UTF-8");
    name.trim_end_matches(".rs").to_owned()
}

/// Every module that a source names after `crate::`, with its line.
fn imports(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in source.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            // `use crate::{a, b::C};` names several.
            let named: Vec<&str> = match rest.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or(list).split(',').collect(),
                None => vec![rest],
            };
            for name in named {
                let name = name.trim_start();
                let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_'));
                found.push((number + 1, name[..end.unwrap_or(name.len())].to_owned()));
            }
        }
    }
    found
}

fn arrows() -> Vec<(String, String, String)> {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    assert!(files.len() > 20, "only {} sources found", files.len());
    let mut arrows = Vec::new();
    for file in files {
        let from = module_of(&file);
        if from == "lib" || from == "main" {
            continue;
        }
        let source = std::fs::read_to_string(&file).expect("readable");
        for (line, to) in imports(&source) {
            arrows.push((from.clone(), to, format!("{}:{line}", file.display())));
        }
    }
    arrows
}

#[test]
fn no_import_runs_up() {
    for (from, to, place) in arrows() {
        assert!(
            depth(&from) <= depth(&to),
            "{place}: {from} imports {to}, which lies above it"
        );
        assert!(
            to != "config" || from == "cli" || from == "config",
            "{place}: only cli imports config"
        );
    }
}

#[test]
fn siblings_make_no_circle() {
    let mut graph: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (from, to, _) in arrows() {
        if from != to {
            graph.entry(from).or_default().push(to);
        }
    }
    for start in graph.keys() {
        let mut seen = Vec::new();
        let mut next: Vec<&String> = graph[start].iter().collect();
        while let Some(module) = next.pop() {
            assert!(module != start, "{start} comes to import itself");
            if !seen.contains(&module) {
                seen.push(module);
                next.extend(graph.get(module).into_iter().flatten());
            }
        }
    }
}

#[test]
fn an_upward_arrow_would_be_seen() {
    let source = "use crate::cli::run;\nlet x = crate::store::open();\n// crate::config\nuse crate::{mail, smtp::Reply};\n";
    let found = imports(source);
    let found: Vec<(usize, &str)> = found
        .iter()
        .map(|(line, name)| (*line, name.as_str()))
        .collect();
    assert_eq!(found, [(1, "cli"), (2, "store"), (4, "mail"), (4, "smtp")]);
    assert!(depth("mail") > depth("cli"));
}
