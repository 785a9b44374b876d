//! Routes: recipients with a meaning, who approved of them, and until when.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::mail::address::AddressError;
use crate::mail::{Address, Domain};

/// Sets of recipients with a meaning. An entry with an `@` is one address,
/// without one a domain and all below it.
#[derive(Debug, Default)]
pub struct Routes {
    /// A secure method already: what they get needs no further protection.
    pub secure: Vec<Route>,
    /// Children's services' duty team, LADO, police, NSPCC: staff's mail to
    /// them is never held.
    pub urgent: Vec<Route>,
    /// Unions, occupational health, lawyers, whistleblowing bodies, helplines.
    pub private: Vec<Route>,
}

/// Recipients whom rules treat otherwise. In the settings a text, or a table:
/// `{ to = "lado@council.example", approved_by = "A. Head", reason = "…",
/// review_by = 2027-09-01 }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    to: Destination,
    pub approval: Approval,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Destination {
    Address(Address),
    Domain(Domain),
}

/// Who answers for a route.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Approval {
    pub by: Option<String>,
    pub reason: Option<String>,
    /// The last day before somebody must look at it again.
    pub review_by: Option<Date>,
}

impl Routes {
    /// All of them, with the keys that they stand under.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Route)> {
        [
            ("secure_routes", &self.secure),
            ("urgent_routes", &self.urgent),
            ("private_routes", &self.private),
        ]
        .into_iter()
        .flat_map(|(key, routes)| routes.iter().map(move |route| (key, route)))
    }
}

impl Route {
    pub fn leads_to(&self, address: &Address) -> bool {
        match &self.to {
            Destination::Address(own) => own == address,
            Destination::Domain(domain) => address.domain().is_within(domain),
        }
    }

    /// Whether the day on which it was to be looked at again has passed.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.approval.review_by.is_some_and(|day| day < today)
    }
}

/// Whether one of the routes leads to the address.
pub fn leads(routes: &[Route], address: &Address) -> bool {
    routes.iter().any(|route| route.leads_to(address))
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.to {
            Destination::Address(address) => address.fmt(f),
            Destination::Domain(domain) => domain.fmt(f),
        }
    }
}

impl FromStr for Route {
    type Err = AddressError;

    fn from_str(s: &str) -> Result<Self, AddressError> {
        let to = match s.contains('@') {
            true => Destination::Address(s.parse()?),
            false => Destination::Domain(s.parse()?),
        };
        let approval = Approval::default();
        Ok(Self { to, approval })
    }
}

impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrTable;

        impl<'de> Visitor<'de> for TextOrTable {
            type Value = Route;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address, a domain, or a table of `to`, `approved_by`, `reason` and `review_by`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Route, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Route, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                let mut route: Route = table.to.parse().map_err(A::Error::custom)?;
                route.approval = Approval {
                    by: table.approved_by,
                    reason: table.reason,
                    review_by: table.review_by.map(|Day(date)| date),
                };
                Ok(route)
            }
        }

        deserializer.deserialize_any(TextOrTable)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    to: String,
    approved_by: Option<String>,
    reason: Option<String>,
    review_by: Option<Day>,
}

/// A day as settings write it: a date of TOML, with quotation marks or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => text,
            toml::Value::Datetime(day) => day.to_string(),
            other => other.to_string(),
        };
        let day = text.parse().map_err(|_| {
            D::Error::custom(format_args!(
                "\"{text}\" is no day; a day is written like 2027-09-01"
            ))
        });
        day.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Settings {
        routes: Vec<Route>,
    }

    fn parsed(text: &str) -> Result<Vec<Route>, String> {
        let settings = toml::from_str::<Settings>(&format!("routes = [{text}]"));
        settings
            .map(|settings| settings.routes)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn routes_are_addresses_or_domains_with_all_below() {
        let leads = |route: &str, address: &str| {
            let route: Route = route.parse().expect("route");
            route.leads_to(&address.parse().expect("address"))
        };
        assert!(leads("lado@northshire.example", "LADO@northshire.example"));
        assert!(!leads("lado@northshire.example", "duty@northshire.example"));
        assert!(leads(
            "northshire.example",
            "duty@secure.northshire.example"
        ));
        assert!(!leads("northshire.example", "duty@notnorthshire.example"));
        assert!("two words".parse::<Route>().is_err());
        assert!("a b@c.example".parse::<Route>().is_err());
    }

    #[test]
    fn a_route_may_say_who_answers_for_it_and_until_when() {
        let routes = parsed(
            r#""union.example", { to = "lado@council.example", approved_by = "A. Head", reason = "county policy", review_by = 2027-09-01 }, { to = "a.example", review_by = "2026-09-01" }"#,
        )
        .expect("good routes");
        assert_eq!(routes[0].approval, Approval::default());
        assert_eq!(routes[1].to_string(), "lado@council.example");
        assert_eq!(routes[1].approval.by.as_deref(), Some("A. Head"));
        let today = jiff::civil::date(2026, 9, 2);
        let overdue: Vec<bool> = routes.iter().map(|route| route.is_overdue(today)).collect();
        assert_eq!(overdue, [false, false, true]);
        assert!(
            !routes[2].is_overdue(jiff::civil::date(2026, 9, 1)),
            "on the day itself"
        );
    }

    #[test]
    fn what_is_wrong_with_a_route_is_told() {
        for (text, words) in [
            ("\"two words\"", "no domain name"),
            ("{ to = \"a b@c.example\" }", "no address"),
            ("{ approved_by = \"A. Head\" }", "missing field `to`"),
            (
                "{ to = \"a.example\", until = 2027-01-01 }",
                "unknown field `until`",
            ),
            (
                "{ to = \"a.example\", review_by = \"next year\" }",
                "2027-09-01",
            ),
            ("{ to = \"a.example\", review_by = 7 }", "2027-09-01"),
            ("7", "an address, a domain, or a table"),
        ] {
            let error = parsed(text).expect_err(text);
            assert!(error.contains(words), "{error}");
        }
    }
}
