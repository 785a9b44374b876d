use super::*;

fn sign(kind: Kind<'static>, strength: i32) -> Sign<'static> {
    Sign {
        kind,
        strength,
        pattern: kind.said(),
        at: Spot::default(),
        length: 0,
    }
}

fn record(
    person: Person,
    signs: Vec<Sign<'static>>,
    listed: bool,
    against: Against,
) -> Record<'static> {
    Record {
        pupils: match person {
            Person::Pupil(pupil) => [pupil].into(),
            _ => BTreeSet::new(),
        },
        person,
        signs,
        against,
        listed,
        initials: String::new(),
        at: Spot::default(),
    }
}

fn identifier(identifier: Identifier) -> Sign<'static> {
    sign(Kind::Identifier(identifier), identifier.strength())
}

fn named(offset: usize) -> Person {
    Person::Named(Spot { text: 0, offset })
}

/// The points of these records together.
fn points(records: &[Record<'_>]) -> i32 {
    let confidence = weigh(records).map_or(0.0, |weighed| weighed.confidence);
    (0..60)
        .find(|&points| (super::confidence(points) - confidence).abs() < 1e-6)
        .expect("a confidence of whole points")
}

#[test]
fn each_point_leaves_two_thirds_of_the_doubt() {
    for (points, expected) in [
        (-3, 0.0),
        (0, 0.0),
        (1, 0.33),
        (2, 0.56),
        (3, 0.70),
        (4, 0.80),
        (1000, 1.0),
    ] {
        let found: f32 = confidence(points);
        assert!((found - expected).abs() < f32::EPSILON, "{points}: {found}");
    }
}

#[test]
fn signs_add_up_and_some_speak_against() {
    use Identifier::{Address, Birth, Nhs, Upn};
    use Kind::{Column, Context, Data, Special};
    let public = |public| Against {
        public,
        celebrates: false,
    };
    let term = |strength| sign(Special("health"), strength);
    for (person, signs, against, expected) in [
        (Person::Pupil(0), vec![identifier(Birth)], public(0), 4),
        (
            Person::Pupil(0),
            vec![identifier(Birth), identifier(Birth)],
            public(0),
            4,
        ),
        (
            Person::Pupil(0),
            vec![identifier(Birth), identifier(Upn)],
            public(5),
            9,
        ),
        (Person::Pupil(0), vec![term(3)], public(0), 3),
        (Person::Pupil(0), vec![term(3)], public(3), 0),
        (
            Person::Pupil(0),
            vec![term(3), identifier(Birth)],
            public(5),
            4,
        ),
        (Person::Pupil(0), vec![sign(Context, 1)], public(0), 0),
        (
            Person::Pupil(0),
            vec![sign(Context, 1), term(2)],
            public(0),
            3,
        ),
        (Person::Pupil(0), vec![sign(Data, 0)], public(0), 0),
        (
            Person::Pupil(0),
            vec![sign(Column("marks"), 1)],
            public(0),
            1,
        ),
        (named(0), vec![identifier(Birth)], public(0), 1),
        (
            named(0),
            vec![identifier(Birth), identifier(Address)],
            public(0),
            3,
        ),
        (named(0), vec![identifier(Nhs)], public(0), 3),
        (named(0), vec![identifier(Nhs)], public(3), 0),
        (named(0), vec![identifier(Birth), term(3)], public(0), 2),
        (
            Person::Upn("B801200005001".to_owned()),
            vec![identifier(Upn)],
            public(0),
            5,
        ),
        (
            Person::Numbered(Spot::default()),
            vec![identifier(Nhs)],
            public(0),
            3,
        ),
        (
            Person::Numbered(Spot::default()),
            vec![identifier(Nhs)],
            public(3),
            0,
        ),
    ] {
        let said = format!("{person:?} {signs:?} {against:?}");
        let records = [record(person, signs, false, against)];
        assert_eq!(points(&records), expected, "{said}");
    }
}

#[test]
fn rows_add_for_each_other() {
    use Identifier::{Address, Birth};
    use Kind::{Column, Data};
    let marks = &[sign(Column("marks"), 1)];
    let data = &[sign(Data, 0)];
    let against = |public, celebrates| Against { public, celebrates };
    let plain = Against::default();
    type Who = fn(usize) -> Person;
    for (count, who, row, against, expected) in [
        (2, Person::Pupil as Who, marks, plain, 1),
        (3, Person::Pupil, marks, plain, 3),
        (10, Person::Pupil, marks, plain, 4),
        (300, Person::Pupil, marks, plain, 5),
        (3, |_| Person::Pupil(7), marks, plain, 1),
        (3, Person::Pupil, data, plain, 2),
        (300, Person::Pupil, marks, against(0, true), 0),
        (3, Person::Pupil, marks, against(3, false), 3),
        (3, Person::Pupil, data, against(3, false), 0),
        (3, named, &[identifier(Birth)], plain, 3),
        (3, named, &[identifier(Birth)], against(3, false), 0),
        (3, named, &[identifier(Address)], plain, 0),
        (3, named, marks, plain, 0),
        (1, named, &[sign(Column("payroll"), 3)], plain, 1),
        (3, named, &[sign(Column("payroll"), 3)], plain, 3),
        (3, Person::Staff, &[sign(Column("payroll"), 3)], plain, 5),
        (
            3,
            Person::Staff,
            &[sign(Column("contact-details"), 1)],
            plain,
            1,
        ),
    ] {
        let records: Vec<Record<'_>> = (0..count)
            .map(|n| record(who(n), row.to_vec(), true, against))
            .collect();
        assert_eq!(points(&records), expected, "{count} {:?}", records[0]);
    }
    let nothing = [record(Person::Pupil(0), Vec::new(), true, plain)];
    assert!(weigh(&nothing).is_none());
}

#[test]
fn evidence_is_told_in_a_phrase() {
    use Identifier::{Birth, Upn};
    let pupils = |n: usize| (0..n).map(Person::Pupil).collect::<Vec<_>>();
    let column = |id| sign(Kind::Column(id), 1);
    for (people, signs, expected) in [
        (
            pupils(32),
            vec![identifier(Birth), identifier(Upn)],
            "32 pupils, with UPN and date of birth",
        ),
        (
            pupils(1),
            vec![sign(Kind::Special("health"), 3), sign(Kind::Context, 1)],
            "1 pupil, with health",
        ),
        (
            vec![named(0)],
            vec![identifier(Birth)],
            "1 person, with date of birth",
        ),
        (
            (0..3).map(Person::Staff).collect(),
            vec![column("payroll"), identifier(Identifier::Bank)],
            "3 members of staff, with bank details and pay",
        ),
        (
            vec![Person::Staff(1)],
            vec![column("sickness")],
            "1 member of staff, with absence and sickness",
        ),
        (
            vec![Person::Pupil(0), named(0)],
            vec![identifier(Birth), sign(Kind::Data, 0)],
            "2 people, with date of birth",
        ),
        (
            pupils(3),
            vec![sign(Kind::Data, 0)],
            "3 pupils, with data about each of them",
        ),
        (
            pupils(10),
            vec![
                sign(Kind::Data, 0),
                column("marks"),
                column("attendance"),
                sign(Kind::Special("free-meals"), 2),
            ],
            "10 pupils, with free school meals, attendance and marks",
        ),
        (
            pupils(2),
            vec![sign(Kind::Special("sen"), 3), column("special-needs")],
            "2 pupils, with special educational needs",
        ),
        (
            vec![Person::Transferred],
            vec![sign(Kind::Transfer, 6)],
            "people, with whole records of a Common Transfer File",
        ),
    ] {
        let records: Vec<Record<'_>> = people
            .into_iter()
            .map(|person| record(person, signs.clone(), true, Against::default()))
            .collect();
        let weighed = weigh(&records).expect("something");
        assert_eq!(weighed.said(), expected);
    }
}

#[test]
fn the_first_that_says_enough_tells_the_place() {
    let at = |offset, strength| {
        let mut one = sign(Kind::Special("health"), strength);
        one.at.offset = offset;
        record(Person::Pupil(offset), vec![one], false, Against::default())
    };
    for (strengths, expected) in [([1, 5, 5], 1), ([2, 2, 2], 0), ([4, 5, 1], 0)] {
        let records: Vec<Record<'_>> = (0..3).zip(strengths).map(|(n, s)| at(n, s)).collect();
        let weighed = weigh(&records).expect("something");
        assert_eq!(weighed.spot().offset, expected, "{strengths:?}");
    }
    assert!(weigh(&[]).is_none());
}
