//! Files of every format that are made to exhaust whoever reads them: claimed
//! lengths, loops, nesting, repetition. Each is read in a worker with the
//! limits of a real one, and ends soon, with what was read or a problem.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use exeat::extract::{Budget, Reading};
use exeat::mail::Content;
use exeat::worker::{Pool, Settings};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::bombs::{borrowed, deflated, member, zip};
use crate::support::school::fixtures;

/// Unoptimised builds are some ten times slower than the two seconds that are
/// promised.
pub(crate) const LONGEST: Duration =
    Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

pub(crate) struct Worker(Pool);

impl Worker {
    pub(crate) async fn start() -> Self {
        let settings = Settings {
            count: 1,
            ocr: false,
            ..Settings::default()
        };
        let program = Path::new(env!("CARGO_BIN_EXE_exeat"));
        let pool = Pool::start(program, &settings, Budget::default()).await;
        Self(pool.expect("workers start"))
    }

    /// Reads it within bounds of time and memory.
    pub(crate) async fn read(&self, name: &str, bytes: Vec<u8>) -> Reading {
        let size = bytes.len();
        let began = Instant::now();
        let reading = self.0.read_file(name, &Content::from(bytes)).await;
        let reading = reading.expect("the workers work");
        let took = began.elapsed();
        eprintln!("{name}: {size} bytes in {took:?}: {:?}", reading.problems);
        assert!(took < LONGEST, "{name}: {took:?}");
        // A worker that takes too much memory is stopped, and that is told.
        let late = reading
            .problems
            .iter()
            .any(|problem| problem.what.contains("too long"));
        assert!(!late, "{name}: {:?}", reading.problems);
        reading
    }

    /// The same of what cannot be read to its end.
    pub(crate) async fn check(&self, name: &str, bytes: Vec<u8>) {
        let reading = self.read(name, bytes).await;
        assert!(!reading.problems.is_empty(), "{name} is told of");
    }
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(fixtures().join("documents").join(name)).expect("the fixtures are there")
}

#[tokio::test]
async fn texts_of_every_kind() {
    let worker = Worker::start().await;
    let many = 400_000;
    worker
        .read(
            "deep.html",
            [b"<html>".to_vec(), b"<div><b>".repeat(many)].concat(),
        )
        .await;
    worker
        .read(
            "tables.html",
            [b"<html>".to_vec(), b"<table><tr><td>".repeat(many)].concat(),
        )
        .await;
    worker
        .check("wide.csv", b"Zoe,7B,late\n".repeat(3_500_000))
        .await;
    worker
        .read(
            "quotes.csv",
            [b"a,\"".to_vec(), b"b\",\"\n".repeat(3_000_000)].concat(),
        )
        .await;
    worker
        .check(
            "deep.rtf",
            [b"{\\rtf1 ".to_vec(), b"{".repeat(5_000_000)].concat(),
        )
        .await;
    worker
        .check("binary.rtf", b"{\\rtf1 \\bin999999999 x}".to_vec())
        .await;
    worker
        .check(
            "rows.rtf",
            [
                b"{\\rtf1 ".to_vec(),
                b"\\trowd\\cell\\row ".repeat(1_500_000),
            ]
            .concat(),
        )
        .await;
    let message = b"From a@b.example Mon Nov 16 09:00:00 2026\nSubject: a\n\nb\n\n";
    worker.check("million.mbox", message.repeat(700_000)).await;
    let event = b"BEGIN:VEVENT\r\nSUMMARY:Zoe\r\nEND:VEVENT\r\n";
    let calendar = [b"BEGIN:VCALENDAR\r\n".to_vec(), event.repeat(900_000)].concat();
    worker.check("million.ics", calendar).await;
    worker
        .check("deep.ics", b"BEGIN:VCALENDAR\r\n".repeat(1_000_000))
        .await;
    worker
        .check(
            "deep.xml",
            [
                b"<?xml version=\"1.0\"?>".to_vec(),
                b"<a>".repeat(3_000_000),
            ]
            .concat(),
        )
        .await;
    let field = "<a b=\"c\"/>".repeat(3_000_000);
    worker
        .check(
            "wide.xml",
            format!("<?xml version=\"1.0\"?><r>{field}").into_bytes(),
        )
        .await;
}

#[tokio::test]
async fn messages_in_messages() {
    let worker = Worker::start().await;
    let mut parts = b"From: a@b.example\r\nSubject: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
    parts.extend(b"--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nx\r\n".repeat(400_000));
    worker.check("parts.eml", parts).await;
    let mut nested = b"From: a@b.example\r\nSubject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nx".to_vec();
    for _ in 0..24 {
        use base64::Engine;
        let inner = base64::engine::general_purpose::STANDARD.encode(&nested);
        nested = format!(
            "From: a@b.example\r\nSubject: a\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{inner}\r\n"
        )
        .into_bytes();
    }
    worker.check("base64.eml", nested).await;
}

#[tokio::test]
async fn sheets_and_slides() {
    let worker = Worker::start().await;
    let types = || member("[Content_Types].xml", b"<Types/>");
    let book = || {
        member(
            "xl/workbook.xml",
            b"<workbook><sheets><sheet name=\"A\" sheetId=\"1\"/></sheets></workbook>",
        )
    };
    let long = "Zoe was late. ".repeat(2_000);
    let strings = member(
        "xl/sharedStrings.xml",
        format!("<sst><si><t>{long}</t></si></sst>").as_bytes(),
    );
    let cells = "<row><c t=\"s\"><v>0</v></c></row>".repeat(1_000_000);
    let sheet = member(
        "xl/worksheets/sheet1.xml",
        format!("<worksheet><sheetData>{cells}</sheetData></worksheet>").as_bytes(),
    );
    worker
        .check(
            "shared.xlsx",
            zip(&borrowed(&[types(), book(), strings, sheet])),
        )
        .await;
    let far = "<worksheet><sheetData><row r=\"4294967295\"><c r=\"ZZZZZZZ4294967295\" t=\"inlineStr\"><is><t>Zoe</t></is></c></row>\
               <row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row></sheetData></worksheet>";
    worker
        .read(
            "far.xlsx",
            zip(&borrowed(&[
                types(),
                book(),
                member("xl/worksheets/sheet1.xml", far.as_bytes()),
            ])),
        )
        .await;
    let slides: Vec<_> = (0..20_000)
        .map(|number| {
            member(
                &format!("ppt/slides/slide{number}.xml"),
                b"<p:sld><a:t>Zoe</a:t></p:sld>",
            )
        })
        .chain([types(), member("ppt/presentation.xml", b"<p/>")])
        .collect();
    worker.check("slides.pptx", zip(&borrowed(&slides))).await;
    let deep = [
        b"<w:document>".to_vec(),
        b"<w:tbl><w:tr><w:tc>".repeat(1_000_000),
    ]
    .concat();
    worker
        .read(
            "deep.docx",
            zip(&borrowed(&[types(), member("word/document.xml", &deep)])),
        )
        .await;
    for (columns, rows) in [
        (1_u64, 1_000_000_000_u64),
        (1_000_000_000, 1),
        (4_000_000_000, 4_000_000_000),
    ] {
        for text in ["Zoe", ""] {
            let content = format!(
                "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"A\">\
                 <table:table-row table:number-rows-repeated=\"{rows}\"><table:table-cell table:number-columns-repeated=\"{columns}\">\
                 <text:p>{text}</text:p></table:table-cell></table:table-row>\
                 <table:table-row><table:table-cell><text:p>last</text:p></table:table-cell></table:table-row>\
                 </table:table></office:spreadsheet></office:body></office:document-content>"
            );
            let kind = member(
                "mimetype",
                b"application/vnd.oasis.opendocument.spreadsheet",
            );
            let file = zip(&borrowed(&[
                kind,
                member("content.xml", content.as_bytes()),
            ]));
            let reading = worker
                .read(&format!("repeated {columns} × {rows} {text}.ods"), file)
                .await;
            let last = reading.texts.iter().any(|text| text.text.contains("last"));
            assert!(last || !reading.problems.is_empty(), "read or told");
        }
    }
}

/// Every field of four bytes in turn, set to what no file holds; and every
/// chain of sectors turned upon itself.
#[tokio::test]
async fn compound_files_with_lies() {
    let worker = Worker::start().await;
    for name in ["register.xls", "trip.doc", "velvet.doc"] {
        let file = sample(name);
        let fat = 512 * (1 + u32::from_le_bytes(file[76..80].try_into().expect("four")) as usize);
        for (at, value) in [
            (44, u32::MAX),
            (56, u32::MAX),
            (64, u32::MAX),
            (68, 0),
            (72, u32::MAX),
        ] {
            let mut lying = file.clone();
            lying[at..at + 4].copy_from_slice(&value.to_le_bytes());
            worker.read(&format!("header {at} of {name}"), lying).await;
        }
        for sector in 0..24_u32 {
            let mut looping = file.clone();
            let at = fat + 4 * sector as usize;
            looping[at..at + 4].copy_from_slice(&sector.to_le_bytes());
            worker
                .read(&format!("loop at {sector} of {name}"), looping)
                .await;
        }
        for at in (512..file.len() - 4).step_by(file.len() / 120) {
            let mut lying = file.clone();
            lying[at..at + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
            worker.read(&format!("{at} of {name}"), lying).await;
        }
    }
}

#[tokio::test]
async fn packed_and_packed_again() {
    let worker = Worker::start().await;
    let mut packed = vec![0; 90_000_000];
    for name in ["zeros.gz", "zeros.gz.gz", "zeros.gz.gz.gz"] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&packed).expect("memory takes all");
        packed = encoder.finish().expect("memory takes all");
        worker.check(name, packed.clone()).await;
    }
    // TNEF: an attribute that claims to be longer than the file.
    let mut tnef = b"\x78\x9f\x3e\x22\x01\x00".to_vec();
    for _ in 0..100_000 {
        tnef.extend(b"\x01\x06\x90\x08\x00\x04\x00\x00\x00\x00\x00\x01\x00\x01\x00");
    }
    tnef.extend(b"\x02\x0f\x80\x06\x00\xff\xff\xff\xff");
    worker.check("winmail.dat", tnef).await;
    let (sheet, size) = deflated((0..60).map(|_| b"<a/>".repeat(250_000)));
    let bomb = ("Object 1/content.xml".to_owned(), sheet, size);
    let kind = member("mimetype", b"application/vnd.oasis.opendocument.text");
    worker
        .check("objects.odt", zip(&borrowed(&[kind, bomb])))
        .await;
}

/// A PDF of these objects, numbered from 1; the first is its catalogue.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.5\n".to_vec();
    for (index, object) in objects.iter().enumerate() {
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let count = objects.len() + 1;
    file.extend(format!("trailer<</Root 1 0 R/Size {count}>>\nstartxref\n0\n%%EOF\n").bytes());
    file
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("<<{dictionary}/Length {}>>stream\n", content.len());
    [head.as_bytes(), content, b"\nendstream"].concat()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// One page that draws these bytes in a font of these objects.
fn page(filter: &str, content: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</X 6 0 R>>>>>>",
    ]
    .map(|object| object.as_bytes().to_vec())
    .to_vec();
    objects.push(stream(filter, content));
    objects.extend_from_slice(more);
    pdf(&objects)
}

#[tokio::test]
async fn pages_without_end() {
    let worker = Worker::start().await;
    let catalogue = b"<</Type/Catalog/Pages 2 0 R>>".to_vec();
    let mut deep = vec![catalogue.clone()];
    deep.extend(
        (0..100_000).map(|n| format!("<</Type/Pages/Count 1/Kids[{} 0 R]>>", n + 3).into_bytes()),
    );
    worker.check("deep tree.pdf", pdf(&deep)).await;
    let wide = format!(
        "<</Type/Pages/Count 1/Kids[{}]>>",
        "2 0 R 3 0 R ".repeat(500_000)
    );
    worker
        .read(
            "wide tree.pdf",
            pdf(&[
                catalogue.clone(),
                wide.into_bytes(),
                b"<</Type/Page>>".to_vec(),
            ]),
        )
        .await;
    let mut many = vec![catalogue.clone(), b"<</Type/Pages/Kids[3 0 R]>>".to_vec()];
    many.extend((0..1_000_000).map(|_| b"<</A(Zoe)>>".to_vec()));
    worker.check("million objects.pdf", pdf(&many)).await;
    let kids: String = (3..20_000).map(|n| format!("{n} 0 R ")).collect();
    let mut pages = vec![
        catalogue,
        format!("<</Type/Pages/Kids[{kids}]>>").into_bytes(),
    ];
    pages.extend((3..20_000).map(|_| b"<</Type/Page>>".to_vec()));
    worker.check("twenty thousand pages.pdf", pdf(&pages)).await;
    let nested = [b"<</Type/Catalog/Pages ".to_vec(), b"[".repeat(2_000_000)].concat();
    worker.check("nested.pdf", pdf(&[nested])).await;
    let lying = stream("/Type/ObjStm/N 1000000000/First 2000000000", b"1 0 2 0");
    worker.check("object stream.pdf", pdf(&[lying])).await;
}

#[tokio::test]
async fn pages_that_are_heavy_to_draw() {
    let worker = Worker::start().await;
    let font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec();
    let form = stream("/Type/XObject/Subtype/Form", b"/X Do /X Do /X Do");
    let more = [font.clone(), form.clone()];
    let text = b"BT /F1 9 Tf (Zoe) Tj ET ".repeat(4_000_000);
    worker
        .check(
            "long page.pdf",
            page("/Filter/FlateDecode", &zlib(&text), &more),
        )
        .await;
    worker
        .check("forms.pdf", page("", &b"/X Do ".repeat(100_000), &more))
        .await;
    worker
        .read(
            "nesting.pdf",
            page("", &b"q [ << ".repeat(1_000_000), &more),
        )
        .await;
    let chain = format!("/Filter[{}]", "/ASCIIHexDecode".repeat(3_000));
    worker
        .check(
            "hex chain.pdf",
            page(&chain, &b"34".repeat(2_000_000), &more),
        )
        .await;
    let chain = format!("/Filter[{}]", "/FlateDecode".repeat(3));
    let bomb = zlib(&zlib(&zlib(&vec![b' '; 90_000_000])));
    worker
        .check("flate chain.pdf", page(&chain, &bomb, &more))
        .await;
    for filter in [
        "JBIG2Decode",
        "JPXDecode",
        "DCTDecode",
        "CCITTFaxDecode",
        "RunLengthDecode",
    ] {
        let content = vec![0x80; 3_000_000];
        worker
            .read(
                &format!("{filter}.pdf"),
                page(&format!("/Filter/{filter}"), &content, &more),
            )
            .await;
    }
    let map = format!(
        "begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange {} endcmap",
        "1 beginbfrange <0000> <FFFFFFFF> <0041> endbfrange ".repeat(20_000)
    );
    let wide =
        b"<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 7 0 R/DescendantFonts[8 0 R]>>"
            .to_vec();
    let widths = format!("<</W[{}]/DW 1000>>", "0 4294967295 500 ".repeat(100_000));
    let more = [
        wide,
        form,
        stream("/Filter/FlateDecode", &zlib(map.as_bytes())),
        widths.into_bytes(),
    ];
    worker
        .read("font.pdf", page("", b"BT /F1 9 Tf <00410042> Tj ET", &more))
        .await;
}
