//! What commands can ask for, and the doing of it.
//!
//! The same function serves a command through a running Exeat's socket and a
//! command that opens the store by itself. It decides nothing: a person does,
//! by name and with a reason, and both stand in the journal.

mod bypass;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::House;
use crate::finding::{Action, Problem};
use crate::mail::Address;
use crate::notice::{About, Event};
use crate::policy::Judged;
use crate::store::{
    Actor, Bypass, Filter, Hold, KeyState, Kind, NewMail, Owed, Reference, State, StoreError,
};
use crate::tenant::Tenant;

/// A command's request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// The holds in these states; those that wait for somebody, if empty.
    List {
        school: Option<String>,
        states: Vec<State>,
        limit: u32,
    },
    Show {
        reference: String,
    },
    /// The message itself; the journal keeps who read it, and why.
    Content {
        reference: String,
        by: By,
    },
    /// To some of the recipients, or to all if `to` is empty.
    Release {
        reference: String,
        by: By,
        to: Vec<Address>,
    },
    Refuse {
        reference: String,
        by: By,
    },
    /// What the outbox is still to send.
    Owed {
        limit: u32,
    },
    /// Not to send a mail of the outbox any more.
    Drop {
        mail: i64,
        by: By,
    },
    /// The bypasses in force.
    Bypasses,
    /// To let a school's mail leave unscreened for so many seconds; every
    /// school's without `school`.
    Bypass {
        school: Option<String>,
        seconds: i64,
        by: By,
    },
    EndBypass {
        school: Option<String>,
        by: By,
    },
    /// Which keys there are.
    Keys,
    /// To put a new key in the place of the old one, unless that is under way.
    RotateKeys {
        by: By,
    },
    /// To seal anew, for about a second, what older keys have sealed.
    SealAnew,
    /// To take the old key out of the key file.
    RetireKeys {
        by: By,
    },
    /// To let the outbox of a restored store send again.
    Resume {
        by: By,
    },
}

/// Who asks, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct By {
    pub name: String,
    pub reason: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    Holds {
        holds: Vec<View>,
    },
    Hold {
        hold: Box<View>,
    },
    /// In base64.
    Content {
        message: String,
    },
    Owed {
        mails: Vec<Owed>,
        /// None of them is sent, since the store was restored from a backup.
        waits: bool,
    },
    /// Each with how many messages have passed.
    Bypasses {
        bypasses: Vec<(Bypass, u64)>,
    },
    Keys {
        state: KeyState,
    },
    /// Values that are still to be sealed anew.
    Left {
        values: u64,
    },
    /// Where the old keys are now.
    Retired {
        files: Vec<PathBuf>,
        state: KeyState,
    },
    Done,
    Failed {
        why: String,
    },
}

/// A hold as commands show it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct View {
    pub reference: Reference,
    pub school: Arc<str>,
    pub state: State,
    pub action: Action,
    pub received: Timestamp,
    pub due: Timestamp,
    /// Masked.
    pub subject: String,
    /// `None` is the null reverse path.
    pub sender: Option<Address>,
    pub recipients: Vec<Address>,
    /// In bytes.
    pub size: u64,
    pub findings: Vec<Judged>,
    pub problems: Vec<Problem>,
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("\"{0}\" is no reference; one looks like EX-7K3M-2QFD")]
    Reference(String),
    #[error("a reason is needed; it stands in the journal")]
    Reason,
    #[error("the school {0} of this hold is not in the configuration")]
    School(Arc<str>),
    #[error("there is no school \"{0}\"; configured: {1}")]
    NoSchool(String, String),
    #[error("no bypass is in force")]
    NoBypass,
    #[error("the message could not be read back: {0}")]
    Content(#[from] std::io::Error),
}

/// Carries a request out. Large messages spill to `folder`.
pub async fn act(house: &House, request: Request, folder: &Path) -> Answer {
    answer(house, request, folder)
        .await
        .unwrap_or_else(|refusal| Answer::Failed {
            why: with_causes(&refusal),
        })
}

async fn answer(house: &House, request: Request, folder: &Path) -> Result<Answer, Refusal> {
    let store = &house.store;
    match request {
        Request::List {
            school,
            states,
            limit,
        } => {
            let open = [
                State::Reading,
                State::AwaitingSender,
                State::AwaitingReviewer,
            ];
            let filter = Filter {
                school: school.map(Arc::from),
                states: if states.is_empty() {
                    open.to_vec()
                } else {
                    states
                },
                limit: Some(limit),
                ..Filter::default()
            };
            let holds = store.holds(&filter).await?;
            Ok(Answer::Holds {
                holds: holds.into_iter().map(View::from).collect(),
            })
        }
        Request::Show { reference } => {
            let hold = store.find(&parsed(&reference)?).await?;
            Ok(Answer::Hold {
                hold: Box::new(hold.into()),
            })
        }
        Request::Content { reference, by } => {
            let actor = actor(by)?;
            let hold = store.find(&parsed(&reference)?).await?;
            let payload =
                json!({ "hold": hold.reference, "by": actor.name, "reason": actor.reason });
            store
                .journal(Kind::ContentRead, Some(&hold.school), &payload)
                .await?;
            let message = store.load_body(hold.body, folder).await?.to_vec()?;
            Ok(Answer::Content {
                message: BASE64.encode(message),
            })
        }
        Request::Release { reference, by, to } => {
            let (hold, actor) = (store.find(&parsed(&reference)?).await?, actor(by)?);
            let event = Event::Released {
                by: actor.name.clone(),
            };
            let notices = notices(house, &hold, event)?;
            let to = Some(to.as_slice()).filter(|to| !to.is_empty());
            store.release(&hold.reference, &actor, to, &notices).await?;
            Ok(Answer::Done)
        }
        Request::Refuse { reference, by } => {
            let (hold, actor) = (store.find(&parsed(&reference)?).await?, actor(by)?);
            let event = Event::Refused {
                by: actor.name.clone(),
                reason: actor.reason.clone(),
            };
            let notices = notices(house, &hold, event)?;
            store.refuse(&hold.reference, &actor, &notices).await?;
            Ok(Answer::Done)
        }
        Request::Owed { limit } => Ok(Answer::Owed {
            mails: store.owed(limit).await?,
            waits: store.restored().await?,
        }),
        Request::Drop { mail, by } => {
            store.give_up(mail, &actor(by)?).await?;
            Ok(Answer::Done)
        }
        Request::Bypasses => {
            let mut bypasses = Vec::new();
            for bypass in store.bypasses().await? {
                let passed = store.passed_unscreened(&bypass).await?;
                bypasses.push((bypass, passed));
            }
            Ok(Answer::Bypasses { bypasses })
        }
        Request::Bypass {
            school,
            seconds,
            by,
        } => {
            let length = SignedDuration::from_secs(seconds);
            bypass::begin(house, school.as_deref(), length, &actor(by)?).await
        }
        Request::EndBypass { school, by } => {
            bypass::end(house, school.as_deref(), &actor(by)?).await
        }
        Request::Keys => Ok(Answer::Keys {
            state: store.key_state().await?,
        }),
        Request::RotateKeys { by } => {
            store.rotate_keys(&actor(by)?).await?;
            Ok(Answer::Done)
        }
        Request::SealAnew => Ok(Answer::Left {
            values: store.seal_anew().await?,
        }),
        Request::RetireKeys { by } => Ok(Answer::Retired {
            files: store.retire_keys(&actor(by)?).await?,
            state: store.key_state().await?,
        }),
        Request::Resume { by } => {
            store.accept_restored(&actor(by)?).await?;
            Ok(Answer::Done)
        }
    }
}

fn parsed(reference: &str) -> Result<Reference, Refusal> {
    Reference::parse(reference).ok_or_else(|| Refusal::Reference(reference.to_owned()))
}

fn actor(by: By) -> Result<Actor, Refusal> {
    if by.reason.trim().is_empty() {
        return Err(Refusal::Reason);
    }
    Ok(Actor {
        name: by.name,
        reason: by.reason,
    })
}

/// Word to the sender, or where there is none to tell, to the reviewers.
fn notices(house: &House, hold: &Hold, event: Event) -> Result<Vec<NewMail>, Refusal> {
    let tenants = house.tenants.load();
    let tenant = tenants
        .by_id(&hold.school)
        .ok_or_else(|| Refusal::School(Arc::clone(&hold.school)))?;
    let about = About::from(hold);
    Ok(tenant.notices(&about, &masked(event, tenant), Timestamp::now()))
}

/// What a person typed may hold a pupil's name.
fn masked(event: Event, tenant: &Tenant) -> Event {
    match event {
        Event::Refused { by, reason } => Event::Refused {
            by,
            reason: tenant.school.people.names.mask(&reason),
        },
        other => other,
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl From<Hold> for View {
    fn from(hold: Hold) -> Self {
        Self {
            reference: hold.reference,
            school: hold.school,
            state: hold.state,
            action: hold.action,
            received: hold.created,
            due: hold.due,
            subject: hold.subject,
            sender: hold.envelope.reverse_path.clone(),
            recipients: hold.envelope.addresses().cloned().collect(),
            size: hold.size,
            findings: hold.findings,
            problems: hold.problems,
        }
    }
}
