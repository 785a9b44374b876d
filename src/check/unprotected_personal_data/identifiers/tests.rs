use super::Identifier::*;
use super::*;
use crate::patterns::{Folded, Packs, Topic};

#[test]
fn cells_hold_what_their_heading_says() {
    for (kind, cell, expected) in [
        (Upn, " B801200005001 ", true),
        (Nhs, "9993729884", true),
        (Nhs, "999 372 9884", true),
        (Nhs, "9993729885", false),
        (Nhs, "999 372 9884 and more", false),
        (Chi, "0304129992", true),
        (Uln, "9276308686", true),
        (Uln, "9276308687", false),
        (NationalInsurance, "AB 12 34 56 C", true),
        (NationalInsurance, "QQ123456C", false),
        (NationalInsurance, "AB123456E", false),
        (Birth, "03/04/2012", true),
        (Birth, "41002", true),
        (Birth, "", false),
        (Address, "12 Acacia Road", true),
        (Address, "", false),
        (Card, "4000 0566 5566 5556", true),
        (Card, "4000 0566 5566 5557", false),
        (Bank, "20-00-00", true),
        (Bank, "12345678", true),
        (Bank, "GB82 WEST 1234 5698 7654 32", true),
        (Bank, "GB83 WEST 1234 5698 7654 32", false),
        (Bank, "paid", false),
        (Document, "123456789", true),
        (Document, "yes", false),
    ] {
        assert_eq!(kind.is_in_cell(cell), expected, "{kind:?} {cell}");
    }
}

fn kinds(text: &str) -> Vec<Identifier> {
    let packs = Packs::builtin();
    let folded = Folded::prose(text);
    let placed = |topic: Topic| -> Vec<Announcement<'_>> {
        let hits = packs.pack(topic).scan(&folded);
        hits.into_iter()
            .map(|hit| (folded.locate(text, hit.folded.clone()), hit.pattern))
            .collect()
    };
    let examples: Vec<Range<usize>> = placed(Topic::SpecialCategories)
        .into_iter()
        .filter(|(_, pattern)| pattern.weight == 0)
        .map(|(place, _)| place)
        .collect();
    let found = find(text, &placed(Topic::Identifiers));
    found
        .into_iter()
        .filter(|found| !is_example(found, &examples, text))
        .map(|found| found.kind)
        .collect()
}

#[test]
fn identifiers_count_where_they_are_announced() {
    for (text, expected) in [
        ("UPN: B801200005001", vec![Upn]),
        ("ref B801200005001 only", vec![Upn]),
        ("NHS number 999 372 9884", vec![Nhs]),
        ("NHS No.\t999\t372\t9884", vec![Nhs]),
        ("NHS no: 9 9 9 3 7 2 9 8 8 4", vec![Nhs]),
        ("CHI number 0304129992", vec![Chi]),
        ("CHI: 030412 9992", vec![Chi]),
        ("ULN 9276308686", vec![Uln]),
        ("NI number: AB123456C", vec![NationalInsurance]),
        (
            "National Insurance No. ab 12 34 56 c",
            vec![NationalInsurance],
        ),
        ("NI No\tAB\t12\t34\t56\tC", vec![NationalInsurance]),
        ("DOB: 03/04/2012", vec![Birth]),
        ("D.O.B 3.4.12", vec![Birth]),
        ("born on 3rd April 2012", vec![Birth]),
        ("born on April 3, 2012 in Leeds", vec![Birth]),
        ("03/04/2012 (DOB)", vec![Birth]),
        ("Date of birth\t2012-04-03", vec![Birth]),
        (
            "Home address: 12 Acacia Road, Northshire NS1 2AB",
            vec![Address],
        ),
        ("lives at 12 Acacia Road", vec![Address]),
        ("Card number: 4000 0566 5566 5556, exp 04/29", vec![Card]),
        ("debit card no 4000056655665556", vec![Card]),
        ("Bank details for the refund: 20-00-00 12345678", vec![Bank]),
        (
            "her sort code is 20 00 00 and the account number 12345678",
            vec![Bank],
        ),
        ("IBAN GB82 WEST 1234 5698 7654 32", vec![Bank]),
        ("Passport number 123456789", vec![Document]),
    ] {
        let mut found = kinds(text);
        found.dedup();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn numbers_of_other_things_are_none() {
    for text in [
        "ref A801214514037 only",
        "order number 9993729884",
        "NHS Trust, tel 01632 960123",
        "Ring the NHS on 01632 960 123",
        "NHS number to follow; our order 9993729885",
        "ULN to follow. Invoice 9993729884",
        "ISBN 9780306406157, card game",
        "Library card number 20394857",
        "Card number 1234 5678 1234 5670",
        "Card number 4111 1111 1111 1111",
        "Order 4000056655665556 by card",
        "date of birth: ____",
        "meeting on 03/04/2024",
        "Email address: a@b.example",
        "NI number in Northern Ireland: 028 9018 0000",
        "Part number AB123456C",
        "Passport photo 12",
        "Please pay the school. Sort code 20-00-00, account number 12345678",
        "Invoice 4711. Bank details: sort code 20-00-00, account number 12345678",
        "Account name: Greenfold School Fund\nSort code: 20-00-00\nAccount number: 12345678",
        "To pay by BACS: account no. 12345678, sort code 20-00-00, reference surname",
        "Acme Ltd, registered in England No 12345678, VAT reg. GB123456789, IBAN GB82 WEST 1234 5698 7654 32",
        "Her sort code is 20-00-00.",
        "Customer account number: 12",
        "A UPN looks like B801200005001",
        "A UPN has thirteen characters, for example B801200005001.",
        "Your NHS number is in the format 999 372 9884",
        "Enter a National Insurance number, e.g. AB123456C",
    ] {
        assert_eq!(kinds(text), [], "{text}");
    }
}

#[test]
fn codes_of_goods_with_a_right_letter_by_chance_are_no_upns() {
    let goods = "A801200005001 B801200005001 C801200005001 D801200005001";
    assert_eq!(kinds(goods), []);
    assert_eq!(kinds(&format!("{goods} UPN: R674123101121")), [Upn]);
    assert_eq!(kinds("B801200005001 R674123101121"), [Upn, Upn]);
}
