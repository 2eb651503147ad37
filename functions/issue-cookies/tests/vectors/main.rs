//! Credentials that real sites have made: each gets the answer that its description says.
//!
//! `tests/vectors/README.md` names the sites that made them.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod django;
mod plone;
mod simplejwt;

use std::{collections::BTreeSet, ffi::OsString, fs};

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use aws_lc_rs::digest::{SHA256, digest};
use cloudfront_signing::UnixTime;
use http::header::AUTHORIZATION;
use issue_cookies::{AuthenticationError, Config, PlainHttp, Subject, http_client};
use reqwest::ClientBuilder;
use serde_json::Value;

type Answer = Result<Subject, AuthenticationError>;

/// Every entry of a file that has as many of each kind.
fn vectors(file: &str, kinds: &[(&str, usize)]) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(file).unwrap();
    let Value::Array(rows) = file["vectors"].take() else { panic!("vectors are an array") };
    let count = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
    let counted: Vec<_> = kinds.iter().map(|(kind, _)| (*kind, count(kind))).collect();
    assert_eq!((counted.as_slice(), rows.len()), (kinds, kinds.iter().map(|(_, count)| count).sum()));
    rows
}

fn of_kind<'v>(rows: &'v [Value], kind: &str) -> impl Iterator<Item = &'v Value> {
    rows.iter().filter(move |row| row["kind"] == kind)
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
    let config = Config::read(&look_up, &|| http_client(ClientBuilder::new()), PlainHttp::Refused).unwrap();
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

#[test]
fn a_test_reads_each_file_of_the_folder() {
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors")).unwrap();
    let files: BTreeSet<OsString> = folder.map(|entry| entry.unwrap().file_name()).collect();
    let of_cloudfront_signing =
        ["article-2014-public-key.pem", "article-2014.json", "cloudfront-signatures.json"];
    let read_here = ["django-6.1.3.json", "django-simplejwt.json", "plone.json"];
    let expected = of_cloudfront_signing.into_iter().chain(read_here).chain(["README.md"]);
    assert_eq!(files, expected.map(OsString::from).collect());
}
