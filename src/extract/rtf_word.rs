//! What RTF's control words mean to a reader who wants the words: where text
//! goes, and which characters are written as words.

use encoding_rs::Encoding;

/// Where the text of a group goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    Body,
    HeaderFooter,
    Footnote,
    Comment,
    Properties,
    Field,
    Bookmark,
    Variable,
    /// What a form field offers and says.
    Form,
    /// The name of a shape's property, and its value.
    ShapeProperty,
    ShapeValue,
    /// What else a starred group holds.
    Hidden,
    FontTable,
    /// An embedded object, in hexadecimal.
    Object,
    Picture,
    /// The HTML that this text was made of (MS-OXRTFEX).
    HtmlTag,
    Nowhere,
}

/// The destination that a word begins, if it begins one.
pub(crate) fn destination(word: &[u8]) -> Option<Destination> {
    use Destination as D;
    Some(match word {
        b"header" | b"headerl" | b"headerr" | b"headerf" | b"footer" | b"footerl" | b"footerr"
        | b"footerf" => D::HeaderFooter,
        b"footnote" => D::Footnote,
        b"annotation" | b"atnauthor" | b"atnid" => D::Comment,
        b"info" | b"userprops" | b"revtbl" => D::Properties,
        b"fldinst" | b"xe" | b"tc" => D::Field,
        b"bkmkstart" => D::Bookmark,
        b"docvar" => D::Variable,
        b"formfield" | b"ffname" | b"ffdeftext" | b"ffl" | b"ffhelptext" | b"ffstattext" => D::Form,
        b"sn" => D::ShapeProperty,
        b"sv" => D::ShapeValue,
        b"listname" => D::Hidden,
        b"fonttbl" => D::FontTable,
        b"objdata" => D::Object,
        b"pict" => D::Picture,
        b"htmltag" => D::HtmlTag,
        b"shptxt" | b"ud" => D::Body,
        b"colortbl"
        | b"stylesheet"
        | b"listtable"
        | b"listoverridetable"
        | b"rsidtbl"
        | b"generator"
        | b"themedata"
        | b"colorschememapping"
        | b"latentstyles"
        | b"datastore"
        | b"xmlnstbl"
        | b"filetbl"
        | b"pnseclvl"
        | b"pntext"
        | b"panose"
        | b"falt"
        | b"fname"
        | b"nonshppict"
        | b"blipuid"
        | b"bkmkend"
        | b"objclass"
        | b"datafield"
        | b"upr"
        | b"mmathPr"
        | b"pgdsctbl"
        | b"atnref"
        | b"atrfstart"
        | b"atrfend"
        | b"atndate"
        | b"atntime"
        | b"pgptbl"
        | b"protusertbl"
        | b"passwordhash"
        | b"wgrffmtfilter"
        | b"mhtmltag"
        | b"creatim"
        | b"revtim"
        | b"printim"
        | b"buptim"
        | b"objtime"
        | b"levelnumbers"
        | b"leveltext"
        | b"ftnsep"
        | b"ftnsepc"
        | b"aftnsep"
        | b"aftnsepc" => D::Nowhere,
        _ => return None,
    })
}

/// The text that a word stands for.
pub(crate) fn characters(word: &[u8]) -> Option<&'static str> {
    Some(match word {
        b"line" | b"sect" | b"page" | b"column" => "\n",
        b"tab" => "\t",
        b"emdash" => "—",
        b"endash" => "–",
        b"lquote" => "‘",
        b"rquote" => "’",
        b"ldblquote" => "“",
        b"rdblquote" => "”",
        b"bullet" => "•",
        b"emspace" | b"enspace" | b"qmspace" => " ",
        _ => return None,
    })
}

/// The encoding of a Windows code page.
pub(crate) fn code_page(number: i32) -> Option<&'static Encoding> {
    let label = match number {
        1250..=1258 | 874 => format!("windows-{number}"),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        10000 => "macintosh".to_owned(),
        20866 => "koi8-r".to_owned(),
        28591..=28606 => format!("iso-8859-{}", number - 28590),
        65001 => "utf-8".to_owned(),
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}

/// The encoding that a font's `\fcharset` calls for; `None` for the document's.
pub(crate) fn charset(number: i32) -> Option<&'static Encoding> {
    code_page(match number {
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
