//! The built binary, as a server and as commands.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_exeat");

/// A running `exeat serve`; killed when dropped.
pub(crate) struct Exeat {
    pub(crate) smtp: SocketAddr,
    pub(crate) console: SocketAddr,
    config: PathBuf,
    child: Child,
    log: mpsc::Receiver<String>,
}

impl Exeat {
    pub(crate) fn serve(config: &Path) -> Self {
        Self::serve_with(config, &[])
    }

    /// Starts the server with more in its environment, and waits until it
    /// has said where it listens.
    pub(crate) fn serve_with(config: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(BINARY);
        command.envs(environment.iter().copied());
        Self::start(command, config)
    }

    /// Starts the server with no more file descriptors than these.
    pub(crate) fn serve_with_descriptors(config: &Path, most: u32) -> Self {
        let mut command = Command::new("sh");
        let limited = format!("ulimit -n {most}; exec {BINARY} \"$@\"");
        command.args(["-c", &limited, "sh"]);
        Self::start(command, config)
    }

    fn start(mut command: Command, config: &Path) -> Self {
        let mut child = command
            .args(["serve", "--log", "json", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let (sender, log) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut exeat = Self {
            smtp: ([127, 0, 0, 1], 0).into(),
            console: ([127, 0, 0, 1], 0).into(),
            config: config.to_owned(),
            child,
            log,
        };
        exeat.console = exeat.listening("console");
        exeat.smtp = exeat.listening("smtp");
        exeat
    }

    /// Where one of its listeners is, once it has said so.
    pub(crate) fn listening(&self, what: &str) -> SocketAddr {
        let line = self.wait_for_log(|line| {
            line["fields"]["message"] == "listening" && line["fields"]["service"] == what
        });
        let address = line["fields"]["address"].as_str().expect("an address");
        address.parse().expect("an address")
    }

    /// The next line of the log that is as wished; at most a minute.
    pub(crate) fn wait_for_log(&self, wished: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Vec::new();
        loop {
            let line = self
                .log
                .recv_timeout(Duration::from_secs(60))
                .unwrap_or_else(|_| panic!("not in the log:\n{}", seen.join("\n")));
            if let Ok(value) = serde_json::from_str::<Value>(&line)
                && wished(&value)
            {
                return value;
            }
            seen.push(line);
        }
    }

    /// A command with this server's configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        exeat(&self.config, arguments)
    }

    pub(crate) fn holds(&self) -> Vec<Value> {
        self.holds_by(&["--limit", "1000"])
    }

    /// Holds that `exeat holds list` gives with these options.
    pub(crate) fn holds_by(&self, options: &[&str]) -> Vec<Value> {
        let output = self.command(&[&["holds", "list", "--json"], options].concat());
        assert!(output.status.success(), "{}", error_of(&output));
        String::from_utf8(output.stdout)
            .expect("UTF-8")
            .lines()
            .map(|line| serde_json::from_str(line).expect("an object a line"))
            .collect()
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Memory that it has in use, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).expect("it is running");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_ascii_whitespace().nth(1));
        1024 * kilobytes
            .and_then(|kb| kb.parse::<u64>().ok())
            .expect("a number")
    }

    /// Sends a signal by name, for example `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .expect("kill is there");
        assert!(status.success());
    }

    /// Waits for the process to end.
    pub(crate) fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().expect("a child can be waited for")
    }

    /// Ends it in peace; all of its log that nobody has waited for.
    pub(crate) fn end(mut self) -> String {
        self.signal("TERM");
        self.child.wait().expect("a child can be waited for");
        self.log.iter().collect::<Vec<_>>().join("\n")
    }

    /// Ends it at once, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("a child can be waited for");
    }
}

impl Drop for Exeat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end.
pub(crate) fn exeat(config: &Path, arguments: &[&str]) -> Output {
    Command::new(BINARY)
        .args(arguments)
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

pub(crate) fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
