//! Learns the weights of `patterns/likeness` from labelled passages and mails.
//!
//! ```sh
//! cargo run --release --example learn            # held-out results only
//! cargo run --release --example learn -- --write # and the weights
//! ```
//!
//! `fixtures/passages/<rule>.tsv` holds passages as people write them, each
//! `yes` or `no`. What is `no` for one rule is taken for a `no` of the others,
//! too. Of `fixtures/mails`, every passage of a mail without the rule is a
//! `no`; of one with it, the two passages that read most like it are a `yes`.
//!
//! Weights are those of a linear support vector machine with squared hinge
//! loss, found by dual coordinate descent (Hsieh et al. 2008, *A dual
//! coordinate descent method for large-scale linear SVM*). What is printed is
//! measured on fifths that were left out of the learning in turn.

#![expect(clippy::print_stdout, reason = "a command that prints what it finds")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use exeat::extract::{Budget, Role, read_message};
use exeat::patterns::Learned;
use exeat::patterns::likeness::{TOGETHER, share, written_features};

/// Where the border is drawn to tell errors by name.
const ERROR: f64 = 0.3;
const FOLDS: usize = 5;
const ROUNDS: usize = 40;
/// What an example costs that is on the wrong side.
const COST: f64 = 0.5;
/// A feature has to be in so many passages.
const SEEN: usize = 2;
/// Weights below this, in hundredths, are left out.
const SLIGHT: i32 = 10;

type Passage = Vec<String>;

struct Labelled {
    passage: Passage,
    yes: bool,
}

/// A mail of the fixtures, as passages.
struct Mail {
    name: String,
    passages: Vec<Passage>,
    /// All that is newly written.
    whole: Passage,
    rules: HashSet<String>,
    may: HashSet<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let write = std::env::args().any(|argument| argument == "--write");
    let mails = mails(&root.join("fixtures/mails"))?;
    let mut passages = BTreeMap::new();
    for learned in Learned::ALL {
        let rule = learned.name();
        let path = root.join(format!("fixtures/passages/{rule}.tsv"));
        passages.insert(rule, labelled(&std::fs::read_to_string(&path)?)?);
    }
    for learned in Learned::ALL {
        let rule = learned.name();
        let certain = |mail: &&Mail| !mail.may.contains(rule);
        let mails: Vec<&Mail> = mails.iter().filter(certain).collect();
        println!("{rule}");
        held_out(rule, &passages, &mails);
        if write {
            let model = learn(rule, &passages, &mails, |_| true);
            let path = root.join(format!("patterns/likeness/{rule}.tsv"));
            std::fs::write(path, model.written())?;
        }
    }
    Ok(())
}

fn labelled(lines: &str) -> Result<Vec<Labelled>, Box<dyn Error>> {
    let parse = |line: &str| {
        let (label, text) = line
            .split_once('\t')
            .ok_or("a label, a tab, and a passage")?;
        Ok(Labelled {
            passage: written_features(text).concat(),
            yes: match label {
                "yes" => true,
                "no" => false,
                _ => return Err(format!("{label} is neither yes nor no").into()),
            },
        })
    };
    lines.lines().map(parse).collect()
}

fn mails(folder: &Path) -> Result<Vec<Mail>, Box<dyn Error>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
    files.sort();
    let mut mails = Vec::new();
    for path in files {
        let expected = std::fs::read(path.with_extension("expect.json"))?;
        let expected: serde_json::Value = serde_json::from_slice(&expected)?;
        let names = |key: &str| {
            let names = expected[key].as_array().into_iter().flatten();
            names.filter_map(|name| name.as_str().map(str::to_owned))
        };
        let reading = read_message(&std::fs::read(&path)?, &Budget::default());
        let own = reading.texts.iter();
        let own = own.filter(|text| matches!(text.role, Role::Subject | Role::Body));
        mails.push(Mail {
            name: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            passages: own
                .clone()
                .flat_map(|text| together(&written_features(&text.text)))
                .collect(),
            whole: own
                .flat_map(|text| written_features(&text.text).concat())
                .collect(),
            rules: names("rules").chain(names("off")).collect(),
            may: names("may").collect(),
        });
    }
    Ok(mails)
}

/// Up to three neighbouring sentences at a time.
fn together(sentences: &[Passage]) -> Vec<Passage> {
    let passages = (0..sentences.len()).flat_map(|start| {
        let ends = start + 1..=(start + TOGETHER).min(sentences.len());
        ends.map(move |end| sentences[start..end].concat())
    });
    passages.collect()
}

/// Prints how the rule does on what it has not learned from.
fn held_out(rule: &str, passages: &BTreeMap<&str, Vec<Labelled>>, mails: &[&Mail]) {
    let (mut of_passages, mut of_mails, mut of_wholes) = (Vec::new(), Vec::new(), Vec::new());
    for fold in 0..FOLDS {
        let model = learn(rule, passages, mails, |number| number % FOLDS != fold);
        let left = passages[rule].iter().enumerate();
        let left = left.filter(|(number, _)| number % FOLDS == fold);
        of_passages.extend(left.map(|(_, one)| (model.score(&one.passage), one.yes)));
        let left = mails
            .iter()
            .enumerate()
            .filter(|(number, _)| number % FOLDS == fold);
        of_wholes.extend(
            left.clone()
                .map(|(_, mail)| (model.score(&mail.whole), mail.rules.contains(rule))),
        );
        if std::env::args().any(|argument| argument == "--errors") {
            for (_, mail) in left.clone() {
                let score = model.score(&mail.whole);
                if mail.rules.contains(rule) != (score >= ERROR) {
                    println!("  {score:+.2}  {}", mail.name);
                }
            }
        }
        of_mails.extend(left.filter_map(|(_, mail)| {
            let scores = mail.passages.iter().map(|passage| model.score(passage));
            Some((scores.max_by(f64::total_cmp)?, mail.rules.contains(rule)))
        }));
    }
    print_curve("passages", &mut of_passages);
    print_curve("mails", &mut of_mails);
    print_curve("wholes", &mut of_wholes);
}

fn print_curve(of: &str, scores: &mut [(f64, bool)]) {
    scores.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let all = scores.iter().filter(|(_, yes)| *yes).count();
    print!("  {of:9} {all:4} of {:5}  precision/recall", scores.len());
    for border in [-0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8] {
        let above = scores.partition_point(|(score, _)| *score >= border);
        let right = scores[..above].iter().filter(|(_, yes)| *yes).count();
        let precision = right as f64 / above.max(1) as f64;
        print!(
            "  {border:+.1} {precision:.2}/{:.2}",
            right as f64 / all.max(1) as f64
        );
    }
    println!();
}

/// Learns from those of the rule's passages and mails whose number is used.
fn learn(
    rule: &str,
    passages: &BTreeMap<&str, Vec<Labelled>>,
    mails: &[&Mail],
    used: impl Fn(usize) -> bool,
) -> Model {
    let mut examples = Examples::default();
    for (of, labelled) in passages {
        for (number, one) in labelled.iter().enumerate() {
            if *of == rule && used(number) || *of != rule && !one.yes {
                examples.push(&one.passage, one.yes && *of == rule);
            }
        }
    }
    let mails = || mails.iter().enumerate().filter(|(number, _)| used(*number));
    for (_, mail) in mails().filter(|(_, mail)| !mail.rules.contains(rule)) {
        for passage in mail.passages.iter().chain([&mail.whole]) {
            examples.push(passage, false);
        }
    }
    let first = examples.model();
    for (_, mail) in mails().filter(|(_, mail)| mail.rules.contains(rule)) {
        let mut likely: Vec<&Passage> = mail.passages.iter().collect();
        likely.sort_by(|a, b| first.score(b).total_cmp(&first.score(a)));
        for passage in likely.into_iter().take(2) {
            examples.push(passage, true);
        }
        if rule == Learned::PrivateBusiness.name() {
            examples.push(&mail.whole, true);
        }
    }
    examples.model()
}

#[derive(Default)]
struct Examples {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    /// In how many examples a feature is.
    seen: Vec<usize>,
    examples: Vec<Example>,
}

struct Example {
    /// Features by number, with their share in the passage.
    features: Vec<(u32, f64)>,
    yes: bool,
}

impl Examples {
    fn push(&mut self, passage: &Passage, yes: bool) {
        let share = f64::from(share(passage.len() as u32));
        let mut features: BTreeMap<u32, f64> = BTreeMap::new();
        for name in passage {
            let number = *self.numbers.entry(name.clone()).or_insert_with(|| {
                self.names.push(name.clone());
                self.seen.push(0);
                self.names.len() as u32 - 1
            });
            *features.entry(number).or_default() += share;
        }
        for number in features.keys() {
            self.seen[*number as usize] += 1;
        }
        let features = features.into_iter().collect();
        self.examples.push(Example { features, yes });
    }

    fn model(&self) -> Model {
        let known = |feature: &&(u32, f64)| self.seen[feature.0 as usize] >= SEEN;
        let yes = self.examples.iter().filter(|example| example.yes).count();
        let balance = (self.examples.len() - yes) as f64 / yes as f64 / 2.0;
        let mut weights = vec![0.0; self.names.len()];
        let mut bias = 0.0;
        let mut duals = vec![0.0; self.examples.len()];
        let mut order: Vec<usize> = (0..duals.len()).collect();
        let mut seed = 7_u64;
        for _ in 0..ROUNDS {
            for last in (1..order.len()).rev() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                order.swap(last, (seed >> 33) as usize % (last + 1));
            }
            for &number in &order {
                let example = &self.examples[number];
                let label = if example.yes { 1.0 } else { -1.0 };
                let cost = COST * if example.yes { balance.max(1.0) } else { 1.0 };
                let features = || example.features.iter().filter(known);
                let sum: f64 = features()
                    .map(|(f, share)| weights[*f as usize] * share)
                    .sum();
                let square: f64 = features().map(|(_, share)| share * share).sum();
                let damping = 0.5 / cost;
                let gradient = label * (sum + bias) - 1.0 + damping * duals[number];
                let dual = (duals[number] - gradient / (square + 1.0 + damping)).max(0.0);
                let step = label * (dual - duals[number]);
                if step != 0.0 {
                    duals[number] = dual;
                    bias += step;
                    for (f, share) in features() {
                        weights[*f as usize] += step * share;
                    }
                }
            }
        }
        let named = self.names.iter().cloned().zip(weights);
        Model {
            weights: named.filter(|(_, weight)| *weight != 0.0).collect(),
            bias,
        }
    }
}

struct Model {
    weights: HashMap<String, f64>,
    bias: f64,
}

impl Model {
    fn score(&self, passage: &Passage) -> f64 {
        let weights = passage
            .iter()
            .filter_map(|feature| self.weights.get(feature));
        weights.sum::<f64>() * f64::from(share(passage.len() as u32)) + self.bias
    }

    /// In hundredths, in the order of the alphabet, the bias first.
    fn written(&self) -> String {
        let hundredths = |weight: f64| (weight * 100.0).round() as i32;
        let mut written = format!("\t{}\n", hundredths(self.bias));
        let weights: BTreeMap<_, _> = self.weights.iter().collect();
        for (feature, weight) in weights {
            let weight = hundredths(*weight);
            if weight.abs() >= SLIGHT {
                writeln!(written, "{feature}\t{weight}").expect("a string takes it");
            }
        }
        written
    }
}
