//! Service extensions: what a next hop announced, what Exeat can pass on, and
//! so what a client is told in answer to EHLO.

/// What the trace field may add to a message, in bytes: as much less than a
/// next hop's limit is announced to clients.
const TRACE_ROOM: u64 = 1024;

/// The extensions that matter here. BINARYMIME never does, and CHUNKING is
/// between a client and Exeat: next hops get every message by DATA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extensions {
    /// RFC 2920.
    pub(crate) pipelining: bool,
    /// RFC 6152.
    pub(crate) eight_bit: bool,
    /// RFC 6531.
    pub(crate) utf8: bool,
    /// RFC 2034.
    pub(crate) enhanced: bool,
    /// RFC 3461.
    pub(crate) dsn: bool,
    /// RFC 3207. A client is offered it by Exeat itself, or not.
    pub(crate) starttls: bool,
    /// RFC 4954: whether `AUTH` is a parameter of MAIL. It is Exeat's own.
    pub(crate) auth: bool,
    /// RFC 8689; of a next hop only where it is known to be the right one.
    pub(crate) require_tls: bool,
    /// RFC 1870: whether `SIZE` is a parameter of MAIL.
    pub(crate) size: bool,
    /// The largest message in bytes, where there is a limit.
    pub(crate) size_limit: Option<u64>,
}

impl Extensions {
    /// All that this relay can pass on.
    pub(crate) const OWN: Self = Self {
        pipelining: true,
        eight_bit: true,
        utf8: true,
        enhanced: true,
        dsn: true,
        starttls: false,
        auth: false,
        require_tls: true,
        size: true,
        size_limit: None,
    };

    /// Without a next hop that was heard: what holds whatever it can.
    pub(crate) const LEAST: Self = Self {
        pipelining: true,
        size: true,
        eight_bit: false,
        utf8: false,
        enhanced: false,
        dsn: false,
        starttls: false,
        auth: false,
        require_tls: false,
        size_limit: None,
    };

    /// Out of the lines of a reply to EHLO.
    pub(crate) fn parse(reply: &str) -> Self {
        let mut found = Self::default();
        // The first line names the server.
        for line in reply.split('\n').skip(1) {
            let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
            match keyword.to_ascii_uppercase().as_str() {
                "PIPELINING" => found.pipelining = true,
                "8BITMIME" => found.eight_bit = true,
                "SMTPUTF8" => found.utf8 = true,
                "ENHANCEDSTATUSCODES" => found.enhanced = true,
                "DSN" => found.dsn = true,
                "STARTTLS" => found.starttls = true,
                "REQUIRETLS" => found.require_tls = true,
                "SIZE" => {
                    found.size = true;
                    // Zero says that there is no fixed limit.
                    found.size_limit = rest.trim().parse().ok().filter(|&limit| limit > 0);
                }
                _ => {}
            }
        }
        found
    }

    /// What both can.
    pub(crate) fn meet(self, other: Self) -> Self {
        Self {
            pipelining: self.pipelining && other.pipelining,
            eight_bit: self.eight_bit && other.eight_bit,
            utf8: self.utf8 && other.utf8,
            enhanced: self.enhanced && other.enhanced,
            dsn: self.dsn && other.dsn,
            starttls: self.starttls && other.starttls,
            auth: self.auth && other.auth,
            require_tls: self.require_tls && other.require_tls,
            size: self.size && other.size,
            size_limit: match (self.size_limit, other.size_limit) {
                (Some(one), Some(two)) => Some(one.min(two)),
                (one, two) => one.or(two),
            },
        }
    }

    /// What a client is promised: what all of `hops` can, with pipelining and
    /// size whatever they say, since those two are between it and Exeat.
    pub(crate) fn promise(hops: impl IntoIterator<Item = Self>, message_size: u64) -> Self {
        let common = hops.into_iter().reduce(Self::meet).unwrap_or(Self::LEAST);
        let size_limit = common.size_limit.map_or(message_size, |limit| {
            message_size.min(limit.saturating_sub(TRACE_ROOM))
        });
        Self {
            pipelining: true,
            size: true,
            size_limit: Some(size_limit),
            ..Self::OWN.meet(common)
        }
    }

    /// The text of the reply to EHLO.
    pub(crate) fn announce(&self, hostname: &str) -> String {
        let mut text = hostname.to_owned();
        let mut line = |wanted: bool, keyword: &str| {
            if wanted {
                text.push('\n');
                text.push_str(keyword);
            }
        };
        line(self.pipelining, "PIPELINING");
        line(self.size, &format!("SIZE {}", self.size_limit.unwrap_or(0)));
        line(self.eight_bit, "8BITMIME");
        line(self.utf8, "SMTPUTF8");
        line(self.enhanced, "ENHANCEDSTATUSCODES");
        line(self.dsn, "DSN");
        line(self.require_tls, "REQUIRETLS");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announcements_are_read() {
        let found = Extensions::parse(
            "mx.example hello\nSIZE 1000\n8bitmime\nPIPELINING\nSTARTTLS\nCHUNKING\nAUTH PLAIN LOGIN",
        );
        let expected = Extensions {
            pipelining: true,
            eight_bit: true,
            starttls: true,
            size: true,
            size_limit: Some(1000),
            ..Extensions::default()
        };
        assert_eq!(found, expected);
        assert_eq!(
            Extensions::parse("DSN at your service"),
            Extensions::default()
        );
        assert_eq!(Extensions::parse("a\nSIZE 0").size_limit, None);
        assert_eq!(Extensions::parse("a\nSIZE lots").size_limit, None);
    }

    #[test]
    fn clients_are_promised_what_every_next_hop_can() {
        let check = |hops: &[&str], expected: &str| {
            let hops = hops.iter().map(|hop| Extensions::parse(hop));
            assert_eq!(Extensions::promise(hops, 5000).announce("exeat"), expected);
        };
        check(&[], "exeat\nPIPELINING\nSIZE 5000");
        check(&["a"], "exeat\nPIPELINING\nSIZE 5000");
        check(
            &[
                "a\nSIZE\n8BITMIME\nSMTPUTF8\nENHANCEDSTATUSCODES\nDSN\nCHUNKING\nBINARYMIME\nPIPELINING\nSTARTTLS",
            ],
            "exeat\nPIPELINING\nSIZE 5000\n8BITMIME\nSMTPUTF8\nENHANCEDSTATUSCODES\nDSN",
        );
        check(
            &[
                "a\nSIZE 4000\n8BITMIME\nDSN",
                "b\nSIZE 3000\n8BITMIME\nSMTPUTF8",
            ],
            "exeat\nPIPELINING\nSIZE 1976\n8BITMIME",
        );
    }
}
