//! HTML that hides, encodes, encloses or rebuilds its words.

use super::{Case, Expected, HOSTILE, WORDS, base64, case};

fn page(name: &str, html: &str, expected: Expected) -> Vec<Case> {
    let alone = format!(
        "Subject: Trip\nContent-Type: text/html; charset=utf-8\n\n<p>See below</p>{html}\n"
    );
    let file = format!(
        "Subject: Trip\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\nContent-Type: text/html; name=a.html\n\n<!DOCTYPE html><html><body><p>See below</p>{html}</body></html>\n--b--\n"
    );
    vec![
        case(format!("{name}: page"), &alone, expected),
        case(format!("{name}: file"), &file, expected),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let packed = base64(WORDS);
    let enclosed = base64(format!("<p>{WORDS}</p>"));
    let picture = base64(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><text>{WORDS}</text></svg>"
    ));
    let all_escaped: String = WORDS
        .chars()
        .map(|c| format!("&#x{:x};", u32::from(c)))
        .collect();
    let no_semicolons: String = WORDS
        .chars()
        .map(|c| format!("&#{}", u32::from(c)))
        .collect();
    let split = |by: &str| WORDS.replace("uill", &format!("u{by}ill"));
    for (name, html) in [
        (
            "display",
            format!("<div style='display:none'>{WORDS}</div>"),
        ),
        (
            "display and a comment",
            format!("<div style='display:/**/none'>{WORDS}</div>"),
        ),
        ("no size", format!("<span style=font-size:0>{WORDS}</span>")),
        ("white", format!("<font color=white>{WORDS}</font>")),
        (
            "far away",
            format!("<div style='position:absolute;left:-9999px'>{WORDS}</div>"),
        ),
        (
            "a style's own class",
            format!("<style>.h{{display:none}}</style><p class=h>{WORDS}</p>"),
        ),
        ("a comment", format!("<!-- {WORDS} -->")),
        (
            "for Outlook alone",
            format!("<!--[if mso]><p>{WORDS}</p><![endif]-->"),
        ),
        (
            "for others than Outlook",
            format!("<![if !mso]><p>{WORDS}</p><![endif]>"),
        ),
        ("a title", format!("<title>{WORDS}</title>")),
        (
            "an alternative text",
            format!("<img src=x alt=\"{WORDS}\">"),
        ),
        ("a hint", format!("<p title=\"{WORDS}\">x</p>")),
        ("a field", format!("<input value=\"{WORDS}\">")),
        ("a button", format!("<button>{WORDS}</button>")),
        ("a text area", format!("<textarea>{WORDS}</textarea>")),
        ("an option", format!("<select><option>{WORDS}</select>")),
        (
            "details",
            format!("<details><summary>x</summary>{WORDS}</details>"),
        ),
        (
            "without scripts",
            format!("<noscript><p>{WORDS}</p></noscript>"),
        ),
        ("without frames", format!("<noframes>{WORDS}</noframes>")),
        ("a template", format!("<template>{WORDS}</template>")),
        (
            "instead of an object",
            format!("<object data=x>{WORDS}</object>"),
        ),
        (
            "instead of a video",
            format!("<video src=x>{WORDS}</video>"),
        ),
        ("plain text", format!("<plaintext>{WORDS}")),
        ("an example", format!("<xmp>{WORDS}</xmp>")),
        ("a drawing", format!("<svg><text>{WORDS}</text></svg>")),
        ("a formula", format!("<math><mtext>{WORDS}</mtext></math>")),
        (
            "a page in an attribute",
            format!("<iframe srcdoc=\"<p>{WORDS}</p>\"></iframe>"),
        ),
        (
            "an escaped page in an attribute",
            format!("<iframe srcdoc=\"&lt;p&gt;{WORDS}\"></iframe>"),
        ),
        (
            "a style's content",
            format!("<style>p:before{{content:\"{WORDS}\"}}</style>"),
        ),
        (
            "a style's escaped content",
            format!(
                "<style>p:after{{content:'{}'}}</style>",
                WORDS.replace("uill", "\\75 ill")
            ),
        ),
        (
            "an attribute of a list's item",
            format!("<ol><li value=1>{WORDS}</ol>"),
        ),
        ("references", all_escaped),
        ("references without an end", no_semicolons),
        ("letters in elements", split("<b>") + "</b>"),
        ("a comment in a name", split("<!-- x -->")),
        (
            "a hidden word in a name",
            split("<span style=display:none>xx</span>"),
        ),
        ("an empty element in a name", split("<i></i>")),
        ("an unknown element in a name", split("<o:p></o:p>")),
        ("a place to break in a name", split("<wbr>")),
        ("a style in a name", split("<style>p{}</style>")),
        ("a script in a name", split("<script>x</script>")),
        ("capital elements", format!("<P>{}</P>", split("<B></B>"))),
        (
            "a quote that does not end",
            format!("<a href=\"x>{WORDS}</a>"),
        ),
        ("a comment that does not end", format!("<!-- {WORDS}")),
        ("a comment that ends at once", format!("<!-->{WORDS}-->")),
        ("a comment that ends oddly", format!("<!-- --!>{WORDS}")),
        ("a title that does not end", format!("<title>x{WORDS}")),
        ("a style that does not end", format!("<style>x{WORDS}")),
        ("character data", format!("<![CDATA[{WORDS}]]>")),
        ("a processing instruction", format!("<?xml {WORDS}?>")),
        ("a declaration", format!("<!ELEMENT {WORDS}>")),
        (
            "an end without a beginning",
            format!("</div></body></html>{WORDS}"),
        ),
        ("behind the page", format!("</body></html><p>{WORDS}</p>")),
        (
            "a page in a picture's address",
            format!("<img src=\"data:text/html;base64,{enclosed}\">"),
        ),
        (
            "a file in a link",
            format!("<a href='data:text/plain;base64,{packed}'>x</a>"),
        ),
        (
            "escaped words in a link",
            format!("<a href=\"data:,{}\">x</a>", WORDS.replace(' ', "%20")),
        ),
        (
            "a broken file in a link",
            format!(
                "<a href=\"data:text/plain;base64,{}\n{}\">x</a>",
                &packed[..9],
                &packed[9..]
            ),
        ),
        (
            "a picture in an object",
            format!("<object data='data:image/svg+xml;base64,{picture}'></object>"),
        ),
        (
            "a page in a frame",
            format!(
                "<iframe src=\"data:text/html,<p>{}\"></iframe>",
                WORDS.replace(' ', "%20")
            ),
        ),
        (
            "a style in a link",
            format!(
                "<link rel=stylesheet href=\"data:text/css,p:before{{content:'{}'}}\">",
                WORDS.replace(' ', "%20")
            ),
        ),
        (
            "a picture in a style",
            format!("<p style=\"background:url(data:image/svg+xml;base64,{picture})\">x</p>"),
        ),
        (
            "a picture in a style sheet",
            format!("<style>p{{background:url('data:image/svg+xml;base64,{picture}')}}</style>"),
        ),
        (
            "a picture of several",
            format!("<img srcset=\"data:image/svg+xml;base64,{picture} 2x\">"),
        ),
        (
            "a form's address",
            format!("<form action=\"data:text/plain;base64,{packed}\"></form>"),
        ),
        (
            "a background's address",
            format!("<table background=\"data:image/svg+xml;base64,{picture}\"><td>x</table>"),
        ),
    ] {
        cases.extend(page(name, &html, Expected::Read));
    }
    let turned: String = "Zoe Quill".chars().rev().collect();
    for (name, html) in [
        ("turned round", format!("<bdo dir=rtl>{turned}</bdo>")),
        (
            "turned round by a style",
            format!("<span style='unicode-bidi:bidi-override; direction: rtl'>{turned}</span>"),
        ),
        (
            "turned round by a reference",
            format!("<p>&#x202e;{turned}</p>"),
        ),
    ] {
        let turned = page(name, &html, HOSTILE);
        cases.extend(turned.into_iter().map(|case| case.saying("Zoe Quill")));
    }
    for (name, html) in [
        (
            "Outlook",
            format!(
                "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><meta http-equiv=Content-Type content=\"text/html; charset=us-ascii\"><!--[if gte mso 9]><xml><o:shapedefaults v:ext=\"edit\" spidmax=\"1026\" /></xml><![endif]--></head><body><p class=MsoNormal>{WORDS}<o:p></o:p></p></body></html>"
            ),
        ),
        (
            "Gmail",
            format!(
                "<div dir=\"ltr\"><div>{WORDS}</div><br clear=\"all\"><div>-- <br></div></div>"
            ),
        ),
        (
            "Apple Mail",
            format!(
                "<html><head><meta http-equiv=\"content-type\" content=\"text/html; charset=utf-8\"></head><body style=\"overflow-wrap: break-word;\">{WORDS}<br id=\"lineBreakAtBeginningOfMessage\"></body></html>"
            ),
        ),
        ("right to left", format!("<p dir=rtl>{WORDS}</p>")),
        ("isolated", format!("<bdi>{WORDS}</bdi>")),
    ] {
        cases.extend(page(name, &html, Expected::Alike));
    }
    cases
}
