//! A Plone site that is asked about each viewer. What the site answers here was taken from a real one.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cloudfront_signing::HashAlgorithm;
use issue_cookies::http_client;
use reqwest::ClientBuilder;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    function::{
        Function, HOST, NOW, POST_COOKIES, event, grant, problem, remove_header, response, try_config,
    },
    log::Log,
    plone_site::{Reply, Site, json_of, refusal, status},
    tokens,
};

fn anna() -> Value {
    json!({
        "@id": "https://site.example/@users/anna",
        "description": null,
        "email": "anna@example.org",
        "fullname": "Anna Ünal",
        "groups": {
            "@id": "https://site.example/@users/anna",
            "items": [
                {"id": "AuthenticatedUsers", "title": "AuthenticatedUsers"},
                {"id": "premium", "title": "Premium"},
            ],
            "items_total": 2,
        },
        "home_page": null,
        "id": "anna",
        "location": null,
        "portrait": null,
        "roles": ["Member"],
        "username": "anna@example.org",
    })
}

fn user(id: &str) -> Value {
    let mut user = anna();
    user["id"] = json!(id);
    user
}

/// As Plone gives it to users of the Zope root: without groups.
fn root_user() -> Value {
    json!({
        "@id": "https://site.example/@users/anna",
        "description": null,
        "email": null,
        "fullname": null,
        "home_page": null,
        "id": "anna",
        "location": null,
        "portrait": null,
        "roles": ["Manager"],
        "username": "anna",
    })
}

/// The token of a site whose key nobody knows here.
fn token_of(id: &str, expires: u64) -> String {
    tokens::hs256_by("the site's own secret", &json!({"sub": id, "exp": expires, "fullname": "Anna Ünal"}))
}

fn token() -> String {
    token_of("anna", NOW + 43_200)
}

fn ticket_of(id: &str, issued: u64) -> String {
    let digest = [7; 32];
    let fields = format!("{issued:08x}{id}!");
    STANDARD.encode([&digest[..], fields.as_bytes()].concat()).replace('+', "%2B").replace('=', "%3D")
}

/// A request from the distribution's own page with this `__ac`.
fn with_cookie(value: &str) -> Value {
    let mut event = event(POST_COOKIES, "");
    remove_header(&mut event, "authorization");
    event["cookies"] = json!(["theme=dark", format!("__ac={value}")]);
    event
}

fn issued_until(expires: u64) -> Value {
    let resource = format!("https://{HOST}/video/*");
    let cookies = grant(&resource, expires, HashAlgorithm::Sha256).set_cookies();
    let body = json!({
        "resource": resource,
        "expires_at": expires,
        "refresh_after": NOW + (expires - NOW) * 4 / 5,
    });
    response(200, json!({"content-type": "application/json"}), Some(body), json!(cookies))
}

fn issued() -> Value {
    issued_until((NOW + 3_600) / 300 * 300)
}

fn refused_because(problem_type: &str, detail: &str) -> Value {
    problem(401, problem_type, detail, json!({"www-authenticate": r#"Bearer error="invalid_token""#}))
}

fn refused() -> Value {
    refused_because("credential-rejected", "the token is not accepted here")
}

fn unavailable() -> Value {
    let detail = "who you are cannot be checked at the moment: try again soon";
    problem(503, "sign-in-unavailable", detail, json!({"retry-after": "5"}))
}

fn request(target: &str, authorization: Option<&str>, cookie: Option<&str>) -> Value {
    json!({
        "target": target,
        "accept": "application/json",
        "authorization": authorization,
        "cookie": cookie,
    })
}

#[tokio::test]
async fn a_site_is_asked_with_the_one_credential_and_once_without() {
    let site = Site::start(&anna()).await;
    let target = "/Plone/@users/anna?b_size=250";
    let stranger = request(target, None, None);

    let function = site.function(&[]).await;
    let mut both = event(POST_COOKIES, &token());
    both["cookies"] = json!([format!("__ac={}", ticket_of("anna", NOW))]);
    assert_eq!(function.answer(both).await, issued());
    let bearer = format!("Bearer {}", token());
    assert_eq!(site.requests(), [request(target, Some(&bearer), None), stranger.clone()]);

    let function = site.function(&[]).await;
    let ticket = ticket_of("anna", NOW);
    assert_eq!(function.answer(with_cookie(&ticket)).await, issued());
    let cookie = format!("__ac={ticket}");
    assert_eq!(site.requests(), [request(target, None, Some(&cookie)), stranger]);
}

#[tokio::test]
async fn only_the_users_own_entry_is_a_proof() {
    let site = Site::start(&anna()).await;
    let function = site.function(&[]).await;
    let without = |name: &str| {
        let mut user = anna();
        user.as_object_mut().unwrap().remove(name);
        json_of(&user)
    };
    let large = Reply::Is(StatusCode::OK, " ".repeat(65 * 1_024));
    let rows = [
        ("the user", json_of(&anna()), issued()),
        ("401", refusal(), refused()),
        ("404, as for a user who was deleted", status(404), refused()),
        ("another user", json_of(&user("ben")), refused()),
        ("another user by case", json_of(&user("Anna")), refused()),
        ("a root user", json_of(&root_user()), refused()),
        ("no id", without("id"), unavailable()),
        ("no roles", without("roles"), unavailable()),
        ("an empty object", status(200), unavailable()),
        ("a page", Reply::Is(StatusCode::OK, "<html>".to_owned()), unavailable()),
        ("nothing", Reply::Is(StatusCode::OK, String::new()), unavailable()),
        ("too much", large, unavailable()),
        ("no content", status(204), unavailable()),
        ("a redirect to itself", Reply::Redirect(format!("{}/@users/anna", site.url)), unavailable()),
        ("400", status(400), unavailable()),
        ("403", status(403), unavailable()),
        ("429", status(429), unavailable()),
        ("500", status(500), unavailable()),
        ("503", status(503), unavailable()),
    ];
    for (name, reply, expected) in rows {
        site.replies(reply);
        assert_eq!(function.answer(event(POST_COOKIES, &token())).await, expected, "{name}");
        let by_cookie = function.answer(with_cookie(&ticket_of("anna", NOW))).await;
        assert_eq!(by_cookie, expected, "{name}");
    }
}

#[tokio::test]
async fn a_site_that_is_silent_or_gone_is_unavailable_and_other_issuers_go_on() {
    let site = Site::start(&anna()).await;
    let silent = site.function(&[]).await;
    site.replies(Reply::Silence);
    assert_eq!(silent.answer(event(POST_COOKIES, &token())).await, unavailable());

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let function = Function::new(&[("PLONE_SITE", &format!("http://{gone}/Plone"))]).await;
    assert_eq!(function.answer(event(POST_COOKIES, &token())).await, unavailable());
    assert_eq!(function.answer(with_cookie(&ticket_of("anna", NOW))).await, unavailable());
    assert_eq!(function.answer(event(POST_COOKIES, &tokens::hs256(&tokens::claims()))).await, issued());
}

/// A forged token would be as good as a real one.
#[tokio::test]
async fn a_site_that_shows_its_users_to_anybody_is_not_believed() {
    let site = Site::start(&anna()).await;
    let function = site.function(&[]).await;
    let ask = async |seconds: u64| {
        function.set_time(NOW + seconds);
        function.answer(event(POST_COOKIES, &token())).await["statusCode"].clone()
    };
    for reply in
        [json_of(&anna()), json_of(&user("ben")), status(200), status(429), status(500), Reply::Silence]
    {
        site.replies_to_strangers(reply);
        assert_eq!(ask(0).await, 503);
    }
    let log_in = Reply::Redirect("https://site.example/login".to_owned());
    for reply in [refusal(), status(403), status(404), log_in] {
        let function = site.function(&[]).await;
        site.replies_to_strangers(reply);
        assert_eq!(function.answer(event(POST_COOKIES, &token())).await, issued());
    }
    // No success is remembered: it says nothing of the next viewer, for whom a cache may answer.
    assert_eq!(ask(0).await, 200);
    site.replies_to_strangers(json_of(&anna()));
    assert_eq!(ask(0).await, 503);
}

#[tokio::test]
async fn ids_are_one_segment_of_the_path() {
    let rows = [
        ("anna", Some("anna")),
        ("a.b-c_d~e", Some("a.b-c_d~e")),
        ("anna@example.org", Some("anna%40example.org")),
        ("a b", Some("a%20b")),
        ("a?b#c%2F&d=+", Some("a%3Fb%23c%252F%26d%3D%2B")),
        ("ünal", Some("%C3%BCnal")),
        ("a\\..\\b", Some("a%5C..%5Cb")),
        ("...", Some("...")),
        (".", None),
        ("..", None),
        ("a/b", None),
        ("/", None),
        ("@@search", None),
        ("++api++", None),
        ("a\nb", None),
        ("a\u{0}", None),
        ("", None),
    ];
    for (id, segment) in rows {
        let site = Site::start(&user(id)).await;
        let function = site.function(&[]).await;
        let answer = function.answer(event(POST_COOKIES, &token_of(id, NOW + 43_200))).await;
        let asked = site.requests().first().map(|request| request["target"].as_str().unwrap().to_owned());
        assert_eq!(asked, segment.map(|segment| format!("/Plone/@users/{segment}?b_size=250")), "{id:?}");
        assert_eq!(answer, if segment.is_some() { issued() } else { refused() }, "{id:?}");
    }
}

#[tokio::test]
async fn a_site_is_asked_with_the_token_of_its_front_end() {
    let site = Site::start(&anna()).await;
    let function = site.function(&[]).await;
    let mut event = with_cookie(&ticket_of("otto", NOW));
    event["cookies"] = json!([format!("__ac={}", ticket_of("otto", NOW)), format!("auth_token={}", token())]);
    assert_eq!(function.answer(event).await, issued());
    let target = "/Plone/@users/anna?b_size=250";
    let bearer = format!("Bearer {}", token());
    assert_eq!(site.requests(), [request(target, Some(&bearer), None), request(target, None, None)]);
}

#[tokio::test]
async fn what_cannot_be_the_sites_is_refused_without_asking() {
    let site = Site::start(&anna()).await;
    let function = site.function(&[("JWT_SECRET", tokens::SECRET)]).await;
    let claims = |change: Value| {
        let mut claims = json!({"sub": "anna", "exp": NOW + 60});
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        event(POST_COOKIES, &tokens::hs256(&claims))
    };
    let mut bearer_first = with_cookie(&ticket_of("anna", NOW));
    bearer_first["headers"]["authorization"] = json!("Bearer a.b.c");
    let root_cookie = STANDARD.encode("61646d696e:736563726574").replace('=', "%253D");
    let expired = refused_because("token-expired", "the token has expired: sign in again");
    let not_yet = refused_because(
        "token-not-yet-valid",
        "the token is not valid yet: compare the clocks of this server and of the one that issued it",
    );
    let audience = refused_because("wrong-audience", "the token is meant for another service than this one");
    let issuer = refused_because("wrong-issuer", "the token comes from an issuer that is not known here");
    let rows = [
        ("an expired token", claims(json!({"exp": NOW})), expired.clone()),
        ("a token without an end", claims(json!({"exp": null})), refused()),
        ("a token for tomorrow", claims(json!({"nbf": NOW + 61})), not_yet.clone()),
        ("a token without a user", claims(json!({"sub": null})), refused()),
        ("a token for somebody", claims(json!({"aud": "somebody"})), audience),
        ("a token of an issuer", claims(json!({"iss": "https://other.example"})), issuer),
        ("a token of simplejwt", claims(json!({"token_type": "access"})), refused()),
        ("EdDSA", event(POST_COOKIES, &tokens::eddsa(&json!({"sub": "anna", "exp": NOW + 60}))), refused()),
        ("no token", event(POST_COOKIES, "a.b.c"), refused()),
        ("a cookie beside no token", bearer_first, refused()),
        ("an expired ticket", with_cookie(&ticket_of("anna", NOW - 7_200)), expired),
        ("a ticket of tomorrow", with_cookie(&ticket_of("anna", NOW + 61)), not_yet),
        ("no ticket", with_cookie("deleted"), refused()),
        ("an empty cookie", with_cookie(""), refused()),
        ("a root user's cookie", with_cookie(&root_cookie), refused()),
    ];
    for (name, event, expected) in rows {
        assert_eq!(function.answer(event).await, expected, "{name}");
        assert_eq!(site.requests(), Vec::<Value>::new(), "{name}");
    }
}

#[tokio::test]
async fn cookies_end_with_the_credential() {
    let site = Site::start(&anna()).await;
    let rows: [(_, Value, _); 4] = [
        ("7200", event(POST_COOKIES, &token_of("anna", NOW + 50)), NOW + 50),
        ("7200", with_cookie(&ticket_of("anna", NOW - 7_000)), NOW + 100),
        ("7200", with_cookie(&ticket_of("anna", NOW + 60)), (NOW + 3_600) / 300 * 300),
        ("600", with_cookie(&ticket_of("anna", NOW)), NOW + 400),
    ];
    for (timeout, event, expires) in rows {
        let function = site.function(&[("PLONE_TICKET_TIMEOUT_SECONDS", timeout)]).await;
        assert_eq!(function.answer(event).await, issued_until(expires));
    }
}

#[tokio::test]
async fn roles_and_groups_are_the_sites() {
    let site = Site::start(&anna()).await;
    let rows = [
        (r#"{"groups": "premium"}"#, true),
        (r#"{"groups": "Premium"}"#, false),
        (r#"{"groups": "staff"}"#, false),
        (r#"{"roles": "Member"}"#, true),
        (r#"{"roles": "Manager"}"#, false),
        (r#"{"username": "anna@example.org"}"#, false),
        (r#"{"email": "anna@example.org"}"#, false),
        (r#"{"fullname": "Anna Ünal"}"#, false),
    ];
    for (condition, may_watch) in rows {
        let entitlements = format!(r#"[{{"resource": "/video/*", "if": {condition}}}]"#);
        let function = site.function(&[("ENTITLEMENTS", &entitlements)]).await;
        let answer = function.answer(event(POST_COOKIES, &token())).await;
        let forbidden = problem(403, "not-entitled", "you are signed in, and may not watch this", json!({}));
        assert_eq!(answer, if may_watch { issued() } else { forbidden }, "{condition}");
    }
}

#[tokio::test]
async fn no_credential_stands_in_the_log() {
    let site = Site::start(&anna()).await;
    let function = site.function(&[]).await;
    let log = Log::start();
    let root_cookie = STANDARD.encode("61646d696e:736563726574");
    let secrets = [token(), ticket_of("anna", NOW), root_cookie.clone(), "736563726574".to_owned()];
    for reply in [json_of(&anna()), refusal(), status(500), json_of(&root_user())] {
        site.replies(reply);
        for event in
            [event(POST_COOKIES, &token()), with_cookie(&ticket_of("anna", NOW)), with_cookie(&root_cookie)]
        {
            function.answer(event).await;
        }
    }
    let lines = log.take();
    let found: Vec<&String> = secrets.iter().filter(|secret| lines.contains(*secret)).collect();
    assert_eq!(found, Vec::<&String>::new(), "{lines}");
    assert_eq!(lines.matches("issued cookies").count(), 2, "{lines}");
}

#[tokio::test]
async fn settings_that_cannot_be_meant_are_told() {
    let url = "PLONE_SITE must be an https URL such as https://www.example.com/Plone, or an http URL of this \
               computer, without a query and a user name";
    let rows = [
        (vec![("PLONE_SITE", "https://site.example")], None),
        (vec![("PLONE_SITE", "https://site.example/cms/Plone/")], None),
        (vec![("PLONE_SITE", "http://localhost:8080/Plone")], None),
        (vec![("PLONE_SITE", "http://127.0.0.1:8080/Plone")], None),
        (vec![("PLONE_SITE", "http://[::1]:8080/Plone")], None),
        (vec![("PLONE_SITE", "http://site.example")], Some(url)),
        (vec![("PLONE_SITE", "http://localhost.example")], Some(url)),
        (vec![("PLONE_SITE", "https://user@site.example")], Some(url)),
        (vec![("PLONE_SITE", "https://:password@site.example")], Some(url)),
        (vec![("PLONE_SITE", "https://site.example?a=b")], Some(url)),
        (vec![("PLONE_SITE", "https://site.example#a")], Some(url)),
        (vec![("PLONE_SITE", "site.example")], Some(url)),
        (vec![("PLONE_SITE", "ftp://localhost")], Some(url)),
        (
            vec![
                ("PLONE_SITE", "https://site.example"),
                ("PLONE_TICKET_KEYS", "a secret of thirty-two bytes or of more"),
            ],
            Some(
                "PLONE_SITE and PLONE_TICKET_KEYS are both set: Usher either asks the site or uses its keys",
            ),
        ),
        (
            vec![("PLONE_SITE", "https://site.example"), ("PLONE_TICKET_TIMEOUT_SECONDS", "0")],
            Some("PLONE_TICKET_TIMEOUT_SECONDS must be a number of seconds, from 1 to 31536000"),
        ),
    ];
    for (changes, problem) in rows {
        let config = try_config("unused", &changes, &|| http_client(ClientBuilder::new()));
        let found = config.err().map(|error| error.to_string());
        let expected = problem.map(|problem| format!("the configuration cannot be used: {problem}"));
        assert_eq!(found, expected, "{changes:?}");
    }
}
