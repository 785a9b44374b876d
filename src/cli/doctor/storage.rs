//! The store, its key, its journal, and whether a server has it.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::{Line, causes, machine, odd, ok, wrong};
use crate::config::Config;
use crate::console;
use crate::console::control::{Answer, Request};
use crate::store::{Inside, LastEntry, Look, StoreError, look as look_at};

/// A server that serves this store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    Runs,
    /// It runs by its socket, and does not answer.
    Mute,
    Absent,
}

pub(super) fn look(config: &Config) -> (Server, Vec<Line>) {
    let (server, line) = server(config);
    let mut lines = vec![line];
    let looked = crate::cli::block_on(async { Ok(look_at(&config.store).await) });
    match looked {
        Ok(Ok(look)) => lines.extend(told(&look)),
        Ok(Err(error)) => lines.push(broken(&error)),
        Err(error) => lines.push(wrong(
            "store",
            format!("{error:#}"),
            "start the machine anew",
        )),
    }
    (server, lines)
}

fn server(config: &Config) -> (Server, Line) {
    let path = console::path(&config.store);
    let question = Request::List {
        school: None,
        states: Vec::new(),
        limit: 1,
    };
    match console::call(&path, &question) {
        Ok(None) => (
            Server::Absent,
            odd(
                "server",
                "no `exeat serve` runs with this store",
                "start it, if it should run: systemctl start exeat",
            ),
        ),
        Ok(Some(Answer::Failed { why })) => (
            Server::Runs,
            wrong(
                "server",
                format!("it runs, and its store fails: {why}"),
                "see its log",
            ),
        ),
        Ok(Some(_)) => (
            Server::Runs,
            ok("server", "`exeat serve` runs and answers commands"),
        ),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => (
            Server::Mute,
            wrong(
                "server",
                format!("{} may not be opened by this user", path.display()),
                "run this command as the user that Exeat runs as: sudo -u exeat exeat doctor",
            ),
        ),
        Err(error) => (
            Server::Mute,
            wrong(
                "server",
                format!("it runs, and does not answer commands: {error}"),
                "see its log; end it with SIGTERM and start it anew",
            ),
        ),
    }
}

fn told(look: &Look) -> Vec<Line> {
    let name = look.path.as_deref().map_or_else(
        || "the PostgreSQL store".to_owned(),
        |path| path.display().to_string(),
    );
    let mut lines = Vec::new();
    match &look.inside {
        Inside::Unmade => {
            lines.push(ok(
                "store",
                format!("{name}: none yet; the first `exeat serve` makes it"),
            ));
        }
        Inside::Unsettled => lines.push(odd(
            "store",
            format!(
                "{name}: its last server was killed, and left a log that only a start takes up"
            ),
            "start `exeat serve`",
        )),
        Inside::Made {
            version,
            newest,
            opens,
            restored,
            bypasses,
            last,
        } => {
            lines.push(match version < newest {
                true => ok(
                    "store",
                    format!("{name}: version {version}; the next start brings it to {newest}"),
                ),
                false => ok("store", format!("{name}: version {version}, the newest")),
            });
            if let Err(error) = opens {
                lines.push(broken_key(error));
            }
            if *restored {
                lines.push(odd(
                    "outbox",
                    "the store was restored from a backup: nothing is sent from the outbox",
                    "see with `exeat outbox list` what waits, drop what was sent already, then `exeat outbox resume --reason …`",
                ));
            }
            lines.extend(bypasses.iter().map(|bypass| {
                let (school, until, by) = (&bypass.school, bypass.until, &bypass.by);
                odd(
                    "bypass",
                    format!("mail of {school} leaves unscreened until {until}, by {by}"),
                    "`exeat bypass --end --reason …` ends it",
                )
            }));
            lines.push(journal(last.as_ref()));
        }
    }
    match &look.key {
        Ok(()) => {
            let said = format!("{}: there, and closed to others", look.key_file.display());
            lines.push(ok("key", said));
        }
        Err(StoreError::NoKey(_))
            if matches!(look.inside, Inside::Unmade) && look.path.is_some() =>
        {
            lines.push(ok("key", "none yet; it is made with the store"));
        }
        Err(error) => lines.push(broken_key(error)),
    }
    if let Some(path) = &look.path {
        let folder = path.parent().unwrap_or(Path::new("/"));
        lines.push(machine::space("store", folder));
    }
    lines
}

fn journal(last: Option<&LastEntry>) -> Line {
    let Some(last) = last else {
        return wrong(
            "journal",
            "it is empty, though the store is made",
            "restore the store from a backup",
        );
    };
    let ago = Timestamp::now().duration_since(last.time);
    let said = format!("last entry {} ({}) at {}", last.row, last.kind, last.time);
    if ago < SignedDuration::from_mins(-2) {
        return wrong(
            "clock",
            format!("the journal's {said}, which is yet to come"),
            "set this machine's clock: apt install systemd-timesyncd, or ask your provider",
        );
    }
    ok("journal", said)
}

fn broken(error: &StoreError) -> Line {
    let todo = match error {
        StoreError::Newer { .. } => "run the newer release that made it",
        StoreError::Foreign(_) => "name another file or database under [store] url",
        StoreError::Damaged(_) => "restore it from a backup",
        _ => "see that the file or database is there and that this user may read it",
    };
    wrong("store", causes(error), todo)
}

fn broken_key(error: &StoreError) -> Line {
    let todo = match error {
        StoreError::KeyExposed(path) => format!("chmod 600 {}", path.display()),
        StoreError::NoKey(_) => {
            "put the key back from its backup: without it nothing that is held can be read"
                .to_owned()
        }
        StoreError::WrongKey { .. } => "put back the key that belongs to this store".to_owned(),
        _ => "put the key back from its backup, readable for Exeat's user alone".to_owned(),
    };
    wrong("key", causes(error), todo)
}
