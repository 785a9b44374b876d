//! Bodies: compressed, sealed, in chunks, written before the rows that need
//! them.
//!
//! Each body has a data key of its own, wrapped by its school's key; deleting
//! the wrapped key is enough to destroy the body. A chunk is bound to its
//! body, its number and whether it is the last, so that none can be left out,
//! put elsewhere or cut off.

use std::path::Path;

use sqlx::{AnyConnection, Row};
use tokio::sync::mpsc;

use crate::mail::Content;
use crate::mail::content::{CHUNK, Writer};

use super::seal::{open_piece, random, seal_piece};
use super::transaction::{fresh_id, now};
use super::{Store, StoreError};

/// A sealed body, written before the rows that need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BodyId(pub i64);

/// How hard to compress: mail is text and what is compressed already.
const LEVEL: i32 = 3;

impl Store {
    /// Compresses, seals and stores a body in chunks, each in a small
    /// transaction; a body that no row comes to need is swept later.
    ///
    /// A crash between two chunks leaves a body without its last chunk, one
    /// after the last leaves a whole body that no row needs. Both are orphans
    /// to the next start, and the client, who has had no reply, still has the
    /// message.
    pub async fn save_body(&self, school: &str, message: &Content) -> Result<BodyId, StoreError> {
        let id = BodyId(fresh_id()?);
        let key = random::<32>()?;
        let wrapped = self.0.keys.seal(school, &context(id), &key)?;
        let (send, mut chunks) = mpsc::channel(1);
        let content = message.clone();
        let sealing = tokio::task::spawn_blocking(move || seal(&content, id, &key, &send));
        let mut number = 0;
        while let Some(Sealed { bytes, last }) = chunks.recv().await {
            let mut tx = self.0.begin_unrecorded().await?;
            if number == 0 {
                sqlx::query(
                    "INSERT INTO bodies (id, school, size, created, key_id, wrapped, chunks)
                     VALUES ($1, $2, $3, $4, $5, $6, 0)",
                )
                .bind(id.0)
                .bind(school)
                .bind(i64::try_from(message.size()).unwrap_or(i64::MAX))
                .bind(now())
                .bind(&*wrapped.key_id)
                .bind(&*wrapped.bytes)
                .execute(&mut *tx)
                .await?;
            }
            insert_chunk(&mut tx, id, number, bytes).await?;
            number += 1;
            if last {
                sqlx::query("UPDATE bodies SET chunks = $1 WHERE id = $2")
                    .bind(number)
                    .bind(id.0)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
        sealing.await.map_err(|_| StoreError::Closed)??;
        Ok(id)
    }

    /// The body again. `folder` is where it goes if it is too large for
    /// memory. One that was altered in any way gives nothing.
    pub async fn load_body(&self, body: BodyId, folder: &Path) -> Result<Content, StoreError> {
        let row = sqlx::query("SELECT school, size, wrapped, chunks FROM bodies WHERE id = $1")
            .bind(body.0)
            .fetch_optional(&self.0.reading)
            .await?
            .ok_or(StoreError::NoSuchBody(body))?;
        let wrapped: Vec<u8> = row.try_get("wrapped")?;
        if wrapped.is_empty() {
            return Err(StoreError::Destroyed);
        }
        let key = self
            .0
            .keys
            .open_sealed(row.try_get("school")?, &context(body), &wrapped)?;
        let key: [u8; 32] = key.try_into().map_err(|_| altered(body))?;
        let size: i64 = row.try_get("size")?;
        let count: i64 = row.try_get("chunks")?;

        let (send, chunks) = mpsc::channel(1);
        let folder = folder.to_owned();
        let opening = tokio::task::spawn_blocking(move || open(body, &key, count, chunks, &folder));
        for number in 0..count {
            let row = sqlx::query("SELECT sealed FROM body_chunks WHERE body = $1 AND number = $2")
                .bind(body.0)
                .bind(number)
                .fetch_optional(&self.0.reading)
                .await?
                .ok_or_else(|| altered(body))?;
            if send
                .send(row.try_get::<Vec<u8>, _>("sealed")?)
                .await
                .is_err()
            {
                break;
            }
        }
        drop(send);
        let content = opening.await.map_err(|_| StoreError::Closed)??;
        match u64::try_from(size) == Ok(content.size()) {
            true => Ok(content),
            false => Err(altered(body)),
        }
    }
}

struct Sealed {
    bytes: Vec<u8>,
    last: bool,
}

/// Runs where blocking is no harm: a spilled message is read from its file.
fn seal(
    message: &Content,
    id: BodyId,
    key: &[u8; 32],
    chunks: &mpsc::Sender<Sealed>,
) -> Result<(), StoreError> {
    let mut number = 0;
    let mut send = |plain: &[u8], last| {
        let bytes = seal_piece(key, number, &piece_context(id, last), plain)?;
        number += 1;
        let sent = chunks.blocking_send(Sealed { bytes, last });
        sent.map_err(|_| StoreError::Closed)
    };
    let mut encoder =
        zstd::stream::write::Encoder::new(Vec::new(), LEVEL).map_err(StoreError::Message)?;
    for bytes in message.chunks() {
        let bytes = bytes.map_err(StoreError::Message)?;
        // Small pieces, so that what waits to be sealed stays about a chunk.
        for piece in bytes.chunks(CHUNK) {
            std::io::Write::write_all(&mut encoder, piece).map_err(StoreError::Message)?;
            while encoder.get_ref().len() > CHUNK {
                let rest = encoder.get_mut().split_off(CHUNK);
                send(&std::mem::replace(encoder.get_mut(), rest), false)?;
            }
        }
    }
    let mut rest = encoder.finish().map_err(StoreError::Message)?;
    while rest.len() > CHUNK {
        let later = rest.split_off(CHUNK);
        send(&std::mem::replace(&mut rest, later), false)?;
    }
    send(&rest, true)
}

fn open(
    id: BodyId,
    key: &[u8; 32],
    count: i64,
    mut chunks: mpsc::Receiver<Vec<u8>>,
    folder: &Path,
) -> Result<Content, StoreError> {
    let mut decoder = zstd::stream::write::Decoder::new(Pour(Writer::new(folder)))
        .map_err(StoreError::Message)?;
    for number in 0..count {
        let sealed = chunks.blocking_recv().ok_or_else(|| altered(id))?;
        let context = piece_context(id, number + 1 == count);
        let place = u64::try_from(number).expect("counted from 0");
        let plain = open_piece(key, place, &context, &sealed).ok_or_else(|| altered(id))?;
        std::io::Write::write_all(&mut decoder, &plain).map_err(StoreError::Message)?;
    }
    std::io::Write::flush(&mut decoder).map_err(StoreError::Message)?;
    decoder.into_inner().0.finish().map_err(StoreError::Message)
}

/// Lets a decoder write into a message's writer.
struct Pour(Writer);

impl std::io::Write for Pour {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.push(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn insert_chunk(
    tx: &mut AnyConnection,
    id: BodyId,
    number: i64,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO body_chunks (body, number, sealed) VALUES ($1, $2, $3)")
        .bind(id.0)
        .bind(number)
        .bind(sealed)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

fn altered(id: BodyId) -> StoreError {
    StoreError::Altered(context(id))
}

pub(super) fn context(id: BodyId) -> String {
    format!("body {}", id.0)
}

fn piece_context(id: BodyId, last: bool) -> [u8; 9] {
    let mut context = [u8::from(last); 9];
    context[..8].copy_from_slice(&id.0.to_be_bytes());
    context
}
