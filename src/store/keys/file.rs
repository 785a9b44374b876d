//! The key file: the master key that the store is wrapped by, in the first
//! line; while keys are rotated, the one before it in the next.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{at, key_id, parent};
use crate::store::StoreError;
use crate::store::seal::{hex, random, unhex};

/// How each line begins; a key follows in 64 hexadecimal digits.
const PREFIX: &str = "exeat-key-1 ";
/// No key file is as long as this.
const LONGEST: u64 = 4096;

/// Makes a key file with a new key. Never overwrites one.
pub fn create(path: &Path) -> Result<(), StoreError> {
    write_new(path, &[random()?])
}

/// The keys out of a key file.
pub(in crate::store) struct MasterKeys {
    pub(super) path: PathBuf,
    pub(super) keys: Vec<[u8; 32]>,
}

impl MasterKeys {
    pub(in crate::store) fn read(path: &Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StoreError::NoKey(path.to_owned()),
            _ => at(path)(source),
        })?;
        let mode = file.metadata().map_err(at(path))?.mode();
        if mode & 0o077 != 0 {
            return Err(StoreError::KeyExposed(path.to_owned()));
        }
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, LONGEST), &mut bytes).map_err(at(path))?;
        let keys = str::from_utf8(&bytes).ok().and_then(parse);
        Ok(Self {
            keys: keys.ok_or_else(|| StoreError::NotAKey(path.to_owned()))?,
            path: path.to_owned(),
        })
    }

    /// What its keys are called, in their order; tells nothing of the keys.
    pub(in crate::store) fn ids(&self) -> Vec<String> {
        self.keys.iter().map(key_id).collect()
    }

    pub(super) fn find(&self, id: &str) -> Option<&[u8; 32]> {
        self.keys.iter().find(|key| key_id(key) == id)
    }

    /// Puts a new key before the one of this name, and says what it is called.
    /// One that an earlier try has put there is used.
    ///
    /// After a crash the file has the old key alone or both; the store still
    /// goes by the old one.
    pub(in crate::store) fn add(&mut self, present: &str) -> Result<String, StoreError> {
        let first = self.keys.first().map(key_id);
        if let Some(first) = first.filter(|first| first != present) {
            return Ok(first);
        }
        let key = random()?;
        self.keys.insert(0, key);
        self.write()?;
        Ok(key_id(&key))
    }

    /// Moves all keys but the one of this name into files of their own, that
    /// old backups may be opened with. Says which.
    pub(in crate::store) fn retire_all_but(
        &mut self,
        present: &str,
    ) -> Result<Vec<PathBuf>, StoreError> {
        let is_present = |key: &[u8; 32]| key_id(key) == present;
        if !self.keys.iter().any(is_present) {
            return Err(StoreError::NotAKey(self.path.clone()));
        }
        let (kept, retired): (Vec<_>, Vec<_>) = self.keys.iter().copied().partition(is_present);
        let mut files = Vec::new();
        for key in &retired {
            let mut name = self.path.as_os_str().to_owned();
            name.push(format!(".old-{}", key_id(key)));
            let path = PathBuf::from(name);
            // A crash may have come after this file, and before the next step.
            match write_new(&path, &[*key]) {
                Ok(()) | Err(StoreError::KeyExists(_)) => files.push(path),
                Err(error) => return Err(error),
            }
        }
        if !retired.is_empty() {
            self.keys = kept;
            self.write()?;
        }
        Ok(files)
    }

    /// In one step: after a crash it is the file of before or this one.
    fn write(&self) -> Result<(), StoreError> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".new");
        let new = PathBuf::from(name);
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&new)(error)),
            _ => {}
        }
        write_new(&new, &self.keys)?;
        std::fs::rename(&new, &self.path)
            .and_then(|()| File::open(parent(&self.path))?.sync_all())
            .map_err(at(&self.path))
    }
}

fn parse(text: &str) -> Option<Vec<[u8; 32]>> {
    let key = |line: &str| {
        unhex(line.strip_prefix(PREFIX)?.trim_end())?
            .try_into()
            .ok()
    };
    let keys: Option<Vec<_>> = text.lines().map(key).collect();
    keys.filter(|keys| !keys.is_empty())
}

fn write_new(path: &Path, keys: &[[u8; 32]]) -> Result<(), StoreError> {
    let lines = keys.iter().map(|key| format!("{PREFIX}{}\n", hex(key)));
    let text: String = lines.collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_must_be_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        assert!(matches!(MasterKeys::read(&path), Err(StoreError::NoKey(_))));
        create(&path).expect("made");
        let keys = MasterKeys::read(&path).expect("read");
        assert!(matches!(create(&path), Err(StoreError::KeyExists(_))));
        assert_eq!(MasterKeys::read(&path).expect("the same").ids(), keys.ids());

        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o640);
        std::fs::set_permissions(&path, permissions).expect("chmod");
        assert!(matches!(
            MasterKeys::read(&path),
            Err(StoreError::KeyExposed(_))
        ));
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        create(&path).expect("made");
        let whole = std::fs::read_to_string(&path).expect("readable");
        for text in [
            "".to_owned(),
            "exeat-key-1 ".to_owned(),
            "exeat-key-1 00ff".to_owned(),
            "0123456789abcdef".to_owned(),
            "exeat-key-1 zz".to_owned(),
            format!("{whole}and more"),
            whole.repeat(100),
        ] {
            std::fs::write(&path, &text).expect("written");
            assert!(
                matches!(MasterKeys::read(&path), Err(StoreError::NotAKey(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_new_key_comes_beside_the_old_and_outlives_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        create(&path).expect("made");
        let read = || MasterKeys::read(&path).expect("read");
        let old = read().ids().remove(0);
        let new = read().add(&old).expect("added");
        assert_eq!(read().ids(), [new.clone(), old.clone()]);
        assert_eq!(
            read().add(&old).expect("again"),
            new,
            "as a second try would"
        );
        for _ in 0..2 {
            let mut keys = read();
            assert!(
                keys.retire_all_but("ffffffff").is_err(),
                "never all of them"
            );
            let files = keys.retire_all_but(&new).expect("retired");
            assert_eq!(read().ids(), std::slice::from_ref(&new));
            for file in files {
                let kept = MasterKeys::read(&file).expect("kept");
                assert_eq!(kept.ids(), std::slice::from_ref(&old));
                // As if the last step had been lost to a crash.
                std::fs::write(&path, "").expect("emptied");
                write_new(&path.with_extension("both"), &keys.keys).expect("written");
                std::fs::rename(path.with_extension("both"), &path).expect("moved");
            }
        }
    }
}
