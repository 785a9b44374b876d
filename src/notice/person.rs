//! Who is told, and who can help.

use crate::mail::Address;

use super::prose;
use super::{About, House};

/// Why a mail's sender cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untold {
    NoReturnPath,
    Automatic,
    Outside,
}

impl Untold {
    /// A whole sentence.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::NoReturnPath => {
                "Its sender has not been told: it came without a return address, so there is nobody to tell but you."
            }
            Self::Automatic => {
                "Its sender has not been told: a program sent it, so there is nobody to tell but you."
            }
            Self::Outside => {
                "Its sender has not been told: the address is not one of the school's. There is nobody to tell but you."
            }
        }
    }
}

/// The sender, if a person at the school would read a notice.
pub(super) fn sender<'a>(house: &House<'_>, about: &'a About) -> Result<&'a Address, Untold> {
    let sender = about.sender.as_ref().ok_or(Untold::NoReturnPath)?;
    if about.automatic || house.school.system_senders.contains(sender) {
        return Err(Untold::Automatic);
    }
    // A control character can stand in a quoted local part only, and no
    // mailbox of a school has one.
    if !house.school.is_internal(sender) || sender.as_str().contains(char::is_control) {
        return Err(Untold::Outside);
    }
    Ok(sender)
}

/// The person whom a notice names, and how to reach them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) role: Option<String>,
    /// `reply to this mail or telephone 01632 960 400`.
    pub(super) reach: Option<String>,
}

impl Person {
    /// `Priya Nair, data lead`.
    pub(super) fn full(&self) -> String {
        match &self.role {
            Some(role) => format!("{}, {role}", self.name),
            None => self.name.clone(),
        }
    }

    /// The full name as it stands in the midst of a sentence: a role between
    /// commas.
    pub(super) fn amid(&self) -> String {
        match &self.role {
            Some(role) => format!("{}, {role},", self.name),
            None => self.name.clone(),
        }
    }

    /// ": reply to this mail …", or nothing.
    pub(super) fn how(&self) -> String {
        self.reach
            .as_ref()
            .map(|reach| format!(": {reach}"))
            .unwrap_or_default()
    }
}

/// The person who helps `sender`: the one in the settings, else the first
/// reviewer whom the staff list knows and who is somebody else, else the
/// school's office.
pub(super) fn helper(house: &House<'_>, sender: &Address) -> Person {
    let (name, role) = configured(house)
        .or_else(|| reviewer(house, sender))
        .unwrap_or_else(|| ("the school office".to_owned(), None));
    Person {
        name,
        role,
        reach: reach(house),
    }
}

fn configured(house: &House<'_>) -> Option<(String, Option<String>)> {
    let person = prose::line(house.settings.person.as_deref()?, 80);
    match person.split_once(", ") {
        Some((name, role)) => Some((name.to_owned(), Some(role.to_owned()))),
        None => (!person.is_empty()).then_some((person, None)),
    }
}

fn reviewer(house: &House<'_>, sender: &Address) -> Option<(String, Option<String>)> {
    let others = house.reviewers.iter().filter(|address| *address != sender);
    let member = others
        .filter_map(|address| {
            let staff = &house.school.people.staff;
            staff
                .iter()
                .find(|member| member.email.as_ref() == Some(address))
        })
        .next()?;
    let name = prose::line(&format!("{} {}", member.forename, member.surname), 60);
    let role = prose::line(&member.role, 60);
    Some((name, (!role.is_empty()).then_some(role)))
}

fn reach(house: &House<'_>) -> Option<String> {
    let phone = match &house.settings.phone {
        Some(phone) => Some(prose::line(phone, 40)),
        None => house
            .school
            .phones
            .first()
            .map(|digits| prose::telephone(digits)),
    };
    match (house.reviewers.is_empty(), phone) {
        (false, Some(phone)) => Some(format!("reply to this mail or telephone {phone}")),
        (false, None) => Some("reply to this mail".to_owned()),
        (true, Some(phone)) => Some(format!("telephone {phone}")),
        (true, None) => None,
    }
}
