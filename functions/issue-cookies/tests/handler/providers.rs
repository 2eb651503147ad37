//! Tokens in the shapes of the providers that people use, each with the answer that was decided.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::{
    function::{Function, HOST, POST_COOKIES, event},
    provider::SigningKey,
    tokens::{AUDIENCE, ISSUER, SECRET, claims, hs256},
};

/// Settings, the token's type, its claims beside or instead of the common ones, and the answer: a path, or a status.
type Row<'r> = (&'r [(&'r str, &'r str)], Option<&'r str>, Value, Result<&'r str, u64>);

const PREMIUM: &str = "/video/premium/*";

/// The common claims with these in their place; `null` takes a claim away.
fn with(more: &Value) -> Value {
    let mut claims = claims();
    let all = claims.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    all.retain(|_, claim| !claim.is_null());
    claims
}

/// The resource's path, or the status of a refusal.
async fn outcome(function: &Function, token: &str) -> Result<String, u64> {
    let answer = function.answer(event(POST_COOKIES, token)).await;
    let status = answer["statusCode"].as_u64().unwrap();
    let resource = answer["body"]["resource"].as_str().map(str::to_owned);
    resource.map(|url| url.strip_prefix(&format!("https://{HOST}")).unwrap().to_owned()).ok_or(status)
}

#[tokio::test]
async fn each_providers_tokens_get_what_was_decided() {
    let of_group = [
        ("JWT_AUDIENCE", "app1,app2"),
        ("JWT_TOKEN_USE", "access"),
        ("ENTITLEMENTS", r#"[{"resource": "/video/premium/*", "if": {"cognito:groups": "premium"}}]"#),
    ];
    let cognito = &of_group[..2];
    let of_role =
        [("ENTITLEMENTS", r#"[{"resource": "/video/premium/*", "if": {"realm_access.roles": "premium"}}]"#)];
    let of_provider = [(
        "ENTITLEMENTS",
        r#"[{"resource": "/video/premium/*", "if": {"firebase.sign_in_provider": "password"}}]"#,
    )];
    let of_subject = [("ENTITLEMENTS", r#"["/video/{sub}/*"]"#)];
    let tenant = [("JWT_ISSUER", "https://tenant.example/9b1d/v2.0/")];
    let roles = json!(["premium"]);
    let access = json!({"aud": null, "token_use": "access", "client_id": "app2", "cognito:groups": roles});
    let jwt = Some("JWT");
    let pages = [("JWT_AUDIENCE", ""), ("JWT_AUTHORIZED_PARTIES", "https://www.example.com,tv")];
    let keycloak = [("JWT_AUDIENCE", "account"), ("JWT_AUTHORIZED_PARTIES", "tv")];
    let google = [("JWT_ISSUER", "https://accounts.google.com")];
    let page = json!("https://www.example.com");
    let rows: [Row<'_>; 32] = [
        // Cognito
        (cognito, None, access.clone(), Ok("/video/*")),
        (&of_group, None, access, Ok(PREMIUM)),
        (cognito, None, json!({"aud": "app1", "token_use": "id"}), Err(401)),
        // Auth0
        (&[], Some("at+jwt"), json!({"aud": [AUDIENCE, "https://site.example/userinfo"]}), Ok("/video/*")),
        // Keycloak
        (&of_role, jwt, json!({"aud": "account", "realm_access": {"roles": roles}}), Err(401)),
        (&of_role, jwt, json!({"aud": [AUDIENCE, "account"], "realm_access": {"roles": roles}}), Ok(PREMIUM)),
        (&of_role, jwt, json!({"azp": "tv", "typ": "Bearer", "realm_access": {"roles": roles}}), Ok(PREMIUM)),
        // Firebase
        (&of_provider, jwt, json!({"firebase": {"sign_in_provider": "password"}}), Ok(PREMIUM)),
        // Entra ID
        (&tenant, jwt, json!({"iss": "https://tenant.example/9b1d/v2.0/"}), Ok("/video/*")),
        (&tenant, jwt, json!({"iss": "https://tenant.example/9b1d/v2.0"}), Err(401)),
        // Clerk, whose tokens name a page
        (&pages, jwt, json!({"aud": null, "azp": page}), Ok("/video/*")),
        (&pages, jwt, json!({"aud": null, "azp": "https://evil.example"}), Err(401)),
        (&pages, jwt, json!({"aud": null}), Err(401)),
        (&[], jwt, json!({"aud": null, "azp": page}), Err(401)),
        // Kinde, with a list of nobody
        (&pages, jwt, json!({"aud": [], "azp": "tv"}), Ok("/video/*")),
        (&pages, jwt, json!({"aud": ["https://api.example"], "azp": "tv"}), Err(401)),
        // Keycloak without a mapper: the audience is everybody's, and azp is the client
        (&keycloak, jwt, json!({"aud": "account", "azp": "tv"}), Ok("/video/*")),
        (&keycloak, jwt, json!({"aud": "account", "azp": "other"}), Err(401)),
        (&keycloak, jwt, json!({"aud": "account"}), Err(401)),
        // Google
        (&google, jwt, json!({"iss": "https://accounts.google.com"}), Ok("/video/*")),
        (&google, jwt, json!({"iss": "accounts.google.com"}), Ok("/video/*")),
        (&google, jwt, json!({"iss": "http://accounts.google.com"}), Err(401)),
        // Laravel Passport
        (
            &[],
            jwt,
            json!({"exp": 1_790_000_300.5, "iat": 1_789_999_999.75, "nbf": 1_790_000_000.25}),
            Ok("/video/*"),
        ),
        (&[], jwt, json!({"exp": 1_789_999_999.5}), Err(401)),
        (&[], jwt, json!({"exp": "1790000300"}), Err(401)),
        // Web frameworks, whose tokens often lack what a token of a site must have
        (&[], jwt, json!({"iss": null}), Err(401)),
        (&[], jwt, json!({"aud": null}), Err(401)),
        (&[], jwt, json!({"sub": null, "username": "anna"}), Err(401)),
        (&[], jwt, json!({"sub": 1}), Err(401)),
        // A viewer's name as a folder
        (&of_subject, jwt, json!({"sub": "7c8e-0001"}), Ok("/video/7c8e-0001/*")),
        (&of_subject, jwt, json!({"sub": "auth|77"}), Err(403)),
        (&of_subject, jwt, json!({"sub": "viewer@example.com"}), Err(403)),
    ];
    for (number, (settings, typ, claims, expected)) in rows.into_iter().enumerate() {
        let function = Function::new(settings).await;
        let header = Header { typ: typ.map(str::to_owned), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &with(&claims), &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
        let expected = expected.map(str::to_owned);
        assert_eq!(outcome(&function, &token).await, expected, "row {number}: {claims}");
    }
}

#[tokio::test]
async fn an_opaque_token_is_refused() {
    let function = Function::new(&[]).await;
    let opaque = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AA.BB.CC";
    assert_eq!(outcome(&function, opaque).await, Err(401));
}

#[tokio::test]
async fn an_rsa_key_may_have_zeros_before_its_numbers() {
    let key = SigningKey::rs256("k");
    let mut jwk = key.jwk();
    for name in ["n", "e"] {
        let number = URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        jwk[name] = json!(URL_SAFE_NO_PAD.encode([&[0][..], &number].concat()));
    }
    let keys = json!({"keys": [jwk]}).to_string();
    let function =
        Function::new(&[("JWT_SECRET", ""), ("JWT_ALGORITHM", "RS256"), ("JWT_JWKS", &keys)]).await;
    assert_eq!(outcome(&function, &key.token(&claims())).await, Ok("/video/*".to_owned()));
}

#[tokio::test]
async fn one_issuer_may_sign_with_a_key_and_a_secret_while_it_moves() {
    let key = SigningKey::es256("k");
    let keys = json!({"keys": [key.jwk()]}).to_string();
    let issuers = json!([
        {"issuer": ISSUER, "audience": AUDIENCE, "algorithm": "ES256", "jwks": keys},
        {"issuer": ISSUER, "audience": AUDIENCE, "secret": SECRET},
    ]);
    let none = [("JWT_ISSUER", ""), ("JWT_AUDIENCE", ""), ("JWT_SECRET", "")];
    let function = Function::new(&[&none[..], &[("JWT_ISSUERS", &issuers.to_string())]].concat()).await;
    for token in [key.token(&claims()), hs256(&claims())] {
        assert_eq!(outcome(&function, &token).await, Ok("/video/*".to_owned()));
    }
}
