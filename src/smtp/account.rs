//! Accounts: clients that sign in under TLS (RFC 4954), for machines that
//! have no address or certificate to be known by.

use std::fmt;

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2};
use serde::{Deserialize, Deserializer, de};

use super::client::{Client, NextHopDown};
use super::framing::BareNewlines;

/// `[[listen.account]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub name: String,
    pub password_hash: PasswordHash,
    /// Ids of the schools that it may send for; all, if empty.
    #[serde(default)]
    pub schools: Vec<String>,
    /// As in a client's entry, in whose place the account stands.
    #[serde(default)]
    pub default_school: Option<String>,
    #[serde(default)]
    pub when_next_hop_is_down: NextHopDown,
    #[serde(default)]
    pub bare_newlines: BareNewlines,
}

/// Argon2id in PHC's form, `$argon2id$v=19$…`.
#[derive(Clone)]
pub struct PasswordHash(Phc);

/// The system gives no random numbers, or no memory.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(argon2::password_hash::Error);

/// What an account's `password_hash` is made of.
pub fn hash(password: &str) -> Result<String, HashError> {
    let hashed: Result<Phc, _> = Argon2::default().hash_password(password.as_bytes());
    Ok(hashed.map_err(HashError)?.to_string())
}

impl Account {
    /// The entry that counts for who has signed in.
    pub(crate) fn client(&self) -> Client {
        Client {
            schools: self.schools.clone(),
            default_school: self.default_school.clone(),
            when_next_hop_is_down: self.when_next_hop_is_down,
            bare_newlines: self.bare_newlines,
            ..Client::default()
        }
    }
}

/// Whether one of the accounts has this name and password. Takes as long for
/// a name that there is not. Blocks for some tens of milliseconds.
pub(crate) fn is_right(accounts: &[Account], name: &str, password: &str) -> bool {
    let named = accounts.iter().find(|account| account.name == name);
    let Some(tried) = named.or(accounts.first()) else {
        return false;
    };
    tried.password_hash.is_of(password) && named.is_some()
}

impl PasswordHash {
    fn is_of(&self, password: &str) -> bool {
        let verified = Argon2::default().verify_password(password.as_bytes(), &self.0);
        verified.is_ok()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

impl<'de> Deserialize<'de> for PasswordHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let sound = Phc::new(&text).ok().filter(|hash| {
            let is_known = hash.algorithm.as_str() == Algorithm::Argon2id.as_str();
            is_known && hash.salt.is_some() && hash.hash.is_some()
        });
        let wrong = "a hash of a password is what `exeat account hash` prints";
        sound.map(Self).ok_or_else(|| de::Error::custom(wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, password: &str) -> Account {
        let hash = hash(password).expect("hashed");
        let text = format!("name = '{name}'\npassword_hash = '{hash}'");
        toml::from_str(&text).expect("an account")
    }

    #[test]
    fn names_and_passwords_belong_together() {
        let accounts = [
            account("copier", "a long password"),
            account("sis", "another"),
        ];
        let check = |name: &str, password: &str, expected: bool| {
            assert_eq!(
                is_right(&accounts, name, password),
                expected,
                "{name} {password}"
            );
        };
        check("copier", "a long password", true);
        check("sis", "another", true);
        check("sis", "a long password", false);
        check("copier", "a long passwor", false);
        check("copier", "", false);
        check("nobody", "a long password", false);
        check("Copier", "a long password", false);
        assert!(!is_right(&[], "copier", "a long password"));
        let shown = format!("{:?}", accounts[0]);
        assert!(!shown.contains("argon2id"), "{shown}");
    }

    #[test]
    fn one_password_has_many_hashes_and_only_hashes_are_taken() {
        let one = hash("a long password").expect("hashed");
        assert_ne!(one, hash("a long password").expect("hashed"));
        assert!(one.starts_with("$argon2id$v=19$"), "{one}");
        for wrong in [
            "",
            "a long password",
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$argon2i$v=19$m=4096,t=3,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNo",
            "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        ] {
            let text = format!("name = 'a'\npassword_hash = '{wrong}'");
            let error = toml::from_str::<Account>(&text)
                .expect_err(wrong)
                .to_string();
            assert!(error.contains("exeat account hash"), "{error}");
        }
    }
}
