//! Who the viewer is: a JSON Web Token of one configured issuer.
//!
//! Strict where libraries are lenient ([RFC 8725](https://www.rfc-editor.org/rfc/rfc8725)): the algorithm
//! comes from the configuration, never from the token; `exp`, `sub`, `iss` and `aud` are required and
//! typed; `nbf` and `iat` are checked; tokens with `crit`, `jku`, `x5u` or `jwk` are refused.

use std::fmt;

use cloudfront_signing::UnixTime;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use usher_runtime::Settings;

/// An authenticated viewer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    /// `sub`
    pub id: String,
    /// When the credential ends; nothing that is issued for it may live longer.
    pub expires: UnixTime,
}

/// Why a credential was not accepted: for the log, not for the viewer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticationError {
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// The token's form, signature, issuer or audience.
    #[error("the token is not one of the configured issuer for this audience")]
    Invalid,
    /// No `Authorization: Bearer`.
    #[error("there is no bearer token")]
    Missing,
    /// `nbf` or `iat` lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Larger than any token should be.
    #[error("the token is too large")]
    TooLarge,
}

/// Verifies tokens of one issuer for one audience, with one algorithm and key.
#[derive(Clone)]
pub struct JwtAuthenticator {
    key: DecodingKey,
    algorithm: Algorithm,
    validation: Validation,
}

impl JwtAuthenticator {
    /// Reads `JWT_ISSUER`, `JWT_AUDIENCE`, and exactly one of `JWT_PUBLIC_KEY` (Ed25519, PEM) and
    /// `JWT_SECRET` (HS256, at least 32 bytes).
    pub fn read(settings: &mut Settings<'_>) -> Option<Self> {
        let issuer = settings.required("JWT_ISSUER");
        let audience = settings.required("JWT_AUDIENCE");
        let key = read_key(settings);
        let (key, algorithm) = key?;
        Some(Self::new(key, algorithm, &issuer?, &audience?))
    }

    fn new(key: DecodingKey, algorithm: Algorithm, issuer: &str, audience: &str) -> Self {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "sub", "iss", "aud"]);
        // The library reads the machine's clock; here time is an argument.
        validation.validate_exp = false;
        Self { key, algorithm, validation }
    }

    /// Checks the value of an `Authorization` header at the time `now`.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub fn authenticate(
        &self,
        authorization: Option<&str>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let token = authorization.and_then(bearer).ok_or(AuthenticationError::Missing)?;
        if token.len() > TOKEN_LIMIT {
            return Err(AuthenticationError::TooLarge);
        }
        let header = decode_header(token).map_err(|_| AuthenticationError::Invalid)?;
        let foreign_key = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some();
        if header.alg != self.algorithm || header.crit.is_some() || foreign_key {
            return Err(AuthenticationError::Invalid);
        }
        let claims = decode::<Claims>(token, &self.key, &self.validation)
            .map_err(|_| AuthenticationError::Invalid)?
            .claims;
        claims.subject(now)
    }
}

impl fmt::Debug for JwtAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuthenticator").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Typed, so that an issuer that is a list or a time that is a string is refused.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[expect(dead_code, reason = "its value is checked by the library; here its type")]
    iss: String,
    exp: u64,
    nbf: Option<u64>,
    iat: Option<u64>,
}

impl Claims {
    fn subject(self, now: UnixTime) -> Result<Subject, AuthenticationError> {
        let time = |seconds| UnixTime::new(seconds).map_err(|_| AuthenticationError::Invalid);
        let expires = time(self.exp)?;
        if self.sub.is_empty() {
            return Err(AuthenticationError::Invalid);
        }
        if now >= expires {
            return Err(AuthenticationError::Expired);
        }
        for begins in [self.nbf, self.iat].into_iter().flatten() {
            if time(begins)? > now.plus(LEEWAY) {
                return Err(AuthenticationError::NotYetValid);
            }
        }
        Ok(Subject { id: self.sub, expires })
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn read_key(settings: &mut Settings<'_>) -> Option<(DecodingKey, Algorithm)> {
    match (settings.optional("JWT_PUBLIC_KEY"), settings.optional("JWT_SECRET")) {
        (Some(pem), None) => match DecodingKey::from_ed_pem(pem.as_bytes()) {
            Ok(key) => Some((key, Algorithm::EdDSA)),
            Err(_) => {
                settings.problem("JWT_PUBLIC_KEY is not an Ed25519 public key in PEM");
                None
            }
        },
        (None, Some(secret)) if secret.len() < 32 => {
            settings.problem("JWT_SECRET is shorter than the 32 bytes that HS256 needs");
            None
        }
        (None, Some(secret)) => Some((DecodingKey::from_secret(secret.as_bytes()), Algorithm::HS256)),
        (Some(_), Some(_)) => {
            settings.problem("JWT_PUBLIC_KEY and JWT_SECRET are both set: one issuer has one algorithm");
            None
        }
        (None, None) => {
            settings.problem("JWT_PUBLIC_KEY (EdDSA) or JWT_SECRET (HS256) is missing");
            None
        }
    }
}

/// Clocks differ: so many seconds may a token be younger than now.
const LEEWAY: u64 = 60;
const TOKEN_LIMIT: usize = 8 * 1_024;

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_790_000_000;
    const SECRET: &str = "a secret of at least thirty-two bytes";

    fn authenticator() -> JwtAuthenticator {
        let look_up = |name: &str| {
            Some(match name {
                "JWT_ISSUER" => "https://site.example".to_owned(),
                "JWT_AUDIENCE" => "usher".to_owned(),
                "JWT_SECRET" => SECRET.to_owned(),
                _ => return None,
            })
        };
        let mut settings = Settings::new(&look_up);
        let authenticator = JwtAuthenticator::read(&mut settings);
        settings.finish(|| authenticator).expect("a configuration")
    }

    fn claims(change: impl FnOnce(&mut Value)) -> Value {
        let mut claims =
            json!({"iss": "https://site.example", "aud": "usher", "sub": "anna", "exp": NOW + 60});
        change(&mut claims);
        claims
    }

    fn token(header: &Header, claims: &Value, secret: &str) -> String {
        let token = encode(header, claims, &EncodingKey::from_secret(secret.as_bytes()));
        format!("Bearer {}", token.expect("a token"))
    }

    fn judge(authorization: &str) -> Result<Subject, AuthenticationError> {
        authenticator().authenticate(Some(authorization), UnixTime::new(NOW).expect("seconds"))
    }

    #[test]
    fn a_good_token_names_its_viewer_and_its_end() {
        let expires = UnixTime::new(NOW + 60).expect("seconds");
        let expected = Ok(Subject { id: "anna".to_owned(), expires });
        assert_eq!(judge(&token(&Header::default(), &claims(|_| ()), SECRET)), expected);
        let listed = claims(|claims| claims["aud"] = json!(["other", "usher"]));
        assert_eq!(judge(&token(&Header::default(), &listed, SECRET)), expected);
    }

    #[test]
    fn every_lenient_row_of_the_library_is_closed() {
        let remove =
            |name: &'static str| claims(|claims| drop(claims.as_object_mut().map(|map| map.remove(name))));
        let set = |name: &'static str, value: Value| claims(|claims| claims[name] = value);
        use AuthenticationError::{Expired, Invalid, NotYetValid};
        let rows = [
            (remove("iss"), Invalid),
            (remove("aud"), Invalid),
            (remove("sub"), Invalid),
            (remove("exp"), Invalid),
            (set("iss", json!(["https://site.example"])), Invalid),
            (set("iss", json!("https://evil.example")), Invalid),
            (set("aud", json!("another")), Invalid),
            (set("sub", json!("")), Invalid),
            (set("exp", json!(NOW)), Expired),
            (set("exp", json!(NOW - 30)), Expired),
            (set("exp", json!("1790000060")), Invalid),
            (set("exp", json!(1.79e9)), Invalid),
            (set("exp", json!(1_790_000_060_000_u64)), Invalid),
            (set("nbf", json!(NOW + 61)), NotYetValid),
            (set("iat", json!(NOW + 61)), NotYetValid),
        ];
        for (claims, error) in rows {
            assert_eq!(judge(&token(&Header::default(), &claims, SECRET)), Err(error), "{claims}");
        }
    }

    #[test]
    fn foreign_and_malformed_tokens_are_refused() {
        use AuthenticationError::{Invalid, Missing, TooLarge};
        let good = claims(|_| ());
        let with = |change: fn(&mut Header)| {
            let mut header = Header::default();
            change(&mut header);
            token(&header, &good, SECRET)
        };
        let rows = [
            (token(&Header::default(), &good, "another secret of thirty-two bytes"), Invalid),
            (token(&Header::new(Algorithm::HS512), &good, SECRET), Invalid),
            (with(|header| header.jku = Some("https://evil.example/keys".to_owned())), Invalid),
            (with(|header| header.crit = Some(vec!["exp".to_owned()])), Invalid),
            ("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.".to_owned(), Invalid),
            ("Bearer a.b".to_owned(), Invalid),
            ("Bearer ".to_owned(), Missing),
            ("Basic YTpi".to_owned(), Missing),
            (format!("Bearer {}", "a".repeat(9_000)), TooLarge),
        ];
        for (authorization, error) in rows {
            assert_eq!(judge(&authorization), Err(error), "{authorization}");
        }
    }
}
