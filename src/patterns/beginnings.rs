//! Where in a text which pattern could begin.
//!
//! Every pattern begins at the start of a word with one of finitely many
//! literals. So only starts of words are looked at, and of each no more than
//! its first [`LONGEST`] bytes, as one number: for each length that a literal
//! can have, a bit says whether there is one of these letters, and mostly there
//! is none. What is looked at stays in the processor's caches, which an
//! automaton over as many literals does not.

/// The longest literal, in bytes; longer ones are cut.
pub(super) const LONGEST: usize = 8;

/// Bits for each literal, of which one is set: the more, the fewer words are
/// compared in vain.
const SPARSE: usize = 8;
/// Bits for each list of literals, as a power of two.
const PER_LIST: u32 = 3;

/// Patterns are told apart by a `P`.
#[derive(Debug)]
pub(super) struct Beginnings<P> {
    /// How many bits a key has.
    bits: u32,
    /// The keys that have literals, as a set of bits.
    known: Vec<u64>,
    /// By the upper bits of keys: where the list of their literals ends. It
    /// begins where the one before ends.
    ends: Vec<u32>,
    literals: Vec<Literal<P>>,
}

/// A literal that a pattern can begin with.
#[derive(Debug, Clone, Copy)]
struct Literal<P> {
    bytes: u64,
    length: u32,
    pattern: P,
}

impl<P: Copy> Beginnings<P> {
    /// Of literals, each with the pattern that can begin with it; none is
    /// empty.
    pub(super) fn new<'l>(literals: impl IntoIterator<Item = (&'l [u8], P)>) -> Self {
        let literals = literals.into_iter().map(|(literal, pattern)| {
            let literal = &literal[..literal.len().min(LONGEST)];
            Literal {
                bytes: number(literal),
                length: literal.len() as u32,
                pattern,
            }
        });
        let mut literals: Vec<Literal<P>> = literals.collect();
        let bits = (literals.len() * SPARSE)
            .max(64)
            .next_power_of_two()
            .ilog2();
        let key = |literal: &Literal<P>| key(literal.bytes, bits);
        literals.sort_by_key(key);
        let mut known = vec![0; 1 << (bits - u64::BITS.ilog2())];
        for literal in &literals {
            known[key(literal) / 64] |= 1 << (key(literal) % 64);
        }
        let ends = (0..1 << (bits - PER_LIST)).map(|list| {
            let end = literals.partition_point(|literal| key(literal) >> PER_LIST <= list);
            u32::try_from(end).expect("some thousands of literals")
        });
        Self {
            bits,
            known,
            ends: ends.collect(),
            literals,
        }
    }

    /// Says each place and pattern, in the order of places. A pattern may come
    /// more than once at a place.
    pub(super) fn each(&self, text: &str, mut found: impl FnMut(usize, P)) {
        let text = text.as_bytes();
        let mut within_word = 0;
        for (block, bytes) in text.chunks(u64::BITS as usize).enumerate() {
            // A bit for each byte: which ones can be looked at together is
            // better known to the compiler than which branch is taken.
            let bits = bytes.iter().rev();
            let words = bits.fold(0, |words, &byte| words << 1 | u64::from(is_word(byte)));
            let all = u64::MAX >> (u64::BITS as usize - bytes.len());
            let mut starts = !(words << 1 | within_word) & all;
            within_word = words >> (u64::BITS - 1);
            while starts != 0 {
                let at = block * u64::BITS as usize + starts.trailing_zeros() as usize;
                starts &= starts - 1;
                let head = number(&text[at..]);
                let mut lengths = self.lengths(head);
                while lengths != 0 {
                    let length = lengths.trailing_zeros();
                    lengths &= lengths - 1;
                    let literals = self.of(first(head, length), length);
                    literals.for_each(|literal| found(at, literal.pattern));
                }
            }
        }
    }

    /// The lengths of which there may be literals with which this begins, as a
    /// set of bits.
    fn lengths(&self, head: u64) -> u32 {
        (1..=LONGEST as u32).fold(0, |lengths, length| {
            let key = key(first(head, length), self.bits);
            let known = self.known[key / 64] >> (key % 64) & 1;
            lengths | (known as u32) << length
        })
    }

    fn of(&self, bytes: u64, length: u32) -> impl Iterator<Item = &Literal<P>> {
        let list = key(bytes, self.bits) >> PER_LIST;
        let from = list.checked_sub(1).map_or(0, |before| self.ends[before]);
        let list = &self.literals[from as usize..self.ends[list] as usize];
        list.iter()
            .filter(move |literal| (literal.bytes, literal.length) == (bytes, length))
    }
}

fn key(bytes: u64, bits: u32) -> usize {
    (bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - bits)) as usize
}

/// So many of the first bytes.
fn first(head: u64, length: u32) -> u64 {
    let beyond = u64::BITS - 8 * length;
    head << beyond >> beyond
}

/// The first bytes as a number, the first of them lowest; zeros where the text
/// is shorter.
fn number(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => {
            let mut bytes = [0; LONGEST];
            bytes[..text.len()].copy_from_slice(text);
            u64::from_le_bytes(bytes)
        }
    }
}

/// Whether what comes after continues a word (`\b{start-half}` in expressions
/// does not hold).
pub(super) fn is_word(byte: u8) -> bool {
    WORD[usize::from(byte)]
}

const WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0;
    while byte < word.len() {
        word[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    word
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_where_words_begin() {
        let literals = [
            "u",
            "ur",
            "2 all",
            "this is long",
            "this",
            "\u{e9}t\u{e9}",
            "'s",
        ];
        let numbered = literals.iter().map(|literal| literal.as_bytes()).zip(0..);
        let beginnings = Beginnings::new(numbered);
        for (text, expected) in [
            ("", vec![]),
            ("u", vec![(0, 0)]),
            ("ur", vec![(0, 0), (0, 1)]),
            ("hur u", vec![(4, 0)]),
            ("this", vec![(0, 4)]),
            ("a this is short", vec![(2, 3), (2, 4)]),
            ("thistle, this2", vec![(0, 4), (9, 4)]),
            ("2 al 2 all", vec![(5, 2)]),
            ("\u{e9}t\u{e9}", vec![(0, 5)]),
            ("it's 's", vec![(5, 6)]),
            ("x_this", vec![]),
        ] {
            let mut found = Vec::new();
            beginnings.each(text, |at, literal| found.push((at, literal)));
            found.sort_unstable();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
