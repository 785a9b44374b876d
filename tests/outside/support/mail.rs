//! Messages with attachments.

use base64::Engine;

/// A message of a member of staff with these files attached.
pub(crate) fn with_files(to: &str, subject: &str, body: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut message = format!(
        "From: The Office <office@greenfold.sch.example>\r\nTo: {to}\r\nSubject: {subject}\r\n\
         Date: Mon, 16 Nov 2026 14:02:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    );
    for (name, bytes) in files {
        let packed = base64::engine::general_purpose::STANDARD.encode(bytes);
        message.push_str(&format!(
            "--b\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n"
        ));
        for line in packed.as_bytes().chunks(76) {
            message.push_str(std::str::from_utf8(line).expect("ASCII"));
            message.push_str("\r\n");
        }
    }
    message.push_str("--b--\r\n");
    message.into_bytes()
}
