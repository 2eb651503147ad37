//! Short-lived values that a view of a Django site signs for a viewer.

use cloudfront_signing::UnixTime;
use serde_json::{Map, Value};
use usher_runtime::{InvalidSetting, Members, Secret, Settings};

use super::{
    AuthenticationError,
    claims::{LEEWAY, is_subject},
    django_signed::{SignedValueError, Timestamped},
    hmac_keys::{HmacKeys, Secrets},
    hmac_secret,
    jwt::{check_beginning, expiry},
    object,
    paths::PathClaims,
    token::TokenError,
};
use crate::Subject;

/// The site's keys, and what its values must be like.
pub(super) struct Django {
    keys: Secret<HmacKeys>,
    format: Format,
    max_age: u64,
}

/// What the site signs. A setting says it: one key signs both, so a viewer who may choose a name could choose one that
/// reads as JSON.
enum Format {
    /// `signing.dumps` of an object with `sub`, and with `aud` where the site names one.
    Dumps { audience: Option<String> },
    /// `TimestampSigner.sign` of the viewer's id.
    Timestamp,
}

impl Django {
    /// Reads `DJANGO_KEYS` (hexadecimal, several while the site rotates), `DJANGO_FORMAT`,
    /// `DJANGO_AUDIENCE` and `DJANGO_MAX_AGE_SECONDS`, or the same as members of `DJANGO`.
    pub(super) fn read(settings: &mut Settings<'_>) -> Result<Option<Self>, InvalidSetting> {
        object(settings, "DJANGO", &MEMBERS, "keys", Self::read_members)
    }

    fn read_members(settings: &mut Settings<'_>) -> Result<Option<Self>, InvalidSetting> {
        if settings.optional(KEYS).is_none() {
            if settings.optional(AUDIENCE).is_some() {
                // A command in front of the keys failed, such as a `manage.py` without its environment.
                return Err(settings.invalid(format!("{AUDIENCE} is set, but {KEYS} is empty or missing")));
            }
            return Ok(None);
        }
        let keys = hmac_secret(settings, KEYS, Secrets::from_hex, |secrets| HmacKeys::new(&secrets));
        let max_age = settings.seconds(MAX_AGE, DJANGO_MAX_AGE_SECONDS);
        let audience = settings.optional(AUDIENCE);
        let format = match (settings.optional(FORMAT).as_deref(), audience) {
            (None | Some("dumps"), audience) => Format::Dumps { audience },
            (Some("timestamp"), None) => Format::Timestamp,
            (Some("timestamp"), Some(_)) => {
                let problem = format!("{AUDIENCE} is set, but TimestampSigner signs no audience");
                return Err(settings.invalid(problem));
            }
            (Some(_), _) => return Err(settings.invalid(format!("{FORMAT} must be dumps or timestamp"))),
        };
        let max_age = max_age?;
        Ok(keys?.map(|keys| Self { keys, format, max_age }))
    }

    /// Verifies a signed value at the time `now`.
    ///
    /// # Errors
    /// [`AuthenticationError`]
    pub(super) fn authenticate(&self, value: &str, now: UnixTime) -> Result<Subject, AuthenticationError> {
        let keys = self.keys.value()?;
        let value = Timestamped::unsign(value, &keys)?;
        let signed_at = UnixTime::new(value.signed_at()).map_err(|_| SignedValueError::Time)?;
        // Django itself accepts times in the future, which would last longer than the maximum age.
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

/// The viewer whom an object names, until `until` or its `exp`, whichever is sooner. An audience that nobody configured
/// is somebody else. Nobody checks the object's `iss`, so rules with `if` must not see it: it could name another issuer.
fn handed_off(
    mut claims: Map<String, Value>,
    audience: Option<&str>,
    now: UnixTime,
    until: UnixTime,
) -> Result<Subject, TokenError> {
    if claims.get("aud") != audience.map(Value::from).as_ref() {
        return Err(TokenError::Audience("aud", claims.get("aud").cloned()));
    }
    check_beginning(&claims, now)?;
    let id = claims.get("sub").and_then(Value::as_str).filter(|id| is_subject(id));
    let id = id.ok_or(TokenError::Claim("sub"))?.to_owned();
    let expires = expiry(&claims)?.map_or(until, |exp| exp.min(until));
    let paths = PathClaims::Narrowing.read(&claims)?;
    claims.remove("iss");
    Ok(Subject { id, expires, claims, paths, authenticator: NAME })
}

/// The viewer whose id is the whole text.
fn named(id: &str, until: UnixTime) -> Result<Subject, TokenError> {
    if !is_subject(id) {
        return Err(TokenError::Claim("sub"));
    }
    Ok(Subject { id: id.to_owned(), expires: until, claims: Map::new(), paths: None, authenticator: NAME })
}

/// For how many seconds a value of Django counts, unless the settings say otherwise.
pub const DJANGO_MAX_AGE_SECONDS: u64 = 900;
const AUDIENCE: &str = "DJANGO_AUDIENCE";
const FORMAT: &str = "DJANGO_FORMAT";
const KEYS: &str = "DJANGO_KEYS";
const MAX_AGE: &str = "DJANGO_MAX_AGE_SECONDS";
const MEMBERS: Members<'_> = Members::new("DJANGO_", &[AUDIENCE, FORMAT, KEYS, MAX_AGE]);
const NAME: &str = "django";
