//! The programs that OCR takes.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the programs of OCR are on this machine, if they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tools {
    pub tesseract: Option<PathBuf>,
    pub pdftoppm: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tool {
    Tesseract,
    Pdftoppm,
}

impl Tools {
    /// Looks for them where programs are.
    pub fn find() -> Self {
        Self {
            tesseract: program(Tool::Tesseract),
            pdftoppm: program(Tool::Pdftoppm),
        }
    }

    /// As [`super::run_ocr`] is told of them.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let named = [
            ("--tesseract", &self.tesseract),
            ("--pdftoppm", &self.pdftoppm),
        ];
        named
            .into_iter()
            .filter_map(|(name, path)| Some([name.into(), path.as_ref()?.into()]))
            .flatten()
            .collect()
    }
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Self::Tesseract => "tesseract",
            Self::Pdftoppm => "pdftoppm",
        }
    }

    /// The Debian package that it comes in.
    pub fn package(self) -> &'static str {
        match self {
            Self::Tesseract => "tesseract-ocr",
            Self::Pdftoppm => "poppler-utils",
        }
    }

    /// Why what it should have read was not.
    pub(super) fn missing(self) -> &'static str {
        match self {
            Self::Tesseract => "no OCR: tesseract is not installed",
            Self::Pdftoppm => "no OCR: pdftoppm is not installed",
        }
    }
}

/// A program by its name in PATH, links resolved.
fn program(tool: Tool) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(tool.name()))
        .find(|path| {
            let about = path.metadata();
            about.is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
        })
        .and_then(|path| path.canonicalize().ok())
}
