//! Files of the older and the rarer formats that claim to be enormous, or point
//! at the same bytes again and again. Each is read in a worker with the limits
//! of a real one, and ends soon, with what was read or a problem.

use std::io::{Cursor, Write};
use std::path::Path;

use crate::bombs::{borrowed, member, zip};
use crate::exhaustion::Worker;

/// A compound file of these streams.
fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("memory takes all");
    for (path, bytes) in streams {
        let path = Path::new(path);
        if let Some(storage) = path.parent() {
            file.create_storage_all(storage).expect("memory takes all");
        }
        let mut stream = file.create_stream(path).expect("memory takes all");
        stream.write_all(bytes).expect("memory takes all");
    }
    file.flush().expect("memory takes all");
    file.into_inner().into_inner()
}

/// A record of a presentation.
fn atom(version: u16, kind: u16, data: &[u8]) -> Vec<u8> {
    let length = data.len() as u32;
    let head = [version.to_le_bytes(), kind.to_le_bytes()].concat();
    [&head, &length.to_le_bytes()[..], data].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

#[tokio::test]
async fn presentations() {
    const SLIDE: u16 = 0x03ee;
    const TEXT: u16 = 0x0fa8;
    let worker = Worker::start().await;
    let text = atom(0, TEXT, &vec![b'a'; 40_000]);
    let presentation = |document: &[u8]| {
        let user = atom(0, 0x0ff6, &numbers(&[20, 0xe391_c05f, 0]));
        compound(&[("Current User", &user), ("PowerPoint Document", document)])
    };
    worker
        .check(
            "slides.ppt",
            presentation(&atom(15, SLIDE, &[]).repeat(1_000_000)),
        )
        .await;
    worker
        .check("texts.ppt", presentation(&text.repeat(1_000)))
        .await;
    // Containers in containers, each of which claims to be all of the file.
    let head = [15, 0, 0xee, 0x03, 0xff, 0xff, 0xff, 0x7f];
    worker
        .check("deep.ppt", presentation(&head.repeat(2_000_000)))
        .await;
    // Edits without end, all of which name the same objects.
    let objects: Vec<u8> = (0..1_500)
        .flat_map(|_| numbers(&[0xfff0_0000; 4_096]))
        .collect();
    let directory = atom(0, 0x1772, &objects);
    let mut document = vec![0; 8];
    let mut last = 0;
    let edits = 4_000;
    let behind = (document.len() + edits * 36) as u32;
    for _ in 0..edits {
        let start = document.len() as u32;
        document.extend(atom(0, 0x0ff5, &numbers(&[0, 0, last, behind, 1, 0, 0])));
        last = start;
    }
    document.extend(directory);
    let user = atom(0, 0x0ff6, &numbers(&[20, 0xe391_c05f, last]));
    let file = compound(&[("Current User", &user), ("PowerPoint Document", &document)]);
    worker.check("edits.ppt", file).await;
}

/// A record of a workbook of Excel 97.
fn biff(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = data.len() as u16;
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

#[tokio::test]
async fn workbooks() {
    const BOF: u16 = 0x0809;
    const EOF: u16 = 0x000a;
    const SST: u16 = 0x00fc;
    const CONTINUE: u16 = 0x003c;
    const LABEL_SST: u16 = 0x00fd;
    let worker = Worker::start().await;
    let begin = |kind: u8| biff(BOF, &[0, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let book = |strings: &[u8], sheet: &[u8]| {
        let parts = [
            &begin(5),
            strings,
            &biff(EOF, &[]),
            &begin(16),
            sheet,
            &biff(EOF, &[]),
        ];
        compound(&[("Workbook", &parts.concat())])
    };
    let long = [
        &numbers(&[1, 1]),
        &8_000_u16.to_le_bytes()[..],
        &[0],
        &[b'a'; 8_000],
    ]
    .concat();
    let cells: Vec<u8> = (0..1_500_000_u32)
        .flat_map(|n| {
            let cell = [
                ((n / 200) as u16).to_le_bytes(),
                ((n % 200) as u16).to_le_bytes(),
            ];
            biff(LABEL_SST, &[&cell.concat(), &[0; 6][..]].concat())
        })
        .collect();
    worker
        .check("shared.xls", book(&biff(SST, &long), &cells))
        .await;
    // More strings than there are, in pieces of nothing.
    let many = biff(SST, &numbers(&[u32::MAX, u32::MAX]));
    let strings = [many, biff(CONTINUE, &[]).repeat(5_000_000)].concat();
    worker.check("strings.xls", book(&strings, &[])).await;
    let empty = [
        biff(SST, &numbers(&[u32::MAX, u32::MAX])),
        biff(CONTINUE, &[0; 8_001]).repeat(4_000),
    ];
    worker
        .check("empty strings.xls", book(&empty.concat(), &[]))
        .await;
    worker
        .check(
            "sheets.xls",
            compound(&[("Workbook", &begin(16).repeat(1_500_000))]),
        )
        .await;
}

#[tokio::test]
async fn documents() {
    let worker = Worker::start().await;
    // The table of pieces names the same bytes again and again.
    let pieces = 1_000_000_u32;
    let mut plc: Vec<u8> = (0..=pieces)
        .flat_map(|n| (n * 2_000).to_le_bytes())
        .collect();
    for _ in 0..pieces {
        plc.extend([0, 0, 0, 0, 0, 0x40, 0, 0]);
    }
    let table = [&[2][..], &(plc.len() as u32).to_le_bytes(), &plc].concat();
    let mut document = vec![b'a'; 8_192];
    document[..4].copy_from_slice(&[0xec, 0xa5, 0xc1, 0]);
    document[4..0x400].fill(0);
    document[0x4c..0x50].copy_from_slice(&u32::MAX.to_le_bytes());
    let place = 0x9a + 33 * 8;
    document[place..place + 8].copy_from_slice(&numbers(&[0, table.len() as u32]));
    let file = compound(&[("WordDocument", &document), ("0Table", &table)]);
    worker.check("pieces.doc", file).await;
    let words = "Zoe was late. ".repeat(500_000);
    let quill = compound(&[("Quill/QuillSub/CONTENTS", words.repeat(5).as_bytes())]);
    worker.check("words.pub", quill).await;
}

/// Compressed RTF whose every reference is as long as can be.
fn packed_rtf(size: usize) -> Vec<u8> {
    let mut packed = [numbers(&[0, 0]), b"LZFu".to_vec(), vec![0; 4]].concat();
    // Bytes from the dictionary's start, seventeen at a time.
    packed.extend(
        [&[0xff][..], &[0, 0x0f].repeat(8)]
            .concat()
            .repeat(size / 17),
    );
    packed
}

#[tokio::test]
async fn messages_of_outlook() {
    let worker = Worker::start().await;
    let own: &[u8] = &[0; 32];
    let mut paths = vec!["__properties_version1.0".to_owned()];
    let mut above = String::new();
    for _ in 0..40 {
        above.push_str("__attach_version1.0_#00000000/__substg1.0_3701000D/");
        paths.push(format!("{above}__properties_version1.0"));
    }
    let deep: Vec<(&str, &[u8])> = paths.iter().map(|path| (path.as_str(), own)).collect();
    worker.check("deep.msg", compound(&deep)).await;
    for kind in ["recip", "attach"] {
        let wide: Vec<String> = (0..9_000)
            .map(|n| format!("__{kind}_version1.0_#{n:08X}/__properties_version1.0"))
            .collect();
        let mut wide: Vec<(&str, &[u8])> =
            wide.iter().map(|path| (path.as_str(), &own[..8])).collect();
        wide.push(("__properties_version1.0", own));
        worker
            .read(&format!("wide {kind}.msg"), compound(&wide))
            .await;
    }
    let rtf = packed_rtf(30_000_000);
    let file = compound(&[
        ("__properties_version1.0", own),
        ("__substg1.0_10090102", &rtf),
    ]);
    worker.check("packed.msg", file).await;
    // winmail.dat in winmail.dat.
    let attribute = |level: u8, id: u32, data: &[u8]| {
        let sum = data
            .iter()
            .fold(0_u16, |sum, &byte| sum.wrapping_add(u16::from(byte)));
        let head = [
            &[level][..],
            &id.to_le_bytes(),
            &(data.len() as u32).to_le_bytes(),
        ]
        .concat();
        [&head, data, &sum.to_le_bytes()].concat()
    };
    let mut inner = b"Zoe was late".to_vec();
    for _ in 0..200 {
        let parts = [
            b"\x78\x9f\x3e\x22\x01\0".to_vec(),
            attribute(2, 0x0006_9002, &[0; 14]),
            attribute(2, 0x0006_800f, &inner),
        ];
        inner = parts.concat();
    }
    worker.check("winmail.dat", inner).await;
    let empty = attribute(2, 0x0006_9002, &[0; 14]);
    let start = b"\x78\x9f\x3e\x22\x01\0".to_vec();
    worker
        .check(
            "wide winmail.dat",
            [start, empty.repeat(1_000_000)].concat(),
        )
        .await;
}

#[tokio::test]
async fn containers_of_other_programs() {
    let worker = Worker::start().await;
    let mark = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3";
    let stored = b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";
    let empty = [&stored[..], &[0; 20]].concat();
    worker
        .check("files.one", [&mark[..], &empty.repeat(800_000)].concat())
        .await;
    let greedy = [&stored[..], &[0xff; 20]].concat();
    worker
        .check("greedy.one", [&mark[..], &greedy.repeat(800_000)].concat())
        .await;
    // Every row of a page begins at the same place.
    let mut page = vec![b'Z'; 4_096];
    page[0] = 1;
    page[12..14].copy_from_slice(&2_000_u16.to_le_bytes());
    for row in 0..2_000 {
        page[14 + 2 * row..16 + 2 * row].copy_from_slice(&(4_010_u16).to_le_bytes());
    }
    let mut first = vec![0; 4_096];
    first[..19].copy_from_slice(b"\0\x01\0\0Standard ACE DB");
    first[0x14] = 2;
    worker
        .check("rows.accdb", [first, page.repeat(8_000)].concat())
        .await;
    // Snappy: four gigabytes from six bytes, and chunks of nothing.
    let huge = [0, 6, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0];
    let parts = [member("Index/Document.iwa", &huge.repeat(1_000))];
    worker.check("huge.pages", zip(&borrowed(&parts))).await;
    let nothing = [0, 1, 0, 0, 0].repeat(4_000_000);
    let parts = [member("Index/Document.iwa", &nothing)];
    worker.check("nothing.pages", zip(&borrowed(&parts))).await;
    // A copy of 64 bytes in three.
    let mut chunk = vec![0xc0, 0x84, 0x3d, 0, b'a'];
    chunk.extend([0xfe, 1, 0].repeat(15_624));
    chunk.extend([0xfa, 1, 0]);
    let length = (chunk.len() as u32).to_le_bytes();
    let packed = [&[0][..], &length[..3], &chunk].concat();
    let parts = [member("Index/Document.iwa", &packed.repeat(300))];
    worker.check("copies.pages", zip(&borrowed(&parts))).await;
}

#[tokio::test]
async fn texts_that_flood() {
    let worker = Worker::start().await;
    let card = b"BEGIN:VCARD\r\nFN:Zoe\r\nTEL:1\r\nEND:VCARD\r\n";
    worker.check("million.vcf", card.repeat(900_000)).await;
    worker
        .check(
            "folded.vcf",
            [&b"BEGIN:VCARD\r\nNOTE:"[..], &b"a\r\n ".repeat(9_000_000)].concat(),
        )
        .await;
    worker.check("columns.csv", b"Zoe,".repeat(9_000_000)).await;
    worker
        .check(
            "columns.tsv",
            [&b"a\tb\n"[..], &b"\t".repeat(30_000_000), b"Zoe"].concat(),
        )
        .await;
    let flood: String = (0..2_500_000).map(|n| format!(" a{n}=\"Zoe\"")).collect();
    worker
        .check(
            "attributes.xml",
            format!("<?xml version=\"1.0\"?><a{flood}/>").into_bytes(),
        )
        .await;
    worker
        .read(
            "attributes.html",
            format!("<html><p{flood}>Zoe</p></html>").into_bytes(),
        )
        .await;
    let body = format!("<w:document><w:body><w:p{flood}/></w:body></w:document>");
    let types = member("[Content_Types].xml", b"<Types/>");
    let parts = [types, member("word/document.xml", body.as_bytes())];
    worker.read("attributes.docx", zip(&borrowed(&parts))).await;
    for open in ["<title>", "<style>", "<!--", "<script>", "<textarea>"] {
        let page = [
            &b"<html>"[..],
            &open.as_bytes().repeat(20_000_000 / open.len()),
        ]
        .concat();
        worker.read(&format!("{open}.html"), page).await;
    }
    let fields = [
        &b"From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"[..],
        &b"x\r\n".repeat(9_000_000),
    ];
    worker.read("lines.eml", fields.concat()).await;
}
