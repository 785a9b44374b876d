//! Roster, staff and contacts in a CSV file of any program whose headings
//! `columns.toml` knows.

use crate::school::people::Class;

use super::columns::COLUMNS;
use super::error::{ImportError, Notes, Warning};
use super::record::{ContactRecord, PupilRecord, StaffRecord};
use super::table::{Column, Row, Table};
use super::values;

pub(super) fn roster(
    table: &mut Table,
    notes: &mut Notes,
) -> Result<Vec<PupilRecord>, ImportError> {
    let names = &COLUMNS.roster;
    let id = table.column("pupil_id", &names.pupil_id);
    let upn = table.column("upn", &names.upn);
    let legal_forename = table.column("legal_forename", &names.legal_forename);
    let forename = table.column("forename", &names.forename);
    let middle_names = table.column("middle_names", &names.middle_names);
    let legal_surname = table.column("legal_surname", &names.legal_surname);
    let surname = table.column("surname", &names.surname);
    let preferred_forename = table.column("preferred_forename", &names.preferred_forename);
    let preferred_surname = table.column("preferred_surname", &names.preferred_surname);
    let former_forename = table.column("former_forename", &names.former_forename);
    let former_surname = table.column("former_surname", &names.former_surname);
    let year = table.column("year", &names.year);
    let form = table.column("form", &names.form);
    let date_of_birth = table.column("dob", &names.date_of_birth);
    let email = table.column("email", &names.email);
    table.require(&[&[&legal_forename, &forename], &[&legal_surname, &surname]])?;

    let mut pupils = Vec::new();
    table.rows(notes, |row, notes| {
        let mut pupil = PupilRecord {
            id: row.owned(&id),
            upn: row.owned(&upn),
            legal_forename: row.owned(&legal_forename),
            legal_surname: row.owned(&legal_surname),
            preferred_forename: row.owned(&preferred_forename),
            preferred_surname: row.owned(&preferred_surname),
            former_forename: row.owned(&former_forename),
            former_surname: row.owned(&former_surname),
            middle_names: row.owned(&middle_names),
            year: row.owned(&year),
            form: row.owned(&form),
            date_of_birth: values::date(row, &date_of_birth, notes),
            email: values::address(row, &email, notes),
            ..PupilRecord::new(row.at.clone())
        };
        // Beside legal names, plain ones are those that a pupil goes by.
        let plain = row.owned(&forename);
        fill(
            &mut pupil.legal_forename,
            &mut pupil.preferred_forename,
            plain,
        );
        let plain = row.owned(&surname);
        fill(
            &mut pupil.legal_surname,
            &mut pupil.preferred_surname,
            plain,
        );
        values::check_pupil(&pupil, &id.told(), notes);
        pupils.push(pupil);
    });
    Ok(pupils)
}

fn fill(legal: &mut String, preferred: &mut String, plain: String) {
    if legal.is_empty() {
        *legal = plain;
    } else if preferred.is_empty() && plain != *legal {
        *preferred = plain;
    }
}

pub(super) fn staff(table: &mut Table, notes: &mut Notes) -> Result<Vec<StaffRecord>, ImportError> {
    let names = &COLUMNS.staff;
    let id = table.column("staff_id", &names.staff_id);
    let title = table.column("title", &names.title);
    let forename = table.column("forename", &names.forename);
    let surname = table.column("surname", &names.surname);
    let role = table.column("role", &names.role);
    let email = table.column("email", &names.email);
    table.require(&[&[&forename], &[&surname]])?;

    let mut staff = Vec::new();
    table.rows(notes, |row, notes| {
        staff.push(StaffRecord {
            at: row.at.clone(),
            id: row.owned(&id),
            title: row.owned(&title),
            forename: row.owned(&forename),
            surname: row.owned(&surname),
            role: row.owned(&role),
            email: values::address(row, &email, notes),
        });
    });
    Ok(staff)
}

/// A contact has a row for each of its pupils, or several in one cell.
pub(super) fn contacts(
    table: &mut Table,
    notes: &mut Notes,
) -> Result<Vec<ContactRecord>, ImportError> {
    let names = &COLUMNS.contacts;
    let columns = Contacts {
        class: table.column("type", &names.class),
        relation: table.column("relation", &names.relation),
        name: table.column("name", &names.name),
        title: table.column("title", &names.title),
        forename: table.column("forename", &names.forename),
        surname: table.column("surname", &names.surname),
        email: table.column("email", &names.email),
        pupil_id: table.column("pupil_id", &names.pupil_id),
        upn: table.column("upn", &names.upn),
        secure_route: table.column("secure_route", &names.secure_route),
        restricted: table.column("restricted", &names.restricted),
    };
    table.require(&[&[&columns.class, &columns.relation], &[&columns.email]])?;
    let mut contacts = Vec::new();
    let mut without_address = 0;
    table.rows(notes, |row, notes| {
        if row.cell(&columns.email).is_empty() {
            without_address += 1;
        }
        contacts.extend(columns.contact(row, notes));
    });
    if without_address > 0 {
        notes.warnings.push(Warning::WithoutAddress {
            file: table.file().to_owned(),
            count: without_address,
        });
    }
    Ok(contacts)
}

struct Contacts {
    class: Column,
    relation: Column,
    name: Column,
    title: Column,
    forename: Column,
    surname: Column,
    email: Column,
    pupil_id: Column,
    upn: Column,
    secure_route: Column,
    restricted: Column,
}

impl Contacts {
    /// The contact of a row; nothing where a cell is at fault or there is no
    /// address.
    fn contact(&self, row: &Row<'_>, notes: &mut Notes) -> Option<ContactRecord> {
        let relation = row.owned(&self.relation);
        let class = self.class_of(row, &relation, notes);
        let mut switch = |column: &Column| {
            let on = values::yes_or_no(row.cell(column));
            if on.is_none() {
                notes.cell(&row.at, &column.told(), "neither yes nor no");
            }
            on
        };
        let secure_route = switch(&self.secure_route);
        let restricted = switch(&self.restricted);
        let email = values::address(row, &self.email, notes);
        let ids = row.cell(&self.pupil_id).split([';', ',', '|', ' ']);
        let upns = row.cell(&self.upn).split([';', ',', '|', ' ']);
        let mut pupils: Vec<String> = Vec::new();
        // A UPN beside an id is of the same pupil.
        let ids = ids.map(str::trim).filter(|id| !id.is_empty());
        pupils.extend(ids.map(str::to_owned));
        if pupils.is_empty() {
            let upns = upns.map(str::trim).filter(|upn| !upn.is_empty());
            pupils.extend(upns.map(str::to_owned));
        }
        Some(ContactRecord {
            at: row.at.clone(),
            class: class?,
            relation,
            name: self.name_of(row),
            email: email?,
            pupils,
            secure_route: secure_route?,
            restricted: restricted?,
        })
    }

    fn class_of(&self, row: &Row<'_>, relation: &str, notes: &mut Notes) -> Option<Class> {
        match row.cell(&self.class) {
            "" if self.relation.is_there() => Some(COLUMNS.class_of(relation)),
            said => {
                let class = values::class(said);
                if class.is_none() {
                    notes.cell(&row.at, &self.class.told(), values::CLASSES);
                }
                class
            }
        }
    }

    fn name_of(&self, row: &Row<'_>) -> String {
        let parts = [&self.title, &self.forename, &self.surname];
        match row.cell(&self.name) {
            "" => values::joined(parts.map(|part| row.cell(part))),
            name => name.to_owned(),
        }
    }
}
