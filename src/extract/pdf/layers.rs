//! Layers of a PDF that are switched off when it is opened (ISO 32000-1 section
//! 8.11).

use std::collections::HashSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

/// The layers that are off.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    off: HashSet<ObjectId>,
}

impl Layers {
    pub(crate) fn of(document: &Document) -> Self {
        let off = |document: &Document| -> Option<HashSet<ObjectId>> {
            let dictionary = |from: &Dictionary, key: &[u8]| {
                let value = from.get_deref(key, document).and_then(Object::as_dict);
                value.ok().cloned()
            };
            let properties = dictionary(document.catalog().ok()?, b"OCProperties")?;
            let settings = dictionary(&properties, b"D")?;
            let list = |from: &Dictionary, key: &[u8]| -> HashSet<ObjectId> {
                let list = from.get_deref(key, document).and_then(Object::as_array);
                let layers = list.into_iter().flatten();
                layers
                    .filter_map(|layer| layer.as_reference().ok())
                    .collect()
            };
            let base = settings.get(b"BaseState").and_then(Object::as_name);
            let mut off = match base {
                Ok(b"OFF") => list(&properties, b"OCGs"),
                _ => HashSet::new(),
            };
            for layer in list(&settings, b"ON") {
                off.remove(&layer);
            }
            off.extend(list(&settings, b"OFF"));
            Some(off)
        };
        Self {
            off: off(document).unwrap_or_default(),
        }
    }

    /// Whether what belongs to this layer, or to these, is not shown.
    pub(crate) fn is_off(&self, layer: &Object, document: &Document) -> bool {
        if self.off.is_empty() {
            return false;
        }
        if let Ok(id) = layer.as_reference()
            && self.off.contains(&id)
        {
            return true;
        }
        let Ok((_, Object::Dictionary(members))) = document.dereference(layer) else {
            return false;
        };
        // Several, of which some have to be on or off; one that says how by an
        // expression is taken for shown.
        if members.has(b"VE") {
            return false;
        }
        let mut off = Vec::new();
        match members.get(b"OCGs") {
            Ok(one @ Object::Reference(id)) => match document.dereference(one) {
                Ok((_, Object::Array(all))) => off.extend(self.each(all)),
                _ => off.push(self.off.contains(id)),
            },
            Ok(Object::Array(all)) => off.extend(self.each(all)),
            _ => {}
        }
        if off.is_empty() {
            return false;
        }
        let any_off = off.contains(&true);
        let all_off = !off.contains(&false);
        match members.get(b"P").and_then(Object::as_name) {
            Ok(b"AllOn") => any_off,
            Ok(b"AnyOff") => !any_off,
            Ok(b"AllOff") => !all_off,
            _ => all_off,
        }
    }

    fn each(&self, layers: &[Object]) -> Vec<bool> {
        let ids = layers.iter().filter_map(|layer| layer.as_reference().ok());
        ids.map(|id| self.off.contains(&id)).collect()
    }
}
