//! The secret that the distribution adds to each request for the API. The API has another address too, and whoever calls
//! that address does not know the secret.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html>

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::{HeaderMap, HeaderName};
use usher_runtime::{InvalidSetting, Secret, SecretUnread, Settings};
use zeroize::Zeroizing;

/// What [`OriginSecret::HEADER`] must hold: one of these, while the secret is rotated.
#[derive(Clone, Debug)]
pub struct OriginSecret(Secret<Vec<Zeroizing<String>>>);

impl OriginSecret {
    /// The header that the distribution sets, whatever the viewer sent under its name.
    pub const HEADER: HeaderName = HeaderName::from_static("x-origin-secret");

    /// Reads `ORIGIN_SECRET` (default: none, and every request counts).
    pub(crate) fn read(settings: &mut Settings<'_>) -> Result<Option<Self>, InvalidSetting> {
        let secret = settings.secret("ORIGIN_SECRET", parse, |secrets| secrets)?;
        Ok(secret.map(Self))
    }

    /// Whether the headers contain it, once; compared in constant time.
    ///
    /// # Errors
    /// [`OriginSecretError`]
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), OriginSecretError> {
        let secrets = self.0.value()?;
        let mut values = headers.get_all(Self::HEADER).iter();
        let value = values.next().ok_or(OriginSecretError::Absent)?;
        if values.next().is_some() {
            return Err(OriginSecretError::Repeated);
        }
        let is =
            |secret: &Zeroizing<String>| verify_slices_are_equal(value.as_bytes(), secret.as_bytes()).is_ok();
        // It compares all of them, so that the time does not tell which one it is.
        let is_known = secrets.iter().fold(false, |found, secret| is(secret) | found);
        if is_known { Ok(()) } else { Err(OriginSecretError::Wrong) }
    }
}

/// Why a request may not have come through the distribution: for the log.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum OriginSecretError {
    /// No header: somebody calls the API directly.
    #[error("the request has no x-origin-secret header")]
    Absent,
    /// Two headers, of which the distribution sets one.
    #[error("the request has more than one x-origin-secret header")]
    Repeated,
    /// The secret has not been read yet.
    #[error(transparent)]
    Unread(#[from] SecretUnread),
    /// Another secret: a guess, or the distribution and the function do not have the same one.
    #[error("the request's x-origin-secret is not ORIGIN_SECRET")]
    Wrong,
}

fn parse(secret: &str) -> Result<Zeroizing<String>, String> {
    // A header changes a space at its end, or a letter with an accent.
    if secret.len() < SHORTEST || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "ORIGIN_SECRET must have {SHORTEST} characters at least, of those in ASCII that are not spaces"
        ));
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

const SHORTEST: usize = 32;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const SECRET: &str = "kT7+3fNq:x9Zr#2Lw/8Vb,5Hs-1Dg=6J";

    fn read(secret: &str) -> Result<Option<OriginSecret>, String> {
        let look_up = |name: &str| (name == "ORIGIN_SECRET").then(|| secret.to_owned());
        let mut settings = Settings::new(&look_up);
        let secret = OriginSecret::read(&mut settings);
        settings.finish(|| secret).map_err(|error| error.to_string())
    }

    #[test]
    fn one_header_must_contain_the_whole_secret() {
        let secret = read(SECRET).unwrap().unwrap();
        let (shorter, longer) = (&SECRET[1..], format!("{SECRET}J"));
        let (other, twice) = (SECRET.replace('J', "j"), format!("{SECRET},{SECRET}"));
        let rows: [(&[&str], _); 9] = [
            (&[SECRET], Ok(())),
            (&[], Err(OriginSecretError::Absent)),
            (&[""], Err(OriginSecretError::Wrong)),
            (&[shorter], Err(OriginSecretError::Wrong)),
            (&[&longer], Err(OriginSecretError::Wrong)),
            (&[&other], Err(OriginSecretError::Wrong)),
            // API Gateway joins headers of one name.
            (&[&twice], Err(OriginSecretError::Wrong)),
            (&[SECRET, SECRET], Err(OriginSecretError::Repeated)),
            (&[SECRET, "other"], Err(OriginSecretError::Repeated)),
        ];
        for (values, expected) in rows {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(OriginSecret::HEADER, HeaderValue::from_str(value).unwrap());
            }
            assert_eq!(secret.check(&headers), expected, "{values:?}");
        }
    }

    #[test]
    fn what_could_be_guessed_or_not_be_sent_is_a_problem_that_does_not_show_it() {
        let problem = "the configuration cannot be used: ORIGIN_SECRET must have 32 characters at least, of those in \
                       ASCII that are not spaces";
        let accent = SECRET.replace('J', "é");
        for secret in [&SECRET[1..], &SECRET.replace(':', " "), &format!("{SECRET}\n"), &accent] {
            assert_eq!(read(secret).unwrap_err(), problem, "{secret:?}");
        }
        assert!(read("").unwrap().is_none());
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        assert_eq!(format!("{:?}", read(SECRET)), "Ok(Some(OriginSecret(Secret(ORIGIN_SECRET redacted))))");
    }
}
