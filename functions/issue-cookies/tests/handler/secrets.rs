//! Secrets in Secrets Manager: they are read while the function runs, and rotated without a viewer who notices.

use serde_json::{Value, json};

use crate::{
    django::signed_by,
    function::{Function, NOW, POST_COOKIES, event, problem, remove_header, set_header, signed_in},
    log::Log,
    plone_offline::{SECRET as TICKET_SECRET, TICKET, with_ticket},
    provider::{DISCOVERY, JWKS, Provider, SigningKey},
    tokens::{self, claims, hex, hs256_by},
    vault::{PREVIOUS, Reply, Vault},
};

const SECRETS: [&str; 3] = [
    "the first secret of thirty-six bytes",
    "the second secret of thirty-7 bytes",
    "the third secret of thirty-six bytes",
];
/// When the first period of five minutes after `NOW` begins.
const NEXT: u64 = NOW + 100;
const NO_TOKENS: [(&str, &str); 3] = [("JWT_ISSUER", ""), ("JWT_SECRET", ""), ("JWT_AUDIENCE", "")];
const VIEWER_SECRET: (&str, &str) = ("VIEWER_SECRET_ARN", "viewers");
const ISSUER: (&str, &str) =
    ("JWT_ISSUERS", r#"[{"issuer": "https://site.example", "audience": "usher", "secret": "jwt"}]"#);
const JWT: [(&str, &str); 5] = [NO_TOKENS[0], NO_TOKENS[1], NO_TOKENS[2], ISSUER, VIEWER_SECRET];

/// A setting that names a secret: its text for a key, and an event of a viewer who was vouched for with that.
struct Kind {
    setting: (&'static str, &'static str),
    text: fn(&str) -> String,
    event: fn(&str) -> Value,
}

/// The secret whose member `name` has this text, beside one that nothing names.
fn viewers(name: &str, text: &str) -> String {
    json!({ name: text, "of another deployment": "text" }).to_string()
}

fn kinds() -> [Kind; 4] {
    let django = |key: &str| event(POST_COOKIES, &signed_by(key, "anna:1x8elk"));
    let plone = |key: &str| event(POST_COOKIES, &hs256_by(key, &json!({"sub": "anna", "exp": NOW + 3_600})));
    let simplejwt = |key: &str| {
        let claims = json!({"token_type": "access", "user_id": "7", "exp": NOW + 3_600});
        event(POST_COOKIES, &hs256_by(key, &claims))
    };
    let jwt = |key: &str| event(POST_COOKIES, &hs256_by(key, &claims()));
    [
        Kind { setting: ISSUER, text: str::to_owned, event: jwt },
        Kind { setting: ("DJANGO", r#"{"keys": "jwt", "format": "timestamp"}"#), text: hex, event: django },
        Kind { setting: ("PLONE", r#"{"jwt_keys": "jwt"}"#), text: hex, event: plone },
        Kind { setting: ("SIMPLEJWT", r#"{"keys": "jwt"}"#), text: hex, event: simplejwt },
    ]
}

async fn status(function: &Function, event: Value) -> u64 {
    function.answer(event).await["statusCode"].as_u64().unwrap()
}

#[tokio::test]
async fn whom_the_current_or_the_previous_secret_vouches_for_is_signed_in() {
    for Kind { setting, text, event } in kinds() {
        let vault = Vault::start().await;
        vault.put("viewers", &viewers("jwt", &text(SECRETS[0])));
        let settings = [&NO_TOKENS[..], &[setting, VIEWER_SECRET]].concat();
        let function = Function::reading(&vault, &settings).await.unwrap();
        let mut rows = Vec::new();
        for (now, becomes) in
            [(NOW, None), (NEXT - 1, Some(SECRETS[1])), (NEXT, None), (NEXT + 300, Some(SECRETS[2]))]
        {
            if let Some(secret) = becomes {
                vault.put("viewers", &viewers("jwt", &text(secret)));
            }
            function.set_time(now);
            let mut row = [0; 3];
            for (status_of, secret) in row.iter_mut().zip(SECRETS) {
                *status_of = status(&function, event(secret)).await;
            }
            rows.push(row);
        }
        assert_eq!(rows, [[200, 401, 401], [200, 401, 401], [200, 200, 401], [401, 200, 200]], "{setting:?}");
    }
}

#[tokio::test]
async fn tickets_of_the_previous_secret_are_accepted_until_the_next() {
    let vault = Vault::start().await;
    vault.put("viewers", &viewers("tickets", TICKET_SECRET));
    let plone = ("PLONE", r#"{"ticket_keys": "tickets"}"#);
    let settings = [&NO_TOKENS[..], &[plone, VIEWER_SECRET]].concat();
    let function = Function::reading(&vault, &settings).await.unwrap();
    for (now, expected) in [(NOW, 200), (NEXT, 200), (NEXT + 300, 401)] {
        function.set_time(now);
        assert_eq!(status(&function, with_ticket(TICKET)).await, expected, "{now}");
        vault.put("viewers", &viewers("tickets", SECRETS[usize::from(now == NOW)]));
    }
}

#[tokio::test]
async fn the_distribution_may_send_the_current_or_the_previous_secret() {
    let secrets = ["0", "1", "2"].map(|digit| digit.repeat(64));
    let vault = Vault::start().await;
    vault.put("origin", &secrets[0]);
    let function = Function::reading(&vault, &[("ORIGIN_SECRET_ARN", "origin")]).await.unwrap();
    for (now, becomes, expected) in [
        (NOW, &secrets[1], [200, 403, 403]),
        (NEXT, &secrets[2], [200, 200, 403]),
        (NEXT + 300, &secrets[2], [403, 200, 200]),
    ] {
        function.set_time(now);
        for (secret, expected) in secrets.iter().zip(expected) {
            let mut event = signed_in(POST_COOKIES);
            set_header(&mut event, "x-origin-secret", secret);
            assert_eq!(status(&function, event).await, expected, "{now} {secret}");
        }
        vault.put("origin", becomes);
    }
}

#[tokio::test]
async fn a_rotation_asks_no_issuer_again() {
    let key = SigningKey::es256("first");
    let provider = Provider::start(&[&key]).await;
    let vault = Vault::start().await;
    vault.put("viewers", &viewers("django", &hex(SECRETS[0])));
    let settings = [
        ("JWT_ALGORITHM", "ES256"),
        ("JWT_ISSUER", provider.issuer.as_str()),
        ("JWT_SECRET", ""),
        ("DJANGO", r#"{"keys": "django"}"#),
        VIEWER_SECRET,
    ];
    let http = || issue_cookies::http_client(provider.client());
    let function = Function::reading_and_trusting(&vault, &settings, &http).await.unwrap();
    assert_eq!(status(&function, event(POST_COOKIES, &provider.token(&key))).await, 200);
    assert_eq!(provider.requests(), [DISCOVERY, JWKS]);
    vault.put("viewers", &viewers("django", &hex(SECRETS[1])));
    function.set_time(NEXT);
    assert_eq!(status(&function, event(POST_COOKIES, &provider.token(&key))).await, 200);
    assert_eq!(provider.requests(), [""; 0]);
}

#[tokio::test]
async fn an_outage_after_the_start_is_told_in_the_log_alone() {
    let log = Log::start();
    let vault = Vault::start().await;
    vault.put("viewers", &viewers("jwt", tokens::SECRET));
    let function = Function::reading(&vault, &JWT).await.unwrap();
    vault.outage(Some(Reply::Error("UnrecognizedClientException")));
    log.take();
    function.set_time(NEXT);
    assert_eq!(status(&function, signed_in(POST_COOKIES)).await, 200);
    let lines = log.take();
    let errors: Vec<&str> = lines.lines().filter(|line| line.contains("ERROR")).collect();
    let expected = "ERROR usher_runtime::secrets: a secret cannot be read again: what was known before goes on \
                    error=\"VIEWER_SECRET_ARN: Secrets Manager GetSecretValue answers UnrecognizedClientException\"";
    assert_eq!(errors.iter().map(|line| line.trim()).collect::<Vec<_>>(), [expected]);
    vault.outage(None);
    vault.put("viewers", &viewers("jwt", SECRETS[0]));
    function.set_time(NEXT + 300);
    assert_eq!(status(&function, event(POST_COOKIES, &hs256_by(SECRETS[0], &claims()))).await, 200);
}

#[tokio::test]
async fn an_outage_at_the_start_is_503_until_a_request_can_read_the_secrets() {
    let vault = Vault::start().await;
    vault.put("viewers", &viewers("jwt", tokens::SECRET));
    vault.put("origin", &"0".repeat(64));
    let unavailable = |detail| problem(503, "sign-in-unavailable", detail, json!({"retry-after": "5"}));
    let origin =
        "whether the request came through the distribution cannot be checked at the moment: try again soon";
    let viewer = "who you are cannot be checked at the moment: try again soon";
    let with_origin = [&JWT[..], &[("ORIGIN_SECRET_ARN", "origin")]].concat();
    for (settings, detail) in [(&JWT[..], viewer), (&with_origin, origin)] {
        vault.outage(Some(Reply::Error("UnrecognizedClientException")));
        let function = Function::reading(&vault, settings).await.unwrap();
        let mut event = signed_in(POST_COOKIES);
        set_header(&mut event, "x-origin-secret", &"0".repeat(64));
        assert_eq!(function.answer(event.clone()).await, unavailable(detail));
        vault.outage(None);
        assert_eq!(status(&function, event).await, 200);
    }
}

#[tokio::test]
async fn secrets_that_cannot_be_used_are_told_at_the_start_with_all_that_is_wrong() {
    let vault = Vault::start().await;
    vault.put("viewers", &json!({"jwt": "correct horse", "django": "battery staple"}).to_string());
    vault.put("origin", "guess");
    let settings = [
        &JWT[..],
        &[
            ("COOKIE_TTL_SECONDS", "an hour"),
            ("DJANGO", r#"{"keys": "django"}"#),
            ("PLONE_JWT_KEYS", "0a"),
            ("SIMPLEJWT", r#"{"keys": "simplejwt"}"#),
            ("ORIGIN_SECRET_ARN", "origin"),
        ],
    ];
    let error = Function::reading(&vault, &settings.concat()).await.map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the configuration cannot be used: COOKIE_TTL_SECONDS must be a number of seconds, from 1 to 31536000; \
         PLONE_JWT_KEYS: entry 1 has 1 bytes, and 32 is the minimum; ORIGIN_SECRET must have 32 characters at least, of \
         those in ASCII that are not spaces; JWT_ISSUERS[0]: JWT_SECRET must have 32 bytes or more for HS256; \
         DJANGO: DJANGO_KEYS: entry 1 is not hexadecimal; SIMPLEJWT: keys is not the name of a member of VIEWER_SECRET"
    );
}

#[tokio::test]
async fn a_secret_has_one_source() {
    let vault = Vault::start().await;
    let rows: [(&[(&str, &str)], &str); 5] = [
        (
            &[("DJANGO", r#"{"keys": "django"}"#), ("DJANGO_KEYS", "0a")],
            "DJANGO_KEYS is set, and so is keys in DJANGO: set one of them",
        ),
        (
            &[("JWT_PUBLIC_KEY", "pem")],
            "JWT_SECRET and JWT_PUBLIC_KEY are both set: an issuer's keys have one source",
        ),
        (
            &[VIEWER_SECRET, ("SIMPLEJWT", r#"{"keys": "simplejwt", "public_key": "pem"}"#)],
            "SIMPLEJWT: keys and public_key are both set: a site has one algorithm",
        ),
        (
            &[VIEWER_SECRET, ("PLONE", r#"{"site": "https://plone.example", "ticket_keys": "tickets"}"#)],
            "PLONE: site and ticket_keys are both set: Usher either asks the site or uses its keys",
        ),
        (&[ISSUER], "JWT_ISSUERS[0]: secret is the name of a member of VIEWER_SECRET_ARN, which is missing"),
    ];
    for (settings, expected) in rows {
        let error = Function::reading(&vault, settings).await.map(drop).unwrap_err().to_string();
        let problems = error.strip_prefix("the configuration cannot be used: ").unwrap();
        assert_eq!(problems.split("; ").next().unwrap(), expected);
    }
}

#[tokio::test]
async fn a_previous_version_that_is_absent_is_normal_and_an_unusable_one_a_warning() {
    let log = Log::start();
    let vault = Vault::start().await;
    vault.put("viewers", &viewers("jwt", tokens::SECRET));
    let told = |lines: &str| {
        let told = lines.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
        told.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    log.take();
    let function = Function::reading(&vault, &JWT).await.unwrap();
    assert_eq!(status(&function, signed_in(POST_COOKIES)).await, 200);
    assert_eq!(told(&log.take()), [""; 0]);
    // Somebody has just added the member.
    vault.reply("viewers", PREVIOUS, Reply::Text(viewers("another", "text")));
    let function = Function::reading(&vault, &JWT).await.unwrap();
    assert_eq!(status(&function, signed_in(POST_COOKIES)).await, 200);
    assert_eq!(told(&log.take()), [""; 0]);
    vault.reply("viewers", PREVIOUS, Reply::Text(viewers("jwt", "too short")));
    let function = Function::reading(&vault, &JWT).await.unwrap();
    assert_eq!(status(&function, signed_in(POST_COOKIES)).await, 200);
    let expected = "WARN usher_runtime::secrets: AWSPREVIOUS of a secret is ignored error=\"JWT_SECRET must have 32 bytes or more for HS256\"";
    assert_eq!(told(&log.take()), [expected]);
}

#[tokio::test]
async fn no_secret_stands_in_the_log_at_any_level_or_in_an_answer() {
    let log = Log::start();
    let vault = Vault::start().await;
    vault.put("viewers", &viewers("jwt", SECRETS[0]));
    vault.put("viewers", &viewers("jwt", tokens::SECRET));
    let function = Function::reading(&vault, &JWT).await.unwrap();
    let mut anonymous = signed_in(POST_COOKIES);
    remove_header(&mut anonymous, "authorization");
    let mut answers = String::new();
    for (now, event) in [(NOW, signed_in(POST_COOKIES)), (NEXT, anonymous)] {
        function.set_time(now);
        answers += &function.answer(event).await.to_string();
        vault.put("viewers", &viewers("jwt", SECRETS[1]));
    }
    let ours = log
        .take()
        .lines()
        .filter(|line| line.contains("usher") || line.contains("issue_cookies"))
        .collect::<String>();
    for secret in [tokens::SECRET, SECRETS[0], SECRETS[1]] {
        assert!(!ours.contains(secret) && !answers.contains(secret), "{ours} {answers}");
    }
}
