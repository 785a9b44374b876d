//! `exeat read`: what Exeat reads in a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;

use crate::config;
use crate::extract::{Attachment, Budget, Protection, Reading};
use crate::mail::{Envelope, content};
use crate::screen;
use crate::tenant::Tenant;
use crate::worker;

/// The largest file that is taken: what no relay would pass on, 1 GB.
const LARGEST: u64 = 1024 * 1024 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A message or a document
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The school whose passwords are tried, by its id, where there are several
    #[arg(long, value_name = "ID")]
    school: Option<String>,
}

pub(super) fn run(config: &Path, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let path = &arguments.file;
    let file =
        File::open(path).with_context(|| format!("{} could not be opened", path.display()))?;
    let bytes = content::collect(file, LARGEST, &std::env::temp_dir())
        .with_context(|| format!("{} could not be read", path.display()))?
        .with_context(|| format!("{} is larger than 1 GB", path.display()))?;
    let program = std::env::current_exe().context("this program's own file is not to be found")?;
    let settings = worker::Settings {
        count: 1,
        ..worker::Settings::default()
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let tenant = tenant(config, arguments.school.as_deref())?;
    let nobody = Envelope::new(None, []);
    let habits = |reading: &Reading| {
        tenant.as_deref().map_or_else(Vec::new, |tenant| {
            screen::habits(&tenant.school, &nobody, reading, Timestamp::now())
        })
    };
    let reading = super::block_on(async {
        let workers = worker::Pool::start(&program, &settings, Budget::default()).await?;
        Ok(workers.read_file_with(&name, &bytes, habits).await?)
    })?;
    if arguments.json {
        print_json(&path.display().to_string(), &reading)?;
    } else {
        print_lines(&reading)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The school whose passwords are tried. Reading needs no configuration: one
/// that is not there, or has faults, is no hindrance.
fn tenant(config: &Path, school: Option<&str>) -> anyhow::Result<Option<Arc<Tenant>>> {
    if config == Path::new(super::CONFIG) && school.is_none() && !config.exists() {
        return Ok(None);
    }
    let tenants = match config::load(config) {
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

fn print_lines(reading: &Reading) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for attachment in &reading.attachments {
        let why = match attachment.why.as_str() {
            "" => String::new(),
            why => format!(" ({why})"),
        };
        let claim = match attachment.claim.as_str() {
            "" => String::new(),
            claim => format!(", though {claim}"),
        };
        let protection = match attachment.protection {
            Protection::Open => "open",
            Protection::Weak => "weakly protected",
            Protection::Protected => "protected",
        };
        writeln!(
            out,
            "{}: {}, {protection}{why}{claim}",
            attachment.location, attachment.kind
        )?;
    }
    for text in &reading.texts {
        // Most hidden places are called so already.
        let hidden = match text.hidden && !text.location.as_str().contains("hidden") {
            true => " (hidden)",
            false => "",
        };
        writeln!(out, "\n── {}{hidden}", text.location)?;
        writeln!(out, "{}", text.text.trim_end())?;
    }
    for problem in &reading.problems {
        writeln!(out, "\n!! {}: {}", problem.location, problem.what)?;
    }
    Ok(())
}
