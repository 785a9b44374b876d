//! A real Postfix before Exeat, around it, and after it.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::holding::with_name_in_subject;
use crate::relay::{STAFF, innocent};
use crate::support::exeat::Exeat;
use crate::support::next_hop::{Behaviour, NextHop};
use crate::support::school::Greenfold;

/// A Postfix of the test's own, with its queue in a temporary folder; stopped
/// when dropped.
pub(crate) struct Postfix {
    folder: TempDir,
}

impl Postfix {
    /// `services` are the lines of master.cf that listen; `relayhost` is
    /// where everything goes.
    pub(crate) fn start(relayhost: SocketAddr, services: &str) -> Self {
        Self::start_with(relayhost, services, |_| String::new())
    }

    /// `more` are lines of main.cf, which may name files in the folder that
    /// it is given.
    pub(crate) fn start_with(
        relayhost: SocketAddr,
        services: &str,
        more: impl Fn(&Path) -> String,
    ) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("exeat-postfix")
            .tempdir_in("/tmp")
            .expect("a temporary folder");
        let root = folder.path();
        // Postfix's own user has to get in.
        run("chmod", &["755", path(root)]);
        for name in ["etc", "spool", "data"] {
            fs::create_dir(root.join(name)).expect("writable");
        }
        run("chown", &["postfix", path(&root.join("data"))]);
        let main = main_cf(root, relayhost) + &more(root);
        fs::write(root.join("etc/main.cf"), main).expect("writable");
        fs::write(root.join("etc/master.cf"), format!("{services}{MASTER_CF}")).expect("writable");
        run("postfix", &["-c", path(&root.join("etc")), "start"]);
        Self { folder }
    }

    fn etc(&self) -> std::path::PathBuf {
        self.folder.path().join("etc")
    }

    /// Tells Postfix to try again now what it had to put off.
    pub(crate) fn flush(&self) {
        run("postqueue", &["-c", path(&self.etc()), "-f"]);
    }

    /// What Postfix keeps, once it has put the only message off; before that
    /// a flush would pass the message by.
    pub(crate) fn deferred(&self) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let output = run("postqueue", &["-c", path(&self.etc()), "-j"]);
            match serde_json::from_slice::<Value>(&output.stdout) {
                Ok(kept) if kept["queue_name"] == "deferred" => return kept,
                _ => assert!(Instant::now() < deadline, "{}", text(&output.stdout)),
            }
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("postfix")
            .args(["-c", path(&self.etc()), "stop"])
            .output();
    }
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; tests/run installs what is missing"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn main_cf(root: &Path, relayhost: SocketAddr) -> String {
    let root = path(root);
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {root}/spool\n\
         data_directory = {root}/data\n\
         maillog_file = {root}/log\n\
         maillog_file_prefixes = /tmp\n\
         myhostname = mail.greenfold.sch.example\n\
         mydestination =\n\
         mynetworks = 127.0.0.0/8\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         relayhost = [127.0.0.1]:{port}\n\
         disable_dns_lookups = yes\n\
         smtp_dns_support_level = disabled\n\
         smtpd_peername_lookup = no\n\
         local_transport = error:no local mail\n\
         alias_maps =\n\
         smtpd_relay_restrictions = permit_mynetworks, reject\n\
         smtp_tls_security_level = none\n",
        port = relayhost.port()
    )
}

const MASTER_CF: &str = "\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
";

/// A loopback port that nothing listens on now.
pub(crate) fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    listener.local_addr().expect("bound")
}

/// Sends a message with swaks; its exit status and all that was said.
pub(crate) fn swaks(server: SocketAddr, to: &str, message: &[u8]) -> (Option<i32>, String) {
    swaks_with(server, to, message, &[])
}

/// The same with more arguments.
pub(crate) fn swaks_with(
    server: SocketAddr,
    to: &str,
    message: &[u8],
    more: &[&str],
) -> (Option<i32>, String) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), message).expect("writable");
    let output = Command::new("swaks")
        .args(["--server", &server.to_string(), "--from", STAFF, "--to", to])
        .args(["--helo", "client.greenfold.sch.example"])
        .args(more)
        .arg("--data")
        .arg(format!("@{}", path(file.path())))
        .output()
        .expect("swaks is there; tests/run installs what is missing");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), said)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn as_smarthost_of_postfix() {
    let hop = NextHop::start(Behaviour::default());
    let school = Greenfold::new(hop.address, "");
    let exeat = Exeat::serve(&school.config());
    let listens = free_port();
    let _postfix = Postfix::start(exeat.smtp, &format!("{listens} inet n - n - - smtpd\n"));

    let (status, said) = swaks(listens, "a@b.example", &innocent("smarthost"));
    assert_eq!(status, Some(0), "{said}");
    let arrived = hop.wait_for(1);
    assert!(text(&arrived[0].message).contains("Subject: smarthost"));

    let (status, said) = swaks(listens, "a@b.example", &with_name_in_subject("held"));
    assert_eq!(status, Some(0), "{said}");
    // The notice to the sender is the sign that the mail is held.
    let all = hop.wait_until(|all| all.iter().any(|d| d.mail.contains("FROM:<>")));
    assert!(
        all.iter()
            .all(|d| !text(&d.message).contains("Oyinkansola"))
    );
    assert_eq!(exeat.holds().len(), 1);
}

#[test]
fn postfix_keeps_what_exeat_puts_off() {
    let hop = NextHop::start(Behaviour {
        end_of_data: Some("451 4.3.0 not now"),
        ..Behaviour::default()
    });
    let school = Greenfold::new(hop.address, "");
    let exeat = Exeat::serve(&school.config());
    let listens = free_port();
    let postfix = Postfix::start(exeat.smtp, &format!("{listens} inet n - n - - smtpd\n"));
    let (status, said) = swaks(listens, "a@b.example", &innocent("deferred"));
    assert_eq!(status, Some(0), "{said}");
    exeat.wait_for_log(|line| line["fields"]["code"] == 451);
    assert_eq!(postfix.deferred()["sender"], STAFF);
    hop.behave(Behaviour::default());
    postfix.flush();
    assert!(text(&hop.wait_for(1)[0].message).contains("Subject: deferred"));
}

#[test]
fn as_proxy_filter_inside_postfix() {
    let hop = NextHop::start(Behaviour::default());
    let (listens, back) = (free_port(), free_port());
    let school = Greenfold::new(back, "");
    let exeat = Exeat::serve(&school.config());
    let services = format!(
        "{listens} inet n - n - - smtpd\n  -o smtpd_proxy_filter={}\n\
         {back} inet n - n - - smtpd\n  -o smtpd_authorized_xforward_hosts=127.0.0.0/8\n",
        exeat.smtp
    );
    let _postfix = Postfix::start(hop.address, &services);

    let (status, said) = swaks(listens, "a@b.example", &innocent("proxied"));
    assert_eq!(status, Some(0), "{said}");
    assert!(text(&hop.wait_for(1)[0].message).contains("Subject: proxied"));

    let chain = b"From: office@greenfold.sch.example\r\nTo: a@b.example\r\nSubject: Fwd: luck\r\n\r\nForward this to ten friends within an hour or you will have seven years of bad luck. Do not break the chain!\r\n";
    let (status, said) = swaks(listens, "a@b.example", chain);
    assert_eq!(status, Some(26), "refused after the data: {said}");
    assert!(
        said.contains("550 5.7.1") || said.contains("550-5.7.1"),
        "{said}"
    );

    let (status, said) = swaks(listens, "a@b.example", &with_name_in_subject("held"));
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("EX-"),
        "the sender's program is told the reference: {said}"
    );
}

#[test]
fn with_postfix_as_next_hop() {
    let hop = NextHop::start(Behaviour::default());
    let listens = free_port();
    let _postfix = Postfix::start(hop.address, &format!("{listens} inet n - n - - smtpd\n"));
    let school = Greenfold::new(listens, "");
    let exeat = Exeat::serve(&school.config());
    let (status, said) = swaks(exeat.smtp, "a@b.example", &innocent("through"));
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("queued as"),
        "Postfix's own words come back: {said}"
    );
    assert!(text(&hop.wait_for(1)[0].message).contains("Subject: through"));
}
