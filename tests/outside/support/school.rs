//! The fictional school of the fixtures, in a folder of the test's own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder with the school's people and a configuration for free ports.
pub(crate) struct Greenfold {
    folder: TempDir,
}

impl Greenfold {
    /// `more` is appended to the configuration, inside the school's table.
    pub(crate) fn new(next_hop: SocketAddr, more: &str) -> Self {
        Self::with_head(next_hop, "", more)
    }

    /// `head` stands before the school's table.
    pub(crate) fn with_head(next_hop: SocketAddr, head: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["roster.csv", "staff.csv", "contacts.csv"] {
            fs::copy(
                fixtures().join("school").join(name),
                folder.path().join(name),
            )
            .expect("the fixtures are there");
        }
        let text = fs::read_to_string(fixtures().join("school/exeat.toml")).expect("there");
        let text = text
            .replace("127.0.0.1:2525", "127.0.0.1:0")
            .replace("127.0.0.1:8025", "127.0.0.1:0")
            .replace("127.0.0.1:2526", &next_hop.to_string());
        let (listen, school) = text.split_once("[[school]]").expect("one school");
        let (school, rules) = school
            .split_once("[school.rules]")
            .expect("rules come last");
        let text = format!("{listen}{head}\n[[school]]{school}{more}\n[school.rules]{rules}");
        fs::write(folder.path().join("exeat.toml"), text).expect("writable");
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder().join("exeat.toml")
    }

    /// Adds lines to `[listen]`.
    pub(crate) fn listen(&self, lines: &str) {
        self.rewrite(|text| text.replacen("[listen]\n", &format!("[listen]\n{lines}\n"), 1));
    }

    /// Who may relay, in the place of this machine: entries of `clients`.
    pub(crate) fn clients(&self, entries: &str) {
        self.rewrite(|text| text.replace("\"127.0.0.1/32\"", entries));
    }

    /// Changes the configuration's text.
    pub(crate) fn rewrite(&self, change: impl Fn(&str) -> String) {
        let text = fs::read_to_string(self.config()).expect("there");
        fs::write(self.config(), change(&text)).expect("writable");
    }
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// What a fixture says must happen to its mail.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Expectation {
    pub(crate) action: String,
    pub(crate) rules: Vec<String>,
    pub(crate) may: Vec<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<Vec<String>>,
}

/// Every sample mail: its name, its bytes, and what must happen to it.
pub(crate) fn mails() -> Vec<(String, Vec<u8>, Expectation)> {
    let folder = fixtures().join("mails");
    let mut names: Vec<String> = fs::read_dir(folder.clone())
        .expect("the fixtures are there")
        .filter_map(|entry| entry.expect("readable").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".eml").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 60, "only {} mails", names.len());
    names
        .into_iter()
        .map(|name| {
            let message = fs::read(folder.join(format!("{name}.eml"))).expect("readable");
            let expected = fs::read(folder.join(format!("{name}.expect.json")))
                .unwrap_or_else(|_| panic!("{name} has no expectation"));
            let expected =
                serde_json::from_slice(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, message, expected)
        })
        .collect()
}
