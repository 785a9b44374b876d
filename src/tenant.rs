//! One school's whole: who its people are, what its policy is, where its mail
//! goes, how it is told. And the choice of the school for a message.

mod next_hop;
mod retention;

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::mail::{Address, Domain};
use crate::notice::{self, About, Change, Event, Told};
use crate::policy::Policy;
use crate::school::School;
use crate::store::{Before, Bypass, NewMail};

pub use retention::Retention;

pub use next_hop::{Authorities, Identity, NextHop, Tls, server_name};

/// Everything that belongs to one school, made whole by a (re)load.
#[derive(Debug)]
pub struct Tenant {
    pub school: School,
    pub policy: Policy,
    pub notices: notice::Settings,
    pub reviewers: Vec<Address>,
    pub safeguarding: Vec<Address>,
    /// How long pupils count as pupils after they have left.
    pub former_for: Span,
    pub retention: Retention,
    pub next_hop: Arc<NextHop>,
    /// How people reach the console; links in notices begin so.
    pub console_url: String,
}

/// All schools of an installation.
#[derive(Debug, Clone, Default)]
pub struct Tenants(Vec<Arc<Tenant>>);

impl Tenants {
    pub fn new(tenants: impl IntoIterator<Item = Tenant>) -> Self {
        Self(tenants.into_iter().map(Arc::new).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.0.iter()
    }

    pub fn by_id(&self, id: &str) -> Option<&Arc<Tenant>> {
        self.iter().find(|tenant| &*tenant.school.id == id)
    }

    /// The school whose address this is.
    pub fn of_address(&self, address: &Address) -> Option<&Arc<Tenant>> {
        self.iter()
            .find(|tenant| tenant.school.is_internal(address))
    }

    pub fn of_domain(&self, domain: &Domain) -> Option<&Arc<Tenant>> {
        self.iter().find(|tenant| {
            tenant.school.domains.contains(domain) || tenant.school.pupil_domains.contains(domain)
        })
    }

    /// What is of no school is kept as long as the school that keeps the
    /// longest keeps its own.
    pub fn longest_kept(&self, now: Timestamp) -> Option<Before> {
        let all = self.iter().map(|tenant| tenant.retention.before(now));
        all.min_by_key(|before| before.journal)
    }

    pub fn only(&self) -> Option<&Arc<Tenant>> {
        match self.0.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }
}

impl Tenant {
    /// The mails that tell of what happened: to the sender, to reviewers.
    pub fn notices(&self, about: &About, event: &Event, now: Timestamp) -> Vec<NewMail> {
        let house = self.house();
        notice::to_sender(&house, about, event, now)
            .into_iter()
            .chain(notice::to_reviewers(&house, about, event, now))
            .map(|mail| mail.for_outbox(&self.school.id, about.reference.clone()))
            .collect()
    }

    /// The mails that tell of a bypass that begins.
    pub fn bypass_began(&self, bypass: &Bypass, now: Timestamp) -> Vec<NewMail> {
        self.of_bypass(bypass, Change::Began, now)
    }

    /// And of one that ends; nobody ends it where its time is over.
    pub fn bypass_ended(
        &self,
        bypass: &Bypass,
        passed: u64,
        by: Option<&str>,
        now: Timestamp,
    ) -> Vec<NewMail> {
        self.of_bypass(bypass, Change::Ended { by, passed }, now)
    }

    fn of_bypass(&self, bypass: &Bypass, change: Change<'_>, now: Timestamp) -> Vec<NewMail> {
        let told = Told {
            began: bypass.began,
            until: bypass.until,
            by: &bypass.by,
            // What a person typed may hold a pupil's name.
            reason: &self.school.people.names.mask(&bypass.reason),
        };
        notice::of_bypass(&self.house(), &told, change, now)
            .into_iter()
            .map(|mail| mail.for_outbox(&self.school.id, None))
            .collect()
    }

    /// Pupils who left before this count as pupils no longer.
    pub fn former_since(&self, now: Timestamp) -> Timestamp {
        let then = now.to_zoned(TimeZone::UTC).checked_sub(self.former_for);
        then.map_or(Timestamp::MIN, |then| then.timestamp())
    }

    pub fn house(&self) -> notice::House<'_> {
        notice::House {
            school: &self.school,
            policy: &self.policy,
            settings: &self.notices,
            reviewers: &self.reviewers,
            safeguarding: &self.safeguarding,
            console_url: &self.console_url,
        }
    }
}
