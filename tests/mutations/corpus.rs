//! The files that are mutated: the corpus, and the sample documents.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::dice::Dice;
use crate::mutation::mutate;

/// A file as it was made.
#[derive(Debug)]
pub(crate) struct Base {
    /// `plain/list.xls`: its place below `fixtures/corpus`, or below
    /// `fixtures`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Pupils' data are in it, by its truth.
    pub(crate) personal: bool,
}

/// A case of a file, by which it can be repeated.
#[derive(Debug, Clone)]
pub(crate) struct Case<'b> {
    pub(crate) base: &'b Base,
    pub(crate) number: u64,
}

/// What the corpus says of a file, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Truth {
    file: String,
    #[serde(default)]
    personal: bool,
}

impl Base {
    /// The end of its name.
    pub(crate) fn ending(&self) -> &str {
        let name = Path::new(&self.name);
        name.extension()
            .and_then(|end| end.to_str())
            .unwrap_or_default()
    }
}

impl Case<'_> {
    pub(crate) fn name(&self) -> String {
        format!("{}#{}", self.base.name, self.number)
    }

    pub(crate) fn bytes(&self, seed: u64) -> Vec<u8> {
        let mut dice = Dice::new(seed, &self.base.name, self.number);
        mutate(&self.base.bytes, &mut dice)
    }
}

/// Every file, in the order of their names.
pub(crate) fn bases() -> Vec<Base> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut bases = Vec::new();
    for set in folder(&fixtures.join("corpus")) {
        let lines = fs::read_to_string(set.join("truth.jsonl")).unwrap_or_default();
        for line in lines.lines() {
            let truth: Truth =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            bases.push(base(
                &fixtures.join("corpus"),
                &set.join(&truth.file),
                truth.personal,
            ));
        }
    }
    let documents = fixtures.join("documents");
    let all = [folder(&documents), folder(&documents.join("sealed"))].concat();
    let scripts = ["py", "sh", "md"].map(|end| Some(end.as_ref()));
    let files = all
        .iter()
        .filter(|path| path.is_file() && !scripts.contains(&path.extension()));
    bases.extend(files.map(|path| base(&fixtures, path, false)));
    assert!(bases.len() >= 100, "only {} files", bases.len());
    bases
}

fn base(above: &Path, path: &Path, personal: bool) -> Base {
    let name = path.strip_prefix(above).expect("it is below");
    Base {
        name: name.to_str().expect("UTF-8").to_owned(),
        bytes: fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        personal,
    }
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let paths: BTreeSet<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.into_iter().collect()
}
