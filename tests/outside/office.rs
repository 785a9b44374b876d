//! Office's encryption and its formats before 2007, as real programs write
//! them.

use exeat::extract::Protection::{Open, Protected, Weak};
use exeat::extract::{Budget, read_file};

use crate::documents::{check, check_protection, document, read};

const BY_ITSELF: &str =
    "encrypted with a password that Office tries by itself: it opens for anyone";

#[test]
fn what_opens_with_a_password_of_everybody_is_open_and_read() {
    for name in ["velvet.xlsx", "velvet-2007.xlsx"] {
        let reading = check_protection(name, Open, BY_ITSELF);
        assert_eq!(reading.attachments.len(), 1, "{name}");
        assert_eq!(reading.attachments[0].kind, "xlsx", "{name}");
        check(
            &reading,
            &format!("{name} › sheet \"Y7\""),
            false,
            "Name\tForm\nZoë Quillfeather\t7B\nOban Marsh\t8A",
        );
        assert_eq!(reading.problems, [], "{name}");
    }
    let reading = check_protection("velvet.xls", Open, BY_ITSELF);
    check(
        &reading,
        "velvet.xls › sheet \"Y7\"",
        false,
        "Name\tForm\nZoë Quillfeather\t7B\nOban Marsh\t8A",
    );
    check_protection(
        "locked.xls",
        Weak,
        "encrypted with a cipher that falls in minutes (40-bit RC4)",
    );
    let locked = check_protection(
        "locked-2007.xlsx",
        Protected,
        "encrypted with a password (AES-128)",
    );
    assert_eq!(locked.problems, []);
}

#[test]
fn workbooks_of_excel_97_are_read_with_all_that_hides_in_them() {
    let reading = read("register.xls");
    assert_eq!(reading.attachments[0].kind, "xls");
    for (place, hidden, expected) in [
        (
            "sheet \"Y7\"",
            false,
            "Name\tForm\tDate of birth\tPhone\nZoë Quillfeather\t7B\t03/09/2014\t07700 900123\nOban Marsh\t8A\t21/01/2013\t07700 900124\n\n\n\t\t3",
        ),
        (
            "sheet \"Y7\" (hidden rows or columns)",
            true,
            "Name\tForm\tDate of birth\tPhone\n\n\nTilly Fennimore\t7B\t30/05/2014\t07700 900125",
        ),
        ("sheet \"SEN\" (hidden)", true, "\n\tOban Marsh\tdyslexia"),
        ("sheet \"Old\" (hidden)", true, "Leavers"),
        (
            "sheet \"Old\" (hidden) › from row 5000",
            true,
            "Wren Tallow",
        ),
        (
            "sheet \"Columns\"",
            false,
            "Name\t\tForm\nTilly Fennimore\t\t7B",
        ),
        ("comments", false, "Sees the nurse"),
        ("defined names, hidden", true, "Pupils"),
    ] {
        check(
            &reading,
            &format!("register.xls › {place}"),
            hidden,
            expected,
        );
    }
    assert_eq!(reading.problems, []);
}

/// Cut anywhere, a document gives a problem; with bits flipped it never
/// panics.
#[test]
fn damaged_office_files_never_panic_and_never_pass_in_silence() {
    for name in [
        "velvet.xlsx",
        "velvet-2007.xlsx",
        "velvet.xls",
        "register.xls",
    ] {
        let bytes = document(name);
        for twentieths in 1..20 {
            let cut = &bytes[..bytes.len() * twentieths / 20];
            let reading = read_file(name, cut, &Budget::default());
            assert!(
                !reading.problems.is_empty(),
                "{name} cut to {twentieths} twentieths"
            );
        }
        let mut seed = 7_u64;
        for _ in 0..60 {
            let mut flipped = bytes.clone();
            for _ in 0..4 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (seed >> 33) as usize % flipped.len();
                flipped[at] ^= 1 << (seed % 8);
            }
            read_file(name, &flipped, &Budget::default());
        }
    }
}
