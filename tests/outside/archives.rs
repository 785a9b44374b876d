//! Archives beside zip, made by the programs that people pack with.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use exeat::extract::{Budget, Protection, Reading, Role, read_file};
use exeat::finding::ProblemKind;

use crate::exhaustion::LONGEST;

fn bytes(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/documents")
        .join(name);
    std::fs::read(path).expect("the archive is there")
}

fn read(name: &str) -> Reading {
    read_file(name, &bytes(name), &Budget::default())
}

/// All texts of files, by place.
fn texts(reading: &Reading) -> Vec<(&str, &str)> {
    reading
        .texts
        .iter()
        .filter(|text| text.role != Role::FileName)
        .map(|text| (text.location.as_str(), text.text.trim_end()))
        .collect()
}

fn names(reading: &Reading) -> Vec<&str> {
    reading
        .texts
        .iter()
        .filter(|text| text.role == Role::FileName)
        .map(|text| text.text.as_str())
        .collect()
}

#[track_caller]
fn check_problem(reading: &Reading, kind: ProblemKind, place: &str, what: &str) {
    assert!(
        reading.problems.iter().any(|problem| problem.kind == kind
            && problem.location.as_str() == place
            && problem.what.contains(what)),
        "{:?}",
        reading.problems
    );
}

/// Cut anywhere behind its mark it tells of it, unless nothing was lost; with bytes flipped it
/// comes to an end.
fn check_damage(name: &str) {
    let bytes = bytes(name);
    let whole = read(name);
    for at in (16..bytes.len()).step_by((bytes.len() / 60).max(1)) {
        let reading = read_file(name, &bytes[..at], &Budget::default());
        assert!(
            !reading.problems.is_empty() || texts(&reading) == texts(&whole),
            "{name} cut at {at}"
        );
    }
    let mut seed = 11_u64;
    for _ in 0..120 {
        let mut flipped = bytes.clone();
        for _ in 0..3 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (seed >> 33) as usize % flipped.len();
            flipped[at] ^= 1 << (seed >> 29 & 7);
        }
        read_file(name, &flipped, &Budget::default());
    }
}

#[track_caller]
fn check_bomb(name: &str, bytes: &[u8]) -> Reading {
    let started = Instant::now();
    let reading = read_file(name, bytes, &Budget::default());
    // Unoptimised builds are some ten times slower than the two seconds that
    // are promised.
    let took = started.elapsed();
    assert!(took < LONGEST, "{name}: {took:?}");
    let hostile = |problem: &exeat::finding::Problem| problem.kind == ProblemKind::Hostile;
    assert!(
        reading.problems.iter().any(hostile),
        "{name}: {:?}",
        reading.problems
    );
    reading
}

const DEEP: &str = "a folder with a long name, as people make them/and one in it, so that a hundred bytes are too few for the header";

#[test]
fn tars_are_read_however_they_are_packed() {
    for (name, kind) in [
        ("gnu.tar.gz", "tar.gz"),
        ("gnu.tar.xz", "tar.xz"),
        ("gnu.tar.zst", "tar.zst"),
        ("pax.tar.bz2", "tar.bz2"),
    ] {
        let reading = read(name);
        assert_eq!(reading.attachments[0].kind, kind);
        assert_eq!(reading.problems, [], "{name}");
        let place = |inside: &str| format!("{name} › {inside}");
        let found = texts(&reading);
        for (inside, text) in [
            ("Y7/Zoë Quillfeather.txt", "Zoë was late."),
            ("list.csv", "Name\tForm\nWren Tallow\t9C\nOban Marsh\t8A"),
        ] {
            assert!(found.contains(&(&place(inside), text)), "{name} {found:#?}");
        }
        assert!(
            found
                .iter()
                .any(|(_, text)| *text == "Tilly Fennimore sees the nurse.")
        );
        let tilly = format!("{DEEP}/Tilly.txt");
        for file in ["empty", &tilly, "pupils of Ms Hale.csv"] {
            assert!(names(&reading).contains(&file), "{name} {file}");
        }
    }
    let pax = read("pax.tar.bz2");
    assert!(texts(&pax).contains(&("pax.tar.bz2 › comment", "for the nurse")));
    let old = read("v7.tar.gz");
    assert!(texts(&old).contains(&("v7.tar.gz › Y7/Zoë Quillfeather.txt", "Zoë was late.")));
    assert_eq!(old.problems, []);
}

#[test]
fn what_lies_in_a_tar_is_read_on() {
    let reading = read("nested.tar");
    assert_eq!(reading.attachments[0].kind, "tar");
    assert!(texts(&reading).contains(&(
        "nested.tar › inner.zip › inner.zip › deep.csv",
        "Name\tForm\nWren Tallow\t9C\nOban Marsh\t8A"
    )));
    assert_eq!(reading.problems, []);
}

#[test]
fn a_single_packed_file_is_read_under_its_own_name() {
    let reading = read("list.csv.gz");
    assert_eq!(reading.attachments[0].kind, "gzip");
    assert_eq!(
        texts(&reading),
        [(
            "list.csv.gz › list.csv",
            "Name\tForm\nWren Tallow\t9C\nOban Marsh\t8A"
        )]
    );
    // The name that gzip's header keeps is told too.
    let mut packed = flate2::GzBuilder::new()
        .filename("Zoe Quillfeather.txt")
        .comment("for Oban Marsh")
        .write(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"She was late.").expect("memory");
    let packed = packed.finish().expect("memory");
    let reading = read_file("x.gz", &packed, &Budget::default());
    assert_eq!(
        texts(&reading),
        [
            ("x.gz › names", "Zoe Quillfeather.txt\nfor Oban Marsh"),
            ("x.gz › x", "She was late.")
        ]
    );
}

#[test]
fn damaged_archives_do_not_pass_in_silence() {
    for name in [
        "gnu.tar.gz",
        "gnu.tar.xz",
        "gnu.tar.zst",
        "pax.tar.bz2",
        "v7.tar.gz",
        "nested.tar",
        "list.csv.gz",
        "methods.7z",
        "locked.7z",
        "locked-names.7z",
        "half.7z",
    ] {
        check_damage(name);
    }
}

#[test]
fn a_cut_archive_is_read_as_far_as_it_goes() {
    let whole = bytes("nested.tar");
    let behind_the_zip = whole.len() - 8 * 1_024;
    let reading = read_file("cut.tar", &whole[..behind_the_zip], &Budget::default());
    check_problem(&reading, ProblemKind::Damaged, "cut.tar", "cut short");
    assert!(
        texts(&reading)
            .iter()
            .any(|(_, text)| *text == "Zoë was late.")
    );
}

#[test]
fn members_behind_a_tars_end_are_read_and_told() {
    let mut two = bytes("nested.tar");
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(
        &mut flate2::read::GzDecoder::new(&bytes("v7.tar.gz")[..]),
        &mut unpacked,
    )
    .expect("it is whole");
    two.extend_from_slice(&unpacked);
    let reading = check_bomb("two.tar", &two);
    check_problem(&reading, ProblemKind::Hostile, "two.tar", "behind its end");
    assert!(texts(&reading).contains(&("two.tar › Y7/Zoë Quillfeather.txt", "Zoë was late.")));
}

#[test]
fn seven_zips_are_read_by_every_method() {
    let reading = read("solid.7z");
    assert_eq!(reading.attachments[0].kind, "7z");
    assert_eq!(reading.problems, []);
    let found = texts(&reading);
    assert!(found.contains(&("solid.7z › Y7/Zoë Quillfeather.txt", "Zoë was late.")));
    assert!(found.contains(&(
        "solid.7z › inner.zip › inner.zip › deep.csv",
        "Name\tForm\nWren Tallow\t9C\nOban Marsh\t8A"
    )));
    assert!(names(&reading).contains(&"empty"));
    // Bzip2, PPMd and Deflate.
    let reading = read("methods.7z");
    assert_eq!(reading.problems, []);
    assert_eq!(texts(&reading).len(), 3, "{:?}", texts(&reading));
}

#[test]
fn what_is_packed_with_deflate64_is_whole_or_told() {
    let whole = bytes("../corpus/archives/deflate64.7z");
    let read = |bytes: &[u8]| read_file("a.7z", bytes, &Budget::default());
    let sound = read(&whole);
    assert_eq!(
        (sound.problems.as_slice(), texts(&sound).len()),
        (&[][..], 2)
    );
    for at in 32..whole.len() {
        let mut torn = whole.clone();
        torn[at] ^= 0x11;
        let torn = read(&torn);
        let told = !torn.problems.is_empty() || texts(&torn) == texts(&sound);
        // The names and dates of files have no checksum of their own but one
        // over all.
        assert!(told, "torn at {at}");
    }
    let small = Budget {
        decoded: 1_000,
        ..Budget::default()
    };
    let cut = read_file("a.7z", &whole, &small);
    assert_eq!(cut.problems.len(), 1, "{:?}", cut.problems);
}

#[test]
fn a_torn_comment_on_a_file_is_told() {
    for name in ["rar15", "rar20", "rar29", "rar50"] {
        let whole = bytes(&format!("../corpus/rar/{name}-file-comment.rar"));
        let read = |bytes: &[u8]| read_file("a.rar", bytes, &Budget::default());
        let said = |reading: &Reading| {
            let mut texts = reading.texts.iter();
            texts.any(|text| text.hidden && text.text.contains("Q999201419178"))
        };
        assert!(said(&read(&whole)), "{name}");
        for at in 8..whole.len() {
            let mut torn = whole.clone();
            torn[at] ^= 0x11;
            let torn = read(&torn);
            assert!(said(&torn) || !torn.problems.is_empty(), "{name} at {at}");
        }
    }
}

#[track_caller]
fn check_protection(name: &str, expected: Protection, why: &str) -> Reading {
    let reading = read(name);
    let file = &reading.attachments[0];
    assert_eq!(
        (file.protection, file.why.as_str()),
        (expected, why),
        "{name}"
    );
    assert_eq!(reading.problems, [], "{name}");
    reading
}

#[test]
fn seven_zips_are_protected_leaf_by_leaf() {
    use Protection::{Protected, Weak};
    let locked = check_protection("locked.7z", Protected, "encrypted with AES-256");
    assert_eq!(texts(&locked), []);
    assert!(names(&locked).contains(&"Y7/Zoë Quillfeather.txt"));
    let names_too = check_protection(
        "locked-names.7z",
        Protected,
        "encrypted with AES-256, the names of its files too",
    );
    assert_eq!(names(&names_too), ["locked-names.7z"]);
    let half = check_protection("half.7z", Weak, "only some of its files are encrypted");
    assert_eq!(
        texts(&half),
        [("half.7z › Y7/Zoë Quillfeather.txt", "Zoë was late.")]
    );
}

/// Sixty megabytes of one letter, a megabyte at a time.
fn much(mut into: impl Write) {
    for _ in 0..60 {
        into.write_all(&vec![b'a'; 1_000_000])
            .expect("memory takes all");
    }
}

#[test]
fn packed_bombs_end_soon() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    much(&mut gzip);
    let gzip = gzip.finish().expect("memory takes all");
    check_bomb("bomb.gz", &gzip);
    let mut zstd = zstd::Encoder::new(Vec::new(), 3).expect("memory takes all");
    much(&mut zstd);
    check_bomb("bomb.zst", &zstd.finish().expect("memory takes all"));
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    much(&mut bzip2);
    check_bomb("bomb.bz2", &bzip2.finish().expect("memory takes all"));
}

#[test]
fn packed_bombs_of_real_programs_end_soon() {
    check_bomb("bomb.xz", &bytes("bomb.xz"));
    check_bomb("bomb.7z", &bytes("bomb.7z"));
}

#[test]
fn packed_in_packed_ends_at_a_depth() {
    let mut inner = b"Zoe was late".to_vec();
    for _ in 0..40 {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&inner).expect("memory takes all");
        inner = packed.finish().expect("memory takes all");
    }
    check_bomb("deep.gz", &inner);
}

#[test]
fn a_second_archive_behind_a_first_does_not_pass_in_silence() {
    let zip = bytes("letters.zip");
    for name in [
        "gnu.tar.gz",
        "gnu.tar.xz",
        "gnu.tar.zst",
        "pax.tar.bz2",
        "nested.tar",
        "locked.7z",
        "locked-names.7z",
        "writer.rtf",
    ] {
        let both = [bytes(name), zip.clone()].concat();
        let reading = read_file(name, &both, &Budget::default());
        let is_read = texts(&reading)
            .iter()
            .any(|(_, text)| *text == "Zoë was late.");
        assert!(
            !reading.problems.is_empty() || is_read,
            "{name}: {:#?}",
            texts(&reading)
        );
    }
}

/// A RAR 5 of blocks made by hand, with right checksums.
fn rar(blocks: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut out = b"Rar!\x1a\x07\x01\0".to_vec();
    for (header, data) in blocks {
        let sized = [&[header.len() as u8], *header].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&sized);
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&sized);
        out.extend_from_slice(data);
    }
    out
}

const RAR_START: (&[u8], &[u8]) = (&[1, 0, 0], b"");
const RAR_END: (&[u8], &[u8]) = (&[5, 0, 0], b"");

/// Behind the kind: flags, packed size, file flags, size, attributes, how it is
/// packed, system and name.
const RAR_STORED: (&[u8], &[u8]) = (b"\x02\x02\x03\0\x03\0\0\0\x07Zoe.txt", b"was");

#[test]
fn a_rar_is_read_up_to_where_it_was_cut() {
    let whole = rar(&[RAR_START, RAR_STORED, RAR_STORED, RAR_END]);
    let reading = read_file("x.rar", &whole, &Budget::default());
    assert_eq!(reading.problems, []);
    assert_eq!(texts(&reading), [("x.rar › Zoe.txt", "was"); 2]);
    let reading = read_file("x.rar", &whole[..whole.len() - 12], &Budget::default());
    check_problem(&reading, ProblemKind::Damaged, "x.rar", "cut short");
    assert_eq!(texts(&reading), [("x.rar › Zoe.txt", "was")]);
}

#[test]
fn a_rar_that_wants_too_much_is_told_and_not_read() {
    // A dictionary of four gigabytes, and a file of a terabyte.
    let greedy: (&[u8], &[u8]) = (b"\x02\x02\x03\0\x03\0\x80\x79\0\x07Zoe.txt", b"was");
    let reading = read_file(
        "x.rar",
        &rar(&[RAR_START, greedy, RAR_STORED, RAR_END]),
        &Budget::default(),
    );
    check_problem(
        &reading,
        ProblemKind::Unknown,
        "x.rar › Zoe.txt",
        "too large a dictionary",
    );
    assert_eq!(texts(&reading), [("x.rar › Zoe.txt", "was")]);
    let endless: (&[u8], &[u8]) = (
        b"\x02\x02\x03\0\x80\x80\x80\x80\x80\x20\0\x80\x05\0\x07Zoe.txt",
        b"was",
    );
    check_bomb("x.rar", &rar(&[RAR_START, endless, RAR_END]));
    let many = [&[RAR_START][..], &[RAR_STORED; 6_000], &[RAR_END]].concat();
    check_bomb("x.rar", &rar(&many));
}

#[test]
fn rars_do_not_pass_in_silence_when_damaged() {
    for name in [
        "winrar/rar3-subdirs.rar",
        "winrar/rar3-solid.rar",
        "rar50.rar",
        "rar70-solid.rar",
    ] {
        check_damage(&format!("../corpus/rar/{name}"));
    }
}
