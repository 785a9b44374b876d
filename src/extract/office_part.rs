//! The parts of an Office document by their names: what they make of it, and in
//! which order people read them.

use super::xlsb;
use super::zip_records::{Archive, Member};

/// Parts that name styles, fonts and colours, and no people.
pub(crate) const WITHOUT_WORDS: [&str; 8] = [
    "styles.xml",
    "stylesWithEffects.xml",
    "fontTable.xml",
    "webSettings.xml",
    "tableStyles.xml",
    "presProps.xml",
    "[Content_Types].xml",
    "calcChain.xml",
];

/// Where programs put what a document is read from.
const MAIN: [&str; 4] = [
    "word/document.xml",
    "xl/workbook.xml",
    xlsb::WORKBOOK,
    "ppt/presentation.xml",
];

pub(crate) fn is_one(archive: &Archive<'_>) -> bool {
    // Some programs mend a document whose list of types is missing.
    let has = |name: &&str| archive.member(name).is_some();
    let leads = |member: &Member<'_>| member.name.ends_with(".rels");
    (has(&"[Content_Types].xml") || MAIN.iter().any(has) || archive.members.iter().any(leads))
        && kind_of(archive).is_some()
}

/// What the parts show a document to be.
pub(crate) fn kind_of(archive: &Archive<'_>) -> Option<&'static str> {
    let folder = archive.members.iter().find_map(|member| {
        member
            .name
            .split_once('/')
            .map(|(folder, _)| folder)
            .filter(|f| matches!(*f, "word" | "xl" | "ppt" | "visio"))
    })?;
    let macros = archive
        .members
        .iter()
        .any(|member| member.name.ends_with("vbaProject.bin"));
    Some(match (folder, macros) {
        ("word", false) => "docx",
        ("word", true) => "docm",
        ("xl", _) if archive.member(xlsb::WORKBOOK).is_some() => "xlsb",
        ("xl", false) => "xlsx",
        ("xl", true) => "xlsm",
        ("ppt", _) => "pptx",
        _ => "vsdx",
    })
}

/// Documents in reading order: body before headers, slides as they are shown,
/// sheets by their numbers, properties last.
pub(crate) fn order(name: &str, slide: usize) -> (u8, usize, usize, String) {
    let rank = match name {
        "word/document.xml" => 0,
        _ if name.contains("/worksheets/sheet") || name.contains("/slides/slide") => 1,
        _ if name.starts_with("docProps/") => 4,
        _ if name.ends_with(".rels") => 5,
        _ if name.starts_with("word/") => 2,
        _ => 3,
    };
    (rank, slide, name.len(), name.to_owned())
}
