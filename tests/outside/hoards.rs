//! Archives with members without end, headers that promise more than there is,
//! and pictures of enormous size. Each is read in a worker with the limits of a
//! real one, and ends soon, with a problem.

use std::io::Write;

use exeat::extract::Budget;
use exeat::mail::Content;
use exeat::worker::{Pool, Settings};
use flate2::Crc;

use crate::bombs::{borrowed, member, zip};
use crate::exhaustion::Worker;

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// A tar's header with a right checksum.
fn header(name: &[u8], kind: u8, size: u64) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[148..156].fill(b' ');
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar  \0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

#[tokio::test]
async fn archives_of_very_many() {
    let worker = Worker::start().await;
    let names: Vec<_> = (0..60_000)
        .map(|n| member(&format!("{n}.txt"), b""))
        .collect();
    worker.check("empty.zip", zip(&borrowed(&names))).await;
    // Members whose size is told behind them, and nothing is.
    let mut streamed = b"PK\x03\x04\x14\0\x08\0\x08\0".to_vec();
    streamed.extend([0; 16]);
    streamed.extend(b"\x01\0\0\0a");
    worker
        .check("streamed.zip", streamed.repeat(1_000_000))
        .await;
    worker
        .check(
            "streamed.jpg",
            [&b"\xff\xd8\xff\xe0"[..], &streamed.repeat(1_000_000)].concat(),
        )
        .await;
    worker
        .check("members.tar", header(b"a", b'0', 0).repeat(80_000))
        .await;
    worker
        .check(
            "long names.tar",
            header(b"././@LongLink", b'L', 0).repeat(80_000),
        )
        .await;
    let endless = header(b"././@LongLink", b'L', 0o77_777_777_777);
    worker
        .check(
            "endless name.tar",
            [endless, vec![b'a'; 30_000_000]].concat(),
        )
        .await;
    let line = b"30 comment=aaaaaaaaaaaaaaaaaaa\n".repeat(1_000_000);
    let pax = [
        header(b"pax", b'x', line.len() as u64),
        line,
        vec![0; 512],
        header(b"a", b'0', 0),
    ];
    worker.check("comments.tar", pax.concat()).await;
    let sparse = [header(b"a", b'S', 0o77_777_777_777), vec![b'1'; 4_000_000]].concat();
    worker.check("sparse.tar", sparse).await;
}

/// A 7z whose header is these bytes, with right checksums.
fn seven_zip(header: &[u8]) -> Vec<u8> {
    let start = [
        &0_u64.to_le_bytes()[..],
        &(header.len() as u64).to_le_bytes(),
        &crc(header),
    ]
    .concat();
    [
        &b"7z\xbc\xaf\x27\x1c\0\x04"[..],
        &crc(&start),
        &start,
        header,
    ]
    .concat()
}

#[tokio::test]
async fn headers_that_promise_much() {
    let worker = Worker::start().await;
    let most = [0xff; 9];
    let half = [0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0];
    let million = [0xe0, 0x40, 0x42, 0x0f];
    for (number, name) in [(&most[..], "most"), (&half, "half"), (&million, "million")] {
        for (what, before) in [
            ("files", &[1, 5][..]),
            ("packed streams", &[1, 4, 6, 0]),
            ("folders", &[1, 4, 7, 0x0b]),
            ("coders", &[1, 4, 7, 0x0b, 1, 0]),
            ("packed header", &[0x17, 6, 0]),
            (
                "packed header's folders",
                &[0x17, 6, 0, 1, 9, 1, 0, 7, 0x0b],
            ),
        ] {
            let header = [before, number, &[0; 4_000]].concat();
            worker
                .check(&format!("{name} {what}.7z"), seven_zip(&header))
                .await;
        }
    }
    // A header that is packed in itself, by copying.
    let looping = b"\x17\x06\0\x01\x09\x20\0\x07\x0b\x01\0\x01\x01\0\x0c\x20\0\0";
    worker.check("looping.7z", seven_zip(looping)).await;
    // Names of members that RAR 4 and 5 claim to be as long as the file.
    let mut old = b"Rar!\x1a\x07\0".to_vec();
    let block = [&[0x74, 0, 0x80, 0xff, 0x7f][..], &[0xff; 40]].concat();
    old.extend(crc(&block)[..2].iter().chain(&block));
    worker
        .check("name.rar", [old, vec![b'a'; 1_000_000]].concat())
        .await;
    let mut many = b"Rar!\x1a\x07\x01\0".to_vec();
    many.extend(
        [&crc(b"\x03\x05\0\0")[..], b"\x03\x05\0\0"]
            .concat()
            .repeat(3_000_000),
    );
    worker.check("ends.rar", many).await;
    // Packed streams behind a picture, none of which is one.
    let front = b"GIF89a\x01\0\x01\0\0\0\0;";
    for mark in [
        &b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..],
        b"BZh91AY&SY",
        b"ustar00000001",
        b"7z\xbc\xaf\x27\x1c",
        b"PK\x03\x04",
        b"GIF89a\x01\0\x01\0\0\0\0;",
    ] {
        let name = format!("{}.gif", mark.escape_ascii());
        worker
            .read(
                &name,
                [front, &mark.repeat(30_000_000 / mark.len())[..]].concat(),
            )
            .await;
    }
}

/// Headers of pictures that are some pixels short of four thousand million to
/// a side, or as many as the format can tell.
fn enormous() -> Vec<(&'static str, Vec<u8>)> {
    let chunk = |kind: &[u8], data: &[u8]| {
        let named = [kind, data].concat();
        let mut sum = crc(&named);
        sum.reverse();
        [&(data.len() as u32).to_be_bytes()[..], &named, &sum].concat()
    };
    let zeros = |count: usize| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder
            .write_all(&vec![0; count])
            .expect("memory takes all");
        encoder.finish().expect("memory takes all")
    };
    let png = |side: u32| {
        let side = side.to_be_bytes();
        let head = [&side[..], &side, &[8, 6, 0, 0, 0]].concat();
        let parts = [
            b"\x89PNG\r\n\x1a\n".to_vec(),
            chunk(b"IHDR", &head),
            chunk(b"IDAT", &zeros(60_000_000)),
            chunk(b"IEND", &[]),
        ];
        parts.concat()
    };
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend(0x7fff_ffff_u32.to_le_bytes().repeat(2));
    bmp.extend(b"\x01\0\x18\0");
    bmp.extend([0; 24]);
    let entry = |tag: u16, kind: u16, value: u32| {
        let head = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
        [&head, &1_u32.to_le_bytes()[..], &value.to_le_bytes()].concat()
    };
    let tiff = |side: u32| {
        let entries = [
            entry(256, 4, side),
            entry(257, 4, side),
            entry(258, 3, 8),
            entry(259, 3, 1),
            entry(262, 3, 1),
            entry(273, 4, 8),
            entry(277, 3, 1),
            entry(278, 4, side),
            entry(279, 4, u32::MAX),
        ];
        [&b"II*\0\x08\0\0\0\x09\0"[..], &entries.concat(), &[0; 4]].concat()
    };
    let mut gif = b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    gif.extend(b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;");
    let mut jpeg = b"\xff\xd8\xff\xc0\0\x0b\x08\xff\xff\xff\xff\x01\x01\x11\0".to_vec();
    jpeg.extend(b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\0\xff\xd9");
    let mut webp = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\xff".to_vec();
    webp.extend([0; 16]);
    vec![
        ("largest.png", png(0x7fff_ffff)),
        ("large.png", png(20_000)),
        ("page.png", png(7_000)),
        ("enormous.bmp", bmp),
        ("largest.tif", tiff(u32::MAX)),
        ("large.tif", tiff(60_000)),
        ("enormous.gif", gif),
        ("enormous.jpg", jpeg),
        ("enormous.webp", webp),
    ]
}

#[tokio::test]
async fn pictures_of_enormous_size() {
    let worker = Worker::start().await;
    for (name, file) in enormous() {
        worker.check(name, file).await;
    }
    let mut pages = b"II*\0\x08\0\0\0".to_vec();
    for page in 1..=100_000_u32 {
        pages.extend(b"\0\0");
        pages.extend((8 + page * 6).to_le_bytes());
    }
    worker.check("pages.tif", pages).await;
}

/// The same, where OCR would read them.
#[tokio::test]
async fn pictures_of_enormous_size_are_not_decoded() {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_exeat"));
    let settings = Settings {
        count: 1,
        ..Settings::default()
    };
    let pool = Pool::start(program, &settings, Budget::default()).await;
    let pool = pool.expect("workers start");
    for (name, file) in enormous() {
        let mail = crate::ocr::mail(&[(name, &file)]);
        let began = std::time::Instant::now();
        let reading = pool.read_message(&Content::from(mail)).await;
        let reading = reading.expect("the workers work");
        eprintln!("{name}: {:?}: {:?}", began.elapsed(), reading.problems);
        assert!(!reading.problems.is_empty(), "{name} is told of");
        assert!(
            began.elapsed() < crate::exhaustion::LONGEST,
            "{name}: {:?}",
            began.elapsed()
        );
    }
}
