//! TOML into a value, with every fault found at once.
//!
//! serde stops at its first error. A technician who has four typing errors
//! wants to hear of four. So the faulty entry is noted, taken out, and the
//! rest tried again until it fits. For that to work, the type must have no
//! required fields: whether a key may be absent is decided afterwards.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::fault::Fault;

/// The document as it stands in the file, to ask where a key is.
pub(super) struct Document<'i>(Spanned<DeTable<'i>>);

/// Reads `text` as far as possible; the faults are in the file's order.
pub(super) fn parse<T: DeserializeOwned + Default>(text: &str) -> (T, Document<'_>, Vec<Fault>) {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut faults: Vec<Fault> = errors.iter().map(|e| fault(e, text)).collect();
    if !faults.is_empty() {
        // What follows from broken syntax would only confuse.
        return (T::default(), Document(document), faults);
    }
    let mut rest = document.clone();
    let value = loop {
        match T::deserialize(Deserializer::from(rest.clone())) {
            Ok(value) => break value,
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                faults.push(fault(&error, text));
                if !remove(rest.get_mut(), span.start) {
                    break T::default();
                }
            }
        }
    };
    faults.sort_by_key(|fault| fault.span.start);
    (value, Document(document), faults)
}

fn fault(error: &toml::de::Error, text: &str) -> Fault {
    let message = error.message().trim();
    let message = match message.split_once(", expected one of ") {
        Some((unknown, known)) => format!("{unknown}; known here: {known}"),
        None => message.to_owned(),
    };
    let span = error.span().unwrap_or(text.len()..text.len());
    Fault { message, span }
}

/// Takes out the innermost entry that holds the place.
fn remove(table: &mut DeTable<'_>, place: usize) -> bool {
    let holds = |span: Range<usize>| span.contains(&place);
    let entry = table.iter_mut().find_map(|(key, value)| {
        // A value's span ends where its last line does, but that of `[table]`
        // only covers its header: look inside before giving it up.
        let inside = remove_inside(value, place);
        (inside || holds(key.span()) || holds(value.span())).then(|| (key.clone(), inside))
    });
    match entry {
        Some((_, true)) => true,
        Some((key, false)) => table.remove(&key).is_some(),
        None => false,
    }
}

fn remove_inside(value: &mut Spanned<DeValue<'_>>, place: usize) -> bool {
    match value.get_mut() {
        DeValue::Table(table) => remove(table, place),
        DeValue::Array(items) => {
            if items.iter_mut().any(|item| remove_inside(item, place)) {
                return true;
            }
            // A bad value in a list goes alone, so that a second one in the
            // same list is found too.
            let before = items.len();
            *items = items
                .iter()
                .filter(|item| item.get_ref().is_table() || !item.span().contains(&place))
                .cloned()
                .collect();
            items.len() < before
        }
        _ => false,
    }
}

impl Document<'_> {
    /// Where the value stands, for example `["school", "0", "roster"]`; the
    /// innermost part that exists, if not all do.
    pub(super) fn span(&self, path: &[&str]) -> Range<usize> {
        let mut span = self.0.span();
        let mut table = Some(self.0.get_ref());
        let mut array = None;
        for step in path {
            let value = match (table, array) {
                (Some(table), _) => entry(table, step),
                (None, Some(items)) => step.parse::<usize>().ok().and_then(|i| element(items, i)),
                (None, None) => None,
            };
            let Some(value) = value else {
                break;
            };
            span = value.span();
            table = value.get_ref().as_table();
            array = value.get_ref().as_array();
        }
        span
    }
}

fn entry<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    table
        .iter()
        .find_map(|(name, value)| (name.get_ref() == key).then_some(value))
}

fn element<'t, 'i>(
    items: &'t toml::de::DeArray<'i>,
    index: usize,
) -> Option<&'t Spanned<DeValue<'i>>> {
    items.get(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Sample {
        number: Option<u16>,
        names: Option<Vec<u8>>,
        inner: Inner,
        many: Vec<Inner>,
    }

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Inner {
        flag: Option<bool>,
    }

    fn check(text: &str, expected: &[(usize, &str)]) -> Sample {
        let (sample, _, faults) = parse::<Sample>(text);
        let found: Vec<(usize, &str)> = faults
            .iter()
            .map(|fault| {
                (
                    text[..fault.span.start].lines().count().max(1),
                    fault.message.as_str(),
                )
            })
            .collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((_, message), (_, part)) in found.iter().zip(expected) {
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
        sample
    }

    #[test]
    fn all_faults_are_found_and_the_rest_is_kept() {
        let sample = check(
            "number = 5\nnmber = 6\nnames = [1, \"x\", 2, \"y\"]\n[inner]\nflag = 3\nflog = true\n[[many]]\nflag = true\n[[many]]\nflag = \"no\"\n",
            &[
                (2, "unknown field `nmber`; known here: `number`"),
                (3, "invalid type: string \"x\", expected u8"),
                (3, "invalid type: string \"y\""),
                (5, "expected a boolean"),
                (6, "unknown field `flog`"),
                (10, "expected a boolean"),
            ],
        );
        assert_eq!(sample.number, Some(5));
        assert_eq!(sample.names, Some(vec![1, 2]));
        assert_eq!(sample.many.len(), 2);
        assert_eq!(sample.many[0].flag, Some(true));
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_place() {
        check("number = \n[inner\nflag = true\n", &[(1, ""), (2, "")]);
        check("", &[]);
    }

    #[test]
    fn places_are_found_by_path() {
        let text = "[[many]]\nflag = true\n[[many]]\nflag = false\n";
        let (_, document, _) = parse::<Sample>(text);
        assert_eq!(&text[document.span(&["many", "1", "flag"])], "false");
        assert_eq!(&text[document.span(&["many", "0", "flag"])], "true");
        assert!(text[document.span(&["many", "1", "absent"])].starts_with("[[many]]"));
    }
}
