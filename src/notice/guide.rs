//! What people are told of each rule: in a notice in two lines, on the
//! console's page of the rule in full.
//!
//! Text only. It describes what is noticed and what to do, never the person
//! who wrote the mail, and it holds nothing that differs between schools: a
//! school's own words are its policy's clause.

use crate::finding::RuleId;

/// A rule in words.
#[derive(Debug)]
pub struct Guide {
    /// What was noticed, as a heading.
    pub title: &'static str,
    pub remedy: Remedy,
    /// What Exeat looks for.
    pub noticed: &'static str,
    /// What could come of it.
    pub why: &'static str,
    /// How to send such a mail the right way, the best way first.
    pub ways: &'static [&'static str],
    /// What goes out untouched.
    pub passes: &'static [&'static str],
}

/// What a sender is advised to do first.
#[derive(Debug)]
pub enum Remedy {
    /// The mail can go once it is changed.
    Change {
        /// What the changed mail has; completes "Send it again with …".
        to: &'static str,
        /// How that is done, a sentence each.
        how: &'static [&'static str],
    },
    /// The mail had better not go at all; whole sentences.
    LetGo(&'static str),
}

pub fn guide(rule: RuleId) -> &'static Guide {
    match rule {
        RuleId::PupilNameInSubject => &PUPIL_NAME_IN_SUBJECT,
        RuleId::PupilNameInBody => &PUPIL_NAME_IN_BODY,
        RuleId::UnprotectedPersonalData => &UNPROTECTED_PERSONAL_DATA,
        RuleId::PersonalDataInBody => &PERSONAL_DATA_IN_BODY,
        RuleId::PasswordWithDocument => &PASSWORD_WITH_DOCUMENT,
        RuleId::PasswordShared => &PASSWORD_SHARED,
        RuleId::PersonalAddress => &PERSONAL_ADDRESS,
        RuleId::PersonalDetailsToPupil => &PERSONAL_DETAILS_TO_PUPIL,
        RuleId::PupilPrivateAddress => &PUPIL_PRIVATE_ADDRESS,
        RuleId::PersonalBusiness => &PERSONAL_BUSINESS,
        RuleId::ChainMessage => &CHAIN_MESSAGE,
        RuleId::OffensiveLanguage => &OFFENSIVE_LANGUAGE,
        RuleId::PupilPhoto => &PUPIL_PHOTO,
        RuleId::WrongRecipient => &WRONG_RECIPIENT,
        RuleId::VisibleRecipients => &VISIBLE_RECIPIENTS,
        RuleId::UnreadableContent => &UNREADABLE_CONTENT,
        RuleId::OpinionOfPerson => &OPINION_OF_PERSON,
        RuleId::CopyrightMaterial => &COPYRIGHT_MATERIAL,
        RuleId::OutOfHours => &OUT_OF_HOURS,
        RuleId::SocialMediaSignup => &SOCIAL_MEDIA_SIGNUP,
    }
}

const PUPIL_NAME_IN_SUBJECT: Guide = Guide {
    title: "A pupil's full name in the subject line",
    remedy: Remedy::Change {
        to: "initials in place of the pupil's name in the subject",
        how: &[],
    },
    noticed: "The forename and surname of a pupil on the school's roll, together, in the subject \
        line of a mail. The forename may be a preferred or a former one, the order either way, \
        and capitals, accents and hyphens make no difference.",
    why: "A subject line is seen by more people than the mail itself: it stands on locked \
        telephones, in lists on a screen that faces the class, in calendars and in the records \
        of every mail system on the way. Encryption does not cover it.",
    ways: &[
        "Write the pupil's initials: “Reading support for A.B.”.",
        "Or leave the person out: “Tuesday's meeting”. The name can be said on the telephone.",
        "When you answer a mail whose subject has a name in it, change the subject before you send.",
    ],
    passes: &[
        "Initials, a forename alone, or a surname alone.",
        "Names of staff, places, authors and teams.",
        "A form, a year group or a house: “Trip for 6B”.",
    ],
};

const PUPIL_NAME_IN_BODY: Guide = Guide {
    title: "A pupil's full name in the text of the mail",
    remedy: Remedy::Change {
        to: "initials in place of the pupil's full name",
        how: &[],
    },
    noticed: "The forename and surname of a pupil on the school's roll, together, in what was \
        newly written in a mail. What a reply quotes from earlier mails is not looked at for this.",
    why: "Mail is forwarded, printed and kept for years. Initials tell the recipient who is meant, \
        and tell nobody else.",
    ways: &[
        "Write initials, or the forename alone, wherever the recipient will understand them.",
        "Where the full name is needed, put it in a document that is protected with a password.",
    ],
    passes: &[
        "Initials, a forename alone, or a surname alone.",
        "Your own name in your signature, even if a pupil has the same name.",
        "Names of staff, places and authors.",
    ],
};

const UNPROTECTED_PERSONAL_DATA: Guide = Guide {
    title: "Personal data that anyone can open",
    remedy: Remedy::Change {
        to: "the data in an attachment that is protected by a password",
        how: &[
            "In Word or Excel: File › Info › Protect Document (or Protect Workbook) › Encrypt with Password.",
            "Tell the recipient the password by telephone, not by mail.",
        ],
    },
    noticed: "An attachment that goes outside the school, that opens without a password, and that \
        holds personal data of people who can be identified: names with dates of birth, pupil \
        numbers, addresses, health, special needs, free school meals, behaviour, the pay or \
        sickness of staff, and the like. A file counts as open too if its password is one that \
        the school uses for everything, its name, or a pupil's date of birth. Hidden rows, columns and sheets, comments and tracked \
        changes are read too.",
    why: "A mail can reach the wrong person by one wrong letter in an address, and it is kept in \
        mailboxes that the school does not control. A file that needs a password stays closed \
        wherever it lands.",
    ways: &[
        "In Word: File › Info › Protect Document › Encrypt with Password. In Excel: File › Info › \
         Protect Workbook › Encrypt with Password. Save, attach the file again, and tell the \
         recipient the password by telephone.",
        "Or use the school's secure mail or upload portal, if the recipient has access to it.",
        "Or leave the personal data out: totals and initials are often enough. Delete columns and \
         sheets that the recipient does not need. Hiding them, or protecting a sheet against \
         changes, does not close the file, and a pivot table carries its source with it.",
    ],
    passes: &[
        "A document that nobody can open without its password.",
        "Mail within the school, and mail by a secure route that the school has named.",
        "Blank forms, and lessons about health, history or statistics.",
        "A list of names with nothing else about them.",
    ],
};

const PERSONAL_DATA_IN_BODY: Guide = Guide {
    title: "Personal data in the mail itself",
    remedy: Remedy::Change {
        to: "initials in place of names, or with the data in an attachment that is protected by a password",
        how: &["Tell the recipient the password, or who is meant, by telephone."],
    },
    noticed: "In the subject, the text or the quoted part of a mail that goes outside the school: \
        the full name of a pupil together with health, special needs, safeguarding, behaviour, \
        free school meals, a date of birth, an address and the like; a number that leads to one \
        person; or a table of such data.",
    why: "Nothing protects what stands in the mail itself. It can reach the wrong person by one \
        wrong letter in an address, it is forwarded and quoted, and it is kept in mailboxes that \
        the school does not control.",
    ways: &[
        "Write initials in place of the name, wherever the recipient will understand who is meant.",
        "Or put what is sensitive into a document, protect it with a password, and tell the \
         recipient the password by telephone.",
        "Or use the school's secure mail or upload portal, if the recipient has access to it.",
        "When you answer or forward, delete what the mail quotes and the reader does not need.",
    ],
    passes: &[
        "Initials, or a forename alone.",
        "Mail within the school, mail that is encrypted (S/MIME, PGP), and mail by a secure route \
         that the school has named.",
        "A name with nothing sensitive about the person, and praise.",
        "Lessons, policies and newsletters.",
    ],
};

const PASSWORD_WITH_DOCUMENT: Guide = Guide {
    title: "A protected file and its password in the same mail",
    remedy: Remedy::Change {
        to: "a new password on the file, and no word of it in the mail",
        how: &[
            "Save the file with another password: the old one is in your sent mail.",
            "Tell the recipient the password by telephone, or in a mail of its own.",
        ],
    },
    noticed: "An encrypted file that opens with a word of the mail it is attached to: in the \
        subject, in the text, in what a reply quotes, in a file's name or in another attachment. \
        Exeat tries the mail's words on the file, so this is proven. Also a mail that says what \
        the password is, beside an encrypted file on which passwords cannot be tried.",
    why: "Whoever gets the mail by mistake gets the key with the lock. The file is as open as if \
        it had no password at all.",
    ways: &[
        "Choose a new password, save the file with it, and tell the recipient by telephone.",
        "Or send the password in a mail of its own, after you have checked the address once more.",
        "For someone to whom you often write, agree on a password once, by telephone, and never \
         write it down in a mail.",
    ],
    passes: &[
        "“The password will follow separately”, “ring the office for it”, “as we agreed”.",
        "A password in a mail of its own, without the file.",
        "Mail about passwords, and rules for them.",
    ],
};

const PASSWORD_SHARED: Guide = Guide {
    title: "A password of an account or a device",
    remedy: Remedy::Change {
        to: "no password in it, once that password has been changed",
        how: &["Ask the technician for access in the other person's own name: that takes minutes."],
    },
    noticed: "What lets somebody in: the password of an account or a system, with or without its \
        user name, the PIN of a telephone or a tablet, the code of a door, an alarm or a copier. \
        Also lists of them in a table. Exeat does not keep or show the password.",
    why: "Whatever is done with an account is taken for its owner's doing, and a mail is kept in \
        more places than one. IT support never needs your password: it can help without.",
    ways: &[
        "Ask the technician to give the other person access in their own name, or to share the \
         file, the mailbox or the calendar with them.",
        "For an account that several people use, let each have a login of their own, or use the \
         school's password manager.",
        "A code for a door or an alarm is best told in person or by telephone.",
    ],
    passes: &[
        "The password of a protected document, in a mail of its own.",
        "The code with which everybody joins one online meeting.",
        "“Reset your password here”, rules for passwords, and lessons about them.",
        "A user name alone.",
    ],
};

const PERSONAL_ADDRESS: Guide = Guide {
    title: "School business and a private mailbox",
    remedy: Remedy::Change {
        to: "school addresses in place of private ones",
        how: &[],
    },
    noticed: "School business that is sent from, sent to, or to be answered at what looks like a \
        member of staff's own private mailbox.",
    why: "The school cannot protect, find or delete what lies in a private mailbox, and has to \
        answer for it all the same.",
    ways: &[
        "Send to the person's school address, and work on the file through the school's account.",
        "To work from home, sign in to your school mailbox from there: nothing need be sent.",
        "If the address belongs to somebody else, say so: the school can add it to its contacts.",
    ],
    passes: &[
        "Parents, suppliers, applicants, governors and other people outside who use a private mailbox.",
        "Mail to your own private mailbox that is not about school business, if the school allows it.",
    ],
};

const PERSONAL_DETAILS_TO_PUPIL: Guide = Guide {
    title: "A member of staff's own contact details, to a pupil",
    remedy: Remedy::Change {
        to: "the school's number or your school address in place of your own",
        how: &["For a trip, ask the office for the trip phone."],
    },
    noticed: "In mail by staff to a pupil or a parent: a telephone number, a private mailbox, a \
        home address or a name on a service such as Instagram or Discord that looks like the \
        sender's own.",
    why: "Contact that nobody at the school can see puts a pupil at risk, and a member of staff \
        under suspicion, however kindly it is meant.",
    ways: &[
        "Give the school's number, or your school address.",
        "For trips and fixtures, give the number of the school's trip phone.",
        "A pupil who needs somebody at the weekend needs more than you: tell the safeguarding lead.",
    ],
    passes: &[
        "The school's own numbers, trip phones and helplines.",
        "Numbers of other people: a placement, a box office, a coach firm.",
        "A pupil's own number, read back.",
        "Mail to colleagues.",
    ],
};

const PUPIL_PRIVATE_ADDRESS: Guide = Guide {
    title: "A pupil's private mailbox among the recipients",
    remedy: Remedy::Change {
        to: "the pupil's school address in place of the private one",
        how: &[],
    },
    noticed: "Mail by staff to a private mailbox that is called like a pupil of the school and \
        that the school does not know as a contact.",
    why: "What goes to a pupil's private mailbox nobody at the school can see, which protects \
        neither the pupil nor you. The school could not find it when somebody asks.",
    ways: &[
        "Write to the pupil's school address. If the pupil does not read it, tell the tutor.",
        "Where the matter cannot wait, write to the pupil's parents.",
        "If the address is a parent's, ask the office to add it to the school's contacts.",
    ],
    passes: &[
        "The pupils' school addresses.",
        "Parents and carers whose addresses the school knows.",
        "Firms, clubs and grown-ups who only share a name with a pupil.",
    ],
};

const PERSONAL_BUSINESS: Guide = Guide {
    title: "Private business from the school's address",
    remedy: Remedy::LetGo(
        "Send it from your own mailbox, on your own device or in a browser: it is your business, \
         and there it stays private.",
    ),
    noticed: "Private buying and selling, a room or a house to let, work on one's own account, and \
        private affairs such as a mortgage, a holiday or a club, in a mail from the school's address.",
    why: "Mail from a school's address looks as if the school stood behind it. The school also \
        keeps it, and may have to show it to others.",
    ways: &[
        "Use your own mailbox for it.",
        "For something to sell or to let to colleagues, ask whether the school has a notice board.",
    ],
    passes: &[
        "The school's own purchases, sales, lettings and trips, and whatever raises money for it.",
        "What you have to settle with the school as its employee: pay, pension, leave.",
        "Classroom tasks about buying and selling.",
    ],
};

const CHAIN_MESSAGE: Guide = Guide {
    title: "A message that asks to be passed on to everyone",
    remedy: Remedy::LetGo(
        "You need not pass it on. If people should know of it, tell them in your own words, with \
         a source that you have checked.",
    ),
    noticed: "A message that asks its readers to send it on to many others, with a promise, a \
        threat, luck, a gift to charity for each copy, or a claim of great urgency.",
    why: "Such messages spread false alarms and unsafe links, and they show everyone's addresses \
        to everyone. They look the more convincing for coming from a school.",
    ways: &[
        "Let it end with you: nothing happens to those who do not pass it on.",
        "If you think there is something in it, ask the school's technician before you tell others.",
        "If people should know of it, write a mail of your own, with a source that you have checked.",
    ],
    passes: &[
        "“Please pass this on to your form group”, and other requests to people who are named.",
        "A warning about such a message, in your own words.",
        "Fund-raising, petitions and newsletters that do not ask to be sent on to everyone.",
    ],
};

const OFFENSIVE_LANGUAGE: Guide = Guide {
    title: "Strong language",
    remedy: Remedy::Change {
        to: "those words left out, or said another way",
        how: &[
            "If you pass on what somebody else said, put it in quotation marks and say who said it.",
        ],
    },
    noticed: "Swear words, also with some of their letters masked; words that demean people for \
        what they are; insults, with or without a swear word; threats; pornographic and extremist \
        words. Whole words only, in the subject, in what was newly written, and in short documents \
        that are attached.",
    why: "A mail is read without your voice, forwarded, and kept; anyone whom it names can ask to \
        see it. What comes from a school's address is taken for the school's own word.",
    ways: &[
        "Say what happened and what you would like to happen, without the words that hurt.",
        "Leave a mail that was written in anger until tomorrow, or talk to the person instead.",
        "To report what somebody else said or wrote, quote it: “He shouted, ‘…’.” The school's \
         incident record is the better place for it than a mail.",
        "If somebody is threatened, or you feel threatened yourself, tell the designated \
         safeguarding lead now; do not wait for this mail.",
    ],
    passes: &[
        "Birds, breeds, food, medicine, places and surnames that are spelt like such words.",
        "Quotations in an incident record, in what a pupil tells, or from a book that is taught.",
        "What an answer quotes from earlier mails.",
    ],
};

const PUPIL_PHOTO: Guide = Guide {
    title: "Photographs of pupils to somebody outside",
    remedy: Remedy::Change {
        to: "no full name beside the photographs, and no place in them",
        how: &[
            "First names are enough, in the text, in captions and in the names of files.",
            "To take the place out of a photograph: right-click › Properties › Details › Remove \
             Properties and Personal Information; or send a picture of it without its location.",
        ],
    },
    noticed: "Photographs (not logos, scans, drawings or pictures of a screen) that go outside the \
        school, with a pupil's full name in the subject, the text, the name or the description of a \
        file; or with the place where they were taken, which telephones write into them; or many at \
        once. Pictures in archives and documents are looked at too.",
    why: "A face with a full name, or with the place where a child lives or spends the night, leads \
        a stranger to the child. What has been sent cannot be called back, and not every family \
        has agreed to it.",
    ways: &[
        "Make sure that the parents of everyone on the photographs have given permission for this \
         use, and say so when you send it as it is.",
        "Give first names only, and name the files by the occasion: “sports day 3.jpg”.",
        "Share an album by the school's account, open to those who are meant: it can be closed again.",
    ],
    passes: &[
        "Photographs within the school.",
        "One or two photographs without a full name and without a place.",
        "Badges, scans, screenshots, charts and posters.",
        "Photographs of things: a broken window, a delivery, a room.",
    ],
};

const WRONG_RECIPIENT: Guide = Guide {
    title: "A recipient who may not be the right one",
    remedy: Remedy::Change {
        to: "the recipients checked against the school's records",
        how: &["Look the address up in the records rather than in your address book."],
    },
    noticed: "Something about a pupil that goes to somebody who, by the school's records, is not \
        the person for it; a greeting by another parent's name; or an address whose domain is one \
        letter away from one that the school knows.",
    why: "A mail to the wrong address is the commonest breach of data protection there is, and it \
        cannot be called back.",
    ways: &[
        "Look the right address up in the school's records, and send the mail anew.",
        "If it concerns two families, write to each of them, with nothing about the other's child.",
        "If the records are out of date, ask the office to put them right first.",
    ],
    passes: &[
        "Mail to the parents and carers of the pupil it is about.",
        "Names with nothing about their bearers, as in a cast or a team list.",
        "Answers to addresses that wrote first, and domains of the school's contacts.",
    ],
};

const VISIBLE_RECIPIENTS: Guide = Guide {
    title: "Many recipients who can see each other's addresses",
    remedy: Remedy::Change {
        to: "everyone in Bcc, and yourself in To",
        how: &[
            "To write to many families, mail merge or the school's messaging service is better still.",
        ],
    },
    noticed: "Six or more people or organisations outside the school in To and Cc. Those of one \
        organisation or one family count once.",
    why: "Each of them learns the others' addresses, and often what they have in common: whose \
        child takes an exam again, who owes money, who has applied.",
    ways: &[
        "Put yourself in To and everyone else in Bcc.",
        "For families, use mail merge or the school's messaging service: one slip of the mouse \
         puts a whole list into Cc.",
        "If they should know each other's addresses, ask them first, and say so when you send it \
         as it is.",
    ],
    passes: &[
        "Mail to staff and pupils of the school.",
        "Blind copies, and a list's one address.",
        "Meetings with the council, health services, the police, other schools and governors, \
         where the school knows them as such.",
    ],
};

const UNREADABLE_CONTENT: Guide = Guide {
    title: "Something that could not be read",
    remedy: Remedy::Change {
        to: "the file saved afresh as a Word, Excel or PDF document",
        how: &["If the file has to go as it is, say what it holds when you ask for its release."],
    },
    noticed: "A part of a mail that Exeat could not open or not read to its end: a damaged file, a \
        format that it does not know, a file under an old encryption that protects nothing (such \
        as ZipCrypto), an archive of an unusual size, or a mail that could look different to \
        different recipients.",
    why: "What could not be read may hold anything. So it is never taken for harmless, and a \
        person decides.",
    ways: &[
        "Open the file, save it afresh as a Word, Excel or PDF document, and send that.",
        "If it comes from another program, export it as PDF or CSV.",
        "To protect a zip, choose AES-256 in 7-Zip. A .doc or .xls is protected once it is saved as \
         .docx or .xlsx and given a password there.",
        "If the file has to go as it is, ask for its release and say what it holds.",
    ],
    passes: &[
        "Word, Excel, PowerPoint and PDF documents, and plain text.",
        "Archives (zip) of such documents.",
        "Documents that are protected with a password.",
    ],
};

const OPINION_OF_PERSON: Guide = Guide {
    title: "An opinion about somebody",
    remedy: Remedy::Change {
        to: "what happened in place of what you think of the person",
        how: &[],
    },
    noticed: "A judgement of somebody's character in what was newly written, or words that announce \
        one, such as “between you and me”.",
    why: "Whoever is written about can ask to read it, and mail is forwarded. What happened, and \
        when, helps everybody more.",
    ways: &[
        "Say what you saw or heard, with the date, and what you would like to be done.",
        "If you are worried about a colleague or a parent, talk to your line manager.",
    ],
    passes: &[
        "Feedback to the person, references and appraisals.",
        "What somebody else said, told as such.",
        "Characters in books, and authors.",
    ],
};

const COPYRIGHT_MATERIAL: Guide = Guide {
    title: "A file that somebody else may own",
    remedy: Remedy::Change {
        to: "a link to the work in place of the file",
        how: &["If the school may pass it on, note where that is written."],
    },
    noticed: "Sound, film and books for reading devices, and attached documents with a publisher's \
        mark, such as “no part of this publication may be reproduced”.",
    why: "A licence to use a work in lessons is seldom one to send copies of it outside the school.",
    ways: &[
        "Send a link, or the title and the page.",
        "Ask the library or the office what the school's licences allow.",
    ],
    passes: &[
        "What the school has made itself, and says so.",
        "Works under an open licence, and works that are old enough to belong to everybody.",
    ],
};

const OUT_OF_HOURS: Guide = Guide {
    title: "A mail outside working hours",
    remedy: Remedy::LetGo(
        "It has gone out and there is nothing to do. Next time you could write it now and have it \
         sent in the morning: Send › Schedule send.",
    ),
    noticed: "A mail by a member of staff before seven in the morning or after seven in the \
        evening, at a weekend, or between Christmas and New Year, by the clock in Britain.",
    why: "A mail at night asks to be read at night. The school would like its staff to have their \
        evenings.",
    ways: &[
        "Schedule it: in Outlook and in Gmail behind the arrow beside Send.",
        "If it is urgent, telephone. For a child in danger, write or ring at any hour.",
    ],
    passes: &[
        "Mail to children's services, the police and others whom the school calls urgent.",
        "Mail by pupils and by programs.",
    ],
};

const SOCIAL_MEDIA_SIGNUP: Guide = Guide {
    title: "A social network and the school's address",
    remedy: Remedy::LetGo(
        "Use your own address for your own account, and change it there if you have already given \
         the school's.",
    ),
    noticed: "An answer to a social network's mail that confirms an account, a mail to a network \
        about one's own account, or an invitation that its app sends in your name.",
    why: "An account with a school's address looks like the school's, and whoever leaves the school \
        loses the way into it.",
    ways: &[
        "Open the account with an address of your own.",
        "For a page of the school, a department or a club, ask who looks after the school's accounts.",
    ],
    passes: &[
        "The school's own pages and accounts.",
        "Lessons about social networks, and reports of false accounts.",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_explained_in_whole_sentences() {
        for rule in RuleId::ALL {
            let guide = guide(rule);
            assert!(!guide.title.ends_with('.'), "{rule}: a title");
            let sentences = [guide.noticed, guide.why].into_iter();
            for text in sentences
                .chain(guide.ways.iter().copied())
                .chain(guide.passes.iter().copied())
            {
                assert!(text.ends_with('.'), "{rule}: {text}");
                assert!(!text.contains("  "), "{rule}: {text}");
            }
            assert!(guide.ways.len() >= 2 && guide.passes.len() >= 2, "{rule}");
            match guide.remedy {
                Remedy::Change { to, how } => {
                    assert!(!to.starts_with("with ") && !to.ends_with('.'), "{rule}");
                    assert!(how.iter().all(|line| line.ends_with('.')), "{rule}");
                }
                Remedy::LetGo(text) => assert!(text.ends_with('.'), "{rule}"),
            }
        }
    }
}
