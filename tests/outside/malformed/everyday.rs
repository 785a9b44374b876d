//! Oddities of everyday programs, which everybody reads alike.

use super::{Case, Expected, WORDS, base64, case};

pub(super) fn cases() -> Vec<Case> {
    let packed = base64(WORDS);
    let pixel = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==";
    let signature = "Content-Type: application/pgp-signature; name=\"signature.asc\"\n\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----";
    [
        ("a copier", format!("From: copier@greenfold.sch.example\nTo: a@b.example\nSubject: Message from KM_C258\nMIME-Version: 1.0\nContent-Type: multipart/mixed;\n boundary=\"KMBT_boundary_string\"\nContent-Transfer-Encoding: 7bit\n\n--KMBT_boundary_string\nContent-Type: text/plain; charset=\"UTF-8\"\nContent-Transfer-Encoding: base64\n\n{packed}\n\n--KMBT_boundary_string--\n")),
        ("Outlook", format!("Thread-Topic: Trip\nThread-Index: AQHa\nFrom: \"A\" <a@b.example>\nAccept-Language: en-GB, en-US\nContent-Language: en-GB\nX-MS-Has-Attach: yes\nSubject: =?iso-8859-1?Q?Trip?=\nContent-Type: multipart/mixed;\n\tboundary=\"_004_AB12_\"\nMIME-Version: 1.0\n\n--_004_AB12_\nContent-Type: multipart/alternative;\n\tboundary=\"_000_AB12_\"\n\n--_000_AB12_\nContent-Type: text/plain; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\n{WORDS}=20\n\n--_000_AB12_\nContent-Type: text/html; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\n<html><body><p class=3D\"MsoNormal\">{WORDS}<o:p></o:p></p></body></html>\n\n--_000_AB12_--\n\n--_004_AB12_\nContent-Type: text/plain; name=\"a.txt\"\nContent-Description: a.txt\nContent-Disposition: attachment; filename=\"a.txt\"; size=12;\n\tcreation-date=\"Mon, 16 Nov 2026 09:00:00 GMT\";\n\tmodification-date=\"Mon, 16 Nov 2026 09:00:00 GMT\"\nContent-Transfer-Encoding: base64\n\nU2VlIHlvdQ==\n\n--_004_AB12_--\n")),
        ("Apple Mail", format!("From: a@b.example\nContent-Type: multipart/alternative;\n\tboundary=\"Apple-Mail=_1234\"\nMime-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.600.62\\))\nSubject: Trip\nX-Mailer: Apple Mail (2.3774.600.62)\n\n\n--Apple-Mail=_1234\nContent-Transfer-Encoding: 7bit\nContent-Type: text/plain;\n\tcharset=us-ascii\n\n{WORDS}\n\n--Apple-Mail=_1234\nContent-Type: multipart/mixed;\n\tboundary=\"Apple-Mail=_5678\"\n\n\n--Apple-Mail=_5678\nContent-Transfer-Encoding: 7bit\nContent-Type: text/html;\n\tcharset=us-ascii\n\n<html><body>{WORDS}</body></html>\n--Apple-Mail=_5678\nContent-Disposition: attachment;\n\tfilename*=utf-8''Trip%20list.txt\nContent-Type: text/plain;\n\tx-unix-mode=0644;\n\tname=\"Trip list.txt\"\nContent-Transfer-Encoding: 7bit\n\nSee you\n\n--Apple-Mail=_5678\nContent-Transfer-Encoding: 7bit\nContent-Type: text/html;\n\tcharset=us-ascii\n\n<html><body></body></html>\n--Apple-Mail=_5678--\n\n--Apple-Mail=_1234--\n")),
        ("Gmail", format!("MIME-Version: 1.0\nFrom: A <a@b.example>\nSubject: Trip\nContent-Type: multipart/alternative; boundary=\"000000000000a1b2c3\"\n\n--000000000000a1b2c3\nContent-Type: text/plain; charset=\"UTF-8\"\n\n{WORDS}\n\n--000000000000a1b2c3\nContent-Type: text/html; charset=\"UTF-8\"\nContent-Transfer-Encoding: quoted-printable\n\n<div dir=3D\"ltr\">{WORDS}</div>\n\n--000000000000a1b2c3--\n")),
        ("PHP", format!("Subject: Trip\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b1_ab12\"\nContent-Transfer-Encoding: 8bit\n\nThis is a multi-part message in MIME format.\n\n--b1_ab12\nContent-Type: multipart/alternative; boundary=\"b2_ab12\"\n\n--b2_ab12\nContent-Type: text/plain; charset=us-ascii\n\n{WORDS}\n\n--b2_ab12\nContent-Type: text/html; charset=us-ascii\n\n<p>{WORDS}</p>\n\n\n--b2_ab12--\n\n--b1_ab12--\n")),
        ("no version of MIME", format!("Subject: Trip\nContent-Type: text/plain; charset=utf8\nContent-Transfer-Encoding: base64\n\n{packed}\n")),
        ("no blank line before the end", format!("Subject: Trip\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n{WORDS}\n--b--")),
        ("a footer behind the parts", format!("Subject: Trip\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n{WORDS}\n--b--\n\n--\nThis email has been scanned.\n")),
        ("related", format!("Subject: Trip\nContent-Type: multipart/related; type=\"text/html\"; start=\"<a@b>\"; boundary=b\n\n--b\nContent-Type: text/html\nContent-ID: <a@b>\n\n<p>{WORDS}</p><img src=\"cid:c@d\" alt=\"\">\n--b\nContent-Type: image/gif; name=pixel.gif\nContent-ID: <c@d>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\n{pixel}\n--b--\n")),
        ("signed", format!("Subject: Trip\nContent-Type: multipart/signed; micalg=pgp-sha256; protocol=\"application/pgp-signature\"; boundary=b\n\n--b\nContent-Type: text/plain\n\n{WORDS}\n--b\n{signature}\n--b--\n")),
        ("a report", format!("Subject: Undelivered\nAuto-Submitted: auto-replied\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Description: Notification\nContent-Type: text/plain\n\n{WORDS}\n--b\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.b.example\n\nFinal-Recipient: rfc822; c@d.example\nAction: failed\nStatus: 5.1.1\n--b\nContent-Type: text/rfc822-headers\n\nSubject: Trip\nFrom: a@b.example\n--b--\n")),
        ("a receipt", format!("Subject: Read\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: text/plain\n\n{WORDS}\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;a@b.example\nDisposition: automatic-action/MDN-sent-automatically; displayed\n--b--\n")),
        ("a calendar", format!("Subject: Trip\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n{WORDS}\n--b\nContent-Type: text/calendar; charset=\"utf-8\"; method=REQUEST\nContent-Transfer-Encoding: base64\n\n{}\n--b--\n", base64("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Trip\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"))),
        ("flowed", format!("Subject: Trip\nContent-Type: text/plain; charset=utf-8; format=flowed\n\n{}\n", WORDS.replace("again, ", "again, \n"))),
        ("a space before a quotation", format!("Subject: Trip\n\n{WORDS}\n\n> From here\n>From there\n")),
        ("a subject of two languages", format!("Subject: =?utf-8?Q?Zo=C3=AB?= =?iso-2022-jp?B?GyRCJCIbKEI=?=\n\n{WORDS}\n")),
        ("an empty subject", format!("Subject:\n\n{WORDS}\n")),
        ("no subject", format!("From: a@b.example\n\n{WORDS}\n")),
        ("recipients not shown", format!("From: a@b.example\nTo: undisclosed-recipients:;\nSubject: Trip\n\n{WORDS}\n")),
        ("trace fields", format!("Received: from a (b [192.0.2.1])\n\tby c (d) with ESMTP id e;\n\tMon, 16 Nov 2026 09:00:00 +0000 (GMT)\nReceived: from f by g\nSubject: Trip\n\n{WORDS}\n")),
        ("two empty lines", format!("Subject: Trip\nContent-Type: text/plain\n\n\n\n{WORDS}\n\n\n")),
        ("base64 of long lines", format!("Subject: Trip\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{}\n", base64(format!("{}{WORDS}", "word ".repeat(300))))),
        ("base64 and a blank footer", format!("Subject: Trip\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{packed}\n\n\n\n--b--\n")),
        ("equals signs in quoted-printable", format!("Subject: Trip\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n{WORDS} 1 + 1 =3D 2\n-- =\n\nOffice\n")),
        ("an unescaped link in quoted-printable", format!("Subject: Trip\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>{WORDS} <a href=\"https://a.example/?q=x&v=yes\">here</a></p>\n")),
        ("a list's fields", format!("Subject: [staff] Trip\nList-Id: Staff <staff.b.example>\nList-Unsubscribe: <mailto:x@b.example>,\n\t<https://b.example/u>\nPrecedence: list\n\n{WORDS}\n")),
        ("a winking program", format!("Subject: Trip\nX-Mailer: begin 644 of things\n\n{WORDS}\n\nbegin 9 o'clock\n")),
        ("a hyphen in words", format!("Subject: Trip\nContent-Type: multipart/mixed; boundary=\"--\"\n\n----\n\n{WORDS}\n------\n")),
        ("an alternative that is empty", format!("Subject: Trip\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n\n--b\nContent-Type: text/html\n\n<p>{WORDS}</p>\n--b--\n")),
        ("a page with its own charset", format!("Subject: Trip\nContent-Type: text/html; charset=utf-8\n\n<html><head><meta charset=\"iso-8859-1\"></head><p>{WORDS}</p></html>\n")),
    ]
    .map(|(name, message)| case(name, &message, Expected::Alike))
    .into_iter()
    .collect()
}
