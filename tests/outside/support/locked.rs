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
