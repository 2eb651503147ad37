//! The secret that the distribution adds to each request for the API, which has an address of its own:
//! whoever calls that one directly does not know it.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html>

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::{HeaderMap, HeaderName};
use usher_runtime::{Secret, SecretUnread, Settings};
use zeroize::Zeroizing;

/// What [`OriginSecret::HEADER`] must hold: one of these, while the secret is rotated.
#[derive(Clone, Debug)]
pub struct OriginSecret(Secret<Vec<Zeroizing<String>>>);

impl OriginSecret {
    /// The header that the distribution sets, whatever the viewer sent under its name.
    pub const HEADER: HeaderName = HeaderName::from_static("x-origin-secret");

    /// Reads `ORIGIN_SECRET` (default: none, the header is not looked at).
    pub(crate) fn read(settings: &mut Settings<'_>) -> Option<Option<Self>> {
        let secret = settings.secret("ORIGIN_SECRET", parse, |secrets| secrets)?;
        Some(secret.map(Self))
    }

    /// Whether the headers hold it, once; compared in constant time.
    ///
    /// # Errors
    /// [`SecretUnread`]
    pub(crate) fn matches(&self, headers: &HeaderMap) -> Result<bool, SecretUnread> {
        let secrets = self.0.value()?;
        let mut values = headers.get_all(Self::HEADER).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Ok(false) };
        let is =
            |secret: &Zeroizing<String>| verify_slices_are_equal(value.as_bytes(), secret.as_bytes()).is_ok();
        // All of them, so that the time does not tell which one it is.
        Ok(secrets.iter().fold(false, |found, secret| is(secret) | found))
    }
}

fn parse(secret: &str) -> Result<Zeroizing<String>, String> {
    // A space or a letter with an accent would not arrive as it was written.
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
    fn the_whole_secret_must_stand_in_one_header() {
        let secret = read(SECRET).unwrap().unwrap();
        let (shorter, longer) = (&SECRET[1..], format!("{SECRET}J"));
        let (other, twice) = (SECRET.replace('J', "j"), format!("{SECRET},{SECRET}"));
        let rows: [(&[&str], bool); 9] = [
            (&[SECRET], true),
            (&[], false),
            (&[""], false),
            (&[shorter], false),
            (&[&longer], false),
            (&[&other], false),
            // API Gateway joins headers of one name.
            (&[&twice], false),
            (&[SECRET, SECRET], false),
            (&[SECRET, "other"], false),
        ];
        for (values, stands) in rows {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(OriginSecret::HEADER, HeaderValue::from_str(value).unwrap());
            }
            assert_eq!(secret.matches(&headers), Ok(stands), "{values:?}");
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
