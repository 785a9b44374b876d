//! OneRoster 1.1 and 1.2 (1EdTech, CSV binding) and Microsoft School Data
//! Sync v2.1, which is made after it: users in one file, and in others what
//! they are, when they were born and who belongs to whom.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::columns::COLUMNS;
use super::error::{ImportError, Notes};
use super::files::Files;
use super::record::{ContactRecord, PupilRecord, StaffRecord};
use super::table::{Column, Row, Table, Taken};
use super::values;
use crate::school::people::Class;

/// Everybody in the files.
pub(super) struct Everybody {
    pub(super) pupils: Vec<PupilRecord>,
    pub(super) staff: Vec<StaffRecord>,
    pub(super) contacts: Vec<ContactRecord>,
    pub(super) without_address: usize,
    pub(super) taken: Vec<Taken>,
}

const USERS: &str = "users.csv";

/// What files beside the users' say of one of them.
#[derive(Default)]
struct Beside {
    roles: HashMap<String, Vec<String>>,
    years: HashMap<String, String>,
    births: HashMap<String, Date>,
    forms: HashMap<String, String>,
    /// Pairs of users who belong to each other, with the relation.
    relations: Vec<(String, String, String)>,
    taken: Vec<Taken>,
}

pub(super) fn read(files: &Files<'_>, notes: &mut Notes) -> Result<Everybody, ImportError> {
    let beside = Beside::read(files, notes)?;
    let users = files.table(USERS)?;
    let mut users = users.ok_or_else(|| files.lacks(USERS))?;
    let columns = Users::of(&mut users)?;
    if !columns.role.is_there() && beside.roles.is_empty() {
        return Err(files.lacks("roles.csv"));
    }
    let mut reader = Reader {
        columns,
        beside,
        pupils: Vec::new(),
        staff: Vec::new(),
        relatives: Vec::new(),
        links: Vec::new(),
    };
    users.rows(notes, |row, notes| reader.user(row, notes));
    reader.beside.taken.insert(0, users.taken());
    Ok(reader.everybody(notes))
}

struct Users {
    id: Column,
    status: Column,
    role: Column,
    forename: Column,
    surname: Column,
    middle: Column,
    preferred_forename: Column,
    preferred_surname: Column,
    identifier: Column,
    email: Column,
    username: Column,
    year: Column,
    agents: Column,
}

impl Users {
    fn of(table: &mut Table) -> Result<Self, ImportError> {
        let columns = Self {
            id: table.column("sourcedId", &["sourcedId"]),
            status: table.column("status", &["status"]),
            role: table.column("role", &["role"]),
            forename: table.column("givenName", &["givenName"]),
            surname: table.column("familyName", &["familyName"]),
            middle: table.column("middleName", &["middleName", "middleNames"]),
            preferred_forename: table.column(
                "preferredFirstName",
                &["preferredFirstName", "preferredGivenName"],
            ),
            preferred_surname: table.column(
                "preferredLastName",
                &["preferredLastName", "preferredFamilyName"],
            ),
            identifier: table.column("identifier", &["identifier", "upn"]),
            email: table.column("email", &["email"]),
            username: table.column("username", &["username"]),
            year: table.column("grades", &["grades", "grade"]),
            agents: table.column("agentSourcedIds", &["agentSourcedIds"]),
        };
        table.require(&[&[&columns.id], &[&columns.forename], &[&columns.surname]])?;
        Ok(columns)
    }
}

impl Beside {
    fn read(files: &Files<'_>, notes: &mut Notes) -> Result<Self, ImportError> {
        let mut beside = Self::default();
        beside.read_roles(files, notes)?;
        beside.read_births(files, notes)?;
        beside.read_relations(files, notes)?;
        beside.read_forms(files, notes)?;
        Ok(beside)
    }

    fn read_roles(&mut self, files: &Files<'_>, notes: &mut Notes) -> Result<(), ImportError> {
        let Some(mut table) = files.table("roles.csv")? else {
            return Ok(());
        };
        let user = table.column("userSourcedId", &["userSourcedId"]);
        let role = table.column("role", &["role"]);
        let year = table.column("grade", &["grade"]);
        let status = table.column("status", &["status"]);
        table.require(&[&[&user], &[&role]])?;
        table.rows(notes, |row, _| {
            if is_deleted(row.cell(&status)) {
                return;
            }
            let roles = self.roles.entry(row.owned(&user)).or_default();
            roles.push(row.cell(&role).to_lowercase());
            if !row.cell(&year).is_empty() {
                self.years.insert(row.owned(&user), row.owned(&year));
            }
        });
        self.taken.push(table.taken());
        Ok(())
    }

    fn read_births(&mut self, files: &Files<'_>, notes: &mut Notes) -> Result<(), ImportError> {
        let Some(mut table) = files.table("demographics.csv")? else {
            return Ok(());
        };
        let user = table.column("sourcedId", &["userSourcedId", "sourcedId"]);
        let birth = table.column("birthDate", &["birthDate", "birthdate"]);
        table.require(&[&[&user]])?;
        table.rows(notes, |row, notes| {
            if let Some(birth) = values::date(row, &birth, notes) {
                self.births.insert(row.owned(&user), birth);
            }
        });
        self.taken.push(table.taken());
        Ok(())
    }

    fn read_relations(&mut self, files: &Files<'_>, notes: &mut Notes) -> Result<(), ImportError> {
        let Some(mut table) = files.table("relationships.csv")? else {
            return Ok(());
        };
        let user = table.column("userSourcedId", &["userSourcedId"]);
        let other = table.column(
            "relationshipUserSourcedId",
            &["relationshipUserSourcedId", "agentSourcedId"],
        );
        let role = table.column("relationshipRole", &["relationshipRole", "role"]);
        table.require(&[&[&user], &[&other]])?;
        table.rows(notes, |row, _| {
            let pair = (row.owned(&user), row.owned(&other), row.owned(&role));
            self.relations.push(pair);
        });
        self.taken.push(table.taken());
        Ok(())
    }

    /// A pupil's form is the class that a OneRoster calls their homeroom.
    fn read_forms(&mut self, files: &Files<'_>, notes: &mut Notes) -> Result<(), ImportError> {
        let (Some(mut classes), Some(mut enrolments)) =
            (files.table("classes.csv")?, files.table("enrollments.csv")?)
        else {
            return Ok(());
        };
        let id = classes.column("sourcedId", &["sourcedId"]);
        let kind = classes.column("classType", &["classType"]);
        let title = classes.column("title", &["title"]);
        let mut homerooms: HashMap<String, String> = HashMap::new();
        classes.rows(notes, |row, _| {
            if row.cell(&kind).eq_ignore_ascii_case("homeroom") {
                homerooms.insert(row.owned(&id), row.owned(&title));
            }
        });
        if homerooms.is_empty() {
            return Ok(());
        }
        let class = enrolments.column("classSourcedId", &["classSourcedId"]);
        let user = enrolments.column("userSourcedId", &["userSourcedId"]);
        enrolments.rows(notes, |row, _| {
            if let Some(form) = homerooms.get(row.cell(&class)) {
                self.forms.insert(row.owned(&user), form.clone());
            }
        });
        self.taken.extend([classes.taken(), enrolments.taken()]);
        Ok(())
    }
}

struct Reader {
    columns: Users,
    beside: Beside,
    pupils: Vec<PupilRecord>,
    staff: Vec<StaffRecord>,
    /// Users who are neither.
    relatives: Vec<(String, ContactRecord)>,
    links: Vec<(String, String)>,
}

/// What a user is to the school.
enum Role {
    Pupil,
    Staff(String),
    Relative(String),
    Nobody,
}

impl Reader {
    fn user(&mut self, row: &Row<'_>, notes: &mut Notes) {
        let columns = &self.columns;
        if is_deleted(row.cell(&columns.status)) {
            return;
        }
        let id = row.owned(&columns.id);
        if id.is_empty() {
            notes.cell(
                &row.at,
                &columns.id.told(),
                "it is empty; every user has one",
            );
            return;
        }
        let agents = row.cell(&columns.agents).split(',').map(str::trim);
        let agents = agents.filter(|agent| !agent.is_empty());
        self.links
            .extend(agents.map(|agent| (id.clone(), agent.to_owned())));
        match self.role(row, &id) {
            Role::Pupil => self.pupil(row, id, notes),
            Role::Staff(role) => {
                let email = self.address(row, notes);
                let columns = &self.columns;
                self.staff.push(StaffRecord {
                    at: row.at.clone(),
                    id,
                    title: String::new(),
                    forename: row.owned(&columns.forename),
                    surname: row.owned(&columns.surname),
                    role,
                    email,
                });
            }
            Role::Relative(relation) => self.relative(row, id, relation, notes),
            Role::Nobody => {}
        }
    }

    fn role(&self, row: &Row<'_>, id: &str) -> Role {
        let own = row.cell(&self.columns.role).to_lowercase();
        let beside = self.beside.roles.get(id);
        let mut roles: Vec<&str> = beside.into_iter().flatten().map(String::as_str).collect();
        roles.push(&own);
        let first = |of: &dyn Fn(&str) -> bool| roles.iter().copied().find(|role| of(role));
        // Who teaches and has a child at the school is staff.
        if first(&|role| role == "student").is_some() {
            Role::Pupil
        } else if let Some(role) = first(&is_of_staff) {
            Role::Staff(role.to_owned())
        } else if let Some(role) = first(&|role| !role.is_empty()) {
            Role::Relative(role.to_owned())
        } else {
            Role::Nobody
        }
    }

    fn pupil(&mut self, row: &Row<'_>, id: String, notes: &mut Notes) {
        let email = self.address(row, notes);
        let columns = &self.columns;
        let year = match row.cell(&columns.year) {
            "" => self.beside.years.get(&id).cloned().unwrap_or_default(),
            own => own.to_owned(),
        };
        let upn = row.cell(&columns.identifier);
        let pupil = PupilRecord {
            upn: Some(upn)
                .filter(|upn| values::is_upn(upn))
                .unwrap_or("")
                .to_owned(),
            legal_forename: row.owned(&columns.forename),
            legal_surname: row.owned(&columns.surname),
            preferred_forename: row.owned(&columns.preferred_forename),
            preferred_surname: row.owned(&columns.preferred_surname),
            middle_names: row.owned(&columns.middle),
            year: without_zeros(&year),
            form: self.beside.forms.get(&id).cloned().unwrap_or_default(),
            date_of_birth: self.beside.births.get(&id).copied(),
            email,
            id,
            ..PupilRecord::new(row.at.clone())
        };
        values::check_pupil(&pupil, &columns.id.told(), notes);
        self.pupils.push(pupil);
    }

    fn relative(&mut self, row: &Row<'_>, id: String, relation: String, notes: &mut Notes) {
        let email = self.address(row, notes);
        let columns = &self.columns;
        let contact = email.map(|email| ContactRecord {
            at: row.at.clone(),
            class: class_of(&relation),
            relation,
            name: values::joined([row.cell(&columns.forename), row.cell(&columns.surname)]),
            email,
            pupils: Vec::new(),
            secure_route: false,
            restricted: false,
        });
        self.relatives.extend(contact.map(|contact| (id, contact)));
    }

    /// The email, else the username where that is an address.
    fn address(&self, row: &Row<'_>, notes: &mut Notes) -> Option<crate::mail::Address> {
        match row.cell(&self.columns.email) {
            "" => row.cell(&self.columns.username).parse().ok(),
            _ => values::address(row, &self.columns.email, notes),
        }
    }

    /// Puts contacts and pupils together, whichever of them names the other.
    fn everybody(self, notes: &mut Notes) -> Everybody {
        if self.pupils.is_empty() && self.staff.is_empty() && notes.errors.is_empty() {
            notes.file(
                USERS,
                "no user has the role student or teacher; export users and roles anew",
            );
        }
        let pupils: HashSet<&str> = self.pupils.iter().map(|pupil| pupil.id.as_str()).collect();
        let related = self.beside.relations.iter();
        let related = related.map(|(one, other, role)| (one, other, role.as_str()));
        let links = self.links.iter().map(|(one, other)| (one, other, ""));
        let mut of_relative: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        for (one, other, relation) in related.chain(links) {
            for (relative, pupil) in [(one, other), (other, one)] {
                if pupils.contains(pupil.as_str()) && !pupils.contains(relative.as_str()) {
                    let known = of_relative.entry(relative).or_default();
                    known.push((pupil, relation));
                }
            }
        }
        let mut contacts = Vec::new();
        for (id, contact) in &self.relatives {
            let mut contact = contact.clone();
            let own = of_relative.get(id.as_str());
            for &(pupil, relation) in own.into_iter().flatten() {
                if !contact.pupils.iter().any(|known| known == pupil) {
                    contact.pupils.push(pupil.to_owned());
                }
                if !relation.is_empty() {
                    relation.clone_into(&mut contact.relation);
                    contact.class = class_of(relation);
                }
            }
            contacts.push(contact);
        }
        let known: HashSet<&str> = self.relatives.iter().map(|(id, _)| id.as_str()).collect();
        let without_address = of_relative.keys().filter(|id| !known.contains(*id)).count();
        drop(pupils);
        Everybody {
            pupils: self.pupils,
            staff: self.staff,
            contacts,
            without_address,
            taken: self.beside.taken,
        }
    }
}

fn is_deleted(status: &str) -> bool {
    status.eq_ignore_ascii_case("tobedeleted")
}

fn is_of_staff(role: &str) -> bool {
    const OTHERS: [&str; 8] = [
        "", "student", "parent", "guardian", "relative", "contact", "doctor", "child",
    ];
    !OTHERS.contains(&role)
}

fn class_of(relation: &str) -> Class {
    match relation.to_lowercase().as_str() {
        "parent" | "guardian" | "relative" | "contact" => Class::Parent,
        other => COLUMNS.class_of(other),
    }
}

/// `07` is year 7.
fn without_zeros(year: &str) -> String {
    match year.trim_start_matches('0') {
        "" => year.to_owned(),
        rest => rest.to_owned(),
    }
}
