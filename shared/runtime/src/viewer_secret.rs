//! The secret that verifies viewers: one in Secrets Manager, whose text is a JSON object of names and texts. Its
//! members are the keys of a site, and the secrets of issuers.
//!
//! JSON in a setting has the name of a member, since everybody who may read a function's configuration reads settings.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::{InvalidSetting, Secret, Settings, config::Runs, secrets::taking};

/// The members.
pub(crate) type Texts = BTreeMap<String, Zeroizing<String>>;

/// Reads the text of the setting `name`.
///
/// # Errors
/// A sentence that repeats nothing of it.
pub(crate) fn texts(name: &str, text: &str) -> Result<Texts, String> {
    serde_json::from_str(text).map_err(|_| format!("{name} must be a JSON object of names and texts"))
}

impl Settings<'_> {
    /// A secret that verifies viewers. As the setting `name` alone, which is for a laptop, it is the text itself. As a
    /// member of a JSON [`object`](Self::object) or [`list`](Self::list), it is the name of a member of
    /// `VIEWER_SECRET`, or of the secret that `VIEWER_SECRET_ARN` names, of which
    /// [`open_secrets`](Self::open_secrets) reads both versions. (On a laptop without either, it is the text itself
    /// there, too.)
    ///
    /// `parse` gives a sentence about `name` where a text cannot be used, which does not repeat it; `build` puts
    /// together what `parse` makes of each version.
    ///
    /// # Errors
    /// [`InvalidSetting`]; an absent setting is `None`.
    pub fn viewer_secret<P, T: Send + Sync + 'static>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<P, String> + Send + Sync + 'static,
        build: impl Fn(Vec<P>) -> T + Send + Sync + 'static,
    ) -> Result<Option<Secret<T>>, InvalidSetting> {
        let Some(text) = self.optional(name).map(Zeroizing::new) else { return Ok(None) };
        let Some((object, member)) = self.place.and_then(|place| place.of(name)) else {
            return self.fixed(name, &text, parse, build).map(Some);
        };
        match (self.optional(VIEWER_SECRET).map(Zeroizing::new), self.optional(VIEWER_SECRET_ARN)) {
            (None, None) if self.runs == Runs::OnLaptop => self.fixed(name, &text, parse, build).map(Some),
            (None, None) => Err(self.invalid(format!(
                "{member} is the name of a member of {VIEWER_SECRET_ARN}, which is missing"
            ))),
            (Some(all), None) => {
                let all = texts(VIEWER_SECRET, &all).map_err(|problem| self.invalid(problem))?;
                let text = all.get(text.as_str()).ok_or_else(|| self.invalid(unknown(&member)))?;
                self.fixed(name, text, parse, build).map(Some)
            }
            (None, Some(_)) => {
                let secret = Secret::unread(name);
                let take = taking(secret.clone(), parse, build);
                self.of_viewers.push(Box::new(move |current, previous| {
                    let of = |texts: &Texts| texts.get(text.as_str()).cloned();
                    let (current, previous) = (of(current), previous.and_then(of));
                    let current = current.ok_or_else(|| unknown(&member));
                    let taken =
                        current.and_then(|text| take(&text, previous.as_ref().map(|text| text.as_str())));
                    taken.map_err(|problem| format!("{object}: {problem}"))
                }));
                Ok(Some(secret))
            }
            (Some(_), Some(_)) => Err(self.invalid(format!(
                "{VIEWER_SECRET} and {VIEWER_SECRET_ARN} are both set: a secret has one source"
            ))),
        }
    }
}

/// The name itself is not repeated: it may be a key in the wrong place.
fn unknown(member: &str) -> String {
    format!("{member} is not the name of a member of {VIEWER_SECRET}")
}

/// On a laptop, the text of the secret itself.
pub(crate) const VIEWER_SECRET: &str = "VIEWER_SECRET";
/// The ARN or name of the secret in Secrets Manager.
pub(crate) const VIEWER_SECRET_ARN: &str = "VIEWER_SECRET_ARN";
