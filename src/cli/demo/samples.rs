//! The fixtures that the binary carries: a fictional school and its mail.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::finding::Action;
use crate::mail::{Address, Envelope};

#[derive(RustEmbed)]
#[folder = "fixtures/school"]
struct SchoolFiles;

#[derive(RustEmbed)]
#[folder = "fixtures/mails"]
struct MailFiles;

/// A sample mail and what ought to happen to it.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) message: Vec<u8>,
    pub(super) expected: Expectation,
}

#[derive(Debug, Deserialize)]
pub(super) struct Expectation {
    pub(super) action: Action,
    rules: Vec<String>,
    from: Option<String>,
    to: Option<Vec<Address>>,
}

/// Writes the school into a folder, with a configuration for these addresses.
pub(super) fn write_school(
    folder: &Path,
    smtp: SocketAddr,
    console: SocketAddr,
    next_hop: SocketAddr,
) -> io::Result<()> {
    for name in SchoolFiles::iter() {
        let Some(file) = SchoolFiles::get(&name) else {
            continue;
        };
        if name != "exeat.toml" {
            fs::write(folder.join(&*name), file.data)?;
            continue;
        }
        let text = String::from_utf8_lossy(&file.data)
            .replace("127.0.0.1:2525", &smtp.to_string())
            .replace("127.0.0.1:8025", &console.to_string())
            .replace("127.0.0.1:2526", &next_hop.to_string())
            .replace(
                "https://exeat.greenfold.sch.example",
                &format!("http://{console}"),
            );
        fs::write(folder.join("exeat.toml"), text)?;
    }
    Ok(())
}

/// Of samples that meet the same fate for the same reason so many are shown:
/// what is shown is read, and dozens of a kind are not.
const ALIKE: usize = 2;

/// A choice of samples of every kind, the mildest action first.
pub(super) fn samples() -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let mut shown: HashMap<_, usize> = HashMap::new();
    for file in MailFiles::iter() {
        let Some(name) = file.strip_suffix(".eml") else {
            continue;
        };
        let expected = MailFiles::get(&format!("{name}.expect.json"))
            .with_context(|| format!("{name} has no expectation"))?;
        let expected: Expectation =
            serde_json::from_slice(&expected.data).context(name.to_owned())?;
        // What only looks like a fault is told by its name: "subject-…".
        let looks_like = match expected.rules.is_empty() {
            true => name.split('-').next(),
            false => None,
        };
        let kind = (
            expected.action,
            expected.rules.clone(),
            looks_like.map(str::to_owned),
        );
        let alike = shown.entry(kind).or_default();
        *alike += 1;
        if *alike > ALIKE {
            continue;
        }
        let message = MailFiles::get(&file)
            .context("listed, so there")?
            .data
            .into_owned();
        samples.push(Sample {
            name: name.to_owned(),
            message,
            expected,
        });
    }
    samples.sort_by(|a, b| (a.expected.action, &a.name).cmp(&(b.expected.action, &b.name)));
    Ok(samples)
}

impl Sample {
    /// The envelope: that of the header, unless the expectation has its own.
    pub(super) fn envelope(&self, from_header: Envelope) -> anyhow::Result<Envelope> {
        let reverse_path = match self.expected.from.as_deref() {
            None => from_header.reverse_path,
            Some("<>") => None,
            Some(address) => Some(address.parse()?),
        };
        Ok(match &self.expected.to {
            None => Envelope {
                reverse_path,
                ..from_header
            },
            Some(to) => Envelope::new(reverse_path, to.iter().cloned()),
        })
    }
}
