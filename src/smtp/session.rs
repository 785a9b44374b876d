//! A session's state: which command may come when (RFC 5321 section 4.1.4),
//! and what of it is Exeat's own to answer.
//!
//! Does no I/O: commands and the next hop's answers come in, steps go out.
//! RCPT may come before MAIL has been answered (RFC 2920), so a transaction
//! is open from MAIL on and closes again if the next hop refuses that.

mod content;

use content::Body;

use super::chunk::Chunk;
use super::command::{Auth, Command, Mail, Rcpt};
use super::credentials::Credentials;
use super::extension::Extensions;
use super::parameter::{mail_parameters, rcpt_parameters};
use super::proxied::Origin;
use super::reply::Reply;
use super::settings::Limits;

#[derive(Debug, Default)]
pub(crate) struct Session {
    state: State,
    security: Security,
    /// It has not shown yet what this client has to.
    barred: bool,
    /// It may speak for other clients.
    proxy: bool,
    sign_in: SignIn,
    helo: String,
    promised: Extensions,
    errors: u32,
    messages: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// Before EHLO.
    #[default]
    Connected,
    Greeted,
    Open(Open),
}

/// Whether the connection is encrypted, and may come to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Security {
    #[default]
    Clear,
    /// The client has heard that it may say STARTTLS.
    Offered,
    Encrypted,
}

/// Whether the client has signed in, and may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum SignIn {
    /// There are no accounts.
    #[default]
    Unknown,
    Possible,
    /// What it says next is its name and password.
    Asked,
    Done,
}

/// A transaction between MAIL and the end of its message.
#[derive(Debug, PartialEq, Eq)]
struct Open {
    utf8: bool,
    body: Body,
    /// Recipients passed on and not refused so far.
    recipients: usize,
    /// Of those, accepted.
    accepted: usize,
}

/// What is to be done about a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    Answer(Reply),
    /// Drop the transaction, if there is one, and answer.
    Reset(Reply),
    /// The client asks what can be promised: [`Session::promise`] it.
    Promise,
    /// Answer, and take the client's handshake; [`Session::encrypted`] follows.
    StartTls,
    /// Answer; what comes next is for [`Session::response`].
    Challenge(Reply),
    /// See whether they are right; [`Session::signed_in`] follows if so.
    SignIn(Credentials),
    /// Remember for the next message, and answer.
    Forwarded(Origin),
    /// Go on as the server of this client, from the greeting.
    Instead(Origin),
    /// Drop everything, answer, and close.
    Close(Reply),
    /// Pass on; [`Session::mail_answered`] follows.
    Mail(Mail<'a>),
    /// Pass on; [`Session::rcpt_answered`] follows.
    Rcpt(Rcpt<'a>),
    /// Answer 354 and collect the message; [`Session::message_ended`] follows.
    Data,
    /// Collect a piece of the message; [`Session::chunk_ended`] follows, or
    /// [`Session::message_ended`] after the last.
    Chunk(Chunk),
    /// Read on over so many bytes that belong to no message, and answer.
    Skip(u64, Reply),
    /// Drop what has come of the message, and answer.
    Spoil(Reply),
}

pub(crate) const NO_MAIL: Reply = Reply::new(503, "5.5.1 MAIL comes first");
const NOT_GREETED: Reply = Reply::new(503, "5.5.1 EHLO comes first");
const NOT_OFFERED: Reply = Reply::new(502, "5.5.1 This command is not offered here");
const ENCRYPTED: Reply = Reply::new(503, "5.5.1 The connection is encrypted already");
const TLS_IN_MAIL: Reply = Reply::new(503, "5.5.1 STARTTLS comes before MAIL");
/// RFC 4954 section 6.
const BARRED: Reply = Reply::new(
    530,
    "5.7.0 From this address mail is taken from those only who sign in, or show a certificate that is known here, under TLS",
);
const SIGNED_IN: Reply = Reply::new(503, "5.5.1 This session has signed in already");
const AUTH_IN_MAIL: Reply = Reply::new(503, "5.5.1 AUTH comes before MAIL");
const IN_CLEAR: Reply = Reply::new(
    538,
    "5.7.11 Passwords are taken under TLS only: STARTTLS comes first",
);
const MECHANISM: Reply = Reply::new(504, "5.5.4 PLAIN is the one mechanism here");
const GO_ON: Reply = Reply::new(334, "");
const BROKEN_OFF: Reply = Reply::new(501, "5.7.0 Broken off");
const NO_CREDENTIALS: Reply = Reply::new(501, "5.5.2 This is no name and password in base64");
const PROXY_IN_MAIL: Reply = Reply::new(503, "5.5.1 Whose mail it is has to be told before MAIL");
const NESTED: Reply = Reply::new(503, "5.5.1 MAIL was given already");
const RCPT_TOO_LATE: Reply = Reply::new(
    503,
    "5.5.1 Recipients come before the message; RSET forgets both",
);
const UTF8: Reply = Reply::new(553, "5.6.7 An address outside ASCII needs SMTPUTF8");
const TOO_MANY_RECIPIENTS: Reply = Reply::new(452, "4.5.3 Too many recipients for one message");
const TOO_MANY_ERRORS: Reply = Reply::new(421, "4.7.0 Too many errors, closing");
const TOO_MANY_MESSAGES: Reply =
    Reply::new(421, "4.7.0 Enough for one session, please connect again");

impl Session {
    /// The client's own name.
    pub(crate) fn helo(&self) -> &str {
        &self.helo
    }

    /// The protocol's name in a trace field (RFC 3848, RFC 6531).
    pub(crate) fn protocol(&self) -> &'static str {
        let utf8 = matches!(self.state, State::Open(Open { utf8: true, .. }));
        let signed_in = self.sign_in == SignIn::Done;
        match (utf8, self.is_encrypted()) {
            _ if self.promised == Extensions::default() => "SMTP",
            (false, false) => "ESMTP",
            (false, true) if signed_in => "ESMTPSA",
            (false, true) => "ESMTPS",
            (true, false) => "UTF8SMTP",
            (true, true) if signed_in => "UTF8SMTPSA",
            (true, true) => "UTF8SMTPS",
        }
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.security == Security::Encrypted
    }

    /// Whether the client has still to show who it is.
    pub(crate) fn bar(&mut self, barred: bool) {
        self.barred = barred;
    }

    /// Whether it may speak for other clients.
    pub(crate) fn trust_as_proxy(&mut self, proxy: bool) {
        self.proxy = proxy;
    }

    /// Whether there is a certificate for STARTTLS, as of now.
    pub(crate) fn offer_tls(&mut self, available: bool) {
        self.security = match self.security {
            Security::Encrypted => Security::Encrypted,
            _ if available => Security::Offered,
            _ => Security::Clear,
        };
    }

    /// What Exeat itself offers this client beside what was promised.
    pub(crate) fn own_keywords(&self) -> Vec<&'static str> {
        // Whatever a next hop can: it gets the message whole, by DATA.
        let mut own = vec!["CHUNKING"];
        if self.security == Security::Offered {
            own.push("STARTTLS");
        }
        if self.offers_sign_in() {
            own.push("AUTH PLAIN");
        }
        if self.proxy {
            own.extend(["XCLIENT ADDR HELO", "XFORWARD NAME ADDR PROTO HELO"]);
        }
        own
    }

    /// The connection is encrypted from here on. What the client said before
    /// is forgotten, for anybody could have said it (RFC 3207 section 4.2).
    pub(crate) fn encrypted(&mut self) {
        self.security = Security::Encrypted;
        self.begin_anew();
    }

    /// As after the greeting.
    pub(crate) fn begin_anew(&mut self) {
        self.state = State::Connected;
        self.promised = Extensions::default();
        self.helo.clear();
        self.offer_sign_in(false);
    }

    /// Whether there are accounts, as of now. Who has signed in stays so.
    pub(crate) fn offer_sign_in(&mut self, possible: bool) {
        self.sign_in = match (self.sign_in, possible) {
            (SignIn::Done, true) => SignIn::Done,
            (_, true) => SignIn::Possible,
            (_, false) => SignIn::Unknown,
        };
    }

    pub(crate) fn offers_sign_in(&self) -> bool {
        self.is_encrypted() && self.sign_in != SignIn::Unknown
    }

    /// Whether the next line is no command, but for
    /// [`response`](Self::response).
    pub(crate) fn awaits_response(&self) -> bool {
        self.sign_in == SignIn::Asked
    }

    /// A client's answer to the challenge.
    pub(crate) fn response<'a>(&mut self, line: &[u8], limits: &Limits) -> Step<'a> {
        self.sign_in = SignIn::Possible;
        if line == b"*" {
            return self.fault(BROKEN_OFF, limits);
        }
        match Credentials::parse(line) {
            Some(credentials) => Step::SignIn(credentials),
            None => self.fault(NO_CREDENTIALS, limits),
        }
    }

    pub(crate) fn signed_in(&mut self) {
        self.sign_in = SignIn::Done;
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    pub(crate) fn take<'a>(
        &mut self,
        command: Result<Command<'a>, Reply>,
        limits: &Limits,
    ) -> Step<'a> {
        let command = match command {
            Ok(command) => command,
            Err(reply) => return self.fault(reply, limits),
        };
        match command {
            Command::Ehlo(host) => {
                host.clone_into(&mut self.helo);
                self.state = State::Greeted;
                Step::Promise
            }
            Command::Helo(host) => {
                host.clone_into(&mut self.helo);
                self.state = State::Greeted;
                self.promised = Extensions::default();
                Step::Reset(Reply::new(250, "Good to hear from you"))
            }
            Command::Mail(mail) => self.mail(mail, limits),
            Command::Rcpt(rcpt) => self.rcpt(rcpt, limits),
            Command::Data => self.data(limits),
            Command::Bdat(chunk) => self.bdat(chunk),
            Command::Rset => {
                self.close_transaction();
                Step::Reset(Reply::new(250, "2.0.0 Forgotten"))
            }
            Command::StartTls => self.start_tls(limits),
            Command::Auth(auth) => self.auth(&auth, limits),
            Command::XForward(_) | Command::XClient(_) if !self.proxy => {
                self.fault(NOT_OFFERED, limits)
            }
            Command::XForward(_) | Command::XClient(_) if self.is_open() => {
                self.fault(PROXY_IN_MAIL, limits)
            }
            Command::XForward(_) | Command::XClient(_) if self.state == State::Connected => {
                self.fault(NOT_GREETED, limits)
            }
            Command::XForward(origin) => Step::Forwarded(origin),
            Command::XClient(origin) => Step::Instead(origin),
            Command::Noop => Step::Answer(Reply::new(250, "2.0.0 Still here")),
            Command::Help => Step::Answer(Reply::new(
                214,
                "2.0.0 This server screens outgoing school mail; it takes EHLO HELO MAIL RCPT DATA BDAT RSET NOOP QUIT",
            )),
            Command::Vrfy => Step::Answer(Reply::new(252, "2.5.0 Send a message and see")),
            Command::Quit => Step::Close(Reply::new(221, "2.0.0 Goodbye")),
        }
    }

    /// The client was told these in answer to EHLO.
    pub(crate) fn promise(&mut self, promised: Extensions) {
        self.promised = promised;
    }

    /// A line or command that is none: answered, counted, and at last the end.
    pub(crate) fn fault<'a>(&mut self, reply: Reply, limits: &Limits) -> Step<'a> {
        self.errors += 1;
        if self.errors > limits.errors {
            return Step::Close(TOO_MANY_ERRORS);
        }
        Step::Answer(reply)
    }

    pub(crate) fn mail_answered(&mut self, accepted: bool) {
        if !accepted {
            self.close_transaction();
        }
    }

    pub(crate) fn rcpt_answered(&mut self, accepted: bool) {
        if let State::Open(open) = &mut self.state {
            if accepted {
                open.accepted += 1;
            } else {
                open.recipients -= 1;
            }
        }
    }

    /// The message has been answered, however.
    pub(crate) fn message_ended(&mut self) {
        self.messages += 1;
        self.close_transaction();
    }

    fn start_tls<'a>(&mut self, limits: &Limits) -> Step<'a> {
        match (self.security, &self.state) {
            (Security::Clear, _) => self.fault(NOT_OFFERED, limits),
            (Security::Encrypted, _) => self.fault(ENCRYPTED, limits),
            (Security::Offered, State::Connected) => self.fault(NOT_GREETED, limits),
            (Security::Offered, State::Open(_)) => self.fault(TLS_IN_MAIL, limits),
            (Security::Offered, State::Greeted) => Step::StartTls,
        }
    }

    fn auth<'a>(&mut self, auth: &Auth<'_>, limits: &Limits) -> Step<'a> {
        let refusal = match (self.sign_in, &self.state) {
            (SignIn::Unknown, _) => NOT_OFFERED,
            _ if !self.is_encrypted() => IN_CLEAR,
            (_, State::Connected) => NOT_GREETED,
            (_, State::Open(_)) => AUTH_IN_MAIL,
            (SignIn::Done, State::Greeted) => SIGNED_IN,
            (_, State::Greeted) if !auth.mechanism.eq_ignore_ascii_case("PLAIN") => MECHANISM,
            (_, State::Greeted) => match auth.response {
                Some(response) => return self.response(response.as_bytes(), limits),
                None => {
                    self.sign_in = SignIn::Asked;
                    return Step::Challenge(GO_ON);
                }
            },
        };
        self.fault(refusal, limits)
    }

    fn close_transaction(&mut self) {
        if self.is_open() {
            self.state = State::Greeted;
        }
    }

    fn mail<'a>(&mut self, mail: Mail<'a>, limits: &Limits) -> Step<'a> {
        match self.state {
            State::Connected => return self.fault(NOT_GREETED, limits),
            State::Open(_) => return self.fault(NESTED, limits),
            State::Greeted if self.barred => return self.fault(BARRED, limits),
            State::Greeted if self.messages >= limits.session_messages => {
                return Step::Close(TOO_MANY_MESSAGES);
            }
            State::Greeted => {}
        }
        let utf8 = match mail_parameters(mail.parameters, self.promised) {
            Ok(utf8) => utf8,
            Err(reply) if matches!(reply.code(), 550 | 552) => return Step::Answer(reply),
            Err(reply) => return self.fault(reply, limits),
        };
        if !utf8
            && mail
                .reverse_path
                .as_ref()
                .is_some_and(|path| !path.text.is_ascii())
        {
            return Step::Answer(UTF8);
        }
        self.state = State::Open(Open {
            utf8,
            body: Body::Awaited,
            recipients: 0,
            accepted: 0,
        });
        Step::Mail(mail)
    }

    fn rcpt<'a>(&mut self, rcpt: Rcpt<'a>, limits: &Limits) -> Step<'a> {
        let promised = self.promised;
        let State::Open(open) = &mut self.state else {
            return self.fault(NO_MAIL, limits);
        };
        if open.body != Body::Awaited {
            return self.fault(RCPT_TOO_LATE, limits);
        }
        if open.recipients >= limits.recipients {
            return Step::Answer(TOO_MANY_RECIPIENTS);
        }
        if !open.utf8 && !rcpt.path.text.is_ascii() {
            return Step::Answer(UTF8);
        }
        match rcpt_parameters(rcpt.parameters, promised, open.utf8) {
            Ok(()) => {
                open.recipients += 1;
                Step::Rcpt(rcpt)
            }
            Err(reply) => self.fault(reply, limits),
        }
    }
}

#[cfg(test)]
mod tests;
