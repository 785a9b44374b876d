//! Chance that can be repeated: the same case falls the same way, on every
//! machine and whatever other files there are.

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

/// What lengths, counts and offsets are set to.
const EXTREMES: &[u64] = &[
    0,
    1,
    2,
    7,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xfffe,
    0xffff,
    0x1_0000,
    0xff_ffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
];

impl Dice {
    /// The dice of one case of a file.
    pub(crate) fn new(seed: u64, file: &str, case: u64) -> Self {
        let key = format!("{seed} {file} {case}");
        let digest = blake3::hash(key.as_bytes());
        let first = digest.as_bytes().first_chunk().expect("32 bytes");
        Self(u64::from_le_bytes(*first))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`; 0 where that is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        match end {
            0 => 0,
            _ => (self.number() % end as u64) as usize,
        }
    }

    /// From 1 to `most`, small ones more often.
    pub(crate) fn few(&mut self, most: usize) -> usize {
        let most = 1 + self.below(most);
        1 + self.below(most)
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// `choices` is not empty.
    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.number() as u8
    }

    /// A number that a reader may stumble over.
    pub(crate) fn extreme(&mut self) -> u64 {
        match self.one_in(4) {
            true => self.number() >> self.below(64),
            false => self.pick(EXTREMES),
        }
    }

    /// A range of at most `longest` within `length`.
    pub(crate) fn range(&mut self, length: usize, longest: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let size = self.few(longest.max(1)).min(length - start);
        start..start + size
    }
}
