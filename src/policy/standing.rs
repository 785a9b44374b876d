//! What came of a rule's findings, and what follows from that for the rule.

use serde::Serialize;

use crate::finding::Mode;

/// People must have decided on so many messages before anything follows.
const FEWEST: u64 = 10;

/// Messages, by what a rule and then people made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Standing {
    /// In which it noticed something, whether it acted or only observed.
    pub noticed: u64,
    /// Which were held, by it alone or by it and others.
    pub held: u64,
    /// Of these, refused by a reviewer or withdrawn.
    pub upheld: u64,
    /// Of these, let go.
    pub released: u64,
}

impl Standing {
    /// Whether people let go most of what it held: then it is proposed that it
    /// only observes.
    pub fn is_overruled(&self, mode: Mode) -> bool {
        let decided = self.upheld + self.released;
        mode == Mode::Enforce && decided >= FEWEST && self.upheld * 2 < decided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_overruled_by_most_of_enough_decisions() {
        for (upheld, released, overruled) in [
            (0, 0, false),
            (0, 9, false),
            (0, 10, true),
            (4, 6, true),
            (5, 5, false),
            (40, 10, false),
            (49, 51, true),
        ] {
            let standing = Standing {
                upheld,
                released,
                ..Standing::default()
            };
            assert_eq!(
                standing.is_overruled(Mode::Enforce),
                overruled,
                "{standing:?}"
            );
            assert!(!standing.is_overruled(Mode::Observe));
        }
    }
}
