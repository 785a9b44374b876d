//! Files under a password of the test's own, made by the usual programs.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Pupils of the fixtures' roster, with what nobody else may know of them.
pub(crate) const REGISTER: &str = "Name,Form,Date of birth,Needs\n\
    Oyinkansola Bello,7A,08/08/2015,\"EHCP, autism\"\n\
    Ceri Bowen,7A,10/10/2014,SEN support\n\
    Jia Yi Chen,7A,15/09/2014,free school meals\n";

/// A zip of Info-ZIP's with a list of pupils in it.
pub(crate) fn zip(password: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("register.csv"), REGISTER).expect("writable");
    let made = ["-q", "-P", password, "out.zip", "register.csv"];
    run("zip", &made, folder.path());
    fs::read(folder.path().join("out.zip")).expect("it was made")
}

/// A PDF of the fixtures' under AES-256, by qpdf.
pub(crate) fn pdf(password: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = crate::documents::document("letter.pdf");
    fs::write(folder.path().join("in.pdf"), open).expect("writable");
    let made = [
        "--encrypt",
        password,
        "owner",
        "256",
        "--",
        "in.pdf",
        "out.pdf",
    ];
    run("qpdf", &made, folder.path());
    fs::read(folder.path().join("out.pdf")).expect("it was made")
}

fn run(program: &str, arguments: &[&str], folder: &Path) {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .status()
        .unwrap_or_else(|error| panic!("{program} is not installed: {error}"));
    assert!(status.success(), "{program} failed");
}

/// A message of a member of staff with these files attached.
pub(crate) fn mail(to: &str, subject: &str, body: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    use base64::Engine;
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
