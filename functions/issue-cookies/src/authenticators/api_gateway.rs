//! Claims that API Gateway's JWT authorizer has verified.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>

use async_trait::async_trait;
use cloudfront_signing::UnixTime;
use serde_json::{Map, Value};

use super::{AuthenticationError, Authenticator, Credential, TokenError, jwt::is_subject};
use crate::Subject;

/// Takes the claims in the event for true. Only for a function that nobody but API Gateway can invoke.
#[derive(Debug)]
pub(super) struct ApiGateway;

#[async_trait]
impl Authenticator for ApiGateway {
    fn takes(&self, credential: &Credential<'_>) -> bool {
        matches!(credential, Credential::Gateway(_))
    }

    async fn authenticate(
        &self,
        credential: &Credential<'_>,
        now: UnixTime,
    ) -> Result<Subject, AuthenticationError> {
        let Credential::Gateway(claims) = credential else { return Err(AuthenticationError::Unknown) };
        let id = claims.get("sub").filter(|subject| is_subject(subject)).ok_or(TokenError::Claim("sub"))?;
        // All of its claims are texts.
        let expires = claims.get("exp").and_then(|seconds| UnixTime::new(seconds.parse().ok()?).ok());
        let expires = expires.ok_or(TokenError::Claim("exp"))?;
        if now >= expires {
            return Err(TokenError::Expired.into());
        }
        let claims = unambiguous(*claims);
        Ok(Subject { id: id.clone(), expires, claims, paths: None, authenticator: "api-gateway" })
    }
}

/// A list arrives as `[a b]`, and so does a text of that look: where one element ends and the next begins
/// cannot be told, so entitlements do not see it.
fn unambiguous<'c>(claims: impl IntoIterator<Item = (&'c String, &'c String)>) -> Map<String, Value> {
    let texts = claims.into_iter().filter(|(_, text)| !text.starts_with('['));
    texts.map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect()
}
