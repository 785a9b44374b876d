//! File names: RFC 2231 in any order, RFC 2047 where it has no place, and both.

use super::{Case, Expected, HOSTILE, case};

const NAME: &str = "Zoe Quill late.txt";

fn named(fields: &str, expected: Expected) -> Case {
    let message = format!(
        "Subject: Trip\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\n{fields}\n\nnothing\n--b--\n"
    );
    case(fields, &message, expected).saying(NAME)
}

pub(super) fn cases() -> Vec<Case> {
    let alike = [
        "Content-Disposition: attachment; filename=\"Zoe Quill late.txt\"",
        "Content-Disposition: attachment; filename=Zoe Quill late.txt",
        "Content-Disposition: attachment; filename='Zoe Quill late.txt'",
        "Content-Disposition: attachment;\n\tfilename=\"Zoe Quill late.txt\"; size=12",
        "Content-Disposition: attachment;\n filename=\"Zoe Quill\n late.txt\"",
        "Content-Disposition: attachment; FileName = \"Zoe Quill late.txt\"",
        "Content-Disposition: attachment; filename=\"=?utf-8?Q?Zoe_Quill_late.txt?=\"",
        "Content-Disposition: attachment; filename==?utf-8?B?Wm9lIFF1aWxsIGxhdGUudHh0?=",
        "Content-Disposition: attachment; filename=\"=?utf-8?B?Wm9lIFF1aWxs?=\n =?utf-8?Q?_late.txt?=\"",
        "Content-Disposition: attachment; filename*=utf-8''Zoe%20Quill%20late.txt",
        "Content-Disposition: attachment; filename*=\"utf-8''Zoe%20Quill%20late.txt\"",
        "Content-Disposition: attachment; filename*=''Zoe%20Quill%20late.txt",
        "Content-Disposition: attachment; filename*=utf-8'en'Zoe%20Quill%20late.txt",
        "Content-Disposition: attachment; filename*=UTF-8''%5Aoe%20%51uill%20late.txt",
        "Content-Disposition: attachment; filename*0=\"Zoe Quill\"; filename*1=\" late.txt\"",
        "Content-Disposition: attachment; filename*1=\" late.txt\"; filename*0=\"Zoe Quill\"",
        "Content-Disposition: attachment; filename*0*=utf-8''Zoe%20; filename*1=\"Quill late.txt\"",
        "Content-Disposition: attachment; filename*1*=%20late.txt; filename*0*=utf-8''Zoe%20Quill",
        "Content-Disposition: attachment; filename*2=\".txt\"; filename*0=\"Zoe Quill\"; filename*1=\" late\"",
        "Content-Disposition: inline; filename=\"Zoe Quill late.txt\"",
        "Content-Disposition: filename=\"Zoe Quill late.txt\"",
        "Content-Disposition: attachment; name=\"Zoe Quill late.txt\"",
        "Content-Type: text/plain; name=\"Zoe Quill late.txt\"",
        "Content-Type: text/plain; name*=utf-8''Zoe%20Quill%20late.txt",
        "Content-Type: text/plain; name*1=\" late.txt\"; name*0=\"Zoe Quill\"",
        "Content-Type: text/plain; name=\"=?utf-8?Q?Zoe_Quill_late.txt?=\"",
        "Content-Type: text/plain; name=\"Zoe Quill late.txt\"\nContent-Disposition: attachment; filename=\"Zoe Quill late.txt\"",
        "Content-Type: text/plain; name=\"=?utf-8?Q?Zoe_Quill_late.txt?=\"\nContent-Disposition: attachment; filename*=utf-8''Zoe%20Quill%20late.txt",
        "Content-Disposition: attachment; filename=\"Zoe Quill late.txt\"; filename*=utf-8''Zoe%20Quill%20late.txt",
        "Content-Disposition: attachment; filename=\"Zo? Quill.txt\"; filename*=utf-8''Zoe%20Quill%20late.txt",
        "Content-Disposition: attachment; filename=\"C:\\\\Lists\\\\Zoe Quill late.txt\"",
        "Content-Disposition: attachment; filename=\"Zoe Quill late.txt",
        "Content-Disposition: attachment; filename=(old) \"Zoe Quill late.txt\"",
    ];
    // Each program shows one of them.
    let read = [
        "Content-Disposition: attachment; filename=\"a.txt\"; filename*=utf-8''Zoe%20Quill%20late.txt",
        "Content-Disposition: attachment; filename*=utf-8''Zoe%20Quill%20late.txt; filename=\"a.txt\"",
        "Content-Disposition: attachment; filename*=utf-8''a.txt; filename=\"Zoe Quill late.txt\"",
        "Content-Disposition: attachment; filename=a.txt; filename=\"Zoe Quill late.txt\"",
        "Content-Disposition: attachment; filename=\"Zoe Quill late.txt\"; filename=a.txt",
        "Content-Disposition: attachment; filename=a.txt; filename*0=\"Zoe Quill\"; filename*1=\" late.txt\"",
        "Content-Disposition: attachment; filename*0=\"Zoe Quill\"; filename*2=\" late.txt\"",
        "Content-Disposition: attachment; filename*1=\"Zoe Quill\"; filename*2=\" late.txt\"",
        "Content-Disposition: attachment; filename*0=a; filename*0=\"Zoe Quill\"; filename*1=\" late.txt\"",
        "Content-Disposition: attachment; filename*00=\"Zoe Quill\"; filename*01=\" late.txt\"",
        "Content-Disposition: attachment; filename=a.txt\nContent-Disposition: attachment; filename=\"Zoe Quill late.txt\"",
        "Content-Disposition: attachment; filename=\"Zoe Quill late.txt\"\nContent-Disposition: attachment; filename=a.txt",
        "Content-Type: text/plain; name=\"Zoe Quill late.txt\"\nContent-Disposition: attachment; filename=a.txt",
        "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=\"Zoe Quill late.txt\"",
        "Content-Disposition: attachment; filename*=utf-7''+AFo-oe%20Quill%20late.txt",
    ];
    let alike = alike.map(|fields| named(fields, Expected::Alike));
    // A name other than the one that somebody else sees is read; it changes
    // nothing of what the file is.
    let read = read.map(|fields| named(fields, Expected::Read));
    let reversed = named(
        "Content-Disposition: attachment; filename*=utf-8''%E2%80%AEtxt.etal%20lliuQ%20eoZ",
        HOSTILE,
    );
    alike.into_iter().chain(read).chain([reversed]).collect()
}
