//! Keys: what a copy of the database alone does not give away.
//!
//! The *master key* lies in a [`mod@file`] of its own, readable by its owner only.
//! It wraps the store's secrets, and nothing else. The first of them, the
//! *root*, is the store's for good: what stands for addresses in the journal
//! comes from it. Each rotation adds a *sealing* secret; before the first one
//! the root serves. From a secret comes a key for each purpose and school:
//! `HMAC-SHA256(secret, purpose ‖ 0 ‖ school)`, as in the expansion step of
//! HKDF (RFC 5869). A school's sealing key wraps the data key of each of its
//! bodies and lists of people, and seals envelopes and notices.
//!
//! A sealed value is a random nonce of 24 bytes and XChaCha20-Poly1305's
//! output; its context (what it is and whose) is authenticated with it, so
//! that nothing sealed can be put in another's place.

pub(super) mod file;

use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest, Sha256};
use sqlx::AnyConnection;

use crate::mail::Address;

use super::schema::{fact, set_fact};
use super::seal::{hex, mac, open, random, seal, unhex};
use super::{Store, StoreError};

pub(super) use file::MasterKeys;
pub use file::create;

/// Everything derived from the store's secrets. Clones share what a rotation
/// adds.
#[derive(Clone)]
pub(super) struct Keys {
    root: [u8; 32],
    /// The newest last; the root is the first.
    sealing: Arc<RwLock<Vec<[u8; 32]>>>,
}

/// A value that was sealed, and by which key.
pub(super) struct Sealed {
    pub(super) bytes: Vec<u8>,
    pub(super) key_id: String,
}

impl Keys {
    fn new(root: [u8; 32], later: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let sealing = std::iter::once(root).chain(later).collect();
        Self {
            root,
            sealing: Arc::new(RwLock::new(sealing)),
        }
    }

    /// Opens the secrets that the store keeps, or makes a root for a store
    /// that has none yet. A key that is not the store's is refused here.
    pub(super) async fn open(
        connection: &mut AnyConnection,
        master: &MasterKeys,
    ) -> Result<Self, StoreError> {
        let Some(wanted) = fact(connection, "root_key_id").await? else {
            let keys = Self::new(random()?, []);
            let id = master.ids().swap_remove(0);
            keys.wrap(connection, master, &id, &[]).await?;
            return Ok(keys);
        };
        let Some(key) = master.find(&wanted) else {
            return Err(StoreError::WrongKey {
                path: master.path.clone(),
                found: master.ids().join(", "),
                wanted,
            });
        };
        let unwrap = |wrapped: &str| {
            let plain = open(key, &root_context(&wanted), &unhex(wrapped)?)?;
            <[u8; 32]>::try_from(plain).ok()
        };
        let altered = || StoreError::altered("the store's root secret");
        let root = fact(connection, "root_secret").await?;
        let root = root.as_deref().and_then(unwrap).ok_or_else(altered)?;
        let later = fact(connection, "sealing_secrets").await?;
        let later: Option<Vec<_>> = later
            .unwrap_or_default()
            .split_whitespace()
            .map(unwrap)
            .collect();
        Ok(Self::new(root, later.ok_or_else(altered)?))
    }

    /// Wraps all secrets, and `more` of them, by the master key of this name.
    async fn wrap(
        &self,
        connection: &mut AnyConnection,
        master: &MasterKeys,
        id: &str,
        more: &[[u8; 32]],
    ) -> Result<(), StoreError> {
        let key = master.find(id);
        let key = key.ok_or_else(|| StoreError::NotAKey(master.path.clone()))?;
        let wrap = |secret: &[u8; 32]| Ok(hex(&seal(key, &root_context(id), secret)?));
        let later = self.secrets().into_iter().skip(1).chain(more.to_vec());
        let later: Result<Vec<String>, StoreError> = later.map(|secret| wrap(&secret)).collect();
        set_fact(connection, "root_key_id", id).await?;
        set_fact(connection, "root_secret", &wrap(&self.root)?).await?;
        set_fact(connection, "sealing_secrets", &later?.join(" ")).await
    }

    /// Wraps what there is by another master key, with a sealing secret more.
    /// Once the change is committed, [`seal_by`](Self::seal_by) it.
    pub(super) async fn rewrap(
        &self,
        connection: &mut AnyConnection,
        master: &MasterKeys,
        id: &str,
    ) -> Result<[u8; 32], StoreError> {
        let secret = random()?;
        self.wrap(connection, master, id, &[secret]).await?;
        Ok(secret)
    }

    /// From now on everything is sealed by this secret.
    pub(super) fn seal_by(&self, secret: [u8; 32]) {
        let sealing = self.sealing.write();
        let mut sealing = sealing.unwrap_or_else(PoisonError::into_inner);
        sealing.push(secret);
    }

    fn secrets(&self) -> Vec<[u8; 32]> {
        let secrets = self.sealing.read();
        secrets.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn newest(&self) -> [u8; 32] {
        self.secrets().last().copied().unwrap_or(self.root)
    }

    fn derive(&self, purpose: &str, school: &str) -> [u8; 32] {
        derive(&self.root, purpose, school)
    }

    /// By which key a school's values are sealed now.
    pub(super) fn school_key_id(&self, school: &str) -> String {
        key_id(&sealing_key(&self.newest(), school))
    }

    pub(super) fn seal(
        &self,
        school: &str,
        context: &str,
        plain: &[u8],
    ) -> Result<Sealed, StoreError> {
        let key = sealing_key(&self.newest(), school);
        Ok(Sealed {
            bytes: seal(&key, context.as_bytes(), plain)?,
            key_id: key_id(&key),
        })
    }

    /// Whichever of the school's keys it was sealed by.
    pub(super) fn open_sealed(
        &self,
        school: &str,
        context: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let mut secrets = self.secrets().into_iter().rev();
        secrets
            .find_map(|secret| open(&sealing_key(&secret, school), context.as_bytes(), sealed))
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

fn derive(secret: &[u8; 32], purpose: &str, school: &str) -> [u8; 32] {
    mac(secret, &[purpose.as_bytes(), b"\0", school.as_bytes()])
}

fn sealing_key(secret: &[u8; 32], school: &str) -> [u8; 32] {
    derive(secret, "seal", school)
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
        Keys::new([7; 32], [])
    }

    #[test]
    fn what_is_sealed_opens_only_in_its_place() {
        let keys = keys();
        let sealed = keys
            .seal("greenfold", "envelope EX-1", b"plain")
            .expect("sealed")
            .bytes;
        let again = keys
            .seal("greenfold", "envelope EX-1", b"plain")
            .expect("sealed")
            .bytes;
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
    fn what_was_sealed_before_a_rotation_opens_after_it() {
        let keys = keys();
        let shared = keys.clone();
        let before = keys.seal("greenfold", "mail 1", b"plain").expect("sealed");
        let hash = keys.text_hash("greenfold", "a@b.example");
        keys.seal_by([8; 32]);
        let after = shared
            .seal("greenfold", "mail 1", b"plain")
            .expect("sealed");
        assert_ne!(before.key_id, after.key_id);
        assert_eq!(after.key_id, keys.school_key_id("greenfold"));
        for sealed in [before, after] {
            let plain = shared.open_sealed("greenfold", "mail 1", &sealed.bytes);
            assert_eq!(plain.expect("opens"), b"plain");
        }
        assert_eq!(keys.text_hash("greenfold", "a@b.example"), hash);
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
}
