//! How each rule does, out of the journal: what it noticed, what it held, and
//! what people then decided.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Deserialize;
use sqlx::{AnyConnection, Row};

use crate::finding::{Action, Mode, RuleId};
use crate::policy::{Judged, Standing};

use super::journal::NODE;
use super::reader::{Reader, Unsettled};
use super::{Settings, StoreError};

/// How many rows are in memory at a time.
const PAGE: i64 = 1000;

/// By school and rule, over what was decided since then. A message that its
/// client sent again counts again as noticed. What a school's retention has
/// destroyed in the journal counts no more.
pub async fn tally(
    settings: &Settings,
    since: Timestamp,
) -> Result<BTreeMap<(String, RuleId), Standing>, StoreError> {
    let mut tally = Tally::default();
    if let Some(mut reader) = Reader::open(settings, Unsettled::Settle).await? {
        tally.read(&mut reader.connection, since).await?;
    }
    Ok(tally.standings)
}

#[derive(Default)]
struct Tally {
    standings: BTreeMap<(String, RuleId), Standing>,
    /// The rules that would hold a message, by its decision.
    decided: HashMap<i64, Vec<RuleId>>,
    /// The rules that hold a message, by its reference.
    held: HashMap<String, Vec<RuleId>>,
}

/// What counts of a row.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Payload {
    decision: i64,
    hold: String,
    findings: Vec<Judged>,
}

impl Tally {
    async fn read(
        &mut self,
        connection: &mut AnyConnection,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let rows = sqlx::query(
                "SELECT seq, kind, school, payload FROM journal
                 WHERE node = $1 AND seq > $2 AND time >= $3 AND payload IS NOT NULL
                   AND kind IN ('decided', 'held', 'settled', 'released', 'refused', 'withdrawn')
                 ORDER BY seq LIMIT $4",
            )
            .bind(NODE)
            .bind(after)
            .bind(since.as_millisecond())
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
            for row in &rows {
                after = row.try_get("seq")?;
                let payload = serde_json::from_str(row.try_get("payload")?);
                // What another version wrote differently is left out.
                let (Ok(payload), Ok(school)) = (payload, row.try_get("school")) else {
                    continue;
                };
                self.add(after, row.try_get("kind")?, school, payload);
            }
            if rows.is_empty() {
                return Ok(());
            }
        }
    }

    fn add(&mut self, seq: i64, kind: &str, school: &str, payload: Payload) {
        match kind {
            "decided" => {
                let holding = self.notice(school, &payload.findings);
                if !holding.is_empty() {
                    self.decided.insert(seq, holding);
                }
            }
            "held" => {
                let rules = self.decided.remove(&payload.decision);
                self.hold(school, payload.hold, rules.unwrap_or_default());
            }
            // Read in the background: nothing was known when it was held.
            "settled" => {
                let rules = self.notice(school, &payload.findings);
                self.hold(school, payload.hold, rules);
            }
            _ => {
                for rule in self.held.remove(&payload.hold).unwrap_or_default() {
                    let standing = self.of(school, rule);
                    match kind {
                        "released" => standing.released += 1,
                        _ => standing.upheld += 1,
                    }
                }
            }
        }
    }

    /// Counts what was noticed; gives the rules for which a message is held.
    fn notice(&mut self, school: &str, findings: &[Judged]) -> Vec<RuleId> {
        let counts = |judged: &&Judged| judged.finding.suppressed.is_none();
        let mut noticed: Vec<RuleId> = Vec::new();
        let mut holding = Vec::new();
        for judged in findings.iter().filter(counts) {
            noticed.push(judged.finding.rule);
            if judged.mode == Mode::Enforce && judged.action >= Action::Warn {
                holding.push(judged.finding.rule);
            }
        }
        noticed.dedup();
        holding.dedup();
        for rule in noticed {
            self.of(school, rule).noticed += 1;
        }
        holding
    }

    fn hold(&mut self, school: &str, hold: String, rules: Vec<RuleId>) {
        if rules.is_empty() {
            return;
        }
        for &rule in &rules {
            self.of(school, rule).held += 1;
        }
        self.held.insert(hold, rules);
    }

    fn of(&mut self, school: &str, rule: RuleId) -> &mut Standing {
        self.standings.entry((school.to_owned(), rule)).or_default()
    }
}
