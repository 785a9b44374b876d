//! Where in a text which pattern could begin.
//!
//! Every pattern begins at the start of a word with one of finitely many
//! literals. So only starts of words are looked at, and of each no more than
//! its first [`LONGEST`] bytes, as one number: three letters choose the few
//! literals that are compared with it, and for most words a bit says that
//! there are none. What is looked at stays in the processor's caches, which
//! an automaton over as many literals does not.

/// The longest literal, in bytes; longer ones are cut.
pub(super) const LONGEST: usize = 8;
/// Literals from this length on are found by their first letters.
const KEY: usize = 3;
/// Kinds of bytes that letters are told apart by.
const KINDS: usize = 32;

/// Patterns are told apart by a `P`.
#[derive(Debug)]
pub(super) struct Beginnings<P> {
    /// By the kinds of the first [`KEY`] bytes.
    long: Table<P>,
    /// Literals too short for that, by their first byte.
    short: Table<P>,
}

/// Literals by a key, those of one key side by side.
#[derive(Debug)]
struct Table<P> {
    /// The keys that have any, as a set of bits.
    keys: Vec<u64>,
    /// Where the literals of each key end; they begin where those of the key
    /// before end.
    ends: Vec<u32>,
    literals: Vec<Literal<P>>,
}

/// A literal that a pattern can begin with.
#[derive(Debug, Clone, Copy)]
struct Literal<P> {
    bytes: u64,
    length: u8,
    pattern: P,
}

impl<P> Literal<P> {
    fn begins(&self, head: u64) -> bool {
        let beyond = 8 * (LONGEST as u32 - u32::from(self.length));
        (head ^ self.bytes) << beyond == 0
    }
}

impl<P: Copy> Beginnings<P> {
    /// Of literals, each with the pattern that can begin with it; none is
    /// empty.
    pub(super) fn new<'l>(literals: impl IntoIterator<Item = (&'l [u8], P)>) -> Self {
        let (long, short): (Vec<_>, Vec<_>) = literals
            .into_iter()
            .map(|(literal, pattern)| (&literal[..literal.len().min(LONGEST)], pattern))
            .partition(|(literal, _)| literal.len() >= KEY);
        Self {
            long: Table::new(long, KINDS.pow(3), letters),
            short: Table::new(short, 256, first),
        }
    }

    /// Places and patterns, in the order of places. A pattern may come more
    /// than once at a place.
    pub(super) fn within<'b>(&'b self, text: &'b str) -> impl Iterator<Item = (usize, P)> + 'b {
        let text = text.as_bytes();
        let starts = (0..text.len()).filter(|&at| at == 0 || !is_word(text[at - 1]));
        starts.flat_map(move |at| {
            let head = number(&text[at..]);
            let found = self.long.of(letters(head)).iter();
            found
                .chain(self.short.of(first(head)))
                .filter(move |literal| literal.begins(head))
                .map(move |literal| (at, literal.pattern))
        })
    }
}

impl<P: Copy> Table<P> {
    fn new(literals: Vec<(&[u8], P)>, keys: usize, key: fn(u64) -> usize) -> Self {
        let mut literals: Vec<Literal<P>> = literals
            .into_iter()
            .map(|(literal, pattern)| Literal {
                bytes: number(literal),
                length: literal.len() as u8,
                pattern,
            })
            .collect();
        literals.sort_by_key(|literal| key(literal.bytes));
        let mut set = vec![0; keys.div_ceil(64)];
        for literal in &literals {
            let key = key(literal.bytes);
            set[key / 64] |= 1 << (key % 64);
        }
        let ends = (0..keys).map(|end| {
            let end = literals.partition_point(|literal| key(literal.bytes) <= end);
            u32::try_from(end).unwrap_or(u32::MAX)
        });
        Self {
            keys: set,
            ends: ends.collect(),
            literals,
        }
    }

    fn of(&self, key: usize) -> &[Literal<P>] {
        if self.keys[key / 64] >> (key % 64) & 1 == 0 {
            return &[];
        }
        let from = key.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.literals[from as usize..self.ends[key] as usize]
    }
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

fn first(head: u64) -> usize {
    usize::from(head.to_le_bytes()[0])
}

fn letters(head: u64) -> usize {
    let [a, b, c, ..] = head.to_le_bytes();
    (kind(a) * KINDS + kind(b)) * KINDS + kind(c)
}

fn kind(byte: u8) -> usize {
    usize::from(KIND[usize::from(byte)])
}

/// Kinds of bytes: letters each, digits, the space, apostrophe, hyphen, and
/// the rest.
const KIND: [u8; 256] = {
    let mut kinds = [30; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = match byte as u8 {
            letter @ b'a'..=b'z' => letter - b'a',
            b'0'..=b'9' => 26,
            b' ' => 27,
            b'\'' => 28,
            b'-' => 29,
            _ => 30,
        };
        byte += 1;
    }
    kinds
};

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
            let mut found: Vec<(usize, i32)> = beginnings.within(text).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
