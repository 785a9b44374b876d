//! The pupils of a school, packed: a million take some 75 MB beside their
//! names. Addresses and UPNs are not here, only digests of them, for all that
//! is ever asked is whose one is.

use jiff::civil::Date;

use crate::finding::PupilRef;
use crate::mail::Address;

use super::names::NameKey;

/// Pupils in the roster's order, those who have left behind them.
#[derive(Debug, Default)]
pub struct Pupils {
    key: NameKey,
    /// Reference, initials, year and form of one after the other.
    texts: String,
    marks: Vec<Mark>,
    references: Digests,
    upns: Digests,
    emails: Digests,
}

/// A pupil as it stands in [`Pupils`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pupil<'a> {
    pub reference: &'a str,
    /// Of the legal forename and surname, `A.B.`
    pub initials: &'a str,
    pub year: Option<&'a str>,
    pub form: Option<&'a str>,
    pub date_of_birth: Option<Date>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    start: u32,
    lengths: [u8; 4],
    born: Option<Date>,
}

/// Digests with the pupils they are of, sorted once all are there; of pupils
/// who share one, the first counts.
#[derive(Debug, Default)]
struct Digests(Vec<(u64, u32)>);

impl Digests {
    fn add(&mut self, digest: u64, pupil: usize) {
        self.0.push((digest, pupil as u32));
    }

    fn sort(&mut self) {
        self.0.sort_unstable();
        self.0.dedup_by_key(|&mut (digest, _)| digest);
        self.0.shrink_to_fit();
    }

    fn find(&self, digest: u64) -> Option<usize> {
        let at = self.0.binary_search_by_key(&digest, |&(digest, _)| digest);
        Some(self.0[at.ok()?].1 as usize)
    }
}

impl Pupils {
    /// Nobody yet; digests are made under this key.
    pub fn new(key: NameKey) -> Self {
        Self {
            key,
            ..Self::default()
        }
    }

    /// Makes room for so many, without which the room grows by doubling.
    pub fn reserve(&mut self, pupils: usize) {
        // References and the rest are some sixteen bytes of text.
        self.texts.reserve_exact(pupils * 16);
        self.marks.reserve_exact(pupils);
        for digests in [&mut self.references, &mut self.upns, &mut self.emails] {
            digests.0.reserve_exact(pupils);
        }
    }

    /// Adds the next pupil, with digests of UPN and address.
    pub fn push(&mut self, pupil: &Pupil<'_>, upn: Option<u64>, email: Option<u64>) {
        let index = self.marks.len();
        let texts = [
            pupil.reference,
            pupil.initials,
            pupil.year.unwrap_or(""),
            pupil.form.unwrap_or(""),
        ];
        let start = self.texts.len() as u32;
        let lengths = texts.map(|text| {
            // An importer takes none that are as long.
            let text = &text[..text.floor_char_boundary(255)];
            self.texts.push_str(text);
            text.len() as u8
        });
        self.marks.push(Mark {
            start,
            lengths,
            born: pupil.date_of_birth,
        });
        self.references.add(self.key.digest(pupil.reference), index);
        if let Some(upn) = upn {
            self.upns.add(upn, index);
        }
        if let Some(email) = email {
            self.emails.add(email, index);
        }
    }

    /// Readies the search by reference, UPN and address, once all are there.
    pub(super) fn settle(&mut self) {
        self.references.sort();
        self.upns.sort();
        self.emails.sort();
        self.texts.shrink_to_fit();
        self.marks.shrink_to_fit();
    }

    pub fn len(&self) -> usize {
        self.marks.len()
    }

    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<Pupil<'_>> {
        let mark = self.marks.get(index)?;
        let mut rest = self.texts.get(mark.start as usize..)?;
        let [reference, initials, year, form] = mark.lengths.map(|length| {
            let (text, after) = rest.split_at(usize::from(length));
            rest = after;
            text
        });
        let optional = |text| Some(text).filter(|text: &&str| !text.is_empty());
        Some(Pupil {
            reference,
            initials,
            year: optional(year),
            form: optional(form),
            date_of_birth: mark.born,
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = Pupil<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The pupil of this reference.
    pub fn of_reference(&self, reference: &str) -> Option<usize> {
        self.references.find(self.key.digest(reference))
    }

    pub fn of_upn(&self, upn: &str) -> Option<usize> {
        self.upns.find(self.key.digest(upn))
    }

    /// The pupil of this reference, else of this UPN.
    pub fn of_id(&self, id: &str) -> Option<usize> {
        self.of_reference(id).or_else(|| self.of_upn(id))
    }

    /// The pupil whose own address this is.
    pub fn of_address(&self, address: &Address) -> Option<usize> {
        self.emails.find(self.key.digest(&address.folded()))
    }
}

impl Pupil<'_> {
    /// As findings name them.
    pub fn reference(&self) -> PupilRef {
        PupilRef(self.reference.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pupils_are_found_by_what_they_have() {
        let key = NameKey::new([3; 16]);
        let mut pupils = Pupils::new(key.clone());
        let zoe = Pupil {
            reference: "P1",
            initials: "Ž.O.",
            year: Some("9"),
            form: None,
            date_of_birth: Some(jiff::civil::date(2011, 2, 3)),
        };
        let long = "é".repeat(300);
        let other = Pupil {
            reference: "P2",
            form: Some(&long),
            ..zoe
        };
        let email: Address = "Zoe@pupils.greenfold.sch.example".parse().expect("one");
        pupils.push(
            &zoe,
            Some(key.digest("B801200005001")),
            Some(key.digest(&email.folded())),
        );
        pupils.push(&other, None, None);
        pupils.push(&Pupil { year: None, ..zoe }, None, None);
        pupils.settle();
        assert_eq!(pupils.len(), 3);
        assert_eq!(pupils.get(0), Some(zoe));
        assert_eq!(pupils.get(1).and_then(|p| p.form).map(str::len), Some(254));
        assert_eq!(pupils.get(3), None);
        assert_eq!(pupils.of_reference("P2"), Some(1));
        assert_eq!(pupils.of_reference("P1"), Some(0), "the first of two");
        assert_eq!(pupils.of_upn("B801200005001"), Some(0));
        assert_eq!(pupils.of_upn("P1"), None);
        assert_eq!(pupils.of_address(&email), Some(0));
        let shown = format!("{pupils:?}");
        assert!(
            !shown.contains("greenfold") && !shown.contains("B8012"),
            "{shown}"
        );
    }
}
