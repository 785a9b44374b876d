//! What people say of messages: which rules each of them ought to meet.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use crate::cli::school_of;
use crate::cli::trial::{self, Case, Message, Told};
use crate::finding::RuleId;
use crate::mail::Address;
use crate::tenant::Tenants;

/// Messages with their labels.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) labelled: Vec<(Case, Label)>,
    /// How many messages have none.
    pub(super) unlabelled: usize,
    /// Rules that labels name and that do not exist: misspelled, or of another
    /// version.
    pub(super) unknown: BTreeSet<String>,
}

/// The rules that a message ought to meet, and those that it may.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) due: BTreeSet<RuleId>,
    pub(super) may: BTreeSet<RuleId>,
}

impl Label {
    pub(super) fn names(&self, rule: RuleId) -> bool {
        self.due.contains(&rule) || self.may.contains(&rule)
    }
}

/// A label as it is written. What else stands there is for people.
#[derive(Debug, Deserialize)]
struct Written {
    file: Option<PathBuf>,
    rules: Vec<String>,
    /// Rules that ought to be met too, and are off where nobody switches them
    /// on.
    #[serde(default)]
    off: Vec<String>,
    #[serde(default)]
    may: Vec<String>,
    from: Option<String>,
    #[serde(default)]
    to: Vec<Address>,
    school: Option<String>,
}

/// Every labelled message of folders and lists. A label that cannot be read,
/// or whose message is not there, is an error.
pub(super) fn find(paths: &[PathBuf], tenants: &Tenants) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for path in paths {
        if path.extension().is_some_and(|ending| ending == "jsonl") {
            add_list(path, tenants, &mut found)?;
        } else {
            add_folder(path, tenants, &mut found)?;
        }
    }
    Ok(found)
}

fn add_folder(path: &Path, tenants: &Tenants, found: &mut Found) -> anyhow::Result<()> {
    ensure!(path.exists(), "{} does not exist", path.display());
    for message in trial::find(&[path.to_owned()]) {
        let name = message.name();
        let beside = Path::new(&name).with_extension("expect.json");
        match fs::read(&beside) {
            Ok(label) => {
                let added = found.add(&label, tenants, |_| Ok(message));
                added.with_context(|| beside.display().to_string())?;
            }
            Err(_) => found.unlabelled += 1,
        }
    }
    Ok(())
}

fn add_list(path: &Path, tenants: &Tenants, found: &mut Found) -> anyhow::Result<()> {
    let list = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for (line, number) in list.lines().zip(1..) {
        if !line.trim().is_empty() {
            let added = found.add(line.as_bytes(), tenants, |label| label.message(folder));
            added.with_context(|| format!("{}, line {number}", path.display()))?;
        }
    }
    Ok(())
}

impl Found {
    fn add(
        &mut self,
        label: &[u8],
        tenants: &Tenants,
        message: impl FnOnce(&Written) -> anyhow::Result<Message>,
    ) -> anyhow::Result<()> {
        let written: Written = serde_json::from_slice(label)?;
        let message = message(&written)?;
        let school = match &written.school {
            None => None,
            Some(id) => Some(Arc::clone(school_of(id, tenants)?)),
        };
        let from = written.from.as_deref().map(trial::reverse_path);
        let told = Told {
            from: from.transpose().context("from")?,
            to: written.to,
            school,
        };
        let label = Label {
            due: self.rules(written.rules.into_iter().chain(written.off)),
            may: self.rules(written.may),
        };
        self.labelled.push((Case { message, told }, label));
        Ok(())
    }

    fn rules(&mut self, names: impl IntoIterator<Item = String>) -> BTreeSet<RuleId> {
        let mut rules = BTreeSet::new();
        for name in names {
            match name.parse() {
                Ok(rule) => drop(rules.insert(rule)),
                Err(_) => drop(self.unknown.insert(name)),
            }
        }
        rules
    }
}

impl Written {
    /// The message that a list's label names.
    fn message(&self, folder: &Path) -> anyhow::Result<Message> {
        let Some(file) = &self.file else {
            bail!("`file` is missing: it names the message, relative to the list");
        };
        let path = folder.join(file);
        ensure!(path.is_file(), "{} does not exist", path.display());
        let mut messages = trial::find(&[path]);
        match messages.pop() {
            Some(message) if messages.is_empty() => Ok(message),
            _ => bail!("a label is for one message, and this is a mailbox"),
        }
    }
}
