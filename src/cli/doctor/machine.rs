//! The machine: its sandbox, its programs, its room.

use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::process::{Resource, getrlimit};

use super::storage::Server;
use super::{Line, causes, odd, ok, wrong};
use crate::config::Config;
use crate::extract::Budget;
use crate::worker::{self, Pool, Tool, Tools};

/// Bytes of space below which a store may soon be unable to commit.
const SCARCE: u64 = 1024 * 1024 * 1024; // 1 GB
const NONE_LEFT: u64 = 100 * 1024 * 1024; // 100 MB
/// Files that a server has open beside its connections.
const FILES: u64 = 100;

pub(super) fn workers(settings: &worker::Settings) -> Vec<Line> {
    let confinement = crate::cli::block_on(async {
        let program = std::env::current_exe()?;
        Ok(Pool::confinement(&program, settings, Budget::default()).await)
    });
    match confinement {
        Ok(Ok(fences)) => {
            let fence = |about, name: &str, stands, needs| match stands {
                true => ok(about, format!("{name} is in force")),
                false => odd(
                    about,
                    format!(
                        "{name} is not in force: a reader that is taken over has one fence less"
                    ),
                    needs,
                ),
            };
            vec![
                ok("workers", "they start and read"),
                fence(
                    "sandbox",
                    "Landlock (no file system)",
                    fences.files,
                    "it takes Linux 5.13 or later, with landlock among the kernel's `lsm=`",
                ),
                fence(
                    "sandbox",
                    "seccomp (few calls of the kernel)",
                    fences.calls,
                    "it takes a kernel with CONFIG_SECCOMP_FILTER, and a container that allows it",
                ),
            ]
        }
        Ok(Err(fault)) => vec![wrong(
            "workers",
            format!(
                "none starts, so that no mail can be read: {}",
                causes(&fault)
            ),
            "see that this binary may be executed, and that [workers] memory is not too little",
        )],
        Err(error) => vec![wrong(
            "workers",
            format!("{error:#}"),
            "see that this binary is still there",
        )],
    }
}

pub(super) fn tools(settings: &worker::Settings) -> Vec<Line> {
    if !settings.ocr {
        let said = "switched off: each picture that could hold a page is told as not read";
        return vec![ok("ocr", said)];
    }
    let tools = Tools::find();
    [
        (Tool::Tesseract, &tools.tesseract, "pictures and scans are"),
        (Tool::Pdftoppm, &tools.pdftoppm, "PDFs that are scans are"),
    ]
    .into_iter()
    .map(|(tool, found, unread)| match found {
        Some(path) => ok("ocr", path.display()),
        None => odd(
            "ocr",
            format!(
                "{} is missing: {unread} told as unreadable-content of the class not-read, and pass by default",
                tool.name()
            ),
            format!("apt install {}, then start the server anew", tool.package()),
        ),
    })
    .collect()
}

/// Descriptors, the folder for large messages, and the clock.
pub(super) fn limits(config: &Config, server: Server) -> Vec<Line> {
    let mut lines = vec![space("spill", &std::env::temp_dir()), clock(config)];
    let limits = &config.relay.limits;
    let needed = u64::try_from(limits.connections)
        .unwrap_or(u64::MAX)
        .saturating_mul(2)
        + FILES;
    let whose = match server {
        Server::Absent => "this shell's limit",
        _ => "this shell's limit (the server has its own)",
    };
    lines.push(match getrlimit(Resource::Nofile).current {
        Some(most) if most < needed => odd(
            "descriptors",
            format!(
                "{whose} is {most}; {} connections may take {needed}",
                limits.connections
            ),
            "LimitNOFILE=8192 in the service's unit, or fewer [listen.limits] connections",
        ),
        Some(most) => ok(
            "descriptors",
            format!("{whose} is {most}, {needed} may be needed"),
        ),
        None => ok("descriptors", "no limit"),
    });
    lines
}

/// A clock that is wrong makes wrong times in notices, and holds expire early
/// or late. The configuration was written before now.
fn clock(config: &Config) -> Line {
    let written = config
        .files
        .first()
        .and_then(|path| path.metadata().ok()?.modified().ok());
    let now = jiff::Zoned::now();
    let said = now.strftime("%A, %d %B %Y, %H:%M:%S %Z").to_string();
    let ahead = written.and_then(|written| written.duration_since(SystemTime::now()).ok());
    match ahead {
        Some(ahead) if ahead > Duration::from_secs(120) => wrong(
            "clock",
            format!("{said}, which is before the configuration was written"),
            "set this machine's clock: apt install systemd-timesyncd, or ask your provider",
        ),
        _ => ok("clock", said),
    }
}

/// How much room there is.
pub(super) fn space(about: &'static str, folder: &Path) -> Line {
    let room = match rustix::fs::statvfs(folder) {
        Ok(room) => room,
        Err(error) => {
            return wrong(
                about,
                format!("{} cannot be looked at: {error}", folder.display()),
                "make the folder, and let Exeat's user write in it",
            );
        }
    };
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let said = format!(
        "{}: {} of space left",
        folder.display(),
        crate::cli::size(free)
    );
    let todo = "make room: without it mail is answered with 451 and waits at its sender";
    match free {
        ..NONE_LEFT => wrong(about, said, todo),
        NONE_LEFT..SCARCE => odd(about, said, todo),
        _ => ok(about, said),
    }
}
