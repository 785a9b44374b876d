//! Subjects and other texts of the header: folded, encoded, doubled.

use super::{Case, Expected, HOSTILE, WORDS, base64, case};

pub(super) fn cases() -> Vec<Case> {
    let packed = base64(WORDS);
    let (one, two) = packed.split_at(20);
    let (half, rest) = packed.split_at(21);
    let quoted = WORDS.replace(' ', "_").replace(',', "=2C");
    let alike = [
        format!("Subject: {WORDS}"),
        format!("SUBJECT:{WORDS}"),
        format!("Subject : {WORDS}"),
        format!("Subject:\n {WORDS}"),
        format!("Subject:\n\t{}", WORDS.replace(" was", "\n\twas")),
        format!("Subject:  \n  {}", WORDS.replace(" was", " \n  was")),
        format!("Subject: {WORDS}\nSubject: {WORDS}"),
        format!("Subject: =?utf-8?B?{packed}?="),
        format!("Subject: =?UTF8?b?{packed}?="),
        format!("Subject: =?utf-8*en-GB?B?{packed}?="),
        format!("Subject: =?us-ascii?Q?{quoted}?="),
        format!("Subject: =?utf-8?B?{one}?= =?utf-8?B?{two}?="),
        format!("Subject: =?utf-8?B?{one}?=\n =?utf-8?B?{two}?="),
        format!("Subject: =?utf-8?B?{one}?=\n\t=?utf-8?B?{two}?="),
        format!("Subject: =?utf-8?B?{one}?==?utf-8?B?{two}?="),
        format!("Subject: =?utf-8?B?{}?=", packed.trim_end_matches('=')),
        format!("Subject: =?utf-8?B?{one} {two}?="),
        format!("Subject: =?utf-8?Q?{}?=", WORDS.replace('Q', "=51")),
        format!(
            "Subject: =?utf-8?q?{}?=",
            quoted.replace("uill", "=75=69=6c=6C")
        ),
        format!("Subject: Trip:=?utf-8?B?{packed}?="),
        format!("Subject: (=?utf-8?B?{packed}?=)"),
        format!("Subject: \"=?utf-8?B?{packed}?=\""),
        format!("Subject: Re: =?iso-8859-15?Q?{quoted}?= "),
        format!("Subject: =?x-unheard-of?Q?{quoted}?="),
        format!(
            "Subject: =?utf-16be?B?{}?=",
            base64(
                WORDS
                    .encode_utf16()
                    .flat_map(u16::to_be_bytes)
                    .collect::<Vec<u8>>()
            )
        ),
        format!("X-Priority: 3\nThread-Topic: Trip\nSubject: {WORDS}\nContent-Language: en-GB"),
    ];
    let differing = [
        format!("Subject: Trip\nSubject: {WORDS}"),
        format!("Subject: {WORDS}\nSubject: Trip"),
        format!("Subject:\nSubject: {WORDS}"),
        format!("Subject: Trip\nSubject: Tour\nSubject: {WORDS}"),
        format!("Subject: Trip\nSubject : {WORDS}"),
        format!("Subject: Trip\nSUBJECT: =?utf-8?B?{packed}?="),
        format!(
            "Subject: =?utf-7?Q?{}?=",
            WORDS.replace("Quill", "+AFEAdQBpAGwAbA-").replace(' ', "_")
        ),
        // Some join what is left of one word with the next.
        format!("Subject: =?utf-8?B?{half}?=\n =?utf-8?B?{rest}?="),
        // Some take the padding or the white space otherwise.
        format!("Subject: =?utf-8?B?{one}-{two}?="),
        format!("Subject: =?utf-8?B?UyE={packed}?="),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for fields in alike {
        let beside = format!("{fields}\nContent-Type: text/plain\n\nSee you.\n");
        let inside =
            format!("Subject: Fwd\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n{beside}");
        cases.push(case(&fields, &beside, Expected::Alike));
        cases.push(case(
            format!("{fields}, forwarded"),
            &inside,
            Expected::Alike,
        ));
    }
    for fields in differing {
        let beside = format!("{fields}\nContent-Type: text/plain\n\nSee you.\n");
        let inside =
            format!("Subject: Fwd\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n{beside}");
        cases.push(case(&fields, &beside, HOSTILE));
        cases.push(case(format!("{fields}, forwarded"), &inside, HOSTILE));
    }
    for fields in [
        "Content-Description: Zoe Quill was late again, and her mother rang.",
        "Subject: Zoe Quill was late again, and her mother rang.",
    ] {
        let message = format!(
            "Subject: Trip\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n{fields}\n\nSee you.\n--b--\n"
        );
        cases.push(case(
            format!("{fields} of a part"),
            &message,
            Expected::Alike,
        ));
    }
    cases
}
