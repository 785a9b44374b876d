//! `exeat read`: what Exeat reads in files.

mod listing;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;

use crate::extract::{Attachment, Budget, Protection, Reading};
use crate::mail::{Content, Envelope, content};
use crate::screen;
use crate::tenant::Tenant;
use crate::worker;

/// The largest file that is taken: what no relay would pass on, 1 GB.
const LARGEST: u64 = 1024 * 1024 * 1024;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  exeat read register.xlsx           what is in it, hidden sheets and all
  exeat read --full letters.zip      every text to its end
  exeat read --json inbox/           one JSON object a file, for scripts

Read the first line of each file: `protected` means that nobody opens it
without its password, `weakly protected` that a stranger can, `open` that
anybody can. `!!` says what was not read, which may hold a mail.")]
pub(super) struct Arguments {
    /// Messages or documents, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// Show long texts to their end
    #[arg(long, conflicts_with = "json")]
    full: bool,
    /// The school whose passwords are tried, by its id, where there are several
    #[arg(long, value_name = "ID")]
    school: Option<String>,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let tenant = tenant(config, arguments.school.as_deref())?;
    let nobody = Envelope::new(None, []);
    let habits = |reading: &Reading| {
        tenant.as_deref().map_or_else(Vec::new, |tenant| {
            screen::habits(&tenant.school, &nobody, reading, Timestamp::now())
        })
    };
    let program = std::env::current_exe().context("this program's own file is not to be found")?;
    let settings = worker::Settings {
        count: 1,
        ..worker::Settings::default()
    };
    let paths = files(&arguments.paths);
    super::block_on(async {
        let workers = worker::Pool::start(&program, &settings, Budget::default()).await?;
        let mut status = ExitCode::SUCCESS;
        for (index, path) in paths.iter().enumerate() {
            let bytes = match content_of(path) {
                Ok(bytes) => bytes,
                Err(error) if paths.len() == 1 => return Err(error),
                Err(error) => {
                    // The others are read all the same.
                    writeln!(io::stderr(), "exeat: {error:#}")?;
                    status = ExitCode::from(2);
                    continue;
                }
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let reading = workers.read_file_with(&name, &bytes, habits).await?;
            let path = path.display().to_string();
            if arguments.json {
                print_json(&path, &reading)?;
                continue;
            }
            let mut out = io::stdout().lock();
            if index > 0 {
                writeln!(out, "\n{}\n", "─".repeat(72))?;
            }
            listing::write(&mut out, &path, &reading, arguments.full)?;
        }
        Ok(status)
    })
}

/// Every file under these paths, folders sorted by name. A path that does not
/// exist is a file too: opening it tells what is wrong.
fn files(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        collect(path, path.is_dir(), &mut found);
    }
    found
}

fn collect(path: &Path, is_folder: bool, found: &mut Vec<PathBuf>) {
    let entries = match is_folder {
        true => std::fs::read_dir(path),
        false => return found.push(path.to_owned()),
    };
    let Ok(entries) = entries else {
        return found.push(path.to_owned());
    };
    // A link to a folder is not followed: it may lead in a circle.
    let mut inside: Vec<(PathBuf, bool)> = entries
        .flatten()
        .map(|entry| {
            (
                entry.path(),
                entry.file_type().is_ok_and(|kind| kind.is_dir()),
            )
        })
        .filter(|(path, is_folder)| *is_folder || path.is_file())
        .collect();
    inside.sort();
    for (path, is_folder) in inside {
        collect(&path, is_folder, found);
    }
}

fn content_of(path: &Path) -> anyhow::Result<Content> {
    let file =
        File::open(path).with_context(|| format!("{} could not be opened", path.display()))?;
    content::collect(file, LARGEST, &std::env::temp_dir())
        .with_context(|| format!("{} could not be read", path.display()))?
        .with_context(|| format!("{} is larger than 1 GB", path.display()))
}

/// The school whose passwords are tried. Reading needs no configuration: one
/// that is not there, or has faults, is no hindrance.
fn tenant(config: &Path, school: Option<&str>) -> anyhow::Result<Option<Arc<Tenant>>> {
    if config == Path::new(super::CONFIG) && school.is_none() && !config.exists() {
        return Ok(None);
    }
    let tenants = match super::load(config) {
        Ok(config) => config.tenants,
        Err(error) if config.exists() && school.is_none() => {
            let told = format!("the passwords of the school are not tried: {error:#}");
            writeln!(io::stderr(), "exeat: {told}")?;
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    match school {
        Some(id) => Ok(Some(Arc::clone(super::school_of(id, &tenants)?))),
        None => Ok(tenants.only().cloned()),
    }
}

fn of_file(reading: &Reading) -> (&str, Protection, &str) {
    match reading.attachments.first() {
        Some(Attachment {
            kind,
            protection,
            why,
            ..
        }) => (kind, *protection, why),
        None => ("unknown", Protection::Open, ""),
    }
}

fn print_json(file: &str, reading: &Reading) -> anyhow::Result<()> {
    let (kind, protection, why) = of_file(reading);
    let texts: Vec<serde_json::Value> = reading
        .texts
        .iter()
        .map(|text| json!({ "where": text.location, "hidden": text.hidden, "text": text.text }))
        .collect();
    let mut object = json!({
        "file": file,
        "type": kind,
        "protection": protection,
        "why": why,
        "texts": texts,
        "problems": reading.problems,
    });
    if let Some(file) = reading
        .attachments
        .first()
        .filter(|file| !file.claim.is_empty())
    {
        object["claim"] = json!(file.claim);
    }
    writeln!(io::stdout(), "{object}")?;
    Ok(())
}
