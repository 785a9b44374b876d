//! How a file is truly protected by the program that people made it with.

use super::Attachment;

impl Attachment {
    /// What to do with it so that only a password opens it; to be said behind
    /// a colon.
    pub fn remedy(&self) -> &'static str {
        match self.kind.as_str() {
            "zip" | "7z" | "rar" | "encrypted" => {
                "in 7-Zip, encrypt the whole archive with AES-256"
            }
            "pdf" => "save the PDF anew with a password to open it (AES-256)",
            "doc" => "save it as .docx, then File › Info › Encrypt with Password",
            "xls" => "save it as .xlsx, then File › Info › Encrypt with Password",
            "ppt" => "save it as .pptx, then File › Info › Encrypt with Password",
            "docx" | "docm" | "xlsx" | "xlsm" | "xlsb" | "pptx" | "encrypted office" => {
                "in Office, File › Info › Encrypt with Password"
            }
            "odt" | "ods" | "odp" | "odf" | "fodt" | "fods" | "fodp" => {
                "in LibreOffice, Save As with “Save with password”"
            }
            "smime" => "encrypt it anew with AES-256, as today's mail programs do",
            _ => "in 7-Zip, put it into an archive encrypted with AES-256",
        }
    }
}
