//! The viewer's credential: it is sent, and never shown.

use std::fmt;

use http::{HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};

use super::deployment::{Ask, Deployment};

/// What says who the viewer is, as the header that carries it.
#[derive(Clone)]
pub struct Credential {
    header: HeaderName,
    value: HeaderValue,
}

/// No credential at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// Of a token.
    #[error("the bearer token is empty, or has characters that cannot stand in a header")]
    Bearer,
    /// Of cookies.
    #[error("the cookies are not one line such as __ac=…, as a browser sends them")]
    Cookies,
}

impl Credential {
    /// What stands behind `Authorization: Bearer`; blank space around it is not part of it.
    ///
    /// # Errors
    /// [`CredentialError::Bearer`]
    pub fn bearer(token: &str) -> Result<Self, CredentialError> {
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CredentialError::Bearer);
        }
        Self::new(header::AUTHORIZATION, &format!("Bearer {token}")).ok_or(CredentialError::Bearer)
    }

    /// What stands behind `Cookie`: the cookies by which a site knows the viewer.
    ///
    /// # Errors
    /// [`CredentialError::Cookies`]
    pub fn cookies(pairs: &str) -> Result<Self, CredentialError> {
        let pairs = pairs.trim();
        let is_line = pairs.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        let are_pairs = pairs.split(';').all(|pair| {
            pair.split_once('=').is_some_and(|(name, _)| !name.trim().is_empty() && !name.contains(':'))
        });
        if !is_line || !are_pairs {
            return Err(CredentialError::Cookies);
        }
        Self::new(header::COOKIE, pairs).ok_or(CredentialError::Cookies)
    }

    fn new(header: HeaderName, value: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some(Self { header, value })
    }

    /// That of the options; else of the demo identity provider, if there is one.
    pub(super) async fn of(deployment: &Deployment<'_>) -> Option<Self> {
        if let Some(credential) = &deployment.options.credential {
            return Some(credential.clone());
        }
        let ask = Ask::new(Method::POST, deployment.url("/demo/sign-in"))
            .json(json!({"viewer": "usher-check"}).to_string());
        let answer = deployment.ask(ask).await.ok().filter(|answer| answer.status.is_success())?;
        Self::bearer(answer.json().get("token").and_then(Value::as_str)?).ok()
    }

    /// The question, asked by this viewer.
    pub(super) fn add_to(&self, ask: Ask, deployment: &Deployment<'_>) -> Ask {
        let ask = ask.header(self.header.clone(), self.value.clone());
        // Cookies come from pages, and browsers say from whose.
        if self.header == header::COOKIE { ask.text(header::ORIGIN, deployment.base()) } else { ask }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_never_shown() {
        for credential in [Credential::bearer(" secret\n"), Credential::cookies("__ac=secret\n")] {
            let credential = credential.expect("a credential");
            assert_eq!(format!("{credential:?} {:?}", credential.value), "Credential(…) Sensitive");
        }
    }

    #[test]
    fn a_token_has_no_blanks() {
        let value = |token| Credential::bearer(token).map(|credential| credential.value);
        assert_eq!(value(" secret\n"), Ok(HeaderValue::from_static("Bearer secret")));
        for token in ["", " \n", "a b", "a\nb", "ä"] {
            assert_eq!(value(token), Err(CredentialError::Bearer), "{token:?}");
        }
    }

    #[test]
    fn cookies_are_one_line_of_pairs() {
        let value = |pairs| Credential::cookies(pairs).map(|credential| credential.value);
        for pairs in ["__ac=YWRtaW4=", "a=1; __ac=\"x\"", "a="] {
            assert_eq!(value(pairs), Ok(HeaderValue::from_static(pairs)), "{pairs}");
        }
        for pairs in ["", "\n", "secret", "a=1; b", "a=1\nb=2", "Cookie: a=1", "ä=1", "=1"] {
            assert_eq!(value(pairs), Err(CredentialError::Cookies), "{pairs:?}");
        }
    }
}
