//! One serving process a store.
//!
//! The lock falls with its holder, so that nobody has to clear anything away
//! after a crash. PostgreSQL's falls with its session: a database that is
//! restarted under a serving process forgets it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use sqlx::{AnyConnection, Row};

use super::StoreError;
use super::keys::at;

/// What keeps a second process from serving the store; falls with its holder.
pub(super) enum Lock {
    File(#[expect(dead_code, reason = "held, not read")] File),
    Session(#[expect(dead_code, reason = "held, not read")] Mutex<AnyConnection>),
}

/// A lock that the kernel takes back when its holder dies.
pub(super) fn lock_file(store: &Path) -> Result<File, StoreError> {
    let mut path = store.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(at(&path))?;
            return Err(StoreError::Served(format!("pid {}", pid.trim())));
        }
        Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(at(&path))?;
    Ok(file)
}

/// The same in PostgreSQL: a lock that falls with its session. Stores in
/// different schemas of a database do not get in each other's way. The
/// database may take a moment to see that a session has ended, and a restart
/// must not fail for that.
pub(super) async fn lock_session(connection: &mut AnyConnection) -> Result<(), StoreError> {
    const EXEAT: i32 = 0x4558_4541;
    const TRIES: u32 = 10;
    for _ in 0..TRIES {
        let row = sqlx::query(
            "SELECT CAST(pg_try_advisory_lock($1, hashtext(current_schema())) AS INTEGER) AS taken",
        )
        .bind(EXEAT)
        .fetch_one(&mut *connection)
        .await?;
        if row.try_get::<i32, _>("taken")? == 1 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let holder = sqlx::query(
        "SELECT COALESCE(host(a.client_addr), 'this machine') AS host, a.pid AS pid
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'advisory' AND l.granted AND CAST(l.classid AS BIGINT) = $1
           AND CAST(l.objid AS BIGINT) = CAST(hashtext(current_schema()) AS BIGINT) & 4294967295",
    )
    .bind(i64::from(EXEAT))
    .fetch_optional(connection)
    .await?;
    Err(StoreError::Served(match holder {
        Some(row) => format!(
            "from {}, as the database's pid {}",
            row.try_get::<&str, _>("host")?,
            row.try_get::<i32, _>("pid")?
        ),
        None => "from elsewhere".to_owned(),
    }))
}
