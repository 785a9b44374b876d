//! The second half of reading a configuration: what is missing, what does not
//! fit together, and the files that it names.

mod listen;
mod next_hop;
mod retention;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Config;
use super::fault::{Fault, Faults};
use super::file::{self, File};
use super::parse::{Document, parse};
use crate::patterns::Packs;
use crate::policy::{self, Allowance, Policy};
use crate::school::import::{Kept, Source, Sources, import_beside};
use crate::school::names::NameKey;
use crate::school::{Habits, People, Routes, School, habits};
use crate::store;
use crate::store::people::{Imported, Imports};
use crate::tenant::{Tenant, Tenants};

/// Reads a configuration and every file that it names. An error that is
/// [`Faults`] holds all that is wrong, with places.
pub fn load(path: &Path) -> anyhow::Result<Config> {
    load_with(path, |_| Ok(HashMap::new()))
}

/// The same with the people that were imported for each school, which take
/// the place of the files'. `imports` fetches them from the store.
pub fn load_with(
    path: &Path,
    imports: impl FnOnce(&store::Settings) -> anyhow::Result<HashMap<String, Imports>>,
) -> anyhow::Result<Config> {
    let text = fs::read_to_string(path).with_context(|| {
        format!(
            "the configuration {} could not be read; --config names another",
            path.display()
        )
    })?;
    let (file, document, faults) = parse::<File>(&text);
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        // A name alone is in the present folder.
        _ => PathBuf::from("."),
    };
    let mut loading = Loading {
        folder: std::path::absolute(&folder).unwrap_or(folder),
        document,
        // What is missing because it was wrong is not told twice.
        syntax_only: !faults.is_empty(),
        faults,
        warnings: Vec::new(),
        imports: HashMap::new(),
        imported: Vec::new(),
        system_authorities: OnceCell::new(),
        files: vec![std::path::absolute(path).unwrap_or_else(|_| path.to_owned())],
    };
    let config = loading.config(file, imports);
    let Loading {
        mut faults,
        warnings,
        files,
        imported,
        ..
    } = loading;
    match config {
        Some(config) if faults.is_empty() => Ok(Config {
            imported,
            warnings,
            files,
            ..config
        }),
        _ => {
            faults.sort_by_key(|fault| fault.span.start);
            Err(Faults::new(&path.display().to_string(), &text, faults).into())
        }
    }
}

struct Loading<'t> {
    folder: PathBuf,
    document: Document<'t>,
    syntax_only: bool,
    faults: Vec<Fault>,
    warnings: Vec<String>,
    files: Vec<PathBuf>,
    /// What was imported for schools that have not been come to yet.
    imports: HashMap<String, Imports>,
    imported: Vec<(Arc<str>, Vec<Imported>)>,
    /// Whether the system knows certificate authorities: they are many, and
    /// looked for once.
    system_authorities: OnceCell<bool>,
}

impl Loading<'_> {
    fn fault(&mut self, place: &[&str], message: impl Into<String>) {
        self.faults.push(Fault {
            message: message.into(),
            span: self.document.span(place),
        });
    }

    /// A value that has to be there.
    fn required<T>(&mut self, value: Option<T>, place: &[&str], example: &str) -> Option<T> {
        if value.is_none() && !self.syntax_only {
            let key = place.last().copied().unwrap_or_default();
            self.fault(
                place,
                format!("`{key}` is missing here; for example {key} = {example}"),
            );
        }
        value
    }

    fn config(
        &mut self,
        file: File,
        imports: impl FnOnce(&store::Settings) -> anyhow::Result<HashMap<String, Imports>>,
    ) -> Option<Config> {
        let store = self.store(file.store);
        if let Some(store) = &store {
            match imports(store) {
                Ok(imports) => self.imports = imports,
                Err(error) => self.fault(
                    &["store"],
                    format!("the imported people cannot be read: {error:#}"),
                ),
            }
        }
        let packs = self.packs(file.patterns.as_deref());
        let console_url = file.listen.console_url.clone().or_else(|| {
            let console = file.listen.console?;
            Some(format!("http://{console}"))
        });
        let console_url = self.required(
            console_url,
            &["listen", "console_url"],
            "\"https://exeat.school.example\"",
        );
        let common = Common {
            next_hop: file.next_hop,
            console_url: console_url
                .unwrap_or_default()
                .trim_end_matches('/')
                .to_owned(),
            packs: packs.map(Arc::new).unwrap_or_default(),
        };
        if file.school.is_empty() && !self.syntax_only {
            self.fault(&[], "there is no [[school]]");
        }
        let schools: Vec<Option<Tenant>> = file
            .school
            .into_iter()
            .enumerate()
            .map(|(index, school)| self.tenant(&index.to_string(), school, &common))
            .collect();
        let tenants: Vec<Tenant> = schools
            .into_iter()
            .collect::<Option<_>>()
            .unwrap_or_default();
        self.check_apart(&tenants);
        let console = file.listen.console;
        let relay = self.relay(file.listen);
        Some(Config {
            relay: relay?,
            console,
            store: store?,
            workers: file.workers,
            tenants: Tenants::new(tenants),
            imported: Vec::new(),
            warnings: Vec::new(),
            files: Vec::new(),
        })
    }

    fn store(&mut self, store: file::Store) -> Option<store::Settings> {
        let url = self.required(store.url, &["store", "url"], "\"sqlite:exeat.db\"")?;
        let url = match url.strip_prefix("sqlite:") {
            Some(path) => format!("sqlite:{}", self.folder.join(path).display()),
            None if url.starts_with("postgres://") || url.starts_with("postgresql://") => url,
            None => {
                self.fault(&["store", "url"], "a store is sqlite:PATH or postgres://…");
                return None;
            }
        };
        Some(store::Settings {
            url,
            key_file: store.key_file.map(|path| self.folder.join(path)),
        })
    }

    fn packs(&mut self, folder: Option<&Path>) -> Option<Packs> {
        let Some(folder) = folder else {
            return Some(Packs::builtin());
        };
        match Packs::from_folder(&self.folder.join(folder)) {
            Ok(packs) => Some(packs),
            Err(faults) => {
                for fault in faults {
                    self.fault(&["patterns"], format!("{:#}", anyhow::Error::new(fault)));
                }
                None
            }
        }
    }

    fn tenant(&mut self, index: &str, mut file: file::School, common: &Common) -> Option<Tenant> {
        let id = self.required(file.id.clone(), &["school", index, "id"], "\"greenfold\"");
        let name = self.required(
            file.name.clone(),
            &["school", index, "name"],
            "\"Greenfold School\"",
        );
        if file.domains.is_empty() {
            let place = ["school", index, "domains"];
            self.required(None::<()>, &place, "[\"greenfold.sch.example\"]");
        }
        let next_hop = self.next_hop(index, file.next_hop.take(), &common.next_hop);
        let imports = id.as_ref().and_then(|id| self.imports.remove(id));
        let imports = imports.unwrap_or_default();
        if let Some(id) = &id {
            self.imported
                .push((id.as_str().into(), imports.lists.clone()));
        }
        let people = self.people(index, &file, imports);
        let former_for = self.former_for(index, file.former_for);
        let retention = self.retention(index, file.retention);
        let habits = self.habits(index, &mut file);
        let policy = Policy::new(&policy::Settings {
            mode: file.mode,
            rules: file.rules,
        });
        self.warn_of_ended(&id, &file.allow);
        let policy = policy.allowing(file.allow);
        Some(Tenant {
            school: School {
                id: id?.into(),
                name: name?,
                domains: file.domains,
                pupil_domains: file.pupil_domains,
                phones: file.phones,
                routes: Routes {
                    secure: file.secure_routes,
                    urgent: file.urgent_routes,
                    private: file.private_routes,
                },
                system_senders: file.system_senders,
                people: people?,
                habits,
                patterns: Arc::clone(&common.packs),
            },
            policy,
            notices: file.notice,
            reviewers: file.reviewers,
            safeguarding: file.safeguarding,
            former_for,
            retention,
            next_hop: Arc::new(next_hop?),
            console_url: common.console_url.clone(),
        })
    }

    fn warn_of_ended(&mut self, school: &Option<String>, allowances: &[Allowance]) {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        for ended in allowances.iter().filter(|allowed| allowed.is_over(today)) {
            self.warnings.push(format!(
                "school {}: what [[school.allow]] says of {} ended on {}: take it out, or agree on a new day",
                school.as_deref().unwrap_or_default(),
                ended.rule,
                ended.until.0,
            ));
        }
    }

    /// The people of the school: what was imported, and of the other lists
    /// what the files say.
    fn people(&mut self, index: &str, file: &file::School, imports: Imports) -> Option<People> {
        let mut read = |key, path: &Option<PathBuf>, imported: bool| {
            let path = path.as_deref().filter(|_| !imported);
            self.read(&["school", index, key], path)
        };
        let roster = read("roster", &file.roster, imports.roster.is_some());
        let staff = read("staff", &file.staff, imports.staff.is_some());
        let contacts = read("contacts", &file.contacts, imports.contacts.is_some());
        if file.roster.is_none() && imports.roster.is_none() {
            let school = file.id.as_deref().unwrap_or(index);
            self.warnings.push(format!(
                "school {school} has no roster: no pupil will be recognised"
            ));
        }
        let key = match NameKey::random() {
            Ok(key) => key,
            Err(error) => {
                self.fault(&[], format!("the system gives no random numbers: {error}"));
                return None;
            }
        };
        let sources = Sources {
            roster: roster.as_ref().map(NamedBytes::source),
            staff: staff.as_ref().map(NamedBytes::source),
            contacts: contacts.as_ref().map(NamedBytes::source),
            domains: &file.domains,
        };
        let kept = Kept {
            roster: imports.roster,
            staff: imports.staff,
            contacts: imports.contacts,
        };
        match import_beside(&sources, kept, key) {
            Ok(import) => {
                self.warnings
                    .extend(import.warnings.iter().map(ToString::to_string));
                Some(import.people)
            }
            Err(errors) => {
                for error in errors {
                    self.fault(&["school", index, "roster"], error.to_string());
                }
                None
            }
        }
    }

    fn habits(&mut self, index: &str, file: &mut file::School) -> Habits {
        let settings = file.passwords.take().map(habits::Table::from);
        let habits::Table {
            mut usual,
            file: list,
            birth_dates,
        } = settings.unwrap_or_default();
        self.warn_if_shown(list.as_deref());
        if let Some(list) = self.read(&["school", index, "passwords"], list.as_deref()) {
            match String::from_utf8(list.bytes) {
                Ok(list) => usual.extend(habits::lines(&list)),
                Err(_) => self.fault(
                    &["school", index, "passwords"],
                    format!("{} is not UTF-8 text", list.name),
                ),
            }
        }
        let domains = [&file.domains[..], &file.pupil_domains].concat();
        let name = file.name.as_deref().unwrap_or_default();
        Habits::new(usual, birth_dates, name, &domains)
    }

    /// A file of passwords is for Exeat's own user.
    fn warn_if_shown(&mut self, secret: Option<&Path>) {
        let Some(secret) = secret.map(|path| self.folder.join(path)) else {
            return;
        };
        let mode = fs::metadata(&secret).map(|about| about.permissions().mode());
        if mode.is_ok_and(|mode| mode & 0o077 != 0) {
            self.warnings.push(format!(
                "{} can be read by others on this machine: chmod 600 closes it",
                secret.display()
            ));
        }
    }

    /// The bytes of a file that the configuration names.
    fn read(&mut self, place: &[&str], path: Option<&Path>) -> Option<NamedBytes> {
        let path = self.folder.join(path?);
        self.files.push(path.clone());
        match fs::read(&path) {
            Ok(bytes) => Some(NamedBytes {
                name: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                bytes,
            }),
            Err(error) => {
                self.fault(
                    place,
                    format!("{} could not be read: {error}", path.display()),
                );
                None
            }
        }
    }

    /// Schools must not share an id or a domain: mail would go by the wrong
    /// policy.
    fn check_apart(&mut self, tenants: &[Tenant]) {
        for (index, tenant) in tenants.iter().enumerate() {
            let earlier = &tenants[..index];
            let place = index.to_string();
            if earlier
                .iter()
                .any(|other| other.school.id == tenant.school.id)
            {
                self.fault(&["school", &place, "id"], "another school has the same id");
            }
            let domains = || {
                tenant
                    .school
                    .domains
                    .iter()
                    .chain(&tenant.school.pupil_domains)
            };
            let taken = |other: &Tenant| {
                let own = other
                    .school
                    .domains
                    .iter()
                    .chain(&other.school.pupil_domains);
                own.into_iter()
                    .any(|domain| domains().any(|mine| mine == domain))
            };
            if earlier.iter().any(taken) {
                self.fault(
                    &["school", &place, "domains"],
                    "another school has one of these domains",
                );
            }
        }
    }
}

/// What all schools share.
struct Common {
    next_hop: file::NextHop,
    console_url: String,
    packs: Arc<Packs>,
}

struct NamedBytes {
    name: String,
    bytes: Vec<u8>,
}

impl NamedBytes {
    fn source(&self) -> Source<'_> {
        Source {
            name: &self.name,
            bytes: &self.bytes,
        }
    }
}
