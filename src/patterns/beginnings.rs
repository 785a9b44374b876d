//! Where in a text which pattern could begin.
//!
//! Every pattern begins at the start of a word with one of finitely many
//! literals. So only starts of words are looked at, and of each no more than
//! its first [`LONGEST`] bytes, as one number: its first letters choose the
//! few literals that are compared with it, and for most words a bit says that
//! there are none. What is looked at stays in the processor's caches, which
//! an automaton over as many literals does not.

/// The longest literal, in bytes; longer ones are cut.
pub(super) const LONGEST: usize = 8;

/// Patterns are told apart by a `P`.
#[derive(Debug)]
pub(super) struct Beginnings<P> {
    /// Literals of four bytes and more, of three, and of one or two.
    tables: [Table<P>; 3],
}

/// How many bytes a table's literals are found by, and how many keys it has,
/// as a power of two.
const KEYS: [(u32, u32); 3] = [(4, 13), (3, 11), (1, 8)];

/// Literals by a hash of their first bytes, those of one key side by side.
#[derive(Debug)]
struct Table<P> {
    /// The bits of a head that are none of these bytes.
    beyond: u32,
    /// How many a key has.
    bits: u32,
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
        let mut by_table: [Vec<Literal<P>>; 3] = Default::default();
        for (literal, pattern) in literals {
            let literal = &literal[..literal.len().min(LONGEST)];
            let table = KEYS
                .iter()
                .position(|&(bytes, _)| literal.len() >= bytes as usize);
            by_table[table.unwrap_or(KEYS.len() - 1)].push(Literal {
                bytes: number(literal),
                length: literal.len() as u8,
                pattern,
            });
        }
        let mut keys = KEYS.iter();
        Self {
            tables: by_table.map(|literals| {
                let &(bytes, bits) = keys.next().expect("as many as there are tables");
                Table::new(literals, bytes, bits)
            }),
        }
    }

    /// Places and patterns, in the order of places. A pattern may come more
    /// than once at a place.
    pub(super) fn within<'b>(&'b self, text: &'b str) -> impl Iterator<Item = (usize, P)> + 'b {
        let text = text.as_bytes();
        let starts = (0..text.len()).filter(|&at| at == 0 || !is_word(text[at - 1]));
        starts.flat_map(move |at| {
            let head = number(&text[at..]);
            let [long, middle, short] = &self.tables;
            let found = long
                .of(head)
                .iter()
                .chain(middle.of(head))
                .chain(short.of(head));
            found
                .filter(move |literal| literal.begins(head))
                .map(move |literal| (at, literal.pattern))
        })
    }
}

impl<P> Table<P> {
    fn new(mut literals: Vec<Literal<P>>, bytes: u32, bits: u32) -> Self {
        let mut table = Self {
            beyond: u64::BITS - 8 * bytes,
            bits,
            keys: vec![0; 1 << bits.saturating_sub(6)],
            ends: Vec::new(),
            literals: Vec::new(),
        };
        literals.sort_by_key(|literal| table.key(literal.bytes));
        for literal in &literals {
            let key = table.key(literal.bytes);
            table.keys[key / 64] |= 1 << (key % 64);
        }
        let ends = (0..1 << bits).map(|end| {
            let end = literals.partition_point(|literal| table.key(literal.bytes) <= end);
            u32::try_from(end).unwrap_or(u32::MAX)
        });
        table.ends = ends.collect();
        table.literals = literals;
        table
    }

    /// The literals that share their first letters with a text, and perhaps a
    /// few others.
    #[inline]
    fn of(&self, head: u64) -> &[Literal<P>] {
        let key = self.key(head);
        if self.keys[key / 64] >> (key % 64) & 1 == 0 {
            return &[];
        }
        let from = key.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.literals[from as usize..self.ends[key] as usize]
    }

    fn key(&self, head: u64) -> usize {
        let mixed = (head << self.beyond).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (u64::BITS - self.bits)) as usize
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
