use super::*;
use crate::check::testing::teacher;
use crate::patterns::{Packs, Topic};

#[test]
fn local_parts_are_compared_with_names() {
    let packs = Packs::builtin();
    for (forename, surname, local_part, expected) in [
        ("Daniel", "Cooper", "dan.cooper82", WHOLE_NAME),
        ("Daniel", "Cooper", "cooper_danny", WHOLE_NAME),
        ("Daniel", "Cooper", "daniel.j.cooper", WHOLE_NAME),
        ("Daniel", "Cooper", "DanielCooper+school", WHOLE_NAME),
        ("Daniel", "Cooper", "d.cooper1", INITIAL),
        ("Daniel", "Cooper", "djcooper", INITIAL),
        ("Daniel", "Cooper", "cooperd", INITIAL),
        ("Daniel", "Cooper", "cooper1982", SURNAME),
        ("Daniel", "Cooper", "mrcooper", SURNAME),
        ("Daniel", "Cooper", "thecoopers", SURNAME),
        ("Daniel", "Cooper", "cooperfamily4", SURNAME),
        ("Daniel", "Cooper", "family.cooper", SURNAME),
        ("Daniel", "Cooper", "the-cooper-family", SURNAME),
        ("Daniel", "Cooper", "cooper.household", SURNAME),
        ("Daniel", "Cooper", "danandsarahcooper", WHOLE_NAME),
        ("Daniel", "Cooper", "sarah.and.dan.cooper", WHOLE_NAME),
        ("Daniel", "Cooper", "cooper.daniel.j", WHOLE_NAME),
        ("Daniel", "Cooper", "danieljamescooper", WHOLE_NAME),
        ("Daniel", "Cooper", "dj.cooper", INITIAL),
        ("Daniel", "Cooper", "mr.d.cooper", INITIAL),
        ("Daniel", "Cooper", "dan.c82", FORENAME),
        ("Daniel", "Cooper", "danny_1982", NUMBERED),
        ("Daniel", "Cooper", "dc1982", NUMBERED),
        ("Daniel", "Cooper", "djc_82", NUMBERED),
        ("Daniel", "Cooper", "coachcooper", SURNAME),
        ("Daniel", "Cooper", "mrcoopermaths", INITIAL),
        ("Daniel", "Cooper", "mr.cooper.teacher", INITIAL),
        ("Daniel", "Cooper", "cooperart", SURNAME),
        ("Daniel", "Cooper", "dancooper.geography", WHOLE_NAME),
        ("Daniel", "Cooper", "dan.c.pe", FORENAME),
        ("Daniel", "Cooper", "dancoop", INITIAL),
        ("Daniel", "Cooper", "dcoop_rugby", FORENAME),
        ("Daniel", "Cooper", "danielcooperhughes", INITIAL),
        ("Daniel", "Cooper", "danhughescooper", SURNAME),
        ("Tomasz", "Wrona", "tom.wrona81", WHOLE_NAME),
        ("Meera", "Pemberton", "headpemberton", SURNAME),
        ("Daniel", "Cooper", "danielcooperplumbing", 0),
        ("Daniel", "Cooper", "danielle", 0),
        ("Daniel", "Cooper", "danielle.cooper", 0),
        ("Daniel", "Cooper", "drew.cooper", 0),
        ("Daniel", "Cooper", "coopersplumbing", 0),
        ("Daniel", "Cooper", "dc", 0),
        ("Daniel", "Cooper", "sarah.cooper", 0),
        ("Daniel", "Cooper", "s.cooper", 0),
        ("Daniel", "Cooper", "cooper.plumbing", 0),
        ("Daniel", "Cooper", "cooperative", 0),
        ("Daniel", "Cooper", "dan82", NUMBERED),
        ("Jane", "Cooper", "jo.cooper", 0),
        ("Katherine", "O'Neill", "kate.oneill", WHOLE_NAME),
        ("Katherine", "O\u{2019}Neill", "katieo'neill", WHOLE_NAME),
        (
            "Philippa",
            "Ashworth-Bell",
            "pippa_ashworth_bell",
            WHOLE_NAME,
        ),
        ("Robert", "Ng", "bob.ng", WHOLE_NAME),
        ("Robert", "Ng", "rng", 0),
        ("Zo\u{eb}", "M\u{fc}ller", "zoe.muller", WHOLE_NAME),
        ("", "", "anything", 0),
        ("", "Cooper", "cooper", SURNAME),
    ] {
        let staff = teacher(forename, surname);
        let likeness = of(local_part, "", &staff, packs.pack(Topic::Diminutives));
        assert_eq!(likeness, expected, "{local_part} for {forename} {surname}");
    }
}

#[test]
fn the_name_shown_beside_the_address_counts() {
    let packs = Packs::builtin();
    let staff = teacher("Daniel", "Cooper");
    for (shown, expected) in [
        ("Dan Cooper", WHOLE_NAME),
        ("Cooper, Daniel", WHOLE_NAME),
        ("D Cooper", INITIAL),
        ("Mrs Cooper", 0),
        ("The Coopers", 0),
        ("Dan", FORENAME),
        ("Deb Cooper", 0),
        ("", 0),
    ] {
        let likeness = of("greenfinch9", shown, &staff, packs.pack(Topic::Diminutives));
        assert_eq!(likeness, expected, "{shown}");
    }
}
