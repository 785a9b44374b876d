//! `exeat roster|staff|contacts import`: a list of people in the place of the
//! old one, after a look at what that changes.

mod preview;

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::school::change::{self, Change, Entry};
use crate::school::import::record::PupilRecord;
use crate::school::import::{
    self, ImportError, Listed, Source, Warning, read_contacts, read_roster, read_staff,
};
use crate::school::kept::{
    Gathering, KeptPupil, by_reference, keep_contacts, keep_member, with_former,
};
use crate::school::names::NameKey;
use crate::store::people::{Before, Former, List, Replacement, before_import};
use crate::store::{Access, Actor, Settings, Store};
use crate::tenant::Tenant;

use preview::Preview;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Put the people of an export in the place of those who are there
    ///
    /// Shows first what the file is, which column is taken for what, and how
    /// many people come, go and change; then asks. A running server takes the
    /// new list up by itself within seconds.
    Import(Arguments),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  exeat roster import pupils.csv --school greenfold --dry-run
  exeat roster import oneroster.zip --school greenfold
  exeat contacts import ctf.xml --school greenfold --yes

Taken are the DfE's Common Transfer File (XML), OneRoster 1.1 and 1.2 and
Microsoft School Data Sync v1 and v2.1 (a zip or folder of their CSV files),
and CSV of SIMS, Arbor, Bromcom, Wonde and ScholarPack with headings in the
first row. What a file is, is told by what stands in it.

An import takes the place of the list that the configuration names, and is
kept in the store: names as keyed fingerprints, the rest sealed. Pupils who
are missing from a new roster count as pupils for `former_for` (2 years) more.
Delete the export afterwards: it is not needed, and it is in clear.")]
pub(super) struct Arguments {
    /// The export, or the folder with its files
    #[arg(value_name = "FILE|FOLDER")]
    path: PathBuf,
    /// The school, by its id; may be left out where there is one
    #[arg(long, value_name = "ID")]
    school: Option<String>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; needed where nobody can be asked
    #[arg(long)]
    yes: bool,
    /// Take a list that loses more than a tenth of its people, leavers of the
    /// top year apart
    #[arg(long)]
    force: bool,
}

/// The most that an export may hold.
const LARGEST: u64 = 1024 * 1024 * 1024; // 1 GB

pub(super) fn run(path: &Path, list: List, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Import(arguments) = command;
    let config = super::load(path)?;
    let tenant = match (&arguments.school, config.tenants.only()) {
        (Some(id), _) => super::school_of(id, &config.tenants)?,
        (None, Some(only)) => only,
        (None, None) => bail!("there are several schools; --school says whose list this is"),
    };
    let files = files_at(&arguments.path)?;
    let sources: Vec<Source<'_>> = files
        .iter()
        .map(|(name, bytes)| Source { name, bytes })
        .collect();
    let job = Job {
        arguments,
        settings: &config.store,
        tenant,
        now: Timestamp::now(),
    };
    match list {
        List::Roster => job.roster(&sources),
        List::Staff => job.staff(&sources),
        List::Contacts => job.contacts(&sources),
    }
}

struct Job<'a> {
    arguments: &'a Arguments,
    settings: &'a Settings,
    tenant: &'a Arc<Tenant>,
    now: Timestamp,
}

/// What is to be kept, beside what has been.
struct Plan<T> {
    records: Vec<T>,
    former: Former,
    change: Change,
}

impl Job<'_> {
    fn roster(&self, sources: &[Source<'_>]) -> anyhow::Result<ExitCode> {
        let listed = read_roster(sources).map_err(all)?;
        let before: Before<KeptPupil> = self.before(List::Roster)?;
        let new = kept_roster(&listed.records, key_of(&before)?).map_err(all)?;
        let had = match before.imported {
            Some(_) => change::pupils(&before.records),
            None => change::pupils_of(&self.tenant.school.people),
        };
        let change = Change::between(&had, &change::pupils(&new));
        let mut warnings = listed.warnings.clone();
        warnings.extend(import::oddities(&listed.records));
        // A row that repeats another's pupil is told by the count.
        warnings.retain(|warning| !matches!(warning, Warning::Repeated(_)));
        let mut preview = self.preview(List::Roster, &listed, change, warnings);
        preview.repeated = listed.records.len() - new.len();
        preview.samples = new
            .iter()
            .map(|pupil| preview::sample([&pupil.initials, &pupil.year, &pupil.form]))
            .take(3)
            .collect();
        if !self.agreed(&preview)? {
            return Ok(ExitCode::from(u8::from(
                change.shrinks() && !self.arguments.force,
            )));
        }
        self.replace(List::Roster, &before, &listed.format.to_string(), |key| {
            let new = kept_roster(&listed.records, key).map_err(all)?;
            let gone = self.tenant.former_since(self.now);
            let records = with_former(new, before.records.clone(), self.now, gone);
            Ok(Plan {
                former: Former::among(&records),
                records,
                change,
            })
        })
    }

    fn staff(&self, sources: &[Source<'_>]) -> anyhow::Result<ExitCode> {
        let listed = read_staff(sources).map_err(all)?;
        let before: Before<crate::school::Staff> = self.before(List::Staff)?;
        let new: Vec<_> = listed.records.iter().cloned().map(keep_member).collect();
        let had = match before.imported {
            Some(_) => change::staff(&before.records),
            None => change::staff(&self.tenant.school.people.staff),
        };
        let change = Change::between(&had, &change::staff(&new));
        let mut warnings = listed.warnings.clone();
        let domains = &self.tenant.school.domains;
        warnings.extend(import::outsiders(&listed.records, domains));
        let mut preview = self.preview(List::Staff, &listed, change, warnings);
        let samples = listed.records.iter().map(|member| {
            preview::sample([&preview::initials([&member.forename, &member.surname])])
        });
        preview.samples = samples.take(3).collect();
        if !self.agreed(&preview)? {
            return Ok(ExitCode::from(u8::from(
                change.shrinks() && !self.arguments.force,
            )));
        }
        self.replace(List::Staff, &before, &listed.format.to_string(), |_| {
            Ok(Plan {
                records: new.clone(),
                former: Former::default(),
                change,
            })
        })
    }

    fn contacts(&self, sources: &[Source<'_>]) -> anyhow::Result<ExitCode> {
        let listed = read_contacts(sources).map_err(all)?;
        let people = &self.tenant.school.people;
        let mut new = keep_contacts(listed.records.clone());
        by_reference(&mut new, people);
        let before: Before<crate::school::kept::KeptContact> = self.before(List::Contacts)?;
        let had: Vec<Entry> = match before.imported {
            Some(_) => change::contacts(&before.records),
            None => change::contacts_of(people),
        };
        let change = Change::between(&had, &change::contacts(&new));
        let mut warnings = listed.warnings.clone();
        let knows = |id: &str| people.pupil_of_id(id).is_some();
        warnings.extend(import::strangers(&listed.records, knows));
        let mut preview = self.preview(List::Contacts, &listed, change, warnings);
        let samples = listed.records.iter().map(|contact| {
            let words = contact.name.split_whitespace();
            let initials = preview::initials(words);
            preview::sample([&initials, &format!("{:?}", contact.class).to_lowercase()])
        });
        preview.samples = samples.take(3).collect();
        preview.restricted = new
            .iter()
            .filter(|contact| !contact.restricted.is_empty())
            .count();
        if !self.agreed(&preview)? {
            return Ok(ExitCode::from(u8::from(
                change.shrinks() && !self.arguments.force,
            )));
        }
        self.replace(List::Contacts, &before, &listed.format.to_string(), |_| {
            Ok(Plan {
                records: new.clone(),
                former: Former::default(),
                change,
            })
        })
    }

    fn before<T: DeserializeOwned>(&self, list: List) -> anyhow::Result<Before<T>> {
        let school = &self.tenant.school.id;
        let before = before_import(self.settings, school, list);
        super::block_on(async { Ok(before.await?) })
    }

    fn preview<'l, T>(
        &'l self,
        list: List,
        listed: &'l Listed<T>,
        change: Change,
        warnings: Vec<Warning>,
    ) -> Preview<'l> {
        Preview {
            list,
            school: &self.tenant.school,
            path: &self.arguments.path,
            format: listed.format,
            taken: &listed.taken,
            change,
            repeated: 0,
            restricted: 0,
            samples: Vec::new(),
            warnings,
        }
    }

    /// Shows what would happen, and asks whether it may. A list that shrinks
    /// is an error, unless nothing would happen anyway.
    fn agreed(&self, preview: &Preview<'_>) -> anyhow::Result<bool> {
        let mut out = io::stdout().lock();
        preview.print(&mut out)?;
        let refused = preview.change.shrinks() && !self.arguments.force;
        if self.arguments.dry_run {
            let end = match refused {
                true => "Nothing was changed; without --force the import would be refused.",
                false => "Nothing was changed.",
            };
            writeln!(out, "\n{end}")?;
            return Ok(false);
        }
        if refused {
            bail!(
                "the {} would shrink from {} to {}, by more than a tenth, leavers of the top \
                 year apart: nothing was imported. See that the export is of the whole school; \
                 if it is meant so, add --force",
                preview.list.as_str(),
                preview.change.before,
                preview.change.after
            );
        }
        if self.arguments.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            bail!("nothing was imported: nobody can be asked here; --yes agrees beforehand");
        }
        write!(out, "\nPut this in place? [y/N] ")?;
        out.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        let agreed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
        if !agreed {
            writeln!(out, "Nothing was changed.")?;
        }
        Ok(agreed)
    }

    /// Opens the store, and makes it where there is none, to put in what the
    /// plan makes under its key.
    fn replace<B, T: Serialize>(
        &self,
        list: List,
        before: &Before<B>,
        format: &str,
        plan: impl FnOnce(NameKey) -> anyhow::Result<Plan<T>>,
    ) -> anyhow::Result<ExitCode> {
        let school = &*self.tenant.school.id;
        super::block_on(async {
            let store = Store::open(self.settings, Access::Command).await?;
            let plan = plan(NameKey::new(store.names_key(school)))?;
            let change = plan.change;
            let replacement = Replacement {
                school,
                list,
                before: before.imported.as_ref().map(|known| known.generation),
                records: &plan.records,
                former: plan.former,
                format: format.to_owned(),
                counts: json!({
                    "now": change.after,
                    "added": change.added,
                    "gone": change.gone,
                    "changed": change.changed,
                    "former": plan.former.count,
                }),
            };
            let actor = Actor {
                name: super::user(),
                reason: String::new(),
            };
            store.replace_people(&replacement, &actor).await?;
            store.close().await?;
            writeln!(
                io::stdout(),
                "\nDone: {} in place. A running server takes them up within seconds.\n\
                 The export is not needed any more; delete it, for it is in clear.",
                change.after
            )?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn key_of<T>(before: &Before<T>) -> anyhow::Result<NameKey> {
    match &before.key {
        Some(key) => Ok(key.clone()),
        // Without a store there is nothing to compare fingerprints with.
        None => NameKey::random().context("the system gives no random numbers"),
    }
}

/// What is kept of pupils: of several rows of one, the first.
fn kept_roster(records: &[PupilRecord], key: NameKey) -> Result<Vec<KeptPupil>, Vec<ImportError>> {
    import::unique(records, &Gathering::new(key))
}

/// All faults of a file, each on a line of its own.
fn all(errors: Vec<ImportError>) -> anyhow::Error {
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("nothing was imported:\n  {}", errors.join("\n  "))
}

/// A file, or the files of a folder, by name.
fn files_at(path: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let context = || format!("{} could not be read", path.display());
    let mut paths = vec![path.to_owned()];
    if fs::metadata(path).with_context(context)?.is_dir() {
        paths = fs::read_dir(path)
            .with_context(context)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<_>>()
            .with_context(context)?;
        paths.retain(|path| path.is_file());
        paths.sort();
    }
    let mut left = LARGEST;
    let mut files = Vec::new();
    for path in paths {
        let size = fs::metadata(&path).with_context(context)?.len();
        left = left
            .checked_sub(size)
            .with_context(|| format!("{} is larger than any list of people", path.display()))?;
        let bytes = fs::read(&path).with_context(context)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') {
            files.push((name.into_owned(), bytes));
        }
    }
    Ok(files)
}
