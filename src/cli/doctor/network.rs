//! Listeners and next hops: who answers, and what they can do.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::storage::Server;
use super::{Line, causes, counted, odd, ok, wrong};
use crate::config::Config;
use crate::smtp::probe::{Introduction, Silence, introduce};
use crate::smtp::tls::Age;
use crate::smtp::tls::outgoing::Outgoing;
use crate::tenant::NextHop;

/// How long a server may take to introduce itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// What this release does with a message needs these; without them it refuses
/// what asks for them.
const WISHED: [&str; 2] = ["8BITMIME", "SIZE"];

/// The certificate that clients are shown.
pub(super) fn certificate(config: &Config) -> Option<Line> {
    let certificate = &config.relay.tls.as_ref()?.certificate;
    let now = Timestamp::now();
    let ends = certificate.ends.to_zoned(TimeZone::UTC).date();
    let names = match certificate.names.as_slice() {
        [] => "nobody by name".to_owned(),
        names => names.join(", "),
    };
    let renew = "put a new one in its place: a running server takes it up by itself";
    Some(match certificate.age(now) {
        Age::Good => ok("certificate", format!("for {names}, until {ends}")),
        Age::EndsSoon => {
            let left = counted(certificate.days_left(now).max(0) as usize, "day");
            odd(
                "certificate",
                format!("for {names}, ends in {left}, on {ends}"),
                renew,
            )
        }
        Age::Over => wrong(
            "certificate",
            format!("for {names}, ended on {ends}"),
            renew,
        ),
        Age::NotYet => wrong(
            "certificate",
            format!("for {names}, is not good yet"),
            "see that this machine's clock is right",
        ),
    })
}

pub(super) fn listeners(config: &Config, server: Server) -> Vec<Line> {
    let relay = &config.relay;
    let doors = relay.smtp.0.iter().map(|&address| ("smtp", address));
    let doors = doors.chain(relay.smtps.0.iter().map(|&address| ("smtps", address)));
    let smtp = doors.map(|(about, address)| {
        let tls = match about {
            "smtps" => Outgoing::implicit_with_anyone(),
            _ => Outgoing::InClear,
        };
        let at = reached(address).to_string();
        let met = introduce(&at, &tls, &relay.hostname, PATIENCE);
        let own = met
            .as_ref()
            .is_ok_and(|met| met.greeting.ends_with("ESMTP Exeat"));
        let refused = matches!(met, Err(Silence::Refused));
        listener(about, address, server, own, refused)
    });
    let console = config.console.map(|address| {
        let answer = health(reached(address));
        let own = answer
            .as_deref()
            .is_some_and(|answer| answer.contains("\"status\""));
        if own && answer.is_some_and(|answer| !answer.contains("\"ok\"")) {
            return wrong(
                "console",
                format!("{address}: /health says that the store does not answer"),
                "see the server's log",
            );
        }
        let refused = TcpStream::connect_timeout(&reached(address), PATIENCE).is_err();
        listener("console", address, server, own, refused)
    });
    smtp.chain(console).collect()
}

fn listener(
    about: &'static str,
    address: SocketAddr,
    server: Server,
    own: bool,
    refused: bool,
) -> Line {
    match (own, refused) {
        _ if address.port() == 0 => ok(about, format!("{address}: any free port")),
        (true, _) if server == Server::Absent => odd(
            about,
            format!("{address}: another Exeat listens there, with another store"),
            "end it, or take another port",
        ),
        (true, _) => ok(about, format!("{address}: Exeat answers")),
        (false, false) => wrong(
            about,
            format!("{address}: another program listens there"),
            format!(
                "find it with `ss -ltnp sport = :{}`; end it, or take another port",
                address.port()
            ),
        ),
        (false, true) if server != Server::Absent => wrong(
            about,
            format!("{address}: the server runs, and does not listen there"),
            "start it anew: listeners change only at a restart",
        ),
        (false, true) => match TcpListener::bind(address) {
            Ok(_) => ok(about, format!("{address}: free")),
            Err(error) => wrong(
                about,
                format!("{address}: this user cannot listen there: {error}"),
                match error.kind() {
                    std::io::ErrorKind::PermissionDenied => {
                        "take a port from 1024 on, or give the service AmbientCapabilities=CAP_NET_BIND_SERVICE"
                    }
                    _ => "name an address that this machine has",
                },
            ),
        },
    }
}

/// Where a listener of all addresses is reached.
fn reached(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What `/health` answers, if anything.
fn health(address: SocketAddr) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let question = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).ok()?;
    let mut answer = Vec::new();
    // What came before a fault is an answer too.
    let _ = stream.take(16 * 1024).read_to_end(&mut answer);
    Some(String::from_utf8_lossy(&answer).into_owned())
}

pub(super) fn next_hops(config: &Config) -> Vec<Line> {
    let mut all: Vec<&NextHop> = config.tenants.iter().map(|t| &*t.next_hop).collect();
    all.sort_unstable_by(|one, two| one.address.cmp(&two.address));
    all.dedup();
    let hostname = &config.relay.hostname;
    all.into_iter()
        .flat_map(|next_hop| look_at(next_hop, hostname))
        .collect()
}

fn look_at(next_hop: &NextHop, hostname: &str) -> Vec<Line> {
    let address = &next_hop.address;
    let tls = match Outgoing::of(next_hop) {
        Ok(tls) => tls,
        Err(error) => {
            return vec![wrong(
                "next hop",
                format!("{address}: {error}"),
                "install the package ca-certificates, or name an authority with `ca`",
            )];
        }
    };
    let silence = match introduce(address, &tls, hostname, PATIENCE) {
        Ok(met) => return vec![answered(next_hop, &met)],
        Err(silence) => silence,
    };
    // As mail would, which goes on in clear where nothing else is demanded.
    if let (Outgoing::IfOffered(_), Silence::Tls(_) | Silence::Unwilling(_)) = (&tls, &silence)
        && let Ok(met) = introduce(address, &Outgoing::InClear, hostname, PATIENCE)
    {
        let offered = odd(
            "next hop",
            format!("{address}: offers encryption, but: {}", causes(&silence)),
            "mail to it goes in clear: mend its TLS",
        );
        return vec![offered, answered(next_hop, &met)];
    }
    vec![silent(address, &silence)]
}

fn silent(address: &str, silence: &Silence) -> Line {
    let todo = match silence {
        Silence::Name(_) => "see that the name is right and that this machine can resolve it",
        Silence::Unwilling(_) => "let it take mail from this machine",
        Silence::NoTls => {
            "let it offer STARTTLS; until then it gets no mail. If it begins with TLS, say tls = \"implicit\""
        }
        Silence::Tls(_) => {
            "until it shows a good certificate it gets no mail: mend that, or `name` and `ca` under [next_hop]"
        }
        _ => "see that it runs, that the port is right, and that no firewall stands between",
    };
    wrong("next hop", format!("{address}: {}", causes(silence)), todo)
}

fn answered(next_hop: &NextHop, met: &Introduction) -> Line {
    let address = match (&met.encryption, next_hop.is_verified()) {
        (None, _) => next_hop.address.clone(),
        (Some(version), true) => format!("{} (verified, {version})", next_hop.address),
        (Some(version), false) => format!("{} (not verified, {version})", next_hop.address),
    };
    if met.greeting.ends_with("ESMTP Exeat") {
        return odd(
            "next hop",
            format!("{address}: it is an Exeat itself"),
            "make sure that mail does not go in a circle",
        );
    }
    let said = match met.extensions.is_empty() {
        true => format!("{address}: answers, and offers nothing"),
        false => format!("{address}: answers with {}", met.extensions.join(", ")),
    };
    let offers = |wished: &str| {
        let keyword = |offer: &String| offer.split(' ').next().map(str::to_ascii_uppercase);
        met.extensions
            .iter()
            .any(|offer| keyword(offer).as_deref() == Some(wished))
    };
    let lacking: Vec<&str> = WISHED
        .into_iter()
        .filter(|wished| !offers(wished))
        .collect();
    match lacking.is_empty() {
        true => ok("next hop", said),
        false => odd(
            "next hop",
            format!("{said}; without {}", lacking.join(" and ")),
            "mail that needs them is refused to its sender: let the next hop offer them",
        ),
    }
}
