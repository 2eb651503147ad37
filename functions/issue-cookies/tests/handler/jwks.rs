//! Issuers that publish their keys: how the function gets them, keeps them, and does without.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cloudfront_signing::HashAlgorithm;
use issue_cookies::http_client;
use jsonwebtoken::Header;
use reqwest::ClientBuilder;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

use crate::{
    function::{Function, HOST, NOW, POST_COOKIES, event, grant, problem, response, try_config},
    log::Log,
    provider::{DISCOVERY, JWKS, Provider, Reply, SigningKey},
    tokens,
};

static ES256: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::es256("first"));
static NEXT: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::es256("next"));
static STRANGER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::es256("stranger"));
static RS256: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::rs256("first"));

/// What a function with keys of `provider` is told.
async fn function(provider: &Provider, changes: &[(&str, &str)]) -> Function {
    let settings = [("JWT_ALGORITHM", "ES256"), ("JWT_ISSUER", provider.issuer.as_str()), ("JWT_SECRET", "")];
    Function::trusting(provider, &[changes, &settings].concat()).await
}

async fn ask(function: &Function, token: &str) -> Value {
    function.answer(event(POST_COOKIES, token)).await
}

/// What a viewer gets who is signed in for long.
fn issued_at(now: u64) -> Value {
    let expires = (now + 3_600) / 300 * 300;
    let resource = format!("https://{HOST}/video/*");
    let cookies = grant(&resource, expires, HashAlgorithm::Sha256).set_cookies();
    let body = json!({
        "resource": resource,
        "expires_at": expires,
        "refresh_after": now + (expires - now) * 4 / 5,
    });
    response(200, json!({"content-type": "application/json"}), Some(body), json!(cookies))
}

fn issued() -> Value {
    issued_at(NOW)
}

fn refused() -> Value {
    let challenge = json!({"www-authenticate": r#"Bearer error="invalid_token""#});
    problem(401, "credential-rejected", "the token is not accepted here", challenge)
}

fn unavailable() -> Value {
    let detail = "who you are cannot be checked at the moment: try again soon";
    problem(503, "sign-in-unavailable", detail, json!({"retry-after": "5"}))
}

#[tokio::test]
async fn keys_are_found_by_discovery_at_a_url_and_in_the_configuration() {
    let eddsa = SigningKey::eddsa("first");
    for key in [&*RS256, &*ES256, &eddsa] {
        let provider = Provider::start(&[key]).await;
        let algorithm = format!("{:?}", key.algorithm);
        let (url, set) = (provider.url(JWKS), json!({"keys": [key.jwk()]}).to_string());
        let rows = [
            (("JWT_JWKS_URL", ""), vec![DISCOVERY, JWKS]),
            (("JWT_JWKS_URL", url.as_str()), vec![JWKS]),
            (("JWT_JWKS", set.as_str()), vec![]),
        ];
        for (source, requests) in rows {
            let function = function(&provider, &[("JWT_ALGORITHM", &algorithm), source]).await;
            for _ in 0..2 {
                assert_eq!(ask(&function, &provider.token(key)).await, issued(), "{algorithm} {source:?}");
            }
            assert_eq!(provider.requests(), requests, "{algorithm} {source:?}");
        }
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_once_and_one_that_was_taken_back_is_refused() {
    let provider = Provider::start(&[&ES256]).await;
    let function = function(&provider, &[]).await;
    assert_eq!(ask(&function, &provider.token(&ES256)).await, issued());
    provider.publishes(&[&ES256, &NEXT]);
    provider.requests();
    for key in [&*NEXT, &*ES256, &*NEXT] {
        assert_eq!(ask(&function, &provider.token(key)).await, issued());
    }
    assert_eq!(provider.requests(), [DISCOVERY, JWKS]);

    provider.publishes(&[&NEXT]);
    function.set_time(NOW + 3_599);
    assert_eq!(ask(&function, &provider.token(&ES256)).await, issued_at(NOW + 3_599));
    function.set_time(NOW + 3_600);
    assert_eq!(ask(&function, &provider.token(&ES256)).await, refused());
    assert_eq!(ask(&function, &provider.token(&NEXT)).await, issued_at(NOW + 3_600));
    assert_eq!(provider.requests(), [DISCOVERY, JWKS]);
}

#[tokio::test]
async fn a_provider_that_takes_all_its_keys_back_has_no_viewers_any_more() {
    let provider = Provider::start(&[&ES256]).await;
    let function = function(&provider, &[]).await;
    assert_eq!(ask(&function, &provider.token(&ES256)).await, issued());
    provider.publishes(&[]);
    assert_eq!(ask(&function, &provider.token(&NEXT)).await, refused());
    assert_eq!(ask(&function, &provider.token(&ES256)).await, refused());
}

#[tokio::test]
async fn a_provider_may_have_its_keys_fetched_more_often() {
    let provider = Provider::start(&[]).await;
    let set = json!({"keys": [ES256.jwk()]}).to_string();
    provider.replies(JWKS, Reply::With("cache-control", "max-age=300", set));
    let function = function(&provider, &[]).await;
    for (seconds, requests) in [(0, 2), (299, 0), (300, 2), (599, 0)] {
        function.set_time(NOW + seconds);
        assert_eq!(ask(&function, &provider.token(&ES256)).await, issued_at(NOW + seconds));
        assert_eq!(provider.requests().len(), requests, "{seconds}");
    }
}

#[tokio::test]
async fn a_flood_of_unknown_kids_is_one_request_in_ten_seconds() {
    let provider = Provider::start(&[&ES256]).await;
    let url = provider.url(JWKS);
    let function = function(&provider, &[("JWT_JWKS_URL", &url)]).await;
    for seconds in 0..30 {
        function.set_time(NOW + seconds);
        for number in 0..10 {
            let kid = format!("{seconds}-{number}");
            let token = STRANGER.token_with(|header| header.kid = Some(kid), &provider.claims());
            assert_eq!(ask(&function, &token).await, refused());
        }
        let expected: &[&str] = if seconds % 10 == 0 { &[JWKS] } else { &[] };
        assert_eq!(provider.requests(), expected, "{seconds}");
        assert_eq!(ask(&function, &provider.token(&ES256)).await, issued_at(NOW + seconds));
    }
    // What is new comes in with the next of these requests, flood or not.
    provider.publishes(&[&NEXT]);
    function.set_time(NOW + 30);
    assert_eq!(ask(&function, &provider.token(&STRANGER)).await, refused());
    assert_eq!(ask(&function, &provider.token(&NEXT)).await, issued_at(NOW + 30));
    assert_eq!(ask(&function, &provider.token(&ES256)).await, refused());
    assert_eq!(provider.requests(), [JWKS]);
}

#[tokio::test]
async fn a_provider_that_is_down_at_the_start_is_asked_every_ten_seconds() {
    let provider = Provider::start(&[&ES256]).await;
    let others = json!([{"issuer": tokens::ISSUER, "audience": tokens::AUDIENCE, "secret": tokens::SECRET}]);
    let function = function(&provider, &[("JWT_ISSUERS", &others.to_string())]).await;
    provider.replies(DISCOVERY, Reply::Status(StatusCode::BAD_GATEWAY));
    for seconds in 0..20 {
        function.set_time(NOW + seconds);
        for _ in 0..3 {
            assert_eq!(ask(&function, &provider.token(&ES256)).await, unavailable());
        }
        let expected: &[&str] = if seconds % 10 == 0 { &[DISCOVERY] } else { &[] };
        assert_eq!(provider.requests(), expected, "{seconds}");
        // The other issuer's viewers do not notice.
        let answer = ask(&function, &tokens::hs256(&tokens::claims())).await;
        assert_eq!(answer, issued_at(NOW + seconds));
    }
    let discovery = json!({"issuer": provider.issuer, "jwks_uri": provider.url(JWKS)});
    provider.replies(DISCOVERY, Reply::Document(discovery.to_string()));
    function.set_time(NOW + 20);
    assert_eq!(ask(&function, &provider.token(&ES256)).await, issued_at(NOW + 20));
}

#[tokio::test]
async fn keys_of_before_count_for_a_day_while_the_provider_is_down() {
    let provider = Provider::start(&[&ES256]).await;
    let function = function(&provider, &[]).await;
    assert_eq!(ask(&function, &provider.token(&ES256)).await, issued());
    provider.replies(JWKS, Reply::Status(StatusCode::INTERNAL_SERVER_ERROR));
    provider.requests();
    let mut claims = provider.claims();
    claims["exp"] = json!(NOW + 200_000);
    for (seconds, requests) in [(3_599, 2), (3_600, 0), (3_608, 0), (3_609, 2), (86_399, 2)] {
        function.set_time(NOW + seconds);
        assert_eq!(ask(&function, &ES256.token(&claims)).await, issued_at(NOW + seconds), "{seconds}");
        // It may be a new key: who knows.
        let unknown = ask(&function, &NEXT.token(&claims)).await;
        assert_eq!(unknown, unavailable(), "{seconds}");
        assert_eq!(provider.requests().len(), requests, "{seconds}");
    }
    function.set_time(NOW + 86_400);
    assert_eq!(ask(&function, &ES256.token(&claims)).await, unavailable());
    provider.publishes(&[&NEXT]);
    function.set_time(NOW + 86_409);
    assert_eq!(ask(&function, &NEXT.token(&claims)).await, issued_at(NOW + 86_409));
    assert_eq!(ask(&function, &ES256.token(&claims)).await, refused());
}

#[tokio::test]
async fn the_log_says_that_a_provider_is_down_and_holds_no_token() {
    let log = Log::start();
    let provider = Provider::start(&[&ES256]).await;
    let function = function(&provider, &[]).await;
    let token = provider.token(&ES256);
    ask(&function, &token).await;
    provider.replies(JWKS, Reply::Status(StatusCode::INTERNAL_SERVER_ERROR));
    function.set_time(NOW + 3_600);
    log.take();
    assert_eq!(ask(&function, &token).await, issued_at(NOW + 3_600));
    let lines = log.take();
    let warnings: Vec<&str> = lines.lines().filter(|line| line.starts_with(" WARN")).collect();
    let expected = format!(
        " WARN issue_cookies::authenticators::jwks: the issuer's keys are out of reach: the last known ones count \
         for a day error={}: the answer is 500 Internal Server Error, not 200; redirects are not followed",
        provider.url(JWKS)
    );
    assert_eq!(warnings, [expected]);
    for part in token.split('.') {
        assert!(!lines.contains(part), "{lines}");
    }
}

#[tokio::test]
async fn fifty_viewers_at_once_are_one_request() {
    let provider = Provider::start(&[&ES256]).await;
    let function = Arc::new(function(&provider, &[]).await);
    let token = provider.token(&ES256);
    let mut viewers = JoinSet::new();
    for _ in 0..50 {
        let (function, token) = (Arc::clone(&function), token.clone());
        viewers.spawn(async move { ask(&function, &token).await });
    }
    assert_eq!(viewers.join_all().await, vec![issued(); 50]);
    assert_eq!(provider.requests(), [DISCOVERY, JWKS]);
}

#[tokio::test]
async fn a_viewer_who_goes_away_in_the_middle_does_not_end_the_request() {
    let provider = Provider::start(&[&ES256]).await;
    let function = function(&provider, &[]).await;
    let token = provider.token(&ES256);
    tokio::select! {
        biased;
        _ = ask(&function, &token) => panic!("the provider has not said where its keys are"),
        () = provider.is_asked() => {}
    }
    assert_eq!(ask(&function, &token).await, issued());
    assert_eq!(provider.requests(), [DISCOVERY, JWKS]);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_keeps_nobody_waiting_for_long() {
    let provider = Provider::start(&[&ES256]).await;
    provider.replies(DISCOVERY, Reply::Silence);
    let function = function(&provider, &[]).await;
    // Without a limit of its own, the request would never end.
    let answer = timeout(Duration::from_secs(60), ask(&function, &provider.token(&ES256))).await;
    assert_eq!(answer.unwrap(), unavailable());
    assert_eq!(ask(&function, &provider.token(&ES256)).await, unavailable());
    assert_eq!(provider.requests(), [DISCOVERY]);
}

#[tokio::test]
async fn an_answer_that_is_not_what_it_must_be_is_no_answer() {
    let provider = Provider::start(&[]).await;
    let keys = json!({"keys": [ES256.jwk()]}).to_string();
    let discovery = |issuer: &str, jwks_uri: &str| {
        Reply::Document(json!({"issuer": issuer, "jwks_uri": jwks_uri}).to_string())
    };
    let (issuer, url, elsewhere) = (provider.issuer.as_str(), provider.url(JWKS), provider.url("/elsewhere"));
    provider.replies("/elsewhere", Reply::Document(keys.clone()));
    let (large, spaces) = (format!("{keys}{}", " ".repeat(150_000)), " ".repeat(65_536));
    let long_discovery = format!("{}{spaces}", json!({"issuer": issuer, "jwks_uri": url}));
    let crowded = json!({"keys": vec![ES256.jwk(); 101]}).to_string();
    let rows = [
        (DISCOVERY, Reply::Redirect(elsewhere.clone())),
        (DISCOVERY, Reply::Status(StatusCode::NOT_FOUND)),
        (DISCOVERY, Reply::Document("<html></html>".to_owned())),
        (DISCOVERY, Reply::Document(json!({"issuer": issuer}).to_string())),
        (DISCOVERY, Reply::Document(long_discovery)),
        (DISCOVERY, discovery(&format!("{issuer}/"), &url)),
        (DISCOVERY, discovery("https://evil.example", &url)),
        (DISCOVERY, discovery(issuer, JWKS)),
        (JWKS, Reply::Redirect(elsewhere)),
        (JWKS, Reply::Status(StatusCode::NO_CONTENT)),
        (JWKS, Reply::Document("<html></html>".to_owned())),
        (JWKS, Reply::Document(ES256.jwk().to_string())),
        (JWKS, Reply::Document(large)),
        (JWKS, Reply::Document(crowded)),
    ];
    let token = provider.token(&ES256);
    for (number, (path, reply)) in rows.into_iter().enumerate() {
        provider.replies(DISCOVERY, discovery(issuer, &url));
        provider.replies(JWKS, Reply::Document(keys.clone()));
        assert_eq!(ask(&function(&provider, &[]).await, &token).await, issued());
        provider.replies(path, reply);
        assert_eq!(ask(&function(&provider, &[]).await, &token).await, unavailable(), "row {number}");
    }
}

/// An issuer without TLS on the machine itself, and whether somebody asked it for keys.
async fn plain_issuer() -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let discovery = json!({"issuer": issuer, "jwks_uri": format!("{issuer}{JWKS}")}).to_string();
    let keys = json!({"keys": [ES256.jwk()]}).to_string();
    let asked = Arc::new(AtomicBool::new(false));
    let bell = Arc::clone(&asked);
    let give_keys = async move || {
        bell.store(true, Ordering::SeqCst);
        keys
    };
    let router = Router::new().route(DISCOVERY, get(async || discovery)).route(JWKS, get(give_keys));
    tokio::spawn(async { axum::serve(listener, router).await });
    (issuer, asked)
}

#[tokio::test]
async fn keys_are_never_asked_for_without_tls_where_the_issuer_has_it() {
    let provider = Provider::start(&[&ES256]).await;
    let (issuer, asked) = plain_issuer().await;
    let discovery = json!({"issuer": provider.issuer, "jwks_uri": format!("{issuer}{JWKS}")}).to_string();
    provider.replies(DISCOVERY, Reply::Document(discovery));
    let settings = [("JWT_ALGORITHM", "ES256"), ("JWT_ISSUER", provider.issuer.as_str()), ("JWT_SECRET", "")];
    let in_aws = Function::trusting(&provider, &settings).await;
    let on_a_laptop = Function::local(&settings, &|| http_client(provider.client())).await;
    for function in [in_aws, on_a_laptop] {
        assert_eq!(ask(&function, &provider.token(&ES256)).await, unavailable());
    }
    assert!(!asked.load(Ordering::SeqCst));
}

#[tokio::test]
async fn on_a_laptop_an_issuer_of_the_machine_itself_needs_no_tls() {
    let (issuer, _) = plain_issuer().await;
    let mut claims = tokens::claims();
    claims["iss"] = json!(issuer);
    let url = format!("{issuer}{JWKS}");
    for source in [("JWT_JWKS_URL", ""), ("JWT_JWKS_URL", &*url)] {
        let settings = [("JWT_ALGORITHM", "ES256"), ("JWT_ISSUER", &*issuer), ("JWT_SECRET", ""), source];
        let function = Function::local(&settings, &|| http_client(ClientBuilder::new())).await;
        assert_eq!(ask(&function, &ES256.token(&claims)).await, issued(), "{source:?}");
        // In AWS, the machine itself is the function's.
        try_config("unused", &settings, &|| http_client(ClientBuilder::new())).unwrap_err();
    }
}

#[tokio::test]
async fn the_log_names_each_key_that_is_left_out_once_with_the_reason() {
    let log = Log::start();
    let named = |set: &str| {
        let lines = log.take();
        let lines = lines.lines().filter(|line| line.contains("a key of a JWK set"));
        let about = |line: &str| line.split_once("jwk_set: ").unwrap().1.replace(set, "SET");
        lines.map(about).collect::<Vec<_>>()
    };
    let mut weak = RS256.jwk();
    weak["n"] = json!(URL_SAFE_NO_PAD.encode([0xC1; 128]));
    let keys = json!([ES256.jwk(), {"kty": "EC", "kid": "lame", "crv": "P-256"}, NEXT.jwk(), RS256.jwk(), 7]);
    let lame = "a key of a JWK set cannot be used kid=\"lame\" reason=its x is missing or not as it must be set=\"SET\"";
    let other = "a key of a JWK set is not used kid=\"first\" reason=it is for another algorithm than ES256 set=\"SET\"";
    let no_key = "a key of a JWK set cannot be used place=5 reason=it is no JWK: kty is missing, or a member appears \
         twice or has another type than it must have set=\"SET\"";
    // In the settings: at the start.
    let set = json!({"keys": keys}).to_string();
    let settings = [("JWT_SECRET", ""), ("JWT_ALGORITHM", "ES256"), ("JWT_JWKS", &*set)];
    let inline = Function::new(&settings).await;
    ask(&inline, &ES256.token(&tokens::claims())).await;
    assert_eq!(named("JWT_JWKS"), [lame, other, no_key]);
    // At the issuer: when the function sees the key for the first time, and not every hour.
    let provider = Provider::start(&[]).await;
    let url = provider.url(JWKS);
    provider.replies(JWKS, Reply::Document(set));
    let function = function(&provider, &[]).await;
    for (seconds, expected) in [(0, &[lame, other, no_key][..]), (3_600, &[]), (7_200, &[])] {
        function.set_time(NOW + seconds);
        ask(&function, &provider.token(&ES256)).await;
        assert_eq!(named(&url), expected, "{seconds}");
    }
    weak["kid"] = json!("weak");
    weak["alg"] = json!(null);
    let keys = [json!({"kty": "EC", "kid": "lame", "crv": "P-256"}), ES256.jwk(), weak];
    provider.replies(JWKS, Reply::Document(json!({"keys": keys}).to_string()));
    function.set_time(NOW + 10_800);
    ask(&function, &provider.token(&ES256)).await;
    let weak = other.replace("\"first\"", "\"weak\"");
    assert_eq!(named(&url), [weak]);
}

#[tokio::test]
async fn a_provider_with_another_certificate_is_not_believed() {
    let (provider, other) = (Provider::start(&[&ES256]).await, Provider::start(&[]).await);
    let issuer = provider.issuer.as_str();
    let changes = [("JWT_ALGORITHM", "ES256"), ("JWT_ISSUER", issuer), ("JWT_SECRET", "")];
    let function = Function::trusting(&other, &changes).await;
    assert_eq!(ask(&function, &provider.token(&ES256)).await, unavailable());
    assert_eq!(provider.requests(), [""; 0]);
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let oct = SigningKey::oct("oct", "a secret that stands in the set, for all to read");
    let provider = Provider::start(&[&RS256, &NEXT, &oct]).await;
    let function = function(&provider, &[("JWT_ALGORITHM", "RS256")]).await;
    let claims = provider.claims();
    assert_eq!(ask(&function, &RS256.token(&claims)).await, issued());
    for (what, token) in forgeries(&oct, &claims) {
        assert_eq!(ask(&function, &token).await, refused(), "{what}");
    }
}

fn forgeries(oct: &SigningKey, claims: &Value) -> [(&'static str, String); 9] {
    let impostor = SigningKey::rs256("first");
    let modulus = RS256.jwk()["n"].as_str().unwrap().to_owned();
    let in_the_name_of =
        |key: &SigningKey, kid: &str| key.token_with(|header| header.kid = Some(kid.to_owned()), claims);
    let elsewhere = |header: &mut Header| header.jku = Some("https://evil.example/keys".to_owned());
    let unsigned = |algorithm: &str| {
        let parts = [json!({"alg": algorithm, "kid": "first"}).to_string(), claims.to_string()];
        format!("{}.", parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join("."))
    };
    [
        ("HS256 with the public key", in_the_name_of(&SigningKey::oct("", &modulus), "first")),
        ("HS256 with the set's oct key", oct.token(claims)),
        ("RS256 in the name of the oct key", in_the_name_of(&RS256, "oct")),
        ("alg none", unsigned("none")),
        ("RS256 without a signature", unsigned("RS256")),
        ("another algorithm than the configured one", NEXT.token(claims)),
        ("RS256 in the name of an ES256 key", in_the_name_of(&RS256, "next")),
        ("a stranger's key under a known kid", impostor.token(claims)),
        ("a place for keys that the token names", impostor.token_with(elsewhere, claims)),
    ]
}

#[tokio::test]
async fn a_set_with_nothing_but_a_secret_verifies_nothing() {
    let oct = SigningKey::oct("first", "a secret that stands in the set, for all to read");
    let provider = Provider::start(&[&oct]).await;
    let function = function(&provider, &[]).await;
    for token in [provider.token(&oct), provider.token(&ES256)] {
        assert_eq!(ask(&function, &token).await, refused());
    }
}

#[test]
fn sources_that_cannot_be_used_are_refused_at_the_start() {
    let client = || Ok(reqwest::Client::new());
    let site = "https://site.example";
    let set = json!({"keys": [ES256.jwk()]}).to_string();
    let bad_issuer = "JWT_ISSUER must be an https URL (on a laptop also http://localhost) without query, fragment \
         and user name where its keys are found by discovery; or set JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS or JWT_JWKS_URL";
    let bad_url = "JWT_JWKS_URL must be an https URL without fragment and user name";
    let no_key = "JWT_JWKS: it holds no key that is usable with the configured algorithm";
    let rows = [
        ([("JWT_ISSUER", "http://site.example"), ("JWT_JWKS", "")], bad_issuer),
        ([("JWT_ISSUER", "site"), ("JWT_JWKS", "")], bad_issuer),
        ([("JWT_ISSUER", site), ("JWT_JWKS_URL", "http://site.example/keys")], bad_url),
        ([("JWT_ISSUER", site), ("JWT_JWKS_URL", "https://user:password@site.example/keys")], bad_url),
        ([("JWT_ISSUER", site), ("JWT_JWKS", "https://site.example/keys")], "JWT_JWKS: it is no JWK set"),
        ([("JWT_ISSUER", site), ("JWT_JWKS", &set)], no_key),
    ];
    for (settings, expected) in rows {
        let changes = [&[("JWT_SECRET", "")], &settings[..]].concat();
        let error = try_config("unused", &changes, &client).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the configuration cannot be used: {expected}"),
            "{settings:?}"
        );
    }
}
