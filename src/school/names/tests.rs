use super::*;

/// Legal forename, legal surname, preferred forename, preferred surname,
/// middle names.
const ROSTER: [[&str; 5]; 23] = [
    ["Zoë", "O'Brien", "", "", "Anne"],                 // 0
    ["Mary-Jane", "O’Neill", "", "", ""],               // 1
    ["Katherine", "Smith", "Kate", "", "Grace Louise"], // 2
    ["Jo", "Hansen", "", "", ""],                       // 3
    ["Łukasz", "Wiśniewski", "", "", ""],               // 4
    ["José", "de la Fuente", "Pepe", "", ""],           // 5
    ["John", "Smith-Jones", "", "Jones", "Paul"],       // 6
    ["John", "Smith", "", "", "Adam"],                  // 7
    ["Adam", "Smith", "", "", ""],                      // 8
    ["Adam", "Jones", "", "", ""],                      // 9
    ["Jordan", "Taylor", "", "", ""],                   // 10
    ["Casey", "Taylor", "", "", ""],                    // 11
    ["James", "Thomas", "", "", ""],                    // 12
    ["Thomas", "James", "", "", ""],                    // 13
    ["John", "Smith", "", "", ""],                      // 14
    ["Summer", "Field", "", "", ""],                    // 15
    ["Hamish", "McDonald", "", "", ""],                 // 16
    ["Jack", "Blake", "", "", ""],                      // 17
    ["Blake", "Morris", "", "", ""],                    // 18
    ["小明", "王", "", "", ""],                         // 19
    ["Emma", "Johansen", "", "", ""],                   // 20
    ["Strauß", "Æsir", "", "", ""],                     // 21
    ["Taylor", "Brown", "", "", ""],                    // 22
];

fn names() -> Names {
    let mut builder = Builder::new(NameKey::new([7; 16]));
    for [
        legal_forename,
        legal_surname,
        preferred_forename,
        preferred_surname,
        middle_names,
    ] in ROSTER
    {
        builder.add(&FullName {
            legal_forename,
            legal_surname,
            preferred_forename,
            preferred_surname,
            middle_names,
            ..FullName::default()
        });
    }
    builder.build()
}

/// What is found, as the letters of the text and the pupils.
fn check_as(writing: Writing, text: &str, expected: &[(&str, &[usize])]) {
    let names = names();
    let found = names.find(text, writing);
    let found: Vec<(&str, &[usize])> = found
        .iter()
        .map(|name| (&text[name.range.clone()], name.pupils.as_slice()))
        .collect();
    assert_eq!(found, expected, "{writing:?} {text:?}");
}

fn check(text: &str, expected: &[(&str, &[usize])]) {
    check_as(Writing::Prose, text, expected);
}

fn check_joined(text: &str, expected: &[(&str, &[usize])]) {
    check_as(Writing::Joined, text, expected);
}

#[test]
fn a_name_is_found_in_any_spelling() {
    for spelling in [
        "Zoë O'Brien",
        "zoe obrien",
        "ZOE O’BRIEN",
        "Zoe\u{308} O`Brien",
        "Zoë O Brien",
        "Zoë O-Brien",
        "Zoë\u{a0}O'Brien",
        "Zo\u{200b}ë O'Bri\u{ad}en",
        "Ｚｏｅ Ｏ＇Ｂｒｉｅｎ",
        "Zоë О'Вriеn",
        "zoe_obrien",
        "O'Brien, Zoë",
        "O'BRIEN,ZOE",
        "O'Brien Zoë",
        "Zoë\tO'Brien",
        "O'Brien\tZoë",
        "zoe.obrien",
        "Zoë Anne O'Brien",
        "Zoë A. O'Brien",
        "Zoë A O'Brien",
        "O'Brien, Zoë Anne",
        "Zoë OʻBrien",
    ] {
        check(&format!("about {spelling} today"), &[(spelling, &[0])]);
        check(spelling, &[(spelling, &[0])]);
    }
    check("Zoë O'Brien's coat", &[("Zoë O'Brien", &[0])]);
    check("Zoë O’Briens", &[]);
}

#[test]
fn hyphen_space_and_nothing_are_alike() {
    for spelling in [
        "Mary-Jane O'Neill",
        "Mary Jane ONeill",
        "MaryJane O Neill",
        "maryjane oneill",
        "O'Neill, Mary Jane",
    ] {
        check(&format!("({spelling})"), &[(spelling, &[1])]);
    }
    check("Mary O'Neill and Jane O'Neill", &[]);
    check("José de la Fuente", &[("José de la Fuente", &[5])]);
    check("DE LA FUENTE Pepe", &[("DE LA FUENTE Pepe", &[5])]);
    check("Pepe Delafuente", &[("Pepe Delafuente", &[5])]);
    check("Lukasz Wisniewski", &[("Lukasz Wisniewski", &[4])]);
    check("STRAUSS AESIR", &[("STRAUSS AESIR", &[21])]);
    check("给 小明 王 。", &[("小明 王", &[19])]);
}

#[test]
fn preferred_names_and_middle_names_count() {
    check("Kate Smith", &[("Kate Smith", &[2])]);
    check(
        "Katherine (Kate) Smith",
        &[("Katherine (Kate) Smith", &[2])],
    );
    check(
        "Katherine ‘Kate’ Smith",
        &[("Katherine ‘Kate’ Smith", &[2])],
    );
    check(
        "Katherine Grace Louise Smith",
        &[("Katherine Grace Louise Smith", &[2])],
    );
    check("Katherine G. L. Smith", &[("Katherine G. L. Smith", &[2])]);
    check("Katherine Maria Smith", &[]);
    check("Katherine M. Smith", &[]);
    check("John Paul Jones", &[("John Paul Jones", &[6])]);
    check("John Adam Smith", &[("John Adam Smith", &[7])]);
}

#[test]
fn parts_and_initials_are_no_names() {
    for text in [
        "Zoë",
        "O'Brien",
        "Z. O'Brien",
        "Z O'Brien",
        "Zoë O.",
        "Zoë O'",
        "Z.O.",
        "zoebrien",
        "",
        "Brien Zoë",
    ] {
        check(text, &[]);
    }
}

#[test]
fn the_border_between_the_names_is_a_border_of_tokens() {
    check("Johan Sen", &[]);
    check("johansen", &[]);
    check("Jo Hansen", &[("Jo Hansen", &[3])]);
    check_joined("Johansen.docx", &[]);
    check_joined("johan_sen.docx", &[]);
}

#[test]
fn a_name_spans_no_border_of_lines_sentences_or_distant_cells() {
    for text in [
        "Zoë\nO'Brien",
        "Zoë. O'Brien",
        "Zoë! O'Brien",
        "Zoë\t\tO'Brien",
        "Zoë; O'Brien",
        "Zoë: O'Brien",
        "Zoë, O'Brien",
        "Zoë / O'Brien",
        "Zoë - O'Brien",
        "Zoë & O'Brien",
        "Zoë\u{2028}O'Brien",
        "Zoë 1 O'Brien",
        "Zoë.O'Brien",
        "Zoë            O'Brien",
        "Zoë\t.\tO'Brien",
        "Zoë (O'Brien)",
    ] {
        check(text, &[]);
    }
}

#[test]
fn longer_names_are_not_shorter_ones() {
    check("John Smith-Jones", &[("John Smith-Jones", &[6])]);
    check("John Smith Jones", &[("John Smith Jones", &[6])]);
    check("John Smith-Brown", &[]);
    check("Ann-Zoë O'Brien", &[]);
    check("D'Adam Smith", &[]);
    check("John Smith-led", &[("John Smith", &[7, 14])]);
    check("Adam Smith-SEN", &[("Adam Smith", &[8])]);
    check("non-Zoë O'Brien", &[("Zoë O'Brien", &[0])]);
    check("'Zoë O'Brien'", &[("Zoë O'Brien", &[0])]);
}

#[test]
fn lists_are_read_as_their_writers_mean_them() {
    check(
        "John Smith, Adam Jones",
        &[("John Smith", &[7, 14]), ("Adam Jones", &[9])],
    );
    check("Kate Jones, Adam Smith", &[("Adam Smith", &[8])]);
    check("Peter Smith, Adam Jones", &[("Adam Jones", &[9])]);
    check(
        "Smith, Adam; Jones, Adam",
        &[("Smith, Adam", &[8]), ("Jones, Adam", &[9])],
    );
    check("Jordan, Taylor, Casey and Zoë", &[]);
    check("Casey, Taylor, Jordan", &[]);
    check("Taylor, Jordan", &[("Taylor, Jordan", &[10])]);
    check("James Thomas", &[("James Thomas", &[12])]);
    check("Thomas, James", &[("Thomas, James", &[12])]);
    check("Blake Morris", &[("Blake Morris", &[18])]);
    check(
        "Smith\tAdam\t9EH\nO'Brien\tZoë\t9EH",
        &[("Smith\tAdam", &[8]), ("O'Brien\tZoë", &[0])],
    );
}

#[test]
fn file_names_and_addresses_join_names() {
    for name in [
        "ZoeOBrien",
        "zoeobrien",
        "OBrienZoe",
        "obrienzoe",
        "Zoe_OBrien",
        "zoe-o-brien",
        "zoe.obrien",
        "O'Brien Zoe",
        "zoe+obrien",
        "ZoeO'Brien",
        "ZOEOBRIEN",
    ] {
        check_joined(&format!("{name}.docx"), &[(name, &[0])]);
        check_joined(&format!("2024-{name}2-report.pdf"), &[(name, &[0])]);
    }
    check_joined("HamishMcDonald.pdf", &[("HamishMcDonald", &[16])]);
    check_joined("McDonaldHamish.pdf", &[("McDonaldHamish", &[16])]);
    check_joined("MaryJaneONeill.pdf", &[("MaryJaneONeill", &[1])]);
    check_joined("report-Zoe O'Brien-SEN.pdf", &[("Zoe O'Brien", &[0])]);
    check_joined("zobrien.pdf", &[]);
    check_joined("summer-term.pdf", &[]);
    check(
        "to zoe.obrien@x.example and ZoeOBrien@x.example",
        &[("zoe.obrien", &[0]), ("ZoeOBrien", &[0])],
    );
    check("zobrien@zoe-obrien.example", &[]);
}

#[test]
fn prose_sees_joined_names_where_capitals_part_them() {
    for name in [
        "ZoeOBrien",
        "OBrienZoe",
        "zoeOBrien",
        "ZoëO'Brien",
        "O'BRIEN/Zoe",
        "Zoe/O'Brien",
        "Zoe-O'Brien",
        "O'Brien(Zoe",
        "O'Brien (Zoë",
        "ZoeAnneOBrien",
    ] {
        let text = format!("row 8 {name}) twice");
        check(&text, &[(name, &[0])]);
        check_as(Writing::Title, &text, &[(name, &[0])]);
    }
    for text in [
        "XZoeOBrien",
        "ZoeO'BrienX",
        "ZoeOBriens",
        "ZoeOBrienWalsh",
        "zoeobrien",
        "Zoe-O'Brien-Walsh",
        "zoe-obrien.example",
        "x.example/zoe/obrien",
        "Ann Zoe-O'Brien",
        "O'Brien (Zoe's mum)",
        "Jordan/Taylor",
        "Taylor-Jordan",
        "Summer-Field",
        "Thomas/James",
        "Zoe / O'Brien",
    ] {
        check(text, &[]);
    }
}

#[test]
fn a_title_sees_names_in_one_word_of_small_letters() {
    for name in ["zoeobrien", "OBRIENZOE", "Hamishmcdonald"] {
        let pupil = if name.starts_with('H') { 16 } else { 0 };
        check_as(
            Writing::Title,
            &format!("{name} is locked out"),
            &[(name, &[pupil])],
        );
    }
    for text in [
        "emmajohansenite",
        "johansen",
        "summerfield",
        "rezoeobrien",
        "zobrien",
    ] {
        check_as(Writing::Title, text, &[]);
    }
}

#[test]
fn a_stranger_in_the_middle_counts_where_the_roster_has_no_middle_names() {
    for name in [
        "Hamish J. McDonald",
        "Hamish J McDonald",
        "Hamish James McDonald",
        "Hamish Rory McDonald",
        "Hamish J.McDonald",
    ] {
        check(&format!("about {name}, please"), &[(name, &[16])]);
        let found = names().find(name, Writing::Prose);
        assert_eq!(found[0].fit, Fit::Middle);
    }
    for text in [
        "Hamish j McDonald",
        "Hamish rory McDonald",
        "Hamish Mrs McDonald",
        "Hamish And McDonald",
        "Hamish, Rory McDonald",
        "Hamish Rory, McDonald",
        "Hamish R. S. McDonald",
        "Hamish Smith McDonald",
        "Hamish RORY McDonald",
        "Hamish Rory McDonald-Brown",
        "Zoë Rory O'Brien",
        "Summer Sports Field",
        "Hamish. J. McDonald",
        "Hamish\nRory McDonald",
    ] {
        check(text, &[]);
    }
    check("Jack John Smith", &[("John Smith", &[7, 14])]);
}

#[test]
fn words_of_everyday_meaning_are_marked() {
    let names = names();
    let nature = |text: &str| names.find(text, Writing::Prose)[0].nature;
    assert!(nature("Summer Field").reads_as_words());
    assert!(!nature("Zoë O'Brien").reads_as_words());
    assert!(nature("Adam Smith").well_known);
    assert!(!nature("John Smith").well_known);
}

#[test]
fn masks_leave_initials() {
    let names = names();
    for (text, expected) in [
        ("Marks for Zoë O'Brien", "Marks for Z.O."),
        ("Zoë O'Brien's mum saw Zoë O'Brien.", "Z.O.'s mum saw Z.O."),
        ("O'Brien, Zoë Anne (9EH)", "Z.O. (9EH)"),
        ("mary jane o’neill", "M.O."),
        ("ZoeOBrien_report.docx", "Z.O._report.docx"),
        ("zoeobrien.docx", "Z.O.docx"),
        ("é José de la Fuente", "é J.D."),
        ("Łukasz Wiśniewski", "Ł.W."),
        ("zoe.obrien@pupils.example", "Z.O.@pupils.example"),
        ("Mrs Zoë O'Brien", "Mrs Z.O."),
        ("nobody at all", "nobody at all"),
        ("strauß æsir", "S.Æ."),
        ("", ""),
    ] {
        assert_eq!(names.mask(text), expected, "{text:?}");
    }
}

#[test]
fn an_initial_keeps_its_diacritics() {
    let mut builder = Builder::new(NameKey::new([7; 16]));
    builder.add(&FullName {
        legal_forename: "Élise",
        legal_surname: "Øre",
        ..FullName::default()
    });
    let names = builder.build();
    assert_eq!(names.mask("e\u{301}lise øre, élise ore"), "É.Ø., É.O.");
}

#[test]
fn nothing_is_kept_in_clear_and_nobody_is_found_by_nobody() {
    let shown = format!("{:?}", names());
    assert!(!shown.to_lowercase().contains("brien"), "{shown}");
    let nobody = Names::default();
    assert!(nobody.find("Zoë O'Brien", Writing::Prose).is_empty());
    assert_eq!(nobody.mask("Zoë O'Brien"), "Zoë O'Brien");
    assert!(nobody.pupils_named("", "").is_empty());
}

#[test]
fn keys_change_the_fingerprints_and_nothing_else() {
    let of = |key: NameKey| {
        let mut builder = Builder::new(key);
        builder.add(&FullName {
            legal_forename: "Zoë",
            legal_surname: "O'Brien",
            ..FullName::default()
        });
        builder.build()
    };
    let (one, other) = (of(NameKey::new([1; 16])), of(NameKey::new([2; 16])));
    assert_ne!(one.key.fingerprint(b"zoe"), other.key.fingerprint(b"zoe"));
    let text = "Zoë O'Brien";
    assert_eq!(
        one.find(text, Writing::Prose),
        other.find(text, Writing::Prose)
    );
}

#[test]
fn a_nameless_pupil_matches_nothing() {
    let mut builder = Builder::new(NameKey::new([7; 16]));
    for name in ["", "-", "'", "1"] {
        builder.add(&FullName {
            legal_forename: name,
            legal_surname: "Smith",
            middle_names: name,
            ..FullName::default()
        });
    }
    let names = builder.build();
    assert!(names.is_empty());
    assert!(names.find("Smith - Smith '", Writing::Joined).is_empty());
}

#[test]
fn hostile_text_is_searched_in_linear_time_without_panic() {
    let names = names();
    for piece in [
        "Zoë ",
        "Mary-",
        "de la ",
        "O'",
        "Smith, ",
        "@",
        "a@",
        ".a",
        "é",
        "\u{301}",
        "\u{200b}",
        "Katherine Grace ",
        "𝐙",
        "ZoE",
        "\t",
        "de.la.fuente@",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        for writing in [Writing::Prose, Writing::Joined] {
            let found = names.find(&text, writing);
            assert!(
                found
                    .iter()
                    .all(|name| text.get(name.range.clone()).is_some())
            );
        }
    }
}

#[test]
fn a_name_that_masking_lays_bare_is_masked_too() {
    let names = names();
    for text in ["O'Brien'Zoë-O'BrienZoëSmith@", "Zoë O'Brien'Zoë-O'BrienZoë"] {
        let masked = names.mask(text);
        assert!(names.find(&masked, Writing::Prose).is_empty(), "{masked}");
        assert!(names.find(&masked, Writing::Joined).is_empty(), "{masked}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_searched_and_masked(text in "(Zoë|O'Brien|Smith|Mary|[ ,.@\\-'’\t\n]|\\PC){0,40}") {
        let names = names();
        for writing in [Writing::Prose, Writing::Joined] {
            let mut end = 0;
            for name in names.find(&text, writing) {
                assert!(end <= name.range.start && name.range.start < name.range.end);
                assert!(text.get(name.range.clone()).is_some());
                end = name.range.end;
            }
        }
        let masked = names.mask(&text);
        let left = names.find(&masked, Writing::Prose);
        assert!(left.is_empty(), "{left:?} are left in {masked:?}");
    }
}
