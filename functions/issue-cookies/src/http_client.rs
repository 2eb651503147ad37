//! The client for the calls that authentication needs: to a site, and to an issuer's keys.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response, redirect::Policy};

/// Makes the client. It follows no redirects, which could send a viewer's credential elsewhere. It does not wait for
/// long, since a viewer waits for the answer.
///
/// # Errors
/// [`reqwest::Error`] if the machine has no usable certificates of authorities.
pub fn http_client(builder: ClientBuilder) -> reqwest::Result<Client> {
    builder.redirect(Policy::none()).connect_timeout(TIMEOUT).timeout(TIMEOUT).build()
}

/// The body of an answer, or `None` if it has more than `limit` bytes.
///
/// # Errors
/// [`reqwest::Error`] if it breaks off or takes too long.
pub(crate) async fn read_up_to(mut response: Response, limit: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// As long as API Gateway's JWT authorizers wait for an issuer.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>
const TIMEOUT: Duration = Duration::from_millis(1_500);
