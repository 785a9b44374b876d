use super::*;

const NAME: &str = "Amara Okafor";

/// Of a text with the term in brackets; a topic's words in braces.
fn bearing<T>(text: &str, ask: impl Fn(&Bearing<'_>, &Range<usize>) -> T) -> T {
    let mut plain = String::new();
    let (mut term, mut lead) = (0..0, 0..0);
    for c in text.chars() {
        match c {
            '[' => term.start = plain.len(),
            ']' => term.end = plain.len(),
            '{' => lead.start = plain.len(),
            '}' => lead.end = plain.len(),
            c => plain.push(c),
        }
    }
    let sightings: Vec<Sighting> = plain
        .match_indices(NAME)
        .map(|(at, name)| Sighting {
            text: 0,
            range: at..at + name.len(),
            pupils: vec![0],
            confidence: 0.9,
            suppressed: None,
        })
        .collect();
    let sightings: Vec<&Sighting> = sightings.iter().collect();
    let leads = vec![lead.clone()].into_iter().filter(|it| !it.is_empty());
    let follows = leads.clone().collect();
    ask(
        &Bearing::new(&plain, &sightings, leads.collect(), follows),
        &term,
    )
}

#[test]
fn a_term_is_of_whoever_stands_nearest_before_it() {
    for (text, expected) in [
        ("Amara Okafor has [epilepsy].", true),
        ("The [asthma] of Amara Okafor is worse.", true),
        ("Amara Okafor comes too. Her [asthma] is worse.", true),
        ("Amara Okafor comes too. Amara's [asthma] is worse.", true),
        ("Amara Okafor comes too. Mum is in [prison].", true),
        ("Amara Okafor comes too. My mum is in [prison].", false),
        ("Amara Okafor comes too. Severe [asthma].", true),
        (
            "Amara Okafor comes too. Allergies: peanuts, hazelnuts, almonds, carries [EpiPen]",
            true,
        ),
        (
            "Amara Okafor comes too. We suspect [dyslexia], all of us who teach on Mondays.",
            true,
        ),
        (
            "Amara Okafor comes too. Staff carry plasters, water and spare [inhalers].",
            false,
        ),
        (
            "Amara Okafor comes too. The [counselling] room needs paint.",
            false,
        ),
        (
            "Mrs Field broke her [wrist], so Amara Okafor took the flowers.",
            false,
        ),
        (
            "Mrs Field says she has [asthma] and that Amara Okafor minds.",
            true,
        ),
        ("Amara Okafor swore at Mrs Field and was [suspended].", true),
        ("She will miss the match, what with her [asthma].", true),
        ("Amara Okafor won. I have had [pneumonia].", false),
        (
            "Amara Okafor hit out. The boy was [suspended] at once.",
            true,
        ),
        ("[", false),
    ] {
        let found = bearing(text, |bearing, term| bearing.is_of_somebody(term));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_somebody_speaks_of_is_a_topic() {
    for (text, expected) in [
        (
            "Amara Okafor did a {speech on} the evils of [vaping].",
            true,
        ),
        ("Amara Okafor did a {speech on} her own [autism].", false),
        (
            "Amara Okafor missed the {talk on} Monday because of [asthma].",
            false,
        ),
        ("A {talk on} Monday. Amara Okafor has [asthma].", false),
        ("[Asthma] {awareness} and Amara Okafor.", true),
        ("[asthma], {week} 3", false),
        ("{a poem about} [his mother's death]", false),
        ("", false),
    ] {
        let found = bearing(text, |bearing, term| bearing.is_topic(term));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_clause_may_speak_of_one_person() {
    for (text, expected) in [
        ("She is back to [panic attacks].", true),
        ("A colleague has told her of [panic attacks].", false),
        ("They speak of [panic attacks].", false),
    ] {
        let found = bearing(text, |bearing, term| bearing.is_of_one(term));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn long_texts_without_an_end_are_cut() {
    let long = format!(
        "{} [asthma] {}",
        "\u{e9} ".repeat(2_000),
        "\u{e9} ".repeat(2_000)
    );
    assert!(!bearing(&long, |bearing, term| bearing.is_of_somebody(term)));
}
