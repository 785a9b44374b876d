//! Office documents in one XML file: broken and hostile ones end, and tell.

use std::fs;
use std::path::Path;

use exeat::extract::{Budget, Reading, Role, read_file};
use exeat::finding::ProblemKind;

fn corpus(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus");
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn read(name: &str, bytes: &[u8]) -> Reading {
    read_file(name, bytes, &Budget::default())
}

fn texts(reading: &Reading) -> Vec<(&str, &str)> {
    let inside = reading
        .texts
        .iter()
        .filter(|text| text.role != Role::FileName);
    inside
        .map(|text| (text.location.as_str(), text.text.trim_end()))
        .collect()
}

const FLAT: [&str; 4] = [
    "writer/slip.fodt",
    "writer/slip.2003.xml",
    "calc/timetable.2003.xml",
    "word/class.xml",
];

#[test]
fn flat_documents_cut_short_do_not_pass_in_silence() {
    for name in FLAT {
        let bytes = corpus(name);
        let whole = read(name, &bytes);
        assert_eq!(whole.problems, [], "{name}");
        for at in (60..bytes.len()).step_by(bytes.len() / 25) {
            let reading = read(name, &bytes[..at]);
            assert!(
                !reading.problems.is_empty() || texts(&reading) == texts(&whole),
                "{name} cut at {at}"
            );
        }
    }
}

#[test]
fn flat_documents_with_changed_bytes_come_to_an_end() {
    let mut seed = 5_u64;
    for name in FLAT {
        let bytes = corpus(name);
        for _ in 0..40 {
            let mut flipped = bytes.clone();
            for _ in 0..8 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (seed >> 33) as usize % flipped.len();
                flipped[at] = (seed >> 24) as u8;
            }
            read(name, &flipped);
        }
    }
}

#[test]
fn workbooks_of_2003_hide_sheets_rows_and_columns() {
    let workbook = r#"<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel">
<Styles><Style ss:ID="d"><NumberFormat ss:Format="Short Date"/></Style></Styles>
<Worksheet ss:Name="7A"><Table><Column/><Column ss:Hidden="1"/>
<Row><Cell><Data ss:Type="String">Name</Data></Cell><Cell><Data ss:Type="String">Mark</Data></Cell><Cell ss:Index="4"><Data ss:Type="String">Born</Data></Cell></Row>
<Row><Cell><Data ss:Type="String">Zo&#235; &amp; <B>Oban</B></Data><Comment ss:Author="A Teacher"><ss:Data>Ask the mother</ss:Data></Comment></Cell><Cell ss:Index="4"><Data ss:Type="DateTime">2014-10-15T00:00:00.000</Data></Cell></Row>
<Row ss:Hidden="1"><Cell><Data ss:Type="String">Wren</Data></Cell></Row></Table></Worksheet>
<Worksheet ss:Name="Care"><Table><Row><Cell><Data ss:Type="String">Tilly</Data></Cell></Row></Table><WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>
</Workbook>"#;
    let reading = read("b.xml", workbook.as_bytes());
    assert_eq!(reading.problems, []);
    assert_eq!(reading.attachments[0].kind, "spreadsheetml");
    // Databases export it in UTF-16.
    let wide: Vec<u8> = workbook.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = read("b.xml", &[b"\xff\xfe", &wide[..]].concat());
    assert_eq!(texts(&wide), texts(&reading));
    assert_eq!(wide.problems, []);
    for (place, hidden, expected) in [
        (
            "sheet \"7A\"",
            false,
            "Name\t\t\tBorn\nZoë & Oban\t\t\t15/10/2014",
        ),
        (
            "sheet \"7A\" (hidden rows or columns)",
            true,
            "Name\tMark\t\tBorn\n\nWren",
        ),
        (
            "sheet \"7A\" › comments",
            false,
            "A Teacher\nAsk the mother",
        ),
        ("sheet \"Care\" (hidden)", true, "Tilly"),
    ] {
        let place = format!("b.xml › {place}");
        let found = reading.texts.iter().find(|t| t.location.as_str() == place);
        let found = found.map(|text| (text.text.trim_end(), text.hidden));
        assert_eq!(found, Some((expected, hidden)), "{place}");
    }
}

#[test]
fn a_package_without_an_office_document_is_any_other_xml() {
    let reading = read(
        "a.xml",
        b"<?xml version='1.0'?><package><p>Oban</p></package>",
    );
    assert_eq!(reading.attachments[0].kind, "xml");
    assert_eq!(texts(&reading), [("a.xml", "Oban")]);
    let many = "<pkg:part pkg:name=\"/word/document.xml\"/>".repeat(20_000);
    let package = format!("<?xml version='1.0'?><pkg:package>{many}</pkg:package>");
    let reading = read("a.xml", package.as_bytes());
    let kinds = reading.problems.iter().map(|problem| problem.kind);
    assert!(!kinds.clone().any(|kind| kind == ProblemKind::Damaged));
}
