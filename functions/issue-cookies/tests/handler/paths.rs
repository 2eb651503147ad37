//! `path` and `paths` in what a site signs itself: the same for each of the ways in which it may sign.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::{
    function::{Function, HOST, NOW, POST_COOKIES, POST_URLS, event},
    provider::{JWKS, Provider, SigningKey},
    tokens::{self, hex},
};

pub(crate) const KEY: &str = "a key of the test's own site, 38 bytes";

/// Settings of one function each, and what signs claims for it.
struct Way {
    name: &'static str,
    settings: Vec<(&'static str, String)>,
    sign: Sign,
}

type Sign = Box<dyn Fn(&Value) -> String>;

impl Way {
    async fn function(&self, changes: &[(&str, &str)]) -> Function {
        let own = self.settings.iter().map(|(name, value)| (*name, value.as_str()));
        Function::new(&own.chain(changes.iter().copied()).chain(NO_ISSUER).collect::<Vec<_>>()).await
    }
}

/// Takes the issuer of all tests away.
const NO_ISSUER: [(&str, &str); 3] = [("JWT_ISSUER", ""), ("JWT_SECRET", ""), ("JWT_AUDIENCE", "")];

/// All ways in which a site signs by keys of its own.
fn ways() -> Vec<Way> {
    let issuer = |source: &'static str, value: String| {
        let (issuer, audience) = (tokens::ISSUER.to_owned(), tokens::AUDIENCE.to_owned());
        vec![("JWT_ISSUER", issuer), ("JWT_AUDIENCE", audience), (source, value)]
    };
    let among_several = |source: &str, value: &str| {
        let ours = json!({"issuer": tokens::ISSUER, "audience": tokens::AUDIENCE, source: value});
        let other = json!({"issuer": "https://other.example", "audience": "usher", "secret": "y".repeat(32)});
        vec![("JWT_ISSUERS", json!([other, ours]).to_string())]
    };
    let by_secret = || Box::new(tokens::hs256) as Sign;
    let by_key = || Box::new(tokens::eddsa) as Sign;
    let (es256, more) = (SigningKey::es256("k"), SigningKey::rs256("k"));
    let set = json!({"keys": [es256.jwk()]}).to_string();
    let mut inline = issuer("JWT_JWKS", set);
    inline.push(("JWT_ALGORITHM", "ES256".to_owned()));
    let simplejwt = |name: &'static str, value: String| {
        let (issuer, audience) = (tokens::ISSUER.to_owned(), tokens::AUDIENCE.to_owned());
        vec![(name, value), ("SIMPLEJWT_ISSUER", issuer), ("SIMPLEJWT_AUDIENCE", audience)]
    };
    let django = vec![("DJANGO_KEYS", hex(KEY)), ("DJANGO_AUDIENCE", tokens::AUDIENCE.to_owned())];
    let ways: Vec<(_, _, Sign)> = vec![
        ("django", django, Box::new(dumped)),
        ("secret", issuer("JWT_SECRET", tokens::SECRET.to_owned()), by_secret()),
        ("public key", issuer("JWT_PUBLIC_KEY", tokens::public_key()), by_key()),
        ("set", inline, Box::new(move |claims| es256.token(claims))),
        ("secret among several", among_several("secret", tokens::SECRET), by_secret()),
        ("public key among several", among_several("public_key", &tokens::public_key()), by_key()),
        (
            "set among several",
            among_several("jwks", &json!({"keys": [more.jwk()]}).to_string()),
            Box::new(move |claims| more.token(claims)),
        ),
        ("simplejwt", simplejwt("SIMPLEJWT_KEYS", hex(KEY)), Box::new(access)),
        (
            "simplejwt by public key",
            simplejwt("SIMPLEJWT_PUBLIC_KEY", tokens::public_key()),
            Box::new(|claims| tokens::eddsa(&of_simplejwt(claims))),
        ),
    ];
    ways.into_iter().map(|(name, settings, sign)| Way { name, settings, sign }).collect()
}

fn of_simplejwt(claims: &Value) -> Value {
    let mut claims = claims.clone();
    claims["user_id"] = claims["sub"].take();
    claims["token_type"] = json!("access");
    claims.as_object_mut().unwrap().remove("sub");
    claims
}

fn access(claims: &Value) -> String {
    let key = EncodingKey::from_secret(KEY.as_bytes());
    encode(&Header::new(Algorithm::HS256), &of_simplejwt(claims), &key).unwrap()
}

/// As Django's `signing.dumps` does, at `NOW`.
pub(crate) fn dumped(claims: &Value) -> String {
    signed(&URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// As Django's `TimestampSigner` does, at `NOW`.
pub(crate) fn signed(text: &str) -> String {
    let message = format!("{text}:1x8elk");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes()), message.as_bytes());
    format!("{message}:{}", URL_SAFE_NO_PAD.encode(tag))
}

/// A viewer's claims, with these besides.
fn claims(more: &Value) -> Value {
    let mut claims = tokens::until(NOW + 600);
    claims["tenant"] = json!(["a", "b"]);
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

/// The status, and the paths that were signed.
fn issued(answer: &Value) -> (u64, Vec<String>) {
    let body = &answer["body"];
    let resources = match body.get("resources").or(body.get("resource")) {
        Some(Value::Array(several)) => several.clone(),
        one => one.into_iter().cloned().collect(),
    };
    let origin = format!("https://{HOST}");
    let path = |resource: &Value| resource.as_str().unwrap().strip_prefix(&origin).unwrap().to_owned();
    (answer["statusCode"].as_u64().unwrap(), resources.iter().map(path).collect())
}

async fn cookies_for(way: &Way, function: &Function, more: &Value) -> (u64, Vec<String>) {
    issued(&function.answer(event(POST_COOKIES, &(way.sign)(&claims(more)))).await)
}

fn given(paths: &[&str]) -> (u64, Vec<String>) {
    (200, paths.iter().map(|path| (*path).to_owned()).collect())
}

fn refused(status: u64) -> (u64, Vec<String>) {
    (status, Vec::new())
}

#[tokio::test]
async fn a_site_narrows_its_viewer_by_whatever_key_of_its_own_it_signs() {
    let many = |count: usize| (0..count).map(|number| format!("/video/{number:03}/*")).collect::<Vec<_>>();
    let rows = [
        (json!({}), given(&["/video/*"])),
        (json!({"path": "/video/a/*"}), given(&["/video/a/*"])),
        (json!({"path": "video/a/*"}), given(&["/video/a/*"])),
        (json!({"path": "/video/*"}), given(&["/video/*"])),
        (json!({"paths": ["/video/a/*"]}), given(&["/video/a/*"])),
        (json!({"paths": ["/video/b/*", "/video/a/*"]}), given(&["/video/b/*", "/video/a/*"])),
        (json!({"paths": ["/video/a/*", "/video/a/*", "video/a/*"]}), given(&["/video/a/*"])),
        (json!({"paths": ["/video/a/*", "/video/*"]}), given(&["/video/*"])),
        // Nothing is something that a site can say.
        (json!({"paths": []}), refused(403)),
        // Outside, or no folder.
        (json!({"path": ""}), refused(403)),
        (json!({"path": "/"}), refused(403)),
        (json!({"path": "*"}), refused(403)),
        (json!({"path": "/*"}), refused(403)),
        (json!({"path": "/auth/*"}), refused(403)),
        (json!({"path": "/videos/*"}), refused(403)),
        (json!({"path": "/Video/a/*"}), refused(403)),
        (json!({"path": "/video/a"}), refused(403)),
        (json!({"path": "/video/a/"}), refused(403)),
        (json!({"path": "/video/a*"}), refused(403)),
        (json!({"path": "/video/a/master.m3u8"}), refused(403)),
        (json!({"path": "/video/*/*"}), refused(403)),
        (json!({"path": "/video/*/x/*"}), refused(403)),
        (json!({"path": "/video/a?/*"}), refused(403)),
        (json!({"path": "/video/a/**"}), refused(403)),
        (json!({"path": "/video//*"}), refused(403)),
        (json!({"path": "//video/a/*"}), refused(403)),
        (json!({"path": " /video/a/*"}), refused(403)),
        (json!({"path": "/video/a/* "}), refused(403)),
        (json!({"path": "/video/{tenant}/*"}), refused(403)),
        (json!({"path": "/video/../auth/*"}), refused(403)),
        (json!({"path": "/video/./*"}), refused(403)),
        (json!({"path": "/video/%2e%2e/*"}), refused(403)),
        (json!({"path": "/video/a%2fb/*"}), refused(403)),
        (json!({"path": "/video/a\\b/*"}), refused(403)),
        (json!({"path": "/video/é/*"}), refused(403)),
        (json!({"path": format!("https://{HOST}/video/a/*")}), refused(403)),
        (json!({"path": format!("//{HOST}/video/a/*")}), refused(403)),
        (json!({"path": "https://evil.example/*"}), refused(403)),
        // A playlist is signed for its whole asset, so there is no half of one.
        (json!({"path": "/video/a/180p/*"}), refused(403)),
        // One that is none spoils the others: what the site meant is not known.
        (json!({"paths": ["/video/a/*", "/other/*"]}), refused(403)),
        (json!({"paths": ["/video/a/*", ""]}), refused(403)),
        // More than the cookies of one answer, and more than anybody has.
        (json!({"paths": many(13)}), refused(403)),
        (json!({"paths": many(65)}), refused(403)),
        (json!({"paths": vec!["/video/a/*"; 65]}), refused(403)),
        // What is neither a text nor a list of texts.
        (json!({"path": null}), refused(401)),
        (json!({"path": 1}), refused(401)),
        (json!({"path": true}), refused(401)),
        (json!({"path": ["/video/a/*"]}), refused(401)),
        (json!({"path": {"a": "/video/a/*"}}), refused(401)),
        (json!({"paths": null}), refused(401)),
        (json!({"paths": 1}), refused(401)),
        (json!({"paths": "/video/a/*"}), refused(401)),
        (json!({"paths": {"a": "/video/a/*"}}), refused(401)),
        (json!({"paths": ["/video/a/*", 1]}), refused(401)),
        (json!({"paths": ["/video/a/*", null]}), refused(401)),
        (json!({"paths": [["/video/a/*"]]}), refused(401)),
        (json!({"path": "/video/a/*", "paths": ["/video/a/*"]}), refused(401)),
        (json!({"path": null, "paths": ["/video/a/*"]}), refused(401)),
        (json!({"path": "/video/a/*", "paths": null}), refused(401)),
        // Other names are other claims.
        (json!({"Path": "/video/a/*", "PATHS": []}), given(&["/video/*"])),
    ];
    for way in ways() {
        let function = way.function(&[]).await;
        for (more, expected) in &rows {
            assert_eq!(cookies_for(&way, &function, more).await, *expected, "{} {more}", way.name);
        }
    }
}

#[tokio::test]
async fn a_site_gives_no_more_than_the_entitlements() {
    let rows = [
        (r#"["/video/{tenant}/*"]"#, json!({}), given(&["/video/a/*", "/video/b/*"])),
        (r#"["/video/{tenant}/*"]"#, json!({"paths": ["/video/b/*"]}), given(&["/video/b/*"])),
        (r#"["/video/{tenant}/*"]"#, json!({"path": "/video/b/x/*"}), given(&["/video/b/x/*"])),
        (r#"["/video/{tenant}/*"]"#, json!({"path": "/video/b/x/y/*"}), refused(403)),
        (r#"["/video/{tenant}/*"]"#, json!({"path": "/video/c/*"}), refused(403)),
        (r#"["/video/{tenant}/*"]"#, json!({"path": "/video/*"}), refused(403)),
        (r#"["/video/{tenant}/*"]"#, json!({"path": "/video/ab/*"}), refused(403)),
        (r#"["/video/{tenant}/*"]"#, json!({"paths": ["/video/a/*", "/video/c/*"]}), refused(403)),
        (r#"["/video/{tenant}/*"]"#, json!({"paths": []}), refused(403)),
        // A rule that the viewer does not meet gives nothing to choose from.
        (
            r#"[{"resource": "/video/a/*", "if": {"plan": "premium"}}]"#,
            json!({"path": "/video/a/*"}),
            refused(403),
        ),
        (r#"["/video/{missing}/*", "/video/a/*"]"#, json!({"path": "/video/a/*"}), refused(403)),
    ];
    for way in ways() {
        for (rules, more, expected) in &rows {
            let function = way.function(&[("ENTITLEMENTS", *rules), ("SCOPE_DEPTH", "2")]).await;
            assert_eq!(cookies_for(&way, &function, more).await, *expected, "{} {rules} {more}", way.name);
        }
    }
}

#[tokio::test]
async fn a_url_is_signed_within_what_the_site_leaves() {
    for way in ways() {
        let function = way.function(&[]).await;
        let token = (way.sign)(&claims(&json!({"paths": ["/video/a/*", "/video/b/*"]})));
        for (path, status) in [("/video/a/master.m3u8", 200), ("/video/c/master.m3u8", 403)] {
            let mut asked = event(POST_URLS, &token);
            asked["body"] = json!(json!({ "path": path }).to_string());
            let answer = function.answer(asked).await;
            assert_eq!(answer["statusCode"], json!(status), "{} {path}", way.name);
        }
    }
}

/// Whatever is found there, its type included.
fn not_the_sites() -> [Value; 4] {
    [
        json!({"path": "/video/a/*"}),
        json!({"paths": ["/video/a/*"]}),
        json!({"paths": []}),
        json!({"path": 7, "paths": "read write"}),
    ]
}

#[tokio::test]
async fn at_an_issuer_that_publishes_its_keys_these_claims_mean_nothing() {
    let key = SigningKey::rs256("first");
    let provider = Provider::start(&[&key]).await;
    let (issuer, url) = (provider.issuer.as_str(), provider.url(JWKS));
    let several = json!([{"issuer": issuer, "audience": tokens::AUDIENCE, "jwks_url": url}]).to_string();
    let rows = [
        vec![("JWT_ISSUER", issuer), ("JWT_SECRET", "")],
        vec![("JWT_ISSUER", issuer), ("JWT_SECRET", ""), ("JWT_JWKS_URL", &url)],
        vec![("JWT_ISSUERS", &several)],
    ];
    for settings in rows {
        let function = Function::trusting(&provider, &settings).await;
        for more in not_the_sites() {
            let mut claims = claims(&more);
            claims["iss"] = json!(issuer);
            let answer = function.answer(event(POST_COOKIES, &key.token(&claims))).await;
            assert_eq!(issued(&answer), given(&["/video/*"]), "{settings:?} {more}");
        }
    }
}

#[tokio::test]
async fn in_plones_tokens_these_claims_mean_nothing() {
    let plone = Function::new(&[("PLONE_JWT_KEYS", &hex(KEY))]).await;
    for more in not_the_sites() {
        let mut claims = json!({"sub": "anna", "exp": NOW + 600});
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = plone.answer(event(POST_COOKIES, &tokens::hs256_by(KEY, &claims))).await;
        assert_eq!(issued(&answer), given(&["/video/*"]), "{more}");
    }
}
