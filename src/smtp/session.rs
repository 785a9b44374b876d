//! A session's state: which command may come when (RFC 5321 section 4.1.4),
//! and what of it is Exeat's own to answer.
//!
//! Does no I/O: commands and the next hop's answers come in, steps go out.
//! RCPT may come before MAIL has been answered (RFC 2920), so a transaction
//! is open from MAIL on and closes again if the next hop refuses that.

use super::command::{Command, Mail, Rcpt};
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

/// A transaction between MAIL and DATA.
#[derive(Debug, PartialEq, Eq)]
struct Open {
    utf8: bool,
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
}

pub(crate) const NO_RECIPIENT: Reply =
    Reply::new(503, "5.5.1 There is no recipient to send this to");
pub(crate) const NO_MAIL: Reply = Reply::new(503, "5.5.1 MAIL comes first");
const NOT_GREETED: Reply = Reply::new(503, "5.5.1 EHLO comes first");
const NOT_OFFERED: Reply = Reply::new(502, "5.5.1 This command is not offered here");
const ENCRYPTED: Reply = Reply::new(503, "5.5.1 The connection is encrypted already");
const TLS_IN_MAIL: Reply = Reply::new(503, "5.5.1 STARTTLS comes before MAIL");
/// RFC 4954 section 6.
const BARRED: Reply = Reply::new(
    530,
    "5.7.0 From this address mail is taken from those only who show under TLS a certificate that is known here",
);
const PROXY_IN_MAIL: Reply = Reply::new(503, "5.5.1 Whose mail it is has to be told before MAIL");
const NESTED: Reply = Reply::new(503, "5.5.1 MAIL was given already");
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
        match (utf8, self.is_encrypted()) {
            _ if self.promised == Extensions::default() => "SMTP",
            (false, false) => "ESMTP",
            (false, true) => "ESMTPS",
            (true, false) => "UTF8SMTP",
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
        let mut own = Vec::new();
        if self.security == Security::Offered {
            own.push("STARTTLS");
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
            Command::Data => match &self.state {
                State::Open(open) if open.accepted > 0 => Step::Data,
                State::Open(_) => self.fault(NO_RECIPIENT, limits),
                _ => self.fault(NO_MAIL, limits),
            },
            Command::Rset => {
                self.close_transaction();
                Step::Reset(Reply::new(250, "2.0.0 Forgotten"))
            }
            Command::StartTls => self.start_tls(limits),
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
                "2.0.0 This server screens outgoing school mail; it takes EHLO HELO MAIL RCPT DATA RSET NOOP QUIT",
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
        if open.recipients >= limits.recipients {
            return Step::Answer(TOO_MANY_RECIPIENTS);
        }
        if !open.utf8 && !rcpt.path.text.is_ascii() {
            return Step::Answer(UTF8);
        }
        match rcpt_parameters(rcpt.parameters, promised) {
            Ok(()) => {
                open.recipients += 1;
                Step::Rcpt(rcpt)
            }
            Err(reply) => self.fault(reply, limits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        line: 2048,
        header: 1000,
        message_size: 5000,
        recipients: 2,
        errors: 4,
        command_seconds: 1,
        data_seconds: 1,
        data_rate: 1,
        data_grace_seconds: 1,
        session_seconds: 1,
        session_messages: 2,
        connections: 1,
        connections_per_client: 1,
        screen_deadline: 1,
        give_back_seconds: 1,
        drain_seconds: 1,
    };

    /// Runs a dialogue of lines `command => code`. The next hop accepts all
    /// but addresses that begin with `no`; messages are taken with 250.
    fn check(promised: Extensions, dialogue: &str) {
        check_with(Session::default(), promised, dialogue);
    }

    fn check_with(mut session: Session, promised: Extensions, dialogue: &str) {
        for line in dialogue
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let (command, expected) = line.split_once(" => ").expect("command => code");
            let refused = |text: &str| if text.starts_with("no") { 550 } else { 250 };
            let code = match session.take(Command::parse(command.as_bytes()), &LIMITS) {
                Step::Answer(reply) | Step::Reset(reply) | Step::Close(reply) => reply.code(),
                Step::Promise => {
                    session.promise(Extensions::promise([promised], LIMITS.message_size));
                    250
                }
                Step::Mail(mail) => {
                    let code = refused(mail.reverse_path.map_or("", |path| path.text));
                    session.mail_answered(code == 250);
                    code
                }
                Step::Rcpt(rcpt) => {
                    let code = refused(rcpt.path.text);
                    session.rcpt_answered(code == 250);
                    code
                }
                Step::Data => {
                    session.message_ended();
                    354
                }
                Step::StartTls => {
                    session.encrypted();
                    220
                }
                Step::Forwarded(_) => 250,
                Step::Instead(_) => {
                    session.begin_anew();
                    220
                }
            };
            assert_eq!(code.to_string(), expected, "{command}\nin {dialogue}");
        }
    }

    #[test]
    fn commands_come_in_their_order() {
        check(
            Extensions::OWN,
            "
            NOOP => 250
            MAIL FROM:<a@b.example> => 503
            RCPT TO:<a@b.example> => 503
            EHLO c.example => 250
            DATA => 503
        ",
        );
        check(
            Extensions::OWN,
            "
            EHLO c.example => 250
            MAIL FROM:<a@b.example> => 250
            MAIL FROM:<a@b.example> => 503
            DATA => 503
            RCPT TO:<no@b.example> => 550
            DATA => 503
            RCPT TO:<a@b.example> => 250
            RCPT TO:<no@b.example> => 550
            DATA => 354
            DATA => 503
        ",
        );
        check(
            Extensions::OWN,
            "
            HELO c.example => 250
            MAIL FROM:<> => 250
            RSET => 250
            RCPT TO:<a@b.example> => 503
            MAIL FROM:<no@b.example> => 550
            RCPT TO:<a@b.example> => 503
            MAIL FROM:<> => 250
            EHLO c.example => 250
            RCPT TO:<a@b.example> => 503
            VRFY a => 252
            HELP => 214
            QUIT => 221
        ",
        );
    }

    #[test]
    fn encryption_comes_once_and_forgets_what_was_said() {
        let offered = || {
            let mut session = Session::default();
            session.offer_tls(true);
            session
        };
        check_with(
            offered(),
            Extensions::OWN,
            "
            STARTTLS => 503
            EHLO c.example => 250
            MAIL FROM:<a@b.example> => 250
            STARTTLS => 503
            RSET => 250
            STARTTLS now => 501
            STARTTLS => 220
            NOOP => 250
        ",
        );
        check_with(
            offered(),
            Extensions::OWN,
            "
            EHLO c.example => 250
            STARTTLS => 220
            MAIL FROM:<a@b.example> => 503
            EHLO c.example => 250
            STARTTLS => 503
            MAIL FROM:<a@b.example> => 250
        ",
        );
        check(
            Extensions::OWN,
            "
            EHLO c.example => 250
            STARTTLS => 502
        ",
        );
        let mut session = offered();
        assert_eq!(session.own_keywords(), ["STARTTLS"]);
        let limits = LIMITS;
        session.take(Ok(Command::Ehlo("c.example")), &limits);
        session.promise(Extensions::OWN);
        assert_eq!(session.protocol(), "ESMTP");
        session.encrypted();
        assert_eq!((session.helo(), session.protocol()), ("", "SMTP"));
        session.offer_tls(true);
        assert!(session.own_keywords().is_empty());
        session.promise(Extensions::OWN);
        assert_eq!(session.protocol(), "ESMTPS");
    }

    #[test]
    fn who_has_not_shown_who_it_is_sends_nothing() {
        let mut session = Session::default();
        session.bar(true);
        check_with(
            session,
            Extensions::OWN,
            "
            EHLO c.example => 250
            MAIL FROM:<a@b.example> => 530
            RCPT TO:<a@b.example> => 503
            NOOP => 250
            DATA => 503
        ",
        );
    }

    #[test]
    fn only_a_proxy_speaks_for_others() {
        let mut session = Session::default();
        session.trust_as_proxy(true);
        check_with(
            session,
            Extensions::OWN,
            "
            XFORWARD ADDR=192.0.2.1 => 503
            EHLO c.example => 250
            XFORWARD ADDR=192.0.2.1 => 250
            MAIL FROM:<a@b.example> => 250
            XFORWARD ADDR=192.0.2.1 => 503
            XCLIENT ADDR=192.0.2.1 => 503
            RSET => 250
            XCLIENT ADDR=192.0.2.1 => 220
            MAIL FROM:<a@b.example> => 503
        ",
        );
        check(
            Extensions::OWN,
            "
            EHLO c.example => 250
            XFORWARD ADDR=192.0.2.1 => 502
            XCLIENT ADDR=192.0.2.1 => 502
            XCLIENT ADDR=nowhere => 501
        ",
        );
    }

    #[test]
    fn parameters_are_those_that_were_promised() {
        check(
            Extensions::OWN,
            "
            EHLO c.example => 250
            MAIL FROM:<a@b.example> SIZE=5000 BODY=8bitmime SMTPUTF8 RET=HDRS ENVID=x => 250
            RCPT TO:<ä@b.example> NOTIFY=NEVER ORCPT=rfc822;a@b.example => 250
            RSET => 250
            MAIL FROM:<a@b.example> SIZE=5001 => 552
            MAIL FROM:<a@b.example> SIZE=99999999999999999999 => 552
            MAIL FROM:<ä@b.example> => 553
            MAIL FROM:<a@b.example> => 250
            RCPT TO:<ä@b.example> => 553
            RCPT TO:<a@b.example> => 250
            DATA => 354
        ",
        );
        for (line, code) in [
            ("SIZE=x", 501),
            ("SIZE", 501),
            ("SIZE=111111111111111111111", 501),
            ("BODY=BINARYMIME", 501),
            ("SMTPUTF8=yes", 501),
            ("RET=SOME", 501),
            ("AUTH=<>", 555),
            ("REQUIRETLS=1", 501),
        ] {
            check(
                Extensions::OWN,
                &format!("EHLO c.example => 250\nMAIL FROM:<a@b.example> {line} => {code}"),
            );
        }
        for (promised, code) in [(Extensions::OWN, 250), (Extensions::LEAST, 550)] {
            let asked = "MAIL FROM:<a@b.example> REQUIRETLS";
            check(
                promised,
                &format!("EHLO c.example => 250\n{asked} => {code}"),
            );
        }
        let none = Extensions::default();
        check(
            none,
            "
            EHLO c.example => 250
            MAIL FROM:<a@b.example> BODY=8BITMIME => 555
            MAIL FROM:<a@b.example> SMTPUTF8 => 555
            MAIL FROM:<a@b.example> SIZE=10 => 250
            RCPT TO:<a@b.example> NOTIFY=NEVER => 555
        ",
        );
        check(
            Extensions::OWN,
            "
            HELO c.example => 250
            MAIL FROM:<a@b.example> SIZE=10 => 555
            MAIL FROM:<a@b.example> => 250
        ",
        );
    }

    #[test]
    fn limits_end_recipients_errors_and_messages() {
        check(
            Extensions::OWN,
            "
            EHLO c.example => 250
            MAIL FROM:<> => 250
            RCPT TO:<a@b.example> => 250
            RCPT TO:<no@b.example> => 550
            RCPT TO:<b@b.example> => 250
            RCPT TO:<c@b.example> => 452
            DATA => 354
        ",
        );
        check(
            Extensions::OWN,
            "
            NONSENSE => 500
            MAIL => 501
            EXPN x => 502
            NOOP => 250
            DATA => 503
            DATA => 421
        ",
        );
        check(
            Extensions::OWN,
            "
            EHLO c.example => 250
            MAIL FROM:<> => 250
            RCPT TO:<a@b.example> => 250
            DATA => 354
            MAIL FROM:<> => 250
            RCPT TO:<a@b.example> => 250
            DATA => 354
            MAIL FROM:<> => 421
        ",
        );
    }

    #[test]
    fn a_pipelined_transaction_closes_when_mail_is_refused() {
        let mut session = Session::default();
        let mut take = |line: &'static str| {
            let step = session.take(Command::parse(line.as_bytes()), &LIMITS);
            matches!(step, Step::Mail(_) | Step::Rcpt(_))
        };
        take("EHLO c.example");
        assert!(take("MAIL FROM:<a@b.example>") && take("RCPT TO:<a@b.example>"));
        session.mail_answered(false);
        session.rcpt_answered(true);
        assert!(!session.is_open());
        let step = session.take(Ok(Command::Data), &LIMITS);
        assert_eq!(step, Step::Answer(NO_MAIL));
    }
}
