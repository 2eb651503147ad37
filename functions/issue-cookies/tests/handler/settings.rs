//! What cannot work is said before the first request, all of it at once.

use rsa::{RsaPrivateKey, pkcs8::EncodePublicKey as _, rand_core::OsRng};
use serde_json::json;

use crate::{
    function::{config, pem, settings_problem},
    tokens,
};

#[test]
fn an_issuer_needs_an_audience_and_keys_of_one_algorithm() {
    let public_key = tokens::public_key();
    let none = ("JWT_SECRET", "");
    let rows: [(&[(&str, &str)], &str); 17] = [
        (&[("JWT_AUDIENCE", "")], NOT_BOUND),
        (
            &[("JWT_AUDIENCE", ""), ("JWT_AUTHORIZED_PARTIES", "tv,,")],
            "JWT_AUTHORIZED_PARTIES has an empty entry",
        ),
        (
            &[("JWT_AUDIENCE", ""), ("JWT_AUTHORIZED_PARTIES", "tv"), ("JWT_TOKEN_USE", "access")],
            "JWT_TOKEN_USE is for Cognito, which needs JWT_AUDIENCE",
        ),
        (&[("JWT_ISSUER", "")], "JWT_ISSUER is missing"),
        (&[("JWT_AUDIENCE", "usher,")], "JWT_AUDIENCE has an empty entry"),
        (&[("JWT_TOKEN_USE", "refresh")], "JWT_TOKEN_USE must be access or id"),
        (&[("JWT_ALGORITHM", "none")], NO_ALGORITHM),
        (&[("JWT_ALGORITHM", "ES256K")], NO_ALGORITHM),
        (&[("JWT_ALGORITHM", "RS256")], "JWT_ALGORITHM is not the algorithm of JWT_SECRET: leave it out"),
        (
            &[("JWT_PUBLIC_KEY", &public_key)],
            "JWT_SECRET and JWT_PUBLIC_KEY are both set: an issuer's keys have one source",
        ),
        (
            &[("JWT_SECRET", "thirty-one bytes are not enough")],
            "JWT_SECRET must have 32 bytes or more for HS256",
        ),
        (
            &[
                ("JWT_SECRET", "forty-seven bytes are enough, but for HS256 alone"),
                ("JWT_ALGORITHM", "HS512"),
            ],
            "JWT_SECRET must have 64 bytes or more for HS512",
        ),
        (
            &[none, ("JWT_PUBLIC_KEY", &public_key), ("JWT_ALGORITHM", "ES384")],
            "JWT_ALGORITHM is not the algorithm of JWT_PUBLIC_KEY: leave it out",
        ),
        (
            &[("JWT_SECRET", &public_key)],
            "JWT_SECRET is a key in PEM and not a secret: put a public key into JWT_PUBLIC_KEY",
        ),
        (
            &[none, ("JWT_PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----")],
            "JWT_PUBLIC_KEY is not an Ed25519, RSA (2048 bits or more), P-256, P-384 or P-521 public key in PEM",
        ),
        (
            &[none, ("JWT_ALGORITHM", "HS384")],
            "JWT_ALGORITHM is HS384, which needs JWT_SECRET: a JWK set is public",
        ),
        (
            &[none, ("JWT_ISSUER", "http://site.example")],
            "JWT_ISSUER must be an https URL (on a laptop also http://localhost) without query, fragment \
             and user name where its keys are found by discovery; or set JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS or JWT_JWKS_URL",
        ),
    ];
    for (changes, problem) in rows {
        assert_eq!(settings_problem(changes), problem);
    }
}

#[test]
fn a_public_key_in_pem_is_one_that_verifies_tokens() {
    let rsa = |bits: usize| {
        let key = RsaPrivateKey::new(&mut OsRng, bits).unwrap().to_public_key();
        pem("PUBLIC KEY", key.to_public_key_der().unwrap().as_bytes())
    };
    let two = tokens::public_key().repeat(2);
    let certificate = tokens::public_key().replace("PUBLIC KEY", "CERTIFICATE");
    let expected = "is not an Ed25519, RSA (2048 bits or more), P-256, P-384 or P-521 public key in PEM";
    for pem in [rsa(1_024).as_str(), &two, &certificate, "a text", "-----BEGIN PUBLIC KEY-----"] {
        let jwt = [("JWT_SECRET", ""), ("JWT_PUBLIC_KEY", pem)];
        assert_eq!(settings_problem(&jwt), format!("JWT_PUBLIC_KEY {expected}"), "{pem}");
        let simplejwt = [("SIMPLEJWT_PUBLIC_KEY", pem)];
        assert_eq!(settings_problem(&simplejwt), format!("SIMPLEJWT_PUBLIC_KEY {expected}"), "{pem}");
    }
}

#[test]
fn an_issuer_that_no_token_can_name_is_refused_with_the_cure() {
    let placeholder =
        "JWT_ISSUER contains a placeholder, as {tenantid} is one: write what your tokens have there";
    let any_tenant = "JWT_ISSUER stands for any tenant, but a token names its own: write the tenant's id, as in \
         https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0, and list several tenants in \
         JWT_ISSUERS";
    let rows = [
        ("https://login.microsoftonline.com/{tenantid}/v2.0", placeholder),
        ("https://login.example.test/{tenant}/", placeholder),
        ("https://<your-domain>/", placeholder),
        ("https://login.microsoftonline.com/common/v2.0", any_tenant),
        ("https://login.microsoftonline.com/Organizations/v2.0", any_tenant),
        ("https://login.microsoftonline.com/consumers/v2.0", any_tenant),
        ("https://login.microsoftonline.us/common", any_tenant),
        ("https://sts.windows.net/common/", any_tenant),
    ];
    for (issuer, problem) in rows {
        assert_eq!(settings_problem(&[("JWT_ISSUER", issuer)]), problem, "{issuer}");
        let issuers = json!([{"issuer": issuer, "audience": "usher", "secret": tokens::SECRET}]).to_string();
        assert_eq!(
            settings_problem(&[("JWT_ISSUERS", &issuers)]),
            format!("JWT_ISSUERS[0]: {}", problem.replacen("JWT_ISSUER", "issuer", 1))
        );
    }
}

#[test]
fn more_issuers_are_told_apart_by_their_place() {
    let issuers = r#"[{"issuer": "https://a.example", "audience": "usher", "secret": "short"},
                      {"issuer": "https://b.example", "key": "k"}]"#;
    let expected = format!(
        "JWT_ISSUERS[0]: secret must have 32 bytes or more for HS256; JWT_ISSUERS[1]: there is no member \"key\"; \
         JWT_ISSUERS[1]: {NO_AUDIENCE}"
    );
    assert_eq!(settings_problem(&[("JWT_ISSUERS", issuers)]), expected);
}

#[test]
fn a_wrong_authenticator_hides_no_other() {
    let wrong = [
        ("JWT_ALGORITHM", "RS1"),
        ("JWT_SECRET", "short"),
        ("JWT_ISSUERS", r#"[{"issuer": "https://a.example", "secret": "another secret, and a long one"}]"#),
        ("PLONE_JWT_KEYS", "secret"),
        ("PLONE_TOKEN_TIMEOUT_SECONDS", "a day"),
    ];
    let expected = format!(
        "{NO_ALGORITHM}; JWT_SECRET must have 32 bytes or more for HS256; JWT_ISSUERS[0]: {NO_AUDIENCE}; JWT_ISSUERS[0]: \
         secret must have 32 bytes or more for HS256; PLONE_JWT_KEYS: entry 1 is not hexadecimal; \
         PLONE_TOKEN_TIMEOUT_SECONDS must be a number of seconds, from 1 to 31536000"
    );
    assert_eq!(settings_problem(&wrong), expected);
}

#[test]
fn somebody_must_vouch_for_viewers() {
    let nobody = [("JWT_ISSUER", ""), ("JWT_AUDIENCE", ""), ("JWT_SECRET", "")];
    let expected = "no authenticator is configured: set JWT_ISSUERS, PLONE, DJANGO or SIMPLEJWT, or on a \
                    laptop JWT_ISSUER, PLONE_SITE, PLONE_JWT_KEYS, PLONE_TICKET_KEYS, DJANGO_KEYS or SIMPLEJWT_KEYS";
    assert_eq!(settings_problem(&nobody), expected);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let wrong = [
        ("COOKIE_TTL_SECONDS", "an hour"),
        ("ALLOWED_ORIGINS", "*"),
        ("COOKIE_SAME_SITE", "Lux"),
        ("JWT_AUDIENCE", ""),
        ("SIMPLEJWT_KEYS", "00"),
        ("DJANGO_KEYS", "secret"),
        ("ENTITLEMENTS", "[]"),
    ];
    let expected = format!(
        "COOKIE_TTL_SECONDS must be a number of seconds, from 1 to 31536000; ALLOWED_ORIGINS[0] is not an origin such \
         as https://app.example.com (neither a * nor null can stand for one); COOKIE_SAME_SITE must be Lax, Strict, \
         None or NonePartitioned; {NOT_BOUND}; DJANGO_KEYS: entry 1 is not hexadecimal; SIMPLEJWT_KEYS: entry 1 has 1 bytes, and 32 is the \
         minimum; ENTITLEMENTS is empty: nobody could watch anything"
    );
    assert_eq!(settings_problem(&wrong), expected);
}

#[test]
fn rules_about_the_location_need_the_origin_secret() {
    let problem = "ENTITLEMENTS asks for @country or @asn, which needs ORIGIN_SECRET: without it, anybody could send the \
                   headers that say where a viewer is";
    for rules in [r#"["/video/{@country}/*"]"#, r#"[{"resource": "/video/*", "if": {"@asn": {"not": 1}}}]"#] {
        assert_eq!(settings_problem(&[("ENTITLEMENTS", rules)]), problem, "{rules}");
        let secret = ("ORIGIN_SECRET", "0123456789abcdef0123456789abcdef");
        config("unused", &[("ENTITLEMENTS", rules), secret]);
    }
}

const NOT_BOUND: &str = "JWT_AUDIENCE is missing (or JWT_AUTHORIZED_PARTIES, for an issuer whose tokens name their client \
     or page in azp, and no audience)";
/// The same in an entry of `JWT_ISSUERS`.
const NO_AUDIENCE: &str = "audience is missing (or authorized_parties, for an issuer whose tokens name their client \
     or page in azp, and no audience)";
const NO_ALGORITHM: &str = "JWT_ALGORITHM must be RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA \
     (or Ed25519), HS256, HS384 or HS512";
