//! The Unix socket on which commands reach the serving process: a line of
//! JSON each way. Who may open it may decide: its mode is 0600.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::House;
use super::control::{Answer, Request, act};
use crate::store;

/// The longest request.
const LONGEST: u64 = 64 * 1024;
/// How long a command may take to say what it wants, and to hear the answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the socket of a store is: beside an SQLite file, else beside the key.
pub fn path(settings: &store::Settings) -> PathBuf {
    let beside = match (settings.url.strip_prefix("sqlite:"), &settings.key_file) {
        (Some(file), _) => PathBuf::from(file),
        (None, Some(key)) => key.clone(),
        (None, None) => PathBuf::from("exeat"),
    };
    let mut name = beside.into_os_string();
    name.push(".sock");
    PathBuf::from(name)
}

/// Binds the socket. What an earlier process left there is removed: whoever
/// holds the store is the only one to serve it.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves commands until `stopping` turns true; `decided` is notified after
/// each, so that the outbox looks.
pub async fn serve(
    listener: UnixListener,
    house: House,
    decided: Arc<Notify>,
    folder: PathBuf,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let stream = tokio::select! {
            () = asked_to_stop(&mut stopping) => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a command was not heard");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
        };
        let (house, decided, folder) = (house.clone(), Arc::clone(&decided), folder.clone());
        tokio::spawn(async move {
            match timeout(PATIENCE, converse(stream, &house, &folder)).await {
                Ok(Ok(())) => decided.notify_one(),
                Ok(Err(error)) => tracing::warn!(%error, "a command was lost"),
                Err(_) => tracing::warn!("a command took too long"),
            }
        });
    }
}

/// Returns once the shutdown is asked for, or nobody is left to ask for it.
async fn asked_to_stop(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|&stopping| stopping).await;
}

async fn converse(stream: UnixStream, house: &House, folder: &Path) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(reader.take(LONGEST))
        .read_line(&mut line)
        .await?;
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => act(house, request, folder).await,
        Err(error) => Answer::Failed {
            why: format!("the request is not understood ({error}); are both of the same release?"),
        },
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    writer.write_all(&line).await
}

/// Asks the serving process; `None` if there is none.
pub fn call(path: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let mut stream = match BlockingStream::connect(path) {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(Some(serde_json::from_str(&answer)?))
}
