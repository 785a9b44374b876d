//! Microsoft School Data Sync v1: `student.csv` and `teacher.csv`, with
//! guardians in `user.csv` and `guardianrelationship.csv`.

use std::collections::HashMap;

use super::error::{ImportError, Notes};
use super::files::Files;
use super::record::{ContactRecord, PupilRecord, StaffRecord};
use super::rostering::Everybody;
use super::table::{Column, Row, Table, Taken};
use super::values;
use crate::mail::Address;
use crate::school::people::Class;

pub(super) fn read(files: &Files<'_>, notes: &mut Notes) -> Result<Everybody, ImportError> {
    let mut everybody = Everybody {
        pupils: Vec::new(),
        staff: Vec::new(),
        contacts: Vec::new(),
        without_address: 0,
        taken: Vec::new(),
    };
    let students = files.table("student.csv")?;
    let mut students = students.ok_or_else(|| files.lacks("student.csv"))?;
    everybody.pupils = pupils(&mut students, notes)?;
    everybody.taken.push(students.taken());
    if let Some(mut teachers) = files.table("teacher.csv")? {
        everybody.staff = staff(&mut teachers, notes)?;
        everybody.taken.push(teachers.taken());
    }
    if let Some(mut relations) = files.table("guardianrelationship.csv")? {
        let names = guardians(files, &mut everybody.taken, notes)?;
        everybody.contacts = contacts(&mut relations, &names, notes)?;
        everybody.taken.push(relations.taken());
    }
    Ok(everybody)
}

fn pupils(table: &mut Table, notes: &mut Notes) -> Result<Vec<PupilRecord>, ImportError> {
    let id = table.column("SIS ID", &["SIS ID"]);
    let upn = table.column("Student Number", &["Student Number", "State ID"]);
    let forename = table.column("First Name", &["First Name"]);
    let middle = table.column("Middle Name", &["Middle Name"]);
    let surname = table.column("Last Name", &["Last Name"]);
    let year = table.column("Grade", &["Grade"]);
    let birth = table.column("Birthdate", &["Birthdate", "Birth Date"]);
    let username = table.column("Username", &["Username"]);
    let email = table.column("Email", &["Email", "Secondary Email"]);
    table.require(&[&[&id], &[&forename], &[&surname]])?;
    let mut pupils = Vec::new();
    table.rows(notes, |row, notes| {
        let number = Some(row.cell(&upn)).filter(|upn| values::is_upn(upn));
        let pupil = PupilRecord {
            id: row.owned(&id),
            upn: number.unwrap_or("").to_owned(),
            legal_forename: row.owned(&forename),
            legal_surname: row.owned(&surname),
            middle_names: row.owned(&middle),
            year: row.owned(&year),
            date_of_birth: values::date(row, &birth, notes),
            email: address(row, &username, &email, notes),
            ..PupilRecord::new(row.at.clone())
        };
        values::check_pupil(&pupil, &id.told(), notes);
        pupils.push(pupil);
    });
    Ok(pupils)
}

fn staff(table: &mut Table, notes: &mut Notes) -> Result<Vec<StaffRecord>, ImportError> {
    let id = table.column("SIS ID", &["SIS ID"]);
    let forename = table.column("First Name", &["First Name"]);
    let surname = table.column("Last Name", &["Last Name"]);
    let title = table.column("Title", &["Title"]);
    let username = table.column("Username", &["Username"]);
    let email = table.column("Email", &["Email", "Secondary Email"]);
    table.require(&[&[&id], &[&forename], &[&surname]])?;
    let mut staff = Vec::new();
    table.rows(notes, |row, notes| {
        staff.push(StaffRecord {
            at: row.at.clone(),
            id: row.owned(&id),
            title: row.owned(&title),
            forename: row.owned(&forename),
            surname: row.owned(&surname),
            role: "teacher".to_owned(),
            email: address(row, &username, &email, notes),
        });
    });
    Ok(staff)
}

/// Guardians' names by their addresses.
fn guardians(
    files: &Files<'_>,
    taken: &mut Vec<Taken>,
    notes: &mut Notes,
) -> Result<HashMap<String, String>, ImportError> {
    let Some(mut table) = files.table("user.csv")? else {
        return Ok(HashMap::new());
    };
    let email = table.column("Email", &["Email"]);
    let forename = table.column("First Name", &["First Name"]);
    let surname = table.column("Last Name", &["Last Name"]);
    table.require(&[&[&email]])?;
    let mut names = HashMap::new();
    table.rows(notes, |row, _| {
        let name = values::joined([row.cell(&forename), row.cell(&surname)]);
        names.insert(row.cell(&email).to_lowercase(), name);
    });
    taken.push(table.taken());
    Ok(names)
}

fn contacts(
    table: &mut Table,
    names: &HashMap<String, String>,
    notes: &mut Notes,
) -> Result<Vec<ContactRecord>, ImportError> {
    let pupil = table.column("SIS ID", &["SIS ID"]);
    let email = table.column("Email", &["Email"]);
    let role = table.column("Role", &["Role"]);
    table.require(&[&[&pupil], &[&email]])?;
    let mut contacts = Vec::new();
    table.rows(notes, |row, notes| {
        let Some(address) = values::address(row, &email, notes) else {
            return;
        };
        let name = names.get(&row.cell(&email).to_lowercase());
        contacts.push(ContactRecord {
            at: row.at.clone(),
            class: Class::Parent,
            relation: row.owned(&role),
            name: name.cloned().unwrap_or_default(),
            email: address,
            pupils: vec![row.owned(&pupil)],
            secure_route: false,
            restricted: false,
        });
    });
    Ok(contacts)
}

/// A user's name is an address in most exports, and never wrong if it is none.
fn address(row: &Row<'_>, username: &Column, email: &Column, notes: &mut Notes) -> Option<Address> {
    match row.cell(email) {
        "" => row.cell(username).parse().ok(),
        _ => values::address(row, email, notes),
    }
}
