//! Keys: what a copy of the database alone does not give away.
//!
//! The *master key* lies in a file of its own, readable by its owner only. It
//! wraps the store's *root secret*, and nothing else, so that a new master
//! key costs one row. From the root secret comes a key for each purpose and
//! school: `HMAC-SHA256(root, purpose ‖ 0 ‖ school)`, as in the expansion step
//! of HKDF (RFC 5869). A school's sealing key wraps the data key of each of
//! its bodies, and seals envelopes.
//!
//! A sealed value is a random nonce of 24 bytes and XChaCha20-Poly1305's
//! output; its context (what it is and whose) is authenticated with it, so
//! that nothing sealed can be put in another's place.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use sqlx::AnyConnection;

use crate::mail::Address;

use super::schema::{fact, set_fact};
use super::seal::{hex, mac, open, random, seal, unhex};
use super::{Store, StoreError};

/// How a key file begins; the key follows in 64 hexadecimal digits.
const PREFIX: &str = "exeat-key-1 ";

/// Makes a key file with a new key. Never overwrites one.
pub fn create(path: &Path) -> Result<(), StoreError> {
    let text = format!("{PREFIX}{}\n", hex(&random::<32>()?));
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let file = made.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => StoreError::KeyExists(path.to_owned()),
        _ => at(path)(source),
    })?;
    // The store must never be older than its key: without the key on the
    // disk, a power cut would leave a store that nothing opens.
    (|| {
        (&file).write_all(text.as_bytes())?;
        file.sync_all()?;
        File::open(parent(path))?.sync_all()
    })()
    .map_err(at(path))
}

/// The key out of a key file.
pub(super) struct MasterKey {
    path: PathBuf,
    key: [u8; 32],
}

impl MasterKey {
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StoreError::NoKey(path.to_owned()),
            _ => at(path)(source),
        })?;
        let mode = file.metadata().map_err(at(path))?.mode();
        if mode & 0o077 != 0 {
            return Err(StoreError::KeyExposed(path.to_owned()));
        }
        let mut text = String::new();
        io::Read::read_to_string(&mut io::Read::take(file, 1024), &mut text).map_err(at(path))?;
        let key = text
            .strip_prefix(PREFIX)
            .and_then(|digits| unhex(digits.trim_end()))
            .and_then(|key| key.try_into().ok())
            .ok_or_else(|| StoreError::NotAKey(path.to_owned()))?;
        Ok(Self {
            path: path.to_owned(),
            key,
        })
    }

    /// What a key is called; tells nothing of the key itself.
    fn id(&self) -> String {
        key_id(&self.key)
    }
}

/// Everything derived from the root secret.
#[derive(Clone)]
pub(super) struct Keys {
    root: [u8; 32],
}

impl Keys {
    /// Opens the root secret that the store keeps, or makes one for a store
    /// that has none yet. A key that is not the store's is refused here.
    pub(super) async fn open(
        connection: &mut AnyConnection,
        master: &MasterKey,
    ) -> Result<Self, StoreError> {
        let id = master.id();
        let Some(wanted) = fact(connection, "root_key_id").await? else {
            let root = random::<32>()?;
            let wrapped = seal(&master.key, &root_context(&id), &root)?;
            set_fact(connection, "root_key_id", &id).await?;
            set_fact(connection, "root_secret", &hex(&wrapped)).await?;
            return Ok(Self { root });
        };
        if wanted != id {
            return Err(StoreError::WrongKey {
                path: master.path.clone(),
                found: id,
                wanted,
            });
        }
        let wrapped = fact(connection, "root_secret").await?;
        let root = wrapped
            .and_then(|wrapped| unhex(&wrapped))
            .and_then(|wrapped| open(&master.key, &root_context(&id), &wrapped))
            .and_then(|root| root.try_into().ok())
            .ok_or_else(|| StoreError::altered("the store's root secret"))?;
        Ok(Self { root })
    }

    fn derive(&self, purpose: &str, school: &str) -> [u8; 32] {
        mac(&self.root, &[purpose.as_bytes(), b"\0", school.as_bytes()])
    }

    /// Under which key a school's bodies are wrapped, stored with what it
    /// wraps.
    pub(super) fn school_key_id(&self, school: &str) -> String {
        key_id(&self.derive("seal", school))
    }

    pub(super) fn seal(
        &self,
        school: &str,
        context: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        seal(&self.derive("seal", school), context.as_bytes(), plain)
    }

    pub(super) fn open_sealed(
        &self,
        school: &str,
        context: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        open(&self.derive("seal", school), context.as_bytes(), sealed)
            .ok_or_else(|| StoreError::altered(context))
    }

    /// What stands for an address in journal and logs: 16 hexadecimal digits,
    /// the same for an address whatever its case.
    pub(super) fn address_hash(&self, school: &str, address: &Address) -> String {
        self.text_hash(school, &address.folded())
    }

    pub(super) fn text_hash(&self, school: &str, text: &str) -> String {
        hex(&mac(&self.derive("address", school), &[text.as_bytes()])[..8])
    }

    /// The key of a school's name fingerprints.
    pub(super) fn names_key(&self, school: &str) -> [u8; 16] {
        let key = self.derive("names", school);
        std::array::from_fn(|index| key[index])
    }

    pub(super) fn mac_for(&self, purpose: &str, school: &str, parts: &[&[u8]]) -> [u8; 32] {
        // The length before each part keeps two lists of parts apart that
        // would read the same run together.
        let lengths: Vec<[u8; 8]> = parts
            .iter()
            .map(|part| (part.len() as u64).to_be_bytes())
            .collect();
        let pieces: Vec<&[u8]> = lengths
            .iter()
            .zip(parts)
            .flat_map(|(length, part)| [length.as_slice(), part])
            .collect();
        mac(&self.derive(purpose, school), &pieces)
    }
}

impl Store {
    /// The key of a school's name fingerprints.
    pub fn names_key(&self, school: &str) -> [u8; 16] {
        self.0.keys.names_key(school)
    }

    /// The key of the MAC in trace header fields.
    pub fn trace_key(&self) -> [u8; 32] {
        self.0.keys.derive("trace", "")
    }

    /// What stands for an address in the journal and in logs.
    pub fn address_hash(&self, school: &str, address: &Address) -> String {
        self.0.keys.address_hash(school, address)
    }
}

pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> StoreError {
    |source| StoreError::Path {
        path: path.to_owned(),
        source,
    }
}

/// The folder that a file lies in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn key_id(key: &[u8; 32]) -> String {
    let digest = Sha256::new()
        .chain_update("exeat key id")
        .chain_update(key)
        .finalize();
    hex(&digest[..4])
}

fn root_context(key_id: &str) -> Vec<u8> {
    format!("root secret under {key_id}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys { root: [7; 32] }
    }

    #[test]
    fn what_is_sealed_opens_only_in_its_place() {
        let keys = keys();
        let sealed = keys
            .seal("greenfold", "envelope EX-1", b"plain")
            .expect("sealed");
        let again = keys
            .seal("greenfold", "envelope EX-1", b"plain")
            .expect("sealed");
        assert_ne!(sealed, again, "a nonce serves once");
        assert_eq!(
            keys.open_sealed("greenfold", "envelope EX-1", &sealed)
                .expect("opens"),
            b"plain"
        );
        assert!(
            keys.open_sealed("greenfold", "envelope EX-2", &sealed)
                .is_err()
        );
        assert!(
            keys.open_sealed("hillside", "envelope EX-1", &sealed)
                .is_err()
        );
        for broken in [&sealed[..sealed.len() - 1], &sealed[..10], b""] {
            assert!(
                keys.open_sealed("greenfold", "envelope EX-1", broken)
                    .is_err()
            );
        }
    }

    #[test]
    fn an_address_has_one_hash_a_school() {
        let keys = keys();
        let address = |text: &str| text.parse::<Address>().expect("an address");
        let hash = keys.address_hash("greenfold", &address("J.Smith@Home.example"));
        assert_eq!(hash.len(), 16);
        assert_eq!(
            hash,
            keys.address_hash("greenfold", &address("j.smith@home.example"))
        );
        assert_ne!(
            hash,
            keys.address_hash("hillside", &address("j.smith@home.example"))
        );
        assert_ne!(
            hash,
            keys.address_hash("greenfold", &address("j.smyth@home.example"))
        );
    }

    #[test]
    fn parts_of_a_mac_do_not_run_together() {
        let keys = keys();
        let mac = |parts: &[&[u8]]| keys.mac_for("retry", "greenfold", parts);
        assert_eq!(mac(&[b"ab", b"c"]), mac(&[b"ab", b"c"]));
        assert_ne!(mac(&[b"ab", b"c"]), mac(&[b"a", b"bc"]));
        assert_ne!(mac(&[b"ab"]), mac(&[b"ab", b""]));
        assert_ne!(mac(&[b"ab"]), keys.mac_for("trace", "greenfold", &[b"ab"]));
    }

    #[test]
    fn a_key_file_is_made_once_and_must_be_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        assert!(matches!(MasterKey::read(&path), Err(StoreError::NoKey(_))));
        create(&path).expect("made");
        let key = MasterKey::read(&path).expect("read");
        assert!(matches!(create(&path), Err(StoreError::KeyExists(_))));
        assert_eq!(MasterKey::read(&path).expect("the same").id(), key.id());

        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o640);
        std::fs::set_permissions(&path, permissions).expect("chmod");
        assert!(matches!(
            MasterKey::read(&path),
            Err(StoreError::KeyExposed(_))
        ));
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        create(&path).expect("made");
        for text in [
            "",
            "exeat-key-1 ",
            "exeat-key-1 00ff",
            "0123456789abcdef",
            "exeat-key-1 zz",
        ] {
            std::fs::write(&path, text).expect("written");
            assert!(
                matches!(MasterKey::read(&path), Err(StoreError::NotAKey(_))),
                "{text}"
            );
        }
    }
}
