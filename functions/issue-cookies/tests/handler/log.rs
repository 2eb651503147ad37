//! What is issued to whom is logged; tokens and signatures are not, nor do they come back.

use std::{
    cell::RefCell,
    io::{self, Write},
    sync::Once,
};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    function::{
        DELETE_COOKIES, Function, HOST, NOW, POST_COOKIES, POST_URLS, event, problem, set_header, signed_in,
    },
    paths,
    provider::SigningKey,
    tokens,
};

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What is logged on this thread. One subscriber serves all tests: `tracing` remembers for each place whether
/// anybody listens, and subscribers that come and go on other threads change that in the middle of a test.
#[derive(Clone)]
pub(crate) struct Log;

impl Log {
    /// Begins to collect, at every level.
    pub(crate) fn start() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let subscriber = tracing_subscriber::fmt()
                .with_ansi(false)
                .with_max_level(tracing::Level::TRACE)
                .with_writer(Self)
                .without_time();
            tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
        });
        Self
    }

    /// The lines since the last time.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(LINES.take()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The line about a `POST /auth/cookies` whose credential is refused.
fn refused(problem: &str, error: &str) -> String {
    format!(
        " INFO issue_cookies::record: refused a credential method=\"POST\" path=\"/auth/cookies\" status=401 \
         problem=\"{problem}\" error={error:?}\n"
    )
}

/// Requests with `token`, and what is to be read about them in the log.
fn requests(token: &str) -> Vec<(Value, String)> {
    const ANNA: &str = r#"subject="anna" iss="https://site.example" authenticator="jwt""#;
    let issued = |what: &str, path: &str, resource: &str, expires: u64| {
        format!(
            " INFO issue_cookies::record: {what} method=\"POST\" path=\"{path}\" status=200 {ANNA} \
             resources=\"https://{HOST}{resource}\" expires={expires} key_pair_id=\"K2JCJMDEHXQW5F\"\n"
        )
    };
    let other = |what: &str, request: &str, rest: &str| {
        format!(" INFO issue_cookies::record: {what} {request} status={rest}\n")
    };
    let mut basic = signed_in(POST_COOKIES);
    set_header(&mut basic, "authorization", &format!("Basic {token}"));
    let mut preflight = event(POST_COOKIES, token);
    preflight["requestContext"]["http"]["method"] = json!("OPTIONS");
    let mut elsewhere = event(POST_COOKIES, token);
    elsewhere["rawPath"] = json!("/auth/\nother");
    let mut forbidden = event(POST_URLS, token);
    forbidden["body"] = json!(r#"{"path":"/other"}"#);
    vec![
        (event(POST_COOKIES, token), issued("issued cookies", "/auth/cookies", "/video/*", 1_790_003_400)),
        (event(POST_URLS, token), issued("signed a URL", "/auth/urls", "/video/m/*", 1_790_021_400)),
        (
            event(DELETE_COOKIES, token),
            other("cleared cookies", r#"method="DELETE" path="/auth/cookies""#, "204"),
        ),
        (
            forbidden,
            other(
                "refused a request",
                r#"method="POST" path="/auth/urls""#,
                &format!(r#"403 problem="not-a-video" {ANNA}"#),
            ),
        ),
        (preflight, other("answered a preflight", r#"method="OPTIONS" path="/auth/cookies""#, "204")),
        (
            elsewhere,
            other("refused a request", r#"method="POST" path="/auth/\nother""#, r#"404 problem="not-found""#),
        ),
        (basic, refused("sign-in-required", "there is no credential")),
        (
            event(POST_COOKIES, &format!("{token}x")),
            refused("credential-rejected", "the token's signature is not the issuer's"),
        ),
    ]
}

#[tokio::test]
async fn neither_an_answer_nor_a_log_line_holds_a_token_or_a_signature() {
    let log = Log::start();
    let function = Function::new(&[]).await;
    let token = tokens::hs256(&tokens::claims());
    log.take();
    for (event, lines) in requests(&token) {
        let answer = function.answer(event).await.to_string();
        assert_eq!(log.take(), lines);
        for part in token.split('.') {
            assert!(!answer.contains(part), "{answer}");
        }
    }
}

#[tokio::test]
async fn the_issuer_stands_in_the_log_where_somebody_has_checked_it() {
    let log = Log::start();
    let key = paths::KEY;
    let plone = json!({"sub": "anna", "exp": NOW + 60});
    let mut simplejwt = json!({"user_id": "anna", "token_type": "access", "exp": NOW + 60});
    let without_issuer = tokens::hs256_by(key, &simplejwt);
    simplejwt["iss"] = json!("https://api.example");
    let with_issuer = tokens::hs256_by(key, &simplejwt);
    // Nobody checks the issuer that it names.
    let django = paths::dumped(&json!({"sub": "anna", "iss": tokens::ISSUER, "exp": NOW + 60}));
    let hex = tokens::hex(key);
    let other = ("SIMPLEJWT_ISSUER", "https://api.example");
    type Row<'r> = (&'r [(&'r str, &'r str)], &'r str, &'r str);
    let rows: [Row<'_>; 4] = [
        (&[("PLONE_JWT_KEYS", &hex)], &tokens::hs256_by(key, &plone), r#"authenticator="plone-token""#),
        (&[("SIMPLEJWT_KEYS", &hex)], &without_issuer, r#"authenticator="simplejwt""#),
        (
            &[("SIMPLEJWT_KEYS", &hex), other],
            &with_issuer,
            r#"iss="https://api.example" authenticator="simplejwt""#,
        ),
        (&[("DJANGO_KEYS", &hex)], &django, r#"authenticator="django""#),
    ];
    for (settings, token, issuer) in rows {
        let function = Function::new(settings).await;
        log.take();
        function.answer(event(POST_COOKIES, token)).await;
        let line = format!(
            " INFO issue_cookies::record: issued cookies method=\"POST\" path=\"/auth/cookies\" status=200 \
             subject=\"anna\" {issuer} resources=\"https://{HOST}/video/*\" expires={} \
             key_pair_id=\"K2JCJMDEHXQW5F\"\n",
            NOW + 60
        );
        assert_eq!(log.take(), line, "{settings:?}");
    }
}

#[tokio::test]
async fn an_expired_token_is_not_logged() {
    let log = Log::start();
    let function = Function::new(&[]).await;
    log.take();
    let token = tokens::hs256(&tokens::until(NOW));
    function.answer(event(POST_COOKIES, &token)).await;
    assert_eq!(log.take(), refused("token-expired", "the token has expired"));
}

#[tokio::test]
async fn where_a_forger_could_learn_something_the_log_alone_says_what_is_wrong() {
    let log = Log::start();
    let key = SigningKey::es256("ours");
    let jwks = json!({"keys": [key.jwk()]}).to_string();
    let by_set = [("JWT_SECRET", ""), ("JWT_ALGORITHM", "ES256"), ("JWT_JWKS", &*jwks)];
    type Row<'r> = (&'r [(&'r str, &'r str)], String, &'r str);
    let rows: [Row<'_>; 4] = [
        (&[], "not.a.token".to_owned(), "the token is malformed"),
        (
            &[],
            tokens::eddsa(&tokens::claims()),
            "the token is signed with another algorithm than the configured one",
        ),
        (
            &by_set,
            SigningKey::es256("other").token(&tokens::claims()),
            "the issuer has no key of the token's kid",
        ),
        (
            &by_set,
            SigningKey::es256("ours").token(&tokens::claims()),
            "the token's signature is not the issuer's",
        ),
    ];
    for (settings, token, why) in rows {
        let function = Function::new(settings).await;
        log.take();
        let answer = function.answer(event(POST_COOKIES, &token)).await;
        assert_eq!(log.take(), refused("credential-rejected", why));
        assert_eq!(answer["body"]["detail"], "the token is not accepted here", "{why}");
    }
}

#[tokio::test]
async fn what_an_owner_can_correct_has_a_type_of_its_own_and_the_log_has_the_rest() {
    let log = Log::start();
    let function = Function::new(&[]).await;
    let with = |name: &str, value: Value| {
        let mut claims = tokens::claims();
        claims[name] = value;
        tokens::hs256(&claims)
    };
    let without = |name: &str| {
        let mut claims = tokens::claims();
        claims.as_object_mut().unwrap().remove(name);
        tokens::hs256(&claims)
    };
    let another = r#"the token's iss, "https://other.example/", is none of the configured issuers"#;
    let forged = r#"the token's iss, "\" authenticator=\"jwt", is none of the configured issuers"#;
    let large = "the token is too large: it needs fewer claims, such as groups";
    let audience = "the token is meant for another service than this one";
    let issuer = "the token comes from an issuer that is not known here";
    let not_yet =
        "the token is not valid yet: compare the clocks of this server and of the one that issued it";
    let expired = "the token has expired: sign in again";
    let rows = [
        ("a".repeat(9_000), "the token is too large", "token-too-large", large),
        (
            with("aud", json!("other")),
            r#"the token's aud, "other", is none of the configured audiences"#,
            "wrong-audience",
            audience,
        ),
        (
            with("aud", json!(["account", "\u{202e}\n\" status=200"])),
            r#"the token's aud, ["account","\u{202e}\n\" status=200"], is none of the configured audiences"#,
            "wrong-audience",
            audience,
        ),
        (without("aud"), "the token's aud is missing", "wrong-audience", audience),
        (with("iss", json!("https://other.example/")), another, "wrong-issuer", issuer),
        (with("iss", json!("\" authenticator=\"jwt")), forged, "wrong-issuer", issuer),
        (
            with("iss", json!(7)),
            "the token's iss is missing, or none of the configured issuers",
            "wrong-issuer",
            issuer,
        ),
        (with("exp", json!(NOW)), "the token has expired", "token-expired", expired),
        (with("nbf", json!(NOW + 61)), "the token is not valid yet", "token-not-yet-valid", not_yet),
        (with("iat", json!(NOW + 61)), "the token is not valid yet", "token-not-yet-valid", not_yet),
    ];
    for (token, why, problem_type, detail) in rows {
        log.take();
        let answer = function.answer(event(POST_COOKIES, &token)).await;
        assert_eq!(log.take(), refused(problem_type, why));
        let challenge = json!({"www-authenticate": r#"Bearer error="invalid_token""#});
        assert_eq!(answer, problem(401, problem_type, detail, challenge), "{why}");
    }
}

#[tokio::test]
async fn why_nothing_was_signed_stands_in_the_log_alone() {
    let log = Log::start();
    let function = Function::without_key();
    log.take();
    let answer = function.answer(signed_in(POST_COOKIES)).await.to_string();
    assert_eq!(
        log.take(),
        "ERROR usher_runtime::problem: nothing was signed error=the signing key is out of reach \
         for the moment: KMS Sign: arn:aws:kms:eu-central-1:123456789012:key/k is throttled\n\
         ERROR issue_cookies::record: nothing was signed method=\"POST\" path=\"/auth/cookies\" status=503 \
         problem=\"signing-key-unavailable\" subject=\"anna\" iss=\"https://site.example\" authenticator=\"jwt\"\n"
    );
    assert!(!answer.contains("arn:aws"), "{answer}");
}
