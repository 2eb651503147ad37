//! Hand-offs of a Django site: short-lived values that one of its views has signed for a viewer.

use async_trait::async_trait;
use cloudfront_signing::UnixTime;
use serde_json::{Map, Value};
use usher_runtime::{Secret, Settings};

use super::{
    AuthenticationError, Authenticator, Credential, SignedValueError, TokenError,
    django_signed::Timestamped,
    hmac_keys::{HmacKeys, Secrets},
    hmac_secret,
    jwt::{LEEWAY, is_subject, time},
    paths::paths,
};
use crate::Subject;

/// The site's keys, and what its values must be like.
pub(super) struct Django {
    keys: Secret<HmacKeys>,
    format: Format,
    max_age: u64,
}

/// What the site makes. A setting, not a guess by looks: with the key for both, a viewer who may choose a
/// name could choose one that reads as JSON.
enum Format {
    /// `signing.dumps` of an object with `sub`, and with `aud` where the site names one.
    Dumps { audience: Option<String> },
    /// `TimestampSigner.sign` of the viewer's id.
    Timestamp,
}

impl Django {
    /// Reads `DJANGO_KEYS` (hexadecimal, several while the site rotates), `DJANGO_FORMAT`,
    /// `DJANGO_AUDIENCE` and `DJANGO_MAX_AGE_SECONDS`.
    pub(super) fn read(settings: &mut Settings<'_>) -> Option<Option<Self>> {
        if !settings.has_secret(KEYS) {
            return Some(None);
        }
        let keys = hmac_secret(settings, KEYS, Secrets::from_hex, |secrets| HmacKeys::new(&secrets));
        let max_age = settings.seconds("DJANGO_MAX_AGE_SECONDS", 900);
        let audience = settings.optional(AUDIENCE);
        let format = match (settings.optional("DJANGO_FORMAT").as_deref(), audience) {
            (None | Some("dumps"), audience) => Some(Format::Dumps { audience }),
            (Some("timestamp"), None) => Some(Format::Timestamp),
            (Some("timestamp"), Some(_)) => {
                settings.problem(format!("{AUDIENCE} is set, but what TimestampSigner signs names none"));
                None
            }
            (Some(_), _) => {
                settings.problem("DJANGO_FORMAT must be dumps or timestamp");
                None
            }
        };
        Some(Some(Self { keys: keys??, format: format?, max_age: max_age? }))
    }

    fn verify(&self, value: &str, now: UnixTime) -> Result<Subject, AuthenticationError> {
        let keys = self.keys.value()?;
        let value = Timestamped::unsign(value, &keys)?;
        let signed_at = UnixTime::new(value.signed_at()).map_err(|_| SignedValueError::Time)?;
        // Django itself takes times in the future, which would outlive the maximum age.
        if signed_at > now.plus(LEEWAY) {
            return Err(TokenError::NotYetValid.into());
        }
        let until = signed_at.plus(self.max_age);
        let subject = match &self.format {
            Format::Dumps { audience } => handed_off(value.object()?, audience.as_deref(), now, until)?,
            Format::Timestamp => named(value.text(), until)?,
        };
        if now >= subject.expires {
            return Err(TokenError::Expired.into());
        }
        Ok(subject)
    }
}

#[async_trait]
impl Authenticator for Django {
    fn takes(&self, credential: &Credential<'_>) -> bool {
        matches!(credential, Credential::SignedValue(_))
    }

    async fn authenticate(
        &self,
        credential: &Credential<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let Credential::SignedValue(value) = credential else { return Err(AuthenticationError::Unknown) };
        self.verify(value, now)
    }
}

/// Whom an object is about: `until` then, or until its own `exp` if that is sooner. An audience that nobody
/// configured is another's. Its `iss` counts for nothing, as nobody checks it: it could name another issuer,
/// and rules with `if` could believe it.
fn handed_off(
    mut claims: Map<String, Value>,
    audience: Option<&str>,
    now: UnixTime,
    until: UnixTime,
) -> Result<Subject, TokenError> {
    if claims.get("aud") != audience.map(Value::from).as_ref() {
        return Err(TokenError::Audience);
    }
    for name in ["nbf", "iat"] {
        if time(&claims, name)?.is_some_and(|begins| begins > now.plus(LEEWAY)) {
            return Err(TokenError::NotYetValid);
        }
    }
    let id = claims.get("sub").and_then(Value::as_str).filter(|id| is_subject(id));
    let id = id.ok_or(TokenError::Claim("sub"))?.to_owned();
    let expires = time(&claims, "exp")?.map_or(until, |exp| exp.min(until));
    let paths = paths(&claims)?;
    claims.remove("iss");
    Ok(Subject { id, expires, claims, paths, authenticator: NAME })
}

/// Whom a text names that is nothing else than the viewer's id.
fn named(id: &str, until: UnixTime) -> Result<Subject, TokenError> {
    if !is_subject(id) {
        return Err(TokenError::Claim("sub"));
    }
    Ok(Subject { id: id.to_owned(), expires: until, claims: Map::new(), paths: None, authenticator: NAME })
}

const AUDIENCE: &str = "DJANGO_AUDIENCE";
const KEYS: &str = "DJANGO_KEYS";
const NAME: &str = "django";
