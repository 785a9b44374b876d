//! What finding pupils' names costs: megabytes of plain text a second, for a
//! school, a trust and a county; and how long a roster takes to index.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use exeat::school::names::{Builder, FullName, NameKey, Names, Writing};

const SYLLABLES: [&str; 32] = [
    "an", "bel", "ca", "dor", "el", "fin", "gra", "har", "is", "jo", "ka", "lin", "ma", "nor",
    "ol", "pen", "qui", "ro", "sam", "tess", "ul", "vic", "wen", "xan", "yar", "zoe", "ton", "ley",
    "son", "by", "wick", "man",
];

const WORDS: [&str; 48] = [
    "the",
    "of",
    "and",
    "to",
    "pupils",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "school",
    "was",
    "on",
    "are",
    "as",
    "with",
    "will",
    "they",
    "be",
    "at",
    "one",
    "have",
    "this",
    "from",
    "may",
    "had",
    "by",
    "hot",
    "letter",
    "but",
    "some",
    "what",
    "there",
    "we",
    "can",
    "out",
    "other",
    "were",
    "all",
    "your",
    "when",
    "attendance",
    "use",
    "report",
    "Friday",
    "Please",
    "morning",
];

/// A small generator, so that every run sees the same names and text.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn name(&mut self, syllables: usize) -> String {
        (0..syllables)
            .map(|_| SYLLABLES[self.roll(SYLLABLES.len())])
            .collect()
    }
}

/// So many pupils, of a tenth as many surnames and a hundredth as many
/// forenames, half of them with a middle name.
fn roster(pupils: usize) -> Vec<[String; 3]> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let forenames: Vec<String> = (0..pupils / 100 + 50).map(|_| dice.name(2)).collect();
    let surnames: Vec<String> = (0..pupils / 10 + 500).map(|_| dice.name(3)).collect();
    (0..pupils)
        .map(|n| {
            let mut forename = || forenames[dice.roll(forenames.len())].clone();
            let (first, middle) = (forename(), forename());
            let middle = if n % 2 == 0 { middle } else { String::new() };
            [first, middle, surnames[dice.roll(surnames.len())].clone()]
        })
        .collect()
}

fn index(roster: &[[String; 3]]) -> Names {
    let mut builder = Builder::new(NameKey::new([9; 16]));
    for [forename, middle, surname] in roster {
        builder.add(&FullName {
            legal_forename: forename,
            legal_surname: surname,
            middle_names: middle,
            ..FullName::default()
        });
    }
    builder.build()
}

/// Sentences, with a name of the roster about every 2 KB.
fn text(roster: &[[String; 3]], bytes: usize) -> String {
    let mut dice = Dice(42);
    let mut text = String::with_capacity(bytes + 64);
    while text.len() < bytes {
        for _ in 0..400 {
            text.push_str(WORDS[dice.roll(WORDS.len())]);
            text.push_str(if dice.roll(12) == 0 { ". " } else { " " });
        }
        let [forename, _, surname] = &roster[dice.roll(roster.len())];
        text.push_str(&format!("{forename} {surname}\n"));
    }
    text
}

fn names(c: &mut Criterion) {
    let mut group = c.benchmark_group("names");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    for pupils in [2_000, 100_000, 1_000_000] {
        let roster = roster(pupils);
        let names = index(&roster);
        let text = text(&roster, 4 * 1024 * 1024);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("find among {pupils}"), |b| {
            b.iter(|| names.find(black_box(&text), Writing::Prose).len());
        });
        group.throughput(Throughput::Elements(pupils as u64));
        group.bench_function(format!("index {pupils}"), |b| {
            b.iter(|| index(black_box(&roster)));
        });
    }
    group.finish();
}

criterion_group!(benches, names);
criterion_main!(benches);
