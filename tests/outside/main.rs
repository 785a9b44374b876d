//! Behaviour from outside: the built binary, real sockets, a real Postfix.

mod archives;
mod bombs;
mod check;
mod crash;
mod demo;
mod documents;
mod fixtures;
mod hidden_places;
mod holding;
mod layers;
mod measured;
mod messages;
mod ocr;
mod office;
mod outlook;
mod passwords;
mod personal_data;
mod postfix;
mod records;
mod relay;
mod rich_text;
mod scans;
mod sealed;
mod support;
mod swept;
mod worker;
