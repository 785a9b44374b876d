//! Each format, whole, broken and hostile.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::super::*;
use crate::school::people::Class;

fn sources<'a>(files: &'a [(&'a str, Vec<u8>)]) -> Vec<Source<'a>> {
    let source = |(name, bytes): &'a (&str, Vec<u8>)| Source { name, bytes };
    files.iter().map(source).collect()
}

fn files<'a>(texts: &[(&'a str, &str)]) -> Vec<(&'a str, Vec<u8>)> {
    let file = |&(name, text): &(&'a str, &str)| (name, text.as_bytes().to_vec());
    texts.iter().map(file).collect()
}

fn roster(texts: &[(&str, &str)]) -> Listed<PupilRecord> {
    let files = files(texts);
    read_roster(&sources(&files)).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn contacts(texts: &[(&str, &str)]) -> Listed<ContactRecord> {
    let files = files(texts);
    read_contacts(&sources(&files)).unwrap_or_else(|errors| panic!("{errors:?}"))
}

#[track_caller]
fn assert_refused(name: &str, bytes: &[u8], words: &str) {
    let source = Source { name, bytes };
    let errors = read_roster(&[source]).expect_err("a faulty file");
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|told| told.contains(words)), "{told:?}");
}

/// What matters of a pupil: id, UPN, legal, preferred and former names, year,
/// form, date of birth, address.
fn told(pupil: &PupilRecord) -> String {
    let birth = pupil.date_of_birth.map(|date| date.to_string());
    let email = pupil.email.as_ref().map(ToString::to_string);
    [
        &pupil.id,
        &pupil.upn,
        &pupil.legal_forename,
        &pupil.middle_names,
        &pupil.legal_surname,
        &pupil.preferred_forename,
        &pupil.preferred_surname,
        &pupil.former_surname,
        &pupil.year,
        &pupil.form,
        &birth.unwrap_or_default(),
        &email.unwrap_or_default(),
    ]
    .map(String::as_str)
    .join("|")
}

#[test]
fn exports_of_each_program_are_understood() {
    let expected = "7|B801200005001|Zoë||O'Brien||||9|9EH|2011-02-03|";
    for (program, heads, row) in [
        (
            "SIMS",
            "Adno,Forename,Surname,UPN,Year,Reg,DOB",
            "7,Zoë,O'Brien,B801200005001,9,9EH,03/02/2011",
        ),
        (
            "SIMS, with chosen names",
            "Adno,Legal Forename,Legal Surname,Forename,Surname,UPN,Year,Reg Group,Date of Birth",
            "7,Zoë,O'Brien,Zoë,O'Brien,B801200005001,9,9EH,03/02/2011",
        ),
        (
            "Arbor",
            "Arbor Student ID,First name,Last name,UPN,Year group,Registration form,Date of birth",
            "7,Zoë,O'Brien,B801200005001,9,9EH,3/2/2011",
        ),
        (
            "Bromcom",
            "AdmissionNumber,FirstName,LastName,UPN,YearGroup,Form,DateOfBirth,House",
            "7,Zoë,O'Brien,B801200005001,9,9EH,2011-02-03T00:00:00,Red",
        ),
        (
            "Wonde",
            "id,upi,forename,surname,legal_forename,legal_surname,date_of_birth,upn,year,form_group",
            "7,x9,Zoë,O'Brien,Zoë,O'Brien,2011-02-03 00:00:00,B801200005001,9,9EH",
        ),
        (
            "ScholarPack",
            "Admission No;UPN;Forename;Surname;DOB;Year Group;Class",
            "7;B801200005001;Zoë;O'Brien;03.02.2011;9;9EH",
        ),
    ] {
        let listed = roster(&[("export.csv", &format!("{heads}\r\n{row}\r\n"))]);
        assert_eq!(listed.format, Format::Csv);
        assert_eq!(told(&listed.records[0]), expected, "{program}");
    }
}

#[test]
fn plain_names_beside_legal_ones_are_preferred() {
    let listed = roster(&[(
        "wonde.csv",
        "id,forename,surname,legal_forename,legal_surname\n1,Kate,Smith,Katherine,Smyth\n2,Bo,Ng,,\n",
    )]);
    assert_eq!(
        told(&listed.records[0]),
        "1||Katherine||Smyth|Kate|Smith|||||"
    );
    assert_eq!(told(&listed.records[1]), "2||Bo||Ng|||||||");
}

#[test]
fn the_mapping_names_what_was_taken_and_what_was_not() {
    let listed = roster(&[(
        "a.csv",
        "Surname,First name,House,UPN,Adno\nNg,Zoë,Red,,7\n",
    )]);
    let [taken] = &listed.taken[..] else {
        panic!("one file");
    };
    let columns: Vec<(&str, &str)> = taken
        .columns
        .iter()
        .map(|(field, headings)| (*field, headings[0].as_str()))
        .collect();
    assert_eq!(
        columns,
        [
            ("pupil_id", "Adno"),
            ("upn", "UPN"),
            ("forename", "First name"),
            ("surname", "Surname")
        ]
    );
    assert_eq!(taken.ignored, ["House"]);
}

#[test]
fn contacts_of_programs_have_relations_orders_and_split_names() {
    let listed = contacts(&[(
        "contacts.csv",
        "Adno,Title,Contact Forename,Contact Surname,Relationship,Email,Court Order\n\
         7,Mrs,Ann,O'Brien,Mother,ann@webmail.example,No\n\
         7,Mr,Bob,O'Brien,Father,bob@webmail.example,Yes\n\
         7,Dr,Cy,Ng,Social Worker,c.ng@northshire-council.example,\n\
         7,,Di,Ng,Second cousin,di@webmail.example,\n\
         7,,No,Address,Mother,,\n",
    )]);
    let said: Vec<_> = listed
        .records
        .iter()
        .map(|contact| (contact.name.as_str(), contact.class, contact.restricted))
        .collect();
    assert_eq!(
        said,
        [
            ("Mrs Ann O'Brien", Class::Parent, false),
            ("Mr Bob O'Brien", Class::Parent, true),
            ("Dr Cy Ng", Class::Authority, false),
            ("Di Ng", Class::Other, false),
        ]
    );
    assert!(listed.records.iter().all(|contact| contact.pupils == ["7"]));
    assert_eq!(listed.warnings.len(), 1);
}

const CTF: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<CTfile><Header><DocumentName>Common Transfer File</DocumentName></Header><CTFpupilData>
<Pupil><UPN>B801200005001</UPN><Surname>O&apos;Brien</Surname><Forename>Zoë</Forename><DOB>2011-02-03</DOB>
 <BasicDetails><FormerSurname>Quill</FormerSurname><PreferredForename>Zo</PreferredForename><MiddleNames>Ann Mary</MiddleNames><NCyearActual>9</NCyearActual></BasicDetails>
 <Contacts><Contact><Order>1</Order><Title>Mrs</Title><Surname>Brien</Surname><Forename>Ann</Forename><Relationship>PAM</Relationship><Responsibility>Y</Responsibility><Email>ann@webmail.example</Email></Contact>
 <Contact><Surname>Ng</Surname><Forename>Cy</Forename><Relationship>SWR</Relationship></Contact></Contacts></Pupil>
<Pupil><UPN>R674123101121</UPN><Surname>Ng</Surname><Forename>Bo</Forename><DOB>2012-03-04</DOB><BasicDetails/></Pupil>
</CTFpupilData></CTfile>"#;

#[test]
fn a_common_transfer_file_has_pupils_and_their_contacts() {
    let listed = roster(&[("8012000_CTF_8012001_001.xml", CTF)]);
    assert_eq!(listed.format, Format::CommonTransferFile);
    let said: Vec<String> = listed.records.iter().map(told).collect();
    assert_eq!(
        said,
        [
            "|B801200005001|Zoë|Ann Mary|O'Brien|Zo||Quill|9||2011-02-03|",
            "|R674123101121|Bo||Ng||||||2012-03-04|",
        ]
    );
    let listed = contacts(&[("ctf.xml", CTF)]);
    let [ann] = &listed.records[..] else {
        panic!("one has an address: {:?}", listed.records);
    };
    assert_eq!(
        (ann.name.as_str(), ann.class),
        ("Mrs Ann Brien", Class::Parent)
    );
    assert_eq!(ann.pupils, ["B801200005001"]);
    assert_eq!(listed.warnings.len(), 1);
    let staff = read_staff(&sources(&files(&[("ctf.xml", CTF)])));
    let errors = staff.expect_err("it holds none");
    assert_eq!(
        errors[0].to_string(),
        "ctf.xml: this Common Transfer File holds no staff"
    );
}

#[test]
fn utf16_and_windows_1252_are_read_as_what_they_are() {
    let utf16 = |text: &str, mark: &[u8]| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        mark.iter().copied().chain(units).collect()
    };
    let csv = "Forename,Surname\r\nZoë,Ng\r\n";
    for bytes in [
        utf16(csv, b"\xff\xfe"),
        utf16(csv, b""),
        b"Forename,Surname\r\nZo\xeb,Ng\r\n".to_vec(),
        format!("\u{feff}{csv}").into_bytes(),
        utf16(&CTF.replace("encoding=\"utf-8\"", ""), b"\xff\xfe"),
    ] {
        let source = Source {
            name: "a",
            bytes: &bytes,
        };
        let listed = read_roster(&[source]).unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!(listed.records[0].legal_forename, "Zoë");
    }
}

const ONE_ROSTER_11: &[(&str, &str)] = &[
    (
        "manifest.csv",
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\n",
    ),
    (
        "users.csv",
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n\
         u1,active,,true,o1,student,zo,,Zoë,O'Brien,Ann,B801200005001,zo@pupils.greenfold.sch.example,,,\"p1,p2\",09,\n\
         u2,tobedeleted,,true,o1,student,,,Old,Pupil,,,,,,,10,\n\
         t1,active,,true,o1,teacher,,,Dan,Cooper,,,d.cooper@greenfold.sch.example,,,,,\n\
         p1,active,,true,o1,parent,,,Ann,Brien,,,ann@webmail.example,,,,,\n\
         p2,active,,true,o1,guardian,,,Bob,Brien,,,,,,u1,,\n",
    ),
    (
        "demographics.csv",
        "sourcedId,status,dateLastModified,birthDate\nu1,,,2011-02-03\n",
    ),
    (
        "classes.csv",
        "sourcedId,title,classType\nc1,9EH,homeroom\nc2,Maths,scheduled\n",
    ),
    (
        "enrollments.csv",
        "sourcedId,classSourcedId,userSourcedId,role\ne1,c2,u1,student\ne2,c1,u1,student\n",
    ),
];

#[test]
fn one_roster_is_put_together_from_its_files() {
    let listed = roster(ONE_ROSTER_11);
    assert_eq!(listed.format, Format::OneRoster11);
    let said: Vec<String> = listed.records.iter().map(told).collect();
    assert_eq!(
        said,
        ["u1|B801200005001|Zoë|Ann|O'Brien||||9|9EH|2011-02-03|zo@pupils.greenfold.sch.example"]
    );
    let listed = contacts(ONE_ROSTER_11);
    assert_eq!(listed.records.len(), 1);
    assert_eq!(listed.records[0].pupils, ["u1"]);
    assert_eq!(
        listed.warnings,
        [Warning::WithoutAddress {
            file: "users.csv".to_owned(),
            count: 1
        }]
    );
    let files = files(ONE_ROSTER_11);
    let staff = read_staff(&sources(&files)).expect("whole").records;
    assert_eq!(
        (staff[0].id.as_str(), staff[0].role.as_str()),
        ("t1", "teacher")
    );

    let listed = roster(&[
        (
            "users.csv",
            "sourcedId,enabledUser,username,givenName,familyName,preferredFirstName,preferredLastName,email,agentSourcedIds,grades\n\
             u1,true,,Katherine,Smith,Kate,,,,KG\nu2,true,,Tea,Cher,,,,,\n",
        ),
        (
            "ROLES.CSV",
            "sourcedId,userSourcedId,roleType,role,orgSourcedId\nr1,u1,primary,student,o\nr2,u2,primary,teacher,o\n",
        ),
    ]);
    assert_eq!(listed.format, Format::OneRoster12);
    assert_eq!(
        told(&listed.records[0]),
        "u1||Katherine||Smith|Kate|||KG|||"
    );
    assert_eq!(listed.records.len(), 1);
}

#[test]
fn school_data_sync_of_both_versions_is_read() {
    let v2 = [
        ("orgs.csv", "sourcedId,name,type\no,Greenfold,school\n"),
        (
            "users.csv",
            "sourcedId,username,givenName,familyName,email\nu1,zo@pupils.greenfold.sch.example,Zoë,Ng,\nu2,,Ann,Ng,ann@webmail.example\nu3,dan,Dan,Cooper,\n",
        ),
        (
            "roles.csv",
            "userSourcedId,orgSourcedId,role,grade\nu1,o,student,7\nu3,o,teacher,\nu2,o,parent,\n",
        ),
        (
            "relationships.csv",
            "userSourcedId,relationshipUserSourcedId,relationshipRole\nu1,u2,parent\n",
        ),
    ];
    let listed = roster(&v2);
    assert_eq!(listed.format, Format::DataSync2);
    assert_eq!(
        told(&listed.records[0]),
        "u1||Zoë||Ng||||7|||zo@pupils.greenfold.sch.example"
    );
    let parents = contacts(&v2).records;
    assert_eq!(
        (parents[0].class, &parents[0].pupils[..]),
        (Class::Parent, &["u1".to_owned()][..])
    );

    let v1 = [
        ("School.csv", "SIS ID,Name\no,Greenfold\n"),
        (
            "Student.csv",
            "SIS ID,School SIS ID,First Name,Last Name,Username,Grade,Birthdate\n7,o,Zoë,Ng,zo@pupils.greenfold.sch.example,9,3/2/2011\n",
        ),
        (
            "Teacher.csv",
            "SIS ID,School SIS ID,First Name,Last Name,Username\n1,o,Dan,Cooper,dan\n",
        ),
        (
            "User.csv",
            "Email,First Name,Last Name\nann@webmail.example,Ann,Ng\n",
        ),
        (
            "Guardianrelationship.csv",
            "SIS ID,Email,Role\n7,Ann@webmail.example,parent\n",
        ),
    ];
    let listed = roster(&v1);
    assert_eq!(listed.format, Format::DataSync1);
    assert_eq!(
        told(&listed.records[0]),
        "7||Zoë||Ng||||9||2011-02-03|zo@pupils.greenfold.sch.example"
    );
    let parents = contacts(&v1).records;
    assert_eq!(
        (parents[0].name.as_str(), &parents[0].pupils[..]),
        ("Ann Ng", &["7".to_owned()][..])
    );
}

/// A zip of these files, packed.
fn zipped(texts: &[(&str, &str)], flags: u16) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in texts {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text.as_bytes()).expect("memory");
        let packed = packed.finish().expect("memory");
        let mut sum = flate2::Crc::new();
        sum.update(text.as_bytes());
        let offset = zip.len() as u32;
        let mut head = Vec::new();
        head.extend([20u16, flags, 8, 0, 0].iter().flat_map(|n| n.to_le_bytes()));
        head.extend(sum.sum().to_le_bytes());
        head.extend((packed.len() as u32).to_le_bytes());
        head.extend((text.len() as u32).to_le_bytes());
        head.extend((name.len() as u16).to_le_bytes());
        head.extend([0, 0]);
        zip.extend(b"PK\x03\x04");
        zip.extend(&head);
        zip.extend(name.as_bytes());
        zip.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, size, count) = (zip.len() as u32, directory.len() as u32, texts.len() as u16);
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend(count.to_le_bytes());
    zip.extend(count.to_le_bytes());
    zip.extend(size.to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

#[test]
fn a_zip_is_as_good_as_its_folder() {
    let inside: Vec<(String, &str)> = ONE_ROSTER_11
        .iter()
        .map(|(name, text)| (format!("export/{name}"), *text))
        .collect();
    let inside: Vec<(&str, &str)> = inside
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    let zip = zipped(&inside, 0);
    let source = Source {
        name: "oneroster.zip",
        bytes: &zip,
    };
    let listed = read_roster(&[source]).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(listed.records.len(), 1);
    assert_refused("cut.zip", &zip[..zip.len() / 2], "damaged");
    assert_refused(
        "book.xlsx",
        &zipped(&[("[Content_Types].xml", "<x/>")], 0),
        "Excel workbook",
    );
    assert_refused(
        "notes.zip",
        &zipped(&[("a.txt", "x"), ("b.txt", "y")], 0),
        "users.csv",
    );
}

#[test]
fn faults_name_the_place_and_say_what_to_do() {
    for (name, text, words) in [
        (
            "a.csv",
            "Pupil,House\nZoe Ng,Red\n",
            "no column legal_forename and no column legal_surname; the columns are Pupil, House",
        ),
        (
            "a.csv",
            "Adno,Forename,Surname,Date of Birth\n1,Al,Ng,31/02/2011\n",
            "a.csv, row 2, column Date of Birth: no date; write 31/12/2010",
        ),
        (
            "a.csv",
            "Forename,Surname,Work Email\nAl,Ng,al at home\n",
            "row 2, column Work Email: no email address",
        ),
        (
            "a.csv",
            "Forename,Surname,UPN\nAl,\"Ng,X\nBo,Ng,Y\nCy,Ng,Z\n",
            "row 2, column Surname: the cell goes over several lines",
        ),
        ("a.csv", "", "the file is empty"),
        ("a.json", "[{\"forename\": \"Zoe\"}]", "JSON"),
        (
            "a.xml",
            "<pupils><pupil>Zoe</pupil></pupils>",
            "no Common Transfer File",
        ),
        (
            "a.xml",
            "<CTfile><CTFpupilData></CTFpupilData></CTfile>",
            "no Pupil",
        ),
        (
            "a.xml",
            "<CTfile><CTFpupilData><Pupil><UPN>X</UPN><Surname>Ng</Surname></Pupil></CTFpupilData></CTfile>",
            "a.xml, pupil 1, element Forename: it is missing",
        ),
        ("a.xml", &CTF[..CTF.len() - 60], "cut short"),
        (
            "a.xml",
            &CTF.replace("2012-03-04", "4th March"),
            "a.xml, pupil 2, element DOB: no date",
        ),
        (
            "users.csv",
            "sourcedId,givenName,familyName\nu1,Zoe,Ng\n",
            "no roles.csv",
        ),
    ] {
        assert_refused(name, text.as_bytes(), words);
    }
    assert_refused("a.pdf", b"%PDF-1.7", "PDF");
    assert_refused(
        "a.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "Excel workbook",
    );
    let none: &[Source<'_>] = &[];
    assert!(read_roster(none).is_err());
}

#[test]
fn a_thousand_faults_are_told_by_fifty_and_a_number() {
    let rows = "Al,Ng,soon\n".repeat(1000);
    let text = format!("Forename,Surname,DOB\n{rows}");
    let source = Source {
        name: "a.csv",
        bytes: text.as_bytes(),
    };
    let errors = read_roster(&[source]).expect_err("faulty");
    assert_eq!(errors.len(), 51);
    assert_eq!(errors[50].to_string(), "a.csv: 950 more faults like these");
    assert!(
        errors
            .iter()
            .all(|error| !error.to_string().contains("soon"))
    );
}

#[test]
fn what_is_hostile_ends_soon_and_without_a_roster() {
    let laughs = CTF.replace(
        "<CTfile>",
        "<!DOCTYPE c [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><CTfile>",
    );
    let laughs = laughs.replace("<Surname>Ng</Surname>", "<Surname>&b;</Surname>");
    // Nothing is expanded, and no pupil is called "&b;".
    assert_refused("a.xml", laughs.as_bytes(), "entities of its own");
    let deep = format!("<CTfile>{}", "<a>".repeat(100_000));
    assert_refused("a.xml", deep.as_bytes(), "damaged");
    let bomb = "x,".repeat(200_000);
    assert_refused("a.csv", bomb.as_bytes(), "no column");
    for cut in 0..CTF.len() {
        let bytes = &CTF.as_bytes()[..cut];
        assert!(
            read_roster(&[Source { name: "a", bytes }]).is_err(),
            "cut at {cut}"
        );
    }
    let zip = zipped(ONE_ROSTER_11, 0);
    for at in 0..zip.len() {
        let mut bytes = zip.clone();
        bytes[at] ^= 0x41;
        let _ = read_roster(&[Source {
            name: "a",
            bytes: &bytes,
        }]);
    }
}

#[test]
fn a_hundred_thousand_pupils_come_in() {
    let mut text = "Adno,Forename,Surname,Year\n".to_owned();
    for number in 0..100_000 {
        text.push_str(&format!(
            "{number},Forename{number},Surname{},7\n",
            number % 977
        ));
    }
    assert_eq!(roster(&[("a.csv", &text)]).records.len(), 100_000);
}
