use super::*;
use crate::check::testing::{attach, mail_of, message, school};
use crate::extract::Protection;

fn inspect(reading: &Reading) -> Vec<Finding> {
    let findings = OffensiveLanguage.inspect(&mail_of(reading, &[]), &school());
    let counts = |finding: &Finding| finding.suppressed.is_none() && finding.confidence >= 0.5;
    findings.into_iter().filter(counts).collect()
}

fn found(body: &str) -> Vec<Finding> {
    inspect(&message(&[(Role::Body, body)]))
}

/// What is said of a mail; nothing where it passes.
fn said(body: &str) -> Option<String> {
    let whats: Vec<String> = found(body)
        .into_iter()
        .map(|finding| finding.what)
        .collect();
    (!whats.is_empty()).then(|| whats.join("; "))
}

#[track_caller]
fn all_fire(kind: &str, bodies: &[&str]) {
    let missed: Vec<_> = bodies
        .iter()
        .map(|body| (body, said(body)))
        .filter(|(_, said)| said.as_ref().is_none_or(|said| !said.contains(kind)))
        .collect();
    assert!(missed.is_empty(), "missed as {kind}: {missed:#?}");
}

#[track_caller]
fn all_pass(bodies: &[&str]) {
    let wrong: Vec<_> = bodies
        .iter()
        .filter_map(|body| Some((body, said(body)?)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn swearing_counts_masked_and_in_any_spelling() {
    all_fire(
        "swearing",
        &[
            "Where the fuck is the register?",
            "The new timetable is a load of bollocks.",
            "What a shitshow that meeting was.",
            "This is complete bullsh*t and you know it.",
            "Tell him to f*** off.",
            "Not my f**king job.",
            "The boiler is f***ed again",
            "Oh for f u c k sake",
            "I am sick of this sh1t",
            "Well that's a b*stard of a deadline.",
            "Bloody hell, who moved the printer?",
            "The bloody photocopier is broken again.",
            "I can't be arsed with the marking tonight",
            "They can sod off.",
            "What a wanker.",
            "he can piss off",
            "That lesson was crap, frankly.",
            "STFU already",
            "The whole thing is a CLUSTERFUCK",
            "Absofuckinglutely",
            "What the #@!% is going on",
            "Damn it all, the hell with it. Damned fools. What the hell were they thinking?",
            "Thanks\n\nPS tw@t of the week award goes to the caretaker",
        ],
    );
}

#[test]
fn insults_count_without_a_swear_word() {
    all_fire(
        "an insult",
        &[
            "You are a complete waste of space.",
            "You're nothing but a pathetic old hag.",
            "Honestly, you are so thick.",
            "She is an absolute idiot and everybody knows it.",
            "Mr Harris is a total muppet.",
            "That family are the scum of the earth.",
            "Nobody likes you. Go and die.",
            "You pathetic excuse for a teacher.",
            "What a silly cow she is",
            "He's as thick as two short planks",
            "you absolute moron",
            "Shut your gob, fatso.",
            "The new deputy is an oxygen thief.",
            "You disgust me.",
            "these kids are vermin: they're a bunch of clowns",
        ],
    );
}

#[test]
fn slurs_pornography_and_extremism_are_told_as_such() {
    all_fire(
        "demean",
        &[
            "We've got another paki family moving in.",
            "those pikeys from the site",
            "You spastic.",
            "That is so gay.",
            "Don't be such a retard",
            "They should all go back to where they came from.",
            "Gypsies are all thieves, if you ask me.",
            "the little n****r in 7B",
        ],
    );
    all_fire(
        "pornographic",
        &[
            "Nice tits on the new receptionist",
            "send nudes x",
            "I want you to suck my cock",
            "found some hardcore porn you'd like",
        ],
    );
    all_fire(
        "extremist",
        &[
            "Heil Hitler, comrades.",
            "Hitler was right about them.",
            "Gas the Jews",
            "Death to all infidels, join ISIS",
        ],
    );
}

#[test]
fn threats_are_of_their_own_kind() {
    for body in [
        "I'm going to kill you.",
        "I know where you live.",
        "If you mark me down again I will smash your face in.",
        "Watch your back, Miss.",
        "we're gonna batter him after school",
        "I'll burn the school down on Monday",
        "You're dead meat.",
        "I will make you regret the day you crossed me",
        "Someone is going to stab Mr Harris tomorrow",
    ] {
        let findings = found(body);
        let threat = findings.first().unwrap_or_else(|| panic!("missed: {body}"));
        assert_eq!(threat.weight, Weight::Threat, "{body}: {findings:?}");
        assert_eq!(threat.what, "a threat", "{body}");
    }
    let findings = found("You fat pig. I'm going to kill you. Fuck off.");
    let weights: Vec<Weight> = findings.iter().map(|finding| finding.weight).collect();
    assert_eq!(weights, [Weight::Threat, Weight::Ordinary]);
    assert_eq!(findings[1].what, "an insult and swearing");
    all_pass(&[
        "If this is not resolved I will make a formal complaint and take legal advice.",
        "My mum will kill me if I lose this coat.",
        "I could murder a curry.",
        "We'll beat them on Saturday, you'll see!",
        "I'll shoot you an email tomorrow.",
        "You will regret missing this concert.",
        "They are going to knock the wall down and blow up the balloons.",
        "We will burn the calories off on Sports Day.",
        "I'm coming for the meeting at four.",
        "You'll pay for this through the app.",
        "He is going to smash his personal best.",
    ]);
}

#[test]
fn the_same_letters_with_another_meaning_pass() {
    all_pass(&[
        "On the feeder: three great tits, a blue tit and a pair of coal tits.",
        "Shags and cormorants nest on the cliff; we saw a shag drying its wings.",
        "Ringed: twelve blue tits, two great tits.",
        "Friday: pork faggots in gravy, or vegetable pie. Spotted dick and custard.",
        "Faggots and peas on Wednesday.",
        "Cock-a-leekie soup, and a knob of butter on the potatoes.",
        "Prick the potatoes with a fork before baking.",
        "The nurse will do a finger prick test.",
        "Our labrador bitch has had eight puppies; the children may visit.",
        "Dogs and bitches are shown separately at the country show.",
        "The trip to Scunthorpe leaves at 8, and to Penistone at 9.",
        "Cockermouth and Cockfosters are both on the map.",
        "Mr Cocks and Mrs Dick will take the register. Dick Turpin, Moby Dick.",
        "Mrs Bastard from Kingsbridge has asked about places.",
        "The Year 6 class read the Dick King-Smith books.",
        "He has spastic diplegia and uses a walker.",
        "The Maine Coon is a large cat.",
        "A chink of light came through the curtain.",
        "Shakespeare wrote an aside here.",
        "A slag heap stood where the park is now. Molten slag is removed from the furnace.",
        "Bloody Sunday and the Bloody Assizes are on the paper.",
        "He came in with a bloody nose at break.",
        "Please assess the assembly and pass the class list to Essex.",
        "Offa's Dyke walk: bring boots.",
        "William the Bastard became William the Conqueror.",
        "The reproductive system: penis, vagina, testes, ovary and breast tissue.",
        "LGBT+ History Month: gay, lesbian, bisexual, trans and queer people in science.",
        "Sussex, Essex, Middlesex. Arsenal v Scunthorpe. Assassin's Creed.",
        "The fag ends by the gate were swept up.",
        "Please write to Fanny Price and Willy Loman's directors.",
        "The horny layer of the skin is dead tissue.",
        "You are a star! You were such a clown at the fair, thank you.",
        "The idiot's guide to spreadsheets, and Green Day's American Idiot.",
        "Flame retardant costumes only. Cold retards the growth of mould.",
        "f(x) = 2x and f' is its derivative; s. 12, c. 30, p. 4",
        "The witch is a role in the play: she is a wicked witch.",
        "A door knob is missing, and the tool shed is a waste of space.",
        "You are the best. You are useless at saying no, and we love you for it!",
    ]);
}

#[test]
fn somebody_elses_words_pass() {
    all_pass(&[
        "Incident log, P3: JT told the supply teacher to fuck off and called her a fat bitch.",
        "He shouted \"you fucking idiot\" at the dinner lady.",
        "She disclosed that her stepfather calls her a slag and says he will kill her.",
        "I'm writing because the boys on the bus keep calling me a paki and I don't know what to do.",
        "Behaviour log\n10:15 refused to work. 10:20 fuck off x 3, kicked chair. 10:30 left the room.",
        "Graffiti in the boys' toilets reads 'Mr Smith is a wanker'.",
        "The message said: you're dead meat. We have passed it to the police.",
        "Mum says Dad threatened: I'll slit your throat.",
        "The pupil used the word 'nigger' twice in a history debate.",
        "Crooks is called a \"nigger\" throughout the novel; please prepare the class for Of Mice and Men.",
        "Faggot is a homophobic slur and must be challenged.",
        "When people make you feel you are worthless, talk to us.",
        "Online safety: please warn parents that the term \"send nudes\" is used on the app.",
        "The lesson on propaganda shows the slogan \"Heil Hitler\" in its context.",
        "Prevent training: how far-right groups use 14 words and 1488 as codes.",
        "In King Lear, Edmund's soliloquy ends with the line \"Now, gods, stand up for bastards!\"",
        "I was told to piss off by a parent this morning.",
    ]);
}

#[test]
fn saying_it_oneself_is_no_report() {
    all_fire(
        "",
        &[
            "As I said, this is fucking ridiculous.",
            "I told you to fuck off.",
            "You said it would be sorted, you lying bastard.",
            "I've read your incident report and it is complete bullshit.",
            "I got the lesson plan. You useless twat.",
        ],
    );
}

#[test]
fn what_is_answered_is_not_blamed_on_the_answer() {
    let abuse = "You fucking idiots lost my son's coat.";
    let answer = |subject: &str, body: &str| {
        let mut reading = message(&[
            (Role::Subject, subject),
            (Role::Body, body),
            (Role::Quoted, abuse),
        ]);
        reading.header.subject = subject.to_owned();
        inspect(&reading).len()
    };
    assert_eq!(
        answer("Re: The fucking coat", "I am sorry to hear that."),
        0
    );
    assert_eq!(
        answer(
            "FW: The fucking coat",
            "Please see below, could you advise?"
        ),
        0
    );
    assert_eq!(answer("The fucking coat", "I am sorry."), 1);
    assert_eq!(answer("RE: coat", "Your son is a little shit."), 1);
    assert_eq!(answer("FW: FW: joke", "haha this made me laugh"), 1);
    assert_eq!(answer("Fwd: see this", ""), 1);
}

#[test]
fn letters_count_and_books_do_not() {
    let attached = |name: &str, text: &str| {
        let mut reading = message(&[(Role::Body, "Please find attached.")]);
        attach(&mut reading, name, Protection::Open, &[("page 1", text)]);
        inspect(&reading).len()
    };
    assert_eq!(
        attached("letter.docx", "Dear Sir, you are a fucking disgrace."),
        1
    );
    assert_eq!(
        attached("letter.docx", "It's crap."),
        0,
        "only what is beyond doubt"
    );
    assert_eq!(attached("complaint.eml", "You fucking idiot."), 0);
    assert_eq!(attached("rota you bastards.docx", "Monday"), 1);
    assert_eq!(attached("Scunthorpe crap.docx", "Monday"), 0);
    let chapter = "She called him a bastard. ".repeat(2_000);
    assert_eq!(attached("novel.docx", &chapter), 0);
    let mut reading = message(&[]);
    attach(
        &mut reading,
        "log.xlsx",
        Protection::Open,
        &[("sheet \"1\"", "told to fuck off")],
    );
    assert!(inspect(&reading).is_empty());
}

#[test]
fn what_was_let_pass_can_be_explained_and_nothing_shows_a_name() {
    let reading = message(&[(
        Role::Body,
        "He called Amara Okafor a fucking bitch at break.",
    )]);
    let findings = OffensiveLanguage.inspect(&mail_of(&reading, &[]), &school());
    let [finding] = findings.as_slice() else {
        panic!("one finding, not {findings:?}");
    };
    assert!(finding.suppressed.is_some());
    assert!(!format!("{findings:?}").contains("Okafor"));
}

#[test]
fn no_text_is_too_long_or_too_odd() {
    for text in [
        "\"".repeat(10_000) + "fuck",
        "fuck ".repeat(20_000),
        "'".repeat(10_000) + " shit " + &"'".repeat(10_000),
        "é\u{301}\u{200b}fuck\u{202e}".repeat(3_000),
        "you are ".repeat(10_000) + "an idiot",
    ] {
        let findings = found(&text);
        assert!(findings.len() <= 2, "{}", findings.len());
    }
}

#[test]
fn mockery_and_hints_need_no_rude_word() {
    all_fire(
        "an insult",
        &[
            "She's the size of a caravan and eats like a pig.",
            "He is a waste of a packed lunch.",
            "There are more brain cells in the fish tank.",
            "Parents like that should never be allowed to breed.",
            "That little scrote needs a good slap.",
            "You people are scum.",
            "He looks like the back end of a bus.",
        ],
    );
    all_fire(
        "words that demean",
        &[
            "Those people breed like rabbits.",
            "They can all go back where they came from.",
            "Everyone do the monkey noises when he comes on.",
            "We only ever get Polacks to clean.",
            "Typical gypsies, they'd nick the lead off the roof.",
        ],
    );
    all_fire(
        "pornographic words",
        &[
            "Nice legs on the new TA.",
            "I'd give her one.",
            "What she needs is a good seeing-to.",
        ],
    );
    all_fire(
        "a threat",
        &[
            "Enjoy being able to walk.",
            "Snitches get stitches.",
            "You're gonna get jumped on Friday.",
        ],
    );
}

#[test]
fn what_sounds_alike_and_is_meant_well_passes() {
    all_pass(&[
        "The new store is the size of a small shed.",
        "All instruments should be sterilised, and the dog should be spayed.",
        "The potato is a vegetable. A neuron is a brain cell.",
        "The giraffe belongs in a zoo, says Year 2.",
        "Watch your back when you lift the chairs.",
        "Be warned, we'll murder you on the wing in the return leg.",
        "The collie is an old bitch who had six pups at Easter.",
        "Two veg faggots for the governors. The whore of Babylon is in Revelation.",
        "Over there \"pissed\" is only annoyed, you know.",
        "Give her one more week for the essay.",
        "I know which bus goes there, and I'll be waiting with the tickets.",
        "Put the books back where they came from.",
        "His coat smells of smoke; could somebody ask at home, kindly?",
        "Idiot-proof guide to the copier attached.",
    ]);
}
