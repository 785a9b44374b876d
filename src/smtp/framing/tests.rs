//! Messages in and out, at every split.

use super::*;

/// Decodes `input` in two pieces; what came out, what was left over after
/// the end, and whether it was faulty.
fn decode(input: &[u8], cut: usize, newlines: BareNewlines) -> (Vec<u8>, Option<Vec<u8>>, bool) {
    let mut decoder = Decoder::of_data(newlines);
    let mut message = Vec::new();
    let mut used = 0;
    for end in [cut, input.len()] {
        let progress = decoder.push(&input[used..end], |bytes| message.extend_from_slice(bytes));
        used += progress.used;
        if progress.ended {
            return (message, Some(input[used..].to_vec()), decoder.faulty());
        }
    }
    (message, None, decoder.faulty())
}

fn check_as(
    newlines: BareNewlines,
    input: &[u8],
    message: &[u8],
    rest: Option<&[u8]>,
    faulty: bool,
) {
    for cut in 0..=input.len() {
        assert_eq!(
            decode(input, cut, newlines),
            (message.to_vec(), rest.map(<[u8]>::to_vec), faulty),
            "{} cut at {cut}",
            input.escape_ascii()
        );
    }
}

fn check(input: &[u8], message: &[u8], rest: Option<&[u8]>, faulty: bool) {
    check_as(BareNewlines::Reject, input, message, rest, faulty);
}

#[test]
fn a_message_ends_with_its_dot() {
    check(b"a\r\n.\r\n", b"a\r\n", Some(b""), false);
    check(b"a\r\n.\r\nQUIT\r\n", b"a\r\n", Some(b"QUIT\r\n"), false);
    check(b".\r\n", b"", Some(b""), false);
    check(b".\r\n.\r\n", b"", Some(b".\r\n"), false);
    check(b"\r\n.\r\n", b"\r\n", Some(b""), false);
    check(b"a\r\n", b"a\r\n", None, false);
    check(b"", b"", None, false);
}

#[test]
fn stuffed_dots_are_taken_away() {
    check(b"..\r\n.\r\n", b".\r\n", Some(b""), false);
    check(
        b"..a\r\n...\r\n.b.\r\n.\r\n",
        b".a\r\n..\r\nb.\r\n",
        Some(b""),
        false,
    );
    check(b"a.\r\n.\r\n", b"a.\r\n", Some(b""), false);
    check(b"a\r\n. \r\n.\r\n", b"a\r\n \r\n", Some(b""), false);
}

#[test]
fn nothing_but_crlf_dot_crlf_ends_a_message() {
    check(b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n", Some(b""), true);
    check(b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n", Some(b""), true);
    check(b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n", Some(b""), true);
    check(b"a\r.\rb\r\n.\r\n", b"a\r.\rb\r\n", Some(b""), true);
    check(b"a\r.\r\nb\r\n.\r\n", b"a\r.\r\nb\r\n", Some(b""), true);
    check(b"a\r\n.\rb\r\n.\r\n", b"a\r\n\rb\r\n", Some(b""), true);
    check(
        b"a\r\n.\r\r\nb\r\n.\r\n",
        b"a\r\n\r\r\nb\r\n",
        Some(b""),
        true,
    );
    check(
        b"a\r\n.\r.\r\nb\r\n.\r\n",
        b"a\r\n\r.\r\nb\r\n",
        Some(b""),
        true,
    );
    check(b"a\r\r\n.\r\n", b"a\r\r\n", Some(b""), true);
    check(b"a\0b\r\n.\r\n", b"a\0b\r\n", Some(b""), true);
    check(b"a\r\n.\0\r\n.\r\n", b"a\r\n\0\r\n", Some(b""), true);
    check(b"\n.\r\n", b"\n.\r\n", None, true);
    check(b".\n", b"\n", None, true);
}

#[test]
fn lone_newlines_may_be_normalised_but_never_end_a_message() {
    let normalise = |input: &[u8], message: &[u8], rest, faulty| {
        check_as(BareNewlines::Normalise, input, message, rest, faulty);
    };
    normalise(
        b"a\nb\n\r\n.\r\n",
        b"a\r\nb\r\n\r\n",
        Some(b"".as_slice()),
        false,
    );
    normalise(b"a\n.\nb\r\n.\r\n", b"a\r\n\r\nb\r\n", Some(b""), false);
    normalise(b"a\n.\r\nb\r\n.\r\n", b"a\r\n\r\nb\r\n", Some(b""), false);
    normalise(b"a\r\n.\nb\r\n.\r\n", b"a\r\n\r\nb\r\n", Some(b""), false);
    normalise(b"a\n..b\r\n.\r\n", b"a\r\n.b\r\n", Some(b""), false);
    normalise(b"a\rb\r\n.\r\n", b"a\rb\r\n", Some(b""), true);
    normalise(b"a\n.\n", b"a\r\n\r\n", None, false);
}

/// What comes of a message in two chunks, and whether it was faulty.
fn in_chunks(input: &[u8], cut: usize, newlines: BareNewlines) -> (Vec<u8>, bool) {
    let mut decoder = Decoder::of_chunks(newlines);
    let mut message = Vec::new();
    for chunk in [&input[..cut], &input[cut..]] {
        let progress = decoder.push(chunk, |bytes| message.extend_from_slice(bytes));
        assert_eq!(
            progress,
            Progress {
                used: chunk.len(),
                ended: false
            }
        );
    }
    message.extend_from_slice(decoder.finish());
    (message, decoder.faulty())
}

#[test]
fn in_chunks_dots_are_content_and_lines_are_held_to_the_same() {
    let check = |newlines, input: &[u8], message: &[u8], faulty| {
        for cut in 0..=input.len() {
            assert_eq!(
                in_chunks(input, cut, newlines),
                (message.to_vec(), faulty),
                "{} cut at {cut}",
                input.escape_ascii()
            );
        }
    };
    let strict = |input: &[u8], message: &[u8], faulty| {
        check(BareNewlines::Reject, input, message, faulty);
    };
    strict(b"", b"", false);
    strict(b"a\r\n", b"a\r\n", false);
    strict(b"a", b"a\r\n", false);
    strict(b".", b".\r\n", false);
    strict(b"a\r\n.\r\nb\r\n", b"a\r\n.\r\nb\r\n", false);
    strict(b"..a\r\n.b\r\n", b"..a\r\n.b\r\n", false);
    strict(b"a\n.\nb\r\n", b"a\n.\nb\r\n", true);
    strict(b"a\r.\rb\r\n", b"a\r.\rb\r\n", true);
    strict(b"a\r\n.\r", b"a\r\n.\r", true);
    strict(b"a\0b\r\n", b"a\0b\r\n", true);
    strict(b"a\r\r\n", b"a\r\r\n", true);
    let normalise = |input: &[u8], message: &[u8], faulty| {
        check(BareNewlines::Normalise, input, message, faulty);
    };
    normalise(b"a\n.\nb", b"a\r\n.\r\nb\r\n", false);
    normalise(b"a\n.\r\n", b"a\r\n.\r\n", false);
    normalise(b"a\n", b"a\r\n", false);
    normalise(b"a\r.\n", b"a\r.\r\n", true);
    normalise(b"a\r", b"a\r", true);
}

fn encode(message: &[u8], cut: usize) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut out = Vec::new();
    encoder.push(&message[..cut], &mut out);
    encoder.push(&message[cut..], &mut out);
    out.extend_from_slice(encoder.end());
    out
}

#[test]
fn what_is_encoded_decodes_to_itself() {
    for message in [
        b"".as_slice(),
        b".",
        b".\r\n",
        b"\r\n.\r\n",
        b"a\r\n.\r\nb\r\n",
        b"...\r\n..\r\n.\r\n",
        b"\r\n\r\n.\r\n",
        b"Subject: a\r\n\r\nno end",
    ] {
        for cut in 0..=message.len() {
            let wire = encode(message, cut);
            let (mut back, rest, faulty) = decode(&wire, wire.len(), BareNewlines::Reject);
            assert_eq!((rest, faulty), (Some(Vec::new()), false));
            // The last line gets its end, if it had none.
            if !message.is_empty() && !message.ends_with(b"\r\n") {
                assert_eq!(back.split_off(back.len() - 2), b"\r\n");
            }
            assert_eq!(back, message, "{} cut at {cut}", message.escape_ascii());
        }
    }
}

proptest::proptest! {
    #[test]
    fn splits_never_matter(
        bytes in proptest::collection::vec(proptest::sample::select(b"a.\r\n\0".to_vec()), 0..40),
        cut in 0usize..40,
    ) {
        let cut = cut.min(bytes.len());
        for newlines in [BareNewlines::Reject, BareNewlines::Normalise] {
            proptest::prop_assert_eq!(
                decode(&bytes, cut, newlines),
                decode(&bytes, bytes.len(), newlines)
            );
            let chunked = in_chunks(&bytes, cut, newlines);
            proptest::prop_assert_eq!(&chunked, &in_chunks(&bytes, bytes.len(), newlines));
            // What is sound goes on by DATA, and arrives as it is.
            if let (message, false) = chunked {
                let wire = encode(&message, 0);
                let arrived = decode(&wire, wire.len(), BareNewlines::Reject);
                proptest::prop_assert_eq!(arrived, (message, Some(Vec::new()), false));
            }
        }
        if !bytes.contains(&0) {
            proptest::prop_assert_eq!(encode(&bytes, cut), encode(&bytes, bytes.len()));
        }
    }
}
