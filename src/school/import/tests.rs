use super::*;

mod formats;

const ROSTER: &str = "pupil_id,legal_forename,legal_surname,preferred_forename,year,form,dob,email\n\
    P1,Zoë,O'Brien,,9,9EH,03/02/2011,zobrien@pupils.greenfold.sch.example\n\
    P2,Katherine,Smith,Kate,7,7B,2013-11-30,\n";

fn sources<'a>(
    roster: &'a [u8],
    staff: &'a [u8],
    contacts: &'a [u8],
    domains: &'a [Domain],
) -> Sources<'a> {
    let source = |name, bytes: &'a [u8]| (!bytes.is_empty()).then_some(Source { name, bytes });
    Sources {
        roster: source("roster.csv", roster),
        staff: source("staff.csv", staff),
        contacts: source("contacts.csv", contacts),
        domains,
    }
}

fn read_all(roster: &[u8], staff: &[u8], contacts: &[u8]) -> Result<Import, Vec<ImportError>> {
    let domains = ["greenfold.sch.example".parse().expect("domain")];
    import(
        &sources(roster, staff, contacts, &domains),
        NameKey::new([1; 16]),
    )
}

fn people(roster: &[u8]) -> People {
    read_all(roster, b"", b"").expect("a good roster").people
}

fn complaints(roster: &[u8], staff: &[u8], contacts: &[u8]) -> Vec<String> {
    let errors = read_all(roster, staff, contacts).expect_err("faulty files");
    errors.iter().map(ToString::to_string).collect()
}

fn warnings(roster: &[u8], staff: &[u8], contacts: &[u8]) -> Vec<String> {
    let import = read_all(roster, staff, contacts).expect("usable files");
    import.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_roster_comes_in_whole() {
    let people = people(ROSTER.as_bytes());
    let [zoe, kate] = [0, 1].map(|index| people.pupils.get(index).expect("two pupils"));
    assert_eq!(zoe.reference, "P1");
    assert_eq!(zoe.initials, "Z.O.");
    assert_eq!(zoe.form, Some("9EH"));
    assert_eq!(zoe.date_of_birth, Some(jiff::civil::date(2011, 2, 3)));
    assert_eq!(kate.date_of_birth, Some(jiff::civil::date(2013, 11, 30)));
    assert_eq!(people.names.pupils_named("zoe", "OBRIEN"), [0]);
    assert_eq!(people.names.pupils_named("Kate", "Smith"), [1]);
    assert_eq!(people.names.pupils_named("Katherine", "Smith"), [1]);
    let address = "ZOBRIEN@pupils.greenfold.sch.example"
        .parse()
        .expect("address");
    assert_eq!(people.pupil_at(&address), Some(0));
}

#[test]
fn programs_write_csv_in_many_ways() {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(
            "Forename,Surname\nZoë,Ng\n"
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    for file in [
        "Surname,Forename\nNg,Zoë\n".as_bytes(),
        "\u{feff}FORENAME;Surname;House\nZoë;Ng;Red\n".as_bytes(),
        "forename\tLegal Surname\r\nZoë\tNg\r\n".as_bytes(),
        b"First name,LAST_NAME\r\nZo\xeb,Ng\r\n",
        "\"Legal-Forename\",\"surname\"\n\n\"Zoë\" , \"Ng\"\n,\n".as_bytes(),
        "Forename,Surname,Year\nZoë,Ng".as_bytes(),
        &utf16,
    ] {
        let people = people(file);
        assert_eq!(people.pupils.len(), 1, "{}", String::from_utf8_lossy(file));
        assert_eq!(people.names.pupils_named("Zoë", "Ng"), [0]);
    }
}

#[test]
fn a_reference_is_the_id_else_the_upn_else_the_row() {
    let people = people(
        b"pupil_id,upn,forename,surname\nA7,B801200005001,Al,Ng\n,R674123101121,Bo,Ng\n,,Cy,Ng\n",
    );
    let references: Vec<&str> = people.pupils.iter().map(|pupil| pupil.reference).collect();
    assert_eq!(references, ["A7", "R674123101121", "row-4"]);
}

#[test]
fn faults_name_file_row_and_columns_and_come_together() {
    assert_eq!(
        complaints(b"Name,House\nZoe Ng,Red\n", b"forename\nAda\n", b""),
        [
            "roster.csv: there is no column legal_forename and no column legal_surname; the columns are Name, House",
            "staff.csv: there is no column surname; the columns are forename",
        ]
    );
    assert_eq!(
        complaints(
            b"forename,surname,dob,email\nA,B,31/02/2011,a@b@\nC,D,2/3/11,\nE,F,,e.f@x.example\n",
            b"",
            b"type,email,pupil_id,secure_route,restricted\nparent,p@x.example,,perhaps,\naunt,q@x.example,,,\nparent,r@x.example,P1,,court order\nparent,s@x.example,,,yes\n",
        ),
        [
            "roster.csv, row 2, column dob: no date; write 31/12/2010 or 2010-12-31",
            "roster.csv, row 2, column email: no email address; mend it, or leave the cell empty",
            "roster.csv, row 3, column dob: no date; write 31/12/2010 or 2010-12-31",
            "contacts.csv, row 2, column secure_route: neither yes nor no",
            "contacts.csv, row 3, column type: none of parent, authority, health, police, school, union, supplier, governor, other",
            "contacts.csv, row 4, column restricted: neither yes nor no",
        ]
    );
    assert_eq!(
        complaints(b"\n", b"", b""),
        [
            "roster.csv: the file is empty; its first row must name the columns, legal_forename and legal_surname among them"
        ]
    );
}

#[test]
fn oddities_are_warnings() {
    assert_eq!(
        warnings(
            b"pupil_id,forename,surname\nP1,Zoe,Ng\nP2,Ada,\nP1,Bo,Ng\n",
            b"forename,surname,email\nDan,Cooper,dan.cooper82@webmail.example\n",
            b"type,name,email,pupil_id\nparent,Mo Ng,ng@webmail.example,P9\nparent,No Ng,,P1\n",
        ),
        [
            "contacts.csv: 1 contacts have no address and are left out",
            "roster.csv, row 3: the pupil has no full name, and will not be recognised",
            "roster.csv, row 4: another row has the same pupil_id",
            "staff.csv, row 2: the address is not in the school's domains",
            "contacts.csv, row 2: the roster has no pupil of this pupil_id",
        ]
    );
}

#[test]
fn a_restricted_person_is_no_contact_of_the_pupil() {
    let contacts = b"type,name,email,pupil_id,restricted\n\
        parent,Ann O'Brien,ann@webmail.example,P1,\n\
        parent,Bob O'Brien,bob@webmail.example,P1;P2,\n\
        parent,Bob O'Brien,bob@webmail.example,P1,yes\n\
        parent,Cy O'Brien,cy@webmail.example,,yes\n";
    let import = read_all(ROSTER.as_bytes(), b"", contacts).expect("good files");
    let said: Vec<_> = import
        .people
        .contacts
        .iter()
        .map(|contact| (&contact.pupils[..], &contact.restricted[..]))
        .collect();
    assert_eq!(
        said,
        [(&[0][..], &[][..]), (&[1], &[0]), (&[], &[])],
        "one row's restriction outweighs another's silence"
    );
    assert_eq!(
        import.warnings[0].to_string(),
        "contacts.csv, row 5: the contact is restricted, and no pupil is named whom that is about"
    );
}

#[test]
fn contacts_share_addresses_and_have_several_pupils() {
    let contacts = b"Type,Name,Email,Pupil ID,Secure route\n\
        parent,Ann O'Brien,family@webmail.example,P1,\n\
        PARENT,Ann O'Brien,Family@webmail.example,P2,no\n\
        parent,Bob Smith,family@webmail.example,P2,\n\
        authority,Duty team,duty@northshire.example,P1;P2,YES\n";
    let import = read_all(ROSTER.as_bytes(), b"", contacts).expect("good files");
    let people = import.people;
    let at = |address: &str| -> Vec<(&str, &[usize])> {
        let address = address.parse().expect("address");
        people
            .contacts_at(&address)
            .map(|contact| (contact.name.as_str(), contact.pupils.as_slice()))
            .collect()
    };
    assert_eq!(
        at("family@webmail.example"),
        [("Ann O'Brien", &[0, 1][..]), ("Bob Smith", &[1])]
    );
    assert_eq!(at("duty@northshire.example"), [("Duty team", &[0, 1][..])]);
    assert!(at("nobody@webmail.example").is_empty());
    assert!(people.contacts[2].secure_route && !people.contacts[0].secure_route);
    assert_eq!(people.contacts_of(0).count(), 2);
}

#[test]
fn staff_are_found_by_address_and_as_namesakes() {
    let staff = b"staff_id,title,forename,surname,role,email\n\
        S1,Ms,Kate,Smith,Teacher,k.smith@greenfold.sch.example\n";
    let people = read_all(ROSTER.as_bytes(), staff, b"")
        .expect("good files")
        .people;
    let address = "K.Smith@greenfold.sch.example".parse().expect("address");
    assert_eq!(
        people.staff_at(&address).map(|staff| staff.id.as_str()),
        Some("S1")
    );
    assert_eq!(people.namesakes_of(1).count(), 1);
    assert_eq!(people.namesakes_of(0).count(), 0);
}

#[test]
fn hostile_files_are_errors_or_rows_but_no_panic() {
    for file in [
        &b"\"forename,surname\nA,B"[..],
        b"forename,surname\n\"A,B\nC,D",
        b"\xff\xfe\x00",
        b"forename,surname\n\x00\x01,\xff\xff\n",
        b",,,,\n,,,,\n",
    ] {
        let _ = read_all(file, file, file);
    }
    let long = format!(
        "forename,surname\n{},{}\n",
        "A ".repeat(100_000),
        "B".repeat(100_000)
    );
    assert_eq!(people(long.as_bytes()).pupils.len(), 1);
}
