//! Issuers and sites, asked before there is a viewer.

use axum::http::StatusCode;
use issue_cookies::{Asked, FetchError, FetchFailure, HttpClient, PloneFailure, http_client};
use reqwest::ClientBuilder;
use serde_json::json;

use crate::{
    function::try_config,
    plone_site::{Reply, Site, json_of, status},
    provider::{DISCOVERY, JWKS, Provider, Reply as ProviderReply, SigningKey},
};

async fn ask(changes: &[(&str, &str)], http: HttpClient<'_>) -> Vec<Asked> {
    try_config("unused", changes, http).unwrap().authenticators.ask().await
}

#[tokio::test]
async fn an_issuer_says_how_many_keys_it_has_for_the_algorithm() {
    let (rs256, es256) = (SigningKey::rs256("first"), SigningKey::es256("second"));
    let provider = Provider::start(&[&rs256, &es256]).await;
    let keys = async |algorithm| {
        let settings =
            [("JWT_SECRET", ""), ("JWT_ISSUER", provider.issuer.as_str()), ("JWT_ALGORITHM", algorithm)];
        let asked = ask(&settings, &|| http_client(provider.client())).await;
        let [Asked::Issuer { issuer, keys }] = &asked[..] else { panic!("{asked:?}") };
        assert_eq!(*issuer, provider.issuer);
        keys.clone()
    };
    let failed = |path: &str, reason| Err(FetchError { url: provider.url(path), reason });
    assert_eq!(keys("").await, Ok(1));
    assert_eq!(keys("ES256").await, Ok(1));
    assert_eq!(keys("EdDSA").await, Ok(0));
    provider.replies(JWKS, ProviderReply::Status(StatusCode::FORBIDDEN));
    assert_eq!(keys("").await, failed(JWKS, FetchFailure::Status(StatusCode::FORBIDDEN)));
    let document = json!({"issuer": provider.url("/"), "jwks_uri": provider.url(JWKS)}).to_string();
    provider.replies(DISCOVERY, ProviderReply::Document(document));
    assert_eq!(keys("").await, failed(DISCOVERY, FetchFailure::OtherIssuer));
}

#[tokio::test]
async fn a_plone_site_refuses_a_stranger() {
    let site = Site::start(&json!({})).await;
    let answer = async || {
        let settings =
            [("JWT_ISSUER", ""), ("JWT_AUDIENCE", ""), ("JWT_SECRET", ""), ("PLONE_SITE", &*site.url)];
        let asked = ask(&settings, &|| http_client(ClientBuilder::new())).await;
        let [Asked::Plone { site: url, answer }] = &asked[..] else { panic!("{asked:?}") };
        assert_eq!(*url, site.url);
        *answer
    };
    let other = |code| Err(PloneFailure::Status(StatusCode::from_u16(code).unwrap()));
    assert_eq!(answer().await, Ok(()));
    let targets: Vec<_> = site.requests().into_iter().map(|request| request["target"].clone()).collect();
    assert_eq!(targets, ["/Plone/@users/usher?b_size=250"]);
    let rows = [
        (status(403), Ok(())),
        (status(404), other(404)),
        (Reply::Redirect("https://elsewhere.example/".to_owned()), other(302)),
        (json_of(&json!({"id": "usher"})), Err(PloneFailure::ShowsUsersToAnybody)),
        (Reply::Silence, Err(PloneFailure::Silent)),
    ];
    for (reply, expected) in rows {
        site.replies_to_strangers(reply);
        assert_eq!(answer().await, expected);
    }
}

#[tokio::test]
async fn keys_in_the_configuration_ask_nobody() {
    assert_eq!(ask(&[], &|| http_client(ClientBuilder::new())).await, []);
}
