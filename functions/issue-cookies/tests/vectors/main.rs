//! Credentials that real sites have made: each gets the answer that its description says.
//!
//! They are read from the folder `$USHER_SHARED` (default: `../shared` beside the workspace).
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod django;
mod plone;
mod simplejwt;

use std::{env, fs, path::PathBuf};

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use aws_lc_rs::digest::{SHA256, digest};
use cloudfront_signing::UnixTime;
use http::header::AUTHORIZATION;
use issue_cookies::{AuthenticationError, Config, Subject, http_client};
use reqwest::ClientBuilder;
use serde_json::Value;

type Answer = Result<Subject, AuthenticationError>;

/// A file of vectors, unless it is not at hand.
fn vectors(test: &str, name: &str) -> Option<Value> {
    let shared = env::var_os("USHER_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let Ok(text) = fs::read_to_string(shared.join("vectors").join(name)) else {
        eprintln!("skipped: {test}: {name} is not at hand (set USHER_SHARED)");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// What the authenticators that these settings make say of a request.
async fn answer(settings: &[(&str, &str)], request: ApiGatewayV2httpRequest, now: u64) -> Answer {
    let look_up = |name: &str| {
        let value = settings.iter().find(|(setting, _)| *setting == name).map(|(_, value)| *value);
        value
            .or(match name {
                "KEY_PAIR_ID" => Some("K2JCJMDEHXQW5F"),
                "PRIVATE_KEY_FILE" => Some("unused"),
                "RESOURCE_PATH" => Some("/video/*"),
                _ => None,
            })
            .map(str::to_owned)
    };
    let config = Config::read(&look_up, &|| http_client(ClientBuilder::new())).unwrap();
    config.authenticators.viewer(&request, UnixTime::new(now).unwrap()).await
}

fn with_bearer(bearer: &str) -> ApiGatewayV2httpRequest {
    let mut request = ApiGatewayV2httpRequest::default();
    request.headers.insert(AUTHORIZATION, format!("Bearer {bearer}").parse().unwrap());
    request
}

fn with_ticket(cookie_value: &str) -> ApiGatewayV2httpRequest {
    let mut request = ApiGatewayV2httpRequest::default();
    request.cookies = Some(vec![format!("__ac={cookie_value}")]);
    request
}

fn subject(authenticator: &'static str, expires: u64, claims: Value, paths: Option<Vec<String>>) -> Subject {
    let Value::Object(claims) = claims else { panic!("claims are an object") };
    let id = claims["sub"].as_str().unwrap().to_owned();
    Subject { id, expires: UnixTime::new(expires).unwrap(), claims, paths, authenticator }
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_else(|| panic!("{name} in {row}"))
}

/// The key of which nothing leads back to the site's secret.
fn derived_key(secret: &str) -> String {
    base16ct::lower::encode_string(digest(&SHA256, secret.as_bytes()).as_ref())
}
