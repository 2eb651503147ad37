//! Settings that are secrets: a text on a laptop, or the name of a secret in AWS Secrets Manager, which is
//! read again every five minutes.
//!
//! Of a secret in Secrets Manager two versions verify, `AWSCURRENT` and `AWSPREVIOUS`, so that nobody is
//! refused while a site changes from one to the other.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>
//!
//! Texts are erased after use, as far as they are ours: the SDK's buffers are not.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use aws_sdk_secretsmanager::Client;
use aws_types::SdkConfig;
use futures::future::join_all;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::{
    Clock,
    aws::{CallError, PATIENCE},
    periods::Periods,
    secret_text::{CALL, CURRENT, PREVIOUS, secret_text, secret_text_if_there},
    viewer_secret::{Texts, texts},
    with_sources,
};

/// What a function has made of a secret, or of a public key in its place. Clones share it, and see it change.
pub struct Secret<T>(Arc<Held<T>>);

struct Held<T> {
    name: &'static str,
    value: RwLock<Option<Arc<T>>>,
}

/// Secrets Manager could not be asked for a secret yet.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the secret of {0} could not be read yet")]
pub struct SecretUnread(&'static str);

impl<T> Secret<T> {
    /// One that does not change: its text is the setting `name`.
    pub fn fixed(name: &'static str, value: T) -> Self {
        let secret = Self::unread(name);
        secret.set(value);
        secret
    }

    /// One whose text is in Secrets Manager.
    pub(crate) fn unread(name: &'static str) -> Self {
        Self(Arc::new(Held { name, value: RwLock::default() }))
    }

    /// What was made of the texts that were read last.
    ///
    /// # Errors
    /// [`SecretUnread`] where there were none yet.
    pub fn value(&self) -> Result<Arc<T>, SecretUnread> {
        let value = self.0.value.read().unwrap_or_else(PoisonError::into_inner).clone();
        value.ok_or(SecretUnread(self.0.name))
    }

    fn set(&self, value: T) {
        *self.0.value.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(value));
    }
}

impl<T> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} redacted)", self.0.name)
    }
}

/// The secrets of a function that are in Secrets Manager.
#[derive(Clone, Default)]
pub struct StoredSecrets(Option<Arc<Store>>);

struct Store {
    client: Client,
    periods: Periods<()>,
    all: Vec<StoredSecret>,
}

impl StoredSecrets {
    /// Reads all of them, so that a wrong one is told before the first request. Also gives a sentence for
    /// each that cannot be used. One that is out of reach for the moment is none of these: it is read again
    /// by the first [`refresh`](Self::refresh).
    pub(crate) async fn open(all: Vec<StoredSecret>, sdk: &SdkConfig, clock: Clock) -> (Self, Vec<String>) {
        if all.is_empty() {
            return (Self::default(), Vec::new());
        }
        let store = Store { client: Client::new(sdk), periods: Periods::new(clock), all };
        let mut problems = Vec::new();
        let first = store.periods.once(async {
            for error in store.read().await {
                let why = with_sources(&error);
                if error.is_final() {
                    problems.push(why);
                } else {
                    tracing::error!(error = why, "a secret is out of reach: the first request tries again");
                }
            }
            store.completeness()
        });
        // The failures were told.
        let _ = first.await;
        (Self(Some(Arc::new(store))), problems)
    }

    /// Reads the secrets again if a period of five minutes has begun since. Those who come meanwhile wait for
    /// the same answer, and none of them for longer than one call to AWS may take. Where a secret cannot be
    /// read, or has an unusable text, the texts of before go on, and the log says so.
    pub async fn refresh(&self) {
        let Some(store) = &self.0 else { return };
        let work = store.periods.once(async {
            for error in store.read().await {
                let error = with_sources(&error);
                tracing::error!(error, "a secret cannot be read again: what was known before goes on");
            }
            store.completeness()
        });
        // The failures were told; whoever needs a secret that was never read gets `SecretUnread`.
        let _ = work.await;
    }
}

impl Store {
    /// Reads all, each as far as that goes.
    async fn read(&self) -> Vec<ReadError> {
        let reads = self.all.iter().map(|secret| secret.read(&self.client));
        join_all(reads).await.into_iter().filter_map(Result::err).collect()
    }

    /// A period is done once there is something of each secret.
    fn completeness(&self) -> Result<(), ()> {
        if self.all.iter().all(StoredSecret::is_known) { Ok(()) } else { Err(()) }
    }
}

impl fmt::Debug for StoredSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.0.iter().flat_map(|store| &store.all);
        f.debug_set().entries(all.map(|secret| secret.name)).finish()
    }
}

/// One secret in Secrets Manager, and what is to be done with its texts.
pub(crate) struct StoredSecret {
    name: &'static str,
    id: String,
    known: Mutex<Option<Versions>>,
    take: Take,
}

/// Makes something of the texts, or gives a sentence about why that cannot be.
type Take = Box<dyn Fn(&Versions) -> Result<(), String> + Send + Sync>;

/// Makes something of one member of a secret that is a JSON object.
pub(crate) type TakeMember = Box<dyn Fn(&Texts, Option<&Texts>) -> Result<(), String> + Send + Sync>;

/// The texts that count.
#[derive(Eq, PartialEq)]
struct Versions {
    current: Zeroizing<String>,
    previous: Option<Zeroizing<String>>,
}

/// Why a secret was not read.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("{name}_ARN")]
    Call { name: &'static str, source: CallError },
    #[error("{0}")]
    Unusable(String),
}

/// What is to be done with the current text of a secret and the previous one: what `parse` gives for each, the current
/// one first, is put together by `build` for those who hold `secret`.
pub(crate) fn taking<P, T: Send + Sync + 'static>(
    secret: Secret<T>,
    parse: impl Fn(&str) -> Result<P, String> + Send + Sync + 'static,
    build: impl Fn(Vec<P>) -> T + Send + Sync + 'static,
) -> impl Fn(&str, Option<&str>) -> Result<(), String> + Send + Sync + 'static {
    move |current, previous| {
        let mut parsed = vec![parse(current)?];
        match previous.filter(|previous| *previous != current).map(&parse) {
            Some(Ok(previous)) => parsed.push(previous),
            Some(Err(error)) => tracing::warn!(error, "{PREVIOUS} of a secret is ignored"),
            None => {}
        }
        secret.set(build(parsed));
        Ok(())
    }
}

impl StoredSecret {
    /// The secret `id` of the setting `name`, whose whole text counts.
    pub(crate) fn new(
        name: &'static str,
        id: String,
        take: impl Fn(&str, Option<&str>) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        let take = move |versions: &Versions| {
            take(&versions.current, versions.previous.as_ref().map(|text| text.as_str()))
        };
        Self { name, id, known: Mutex::default(), take: Box::new(take) }
    }

    /// The secret `id` of the setting `name`, of whose members some count. One that cannot be used keeps no other back.
    pub(crate) fn of_members(name: &'static str, id: String, members: Vec<TakeMember>) -> Self {
        let take = move |versions: &Versions| {
            let current = texts(name, &versions.current)?;
            let previous = versions.previous.as_ref().map(|text| texts(name, text));
            let previous = previous.and_then(|texts| {
                texts.inspect_err(|error| tracing::warn!(error, "{PREVIOUS} of a secret is ignored")).ok()
            });
            let takes = members.iter().map(|take| take(&current, previous.as_ref()));
            let problems: Vec<String> = takes.filter_map(Result::err).collect();
            if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
        };
        Self { name, id, known: Mutex::default(), take: Box::new(take) }
    }

    async fn read(&self, client: &Client) -> Result<(), ReadError> {
        let Self { name, id, .. } = self;
        let silence = Err(CallError::Silent { call: CALL });
        let read = timeout(PATIENCE, self.versions(client)).await.unwrap_or(silence);
        let versions = read.map_err(|source| ReadError::Call { name, source })?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref() == Some(&versions) {
            return Ok(());
        }
        (self.take)(&versions).map_err(ReadError::Unusable)?;
        if known.is_some() {
            tracing::info!(secret = id, "the secret of {name} has changed");
        }
        *known = Some(versions);
        Ok(())
    }

    /// One after the other: if the secret is rotated between the two calls, the version that was current is
    /// read at least once.
    async fn versions(&self, client: &Client) -> Result<Versions, CallError> {
        let current = secret_text(client, &self.id, CURRENT).await?;
        let previous = match secret_text_if_there(client, &self.id, PREVIOUS).await {
            Err(error) if error.is_final() => {
                tracing::warn!(
                    error = error.to_string(),
                    "{PREVIOUS} of the secret of {} is ignored",
                    self.name
                );
                None
            }
            previous => previous?,
        };
        Ok(Versions { current, previous })
    }

    fn is_known(&self) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl ReadError {
    /// Whether asking again does not help.
    fn is_final(&self) -> bool {
        match self {
            Self::Call { source, .. } => source.is_final(),
            Self::Unusable(_) => true,
        }
    }
}
