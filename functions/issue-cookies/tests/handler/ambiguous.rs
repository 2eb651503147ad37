//! Two credentials in one request: whose it is, nobody can tell.

use http::HeaderMap;
use issue_cookies::{AuthenticationError, Subject, TokenError};
use serde_json::{Value, json};

use crate::{
    function::{Function, HOST, NOW, POST_COOKIES, config, event, problem, remove_header, signed_in, time},
    paths,
    plone_offline::{LABELLED, SECRET, TICKET},
    tokens::{self, hex},
};

fn with_cookies(cookies: &[&str]) -> Value {
    let mut event = event(POST_COOKIES, "");
    remove_header(&mut event, "authorization");
    event["cookies"] = json!(cookies);
    event
}

fn with_authorization(value: &str) -> Value {
    let mut event = event(POST_COOKIES, "");
    event["headers"]["authorization"] = json!(value);
    event
}

async fn id(
    settings: &[(&str, &str)],
    headers: &[&str],
    event: Value,
) -> Result<String, AuthenticationError> {
    let mut request: aws_lambda_events::apigw::ApiGatewayV2httpRequest =
        serde_json::from_value(event).unwrap();
    let mut more = HeaderMap::new();
    for value in headers {
        more.append("authorization", value.parse().unwrap());
    }
    request.headers.extend(more);
    let viewer = config("unused", settings).authenticators.viewer(&request, time(NOW)).await;
    viewer.map(|Subject { id, .. }| id)
}

#[tokio::test]
async fn two_different_tickets_are_refused_and_the_same_twice_is_one() {
    let settings = [("PLONE_TICKET_KEYS", SECRET)];
    let [first, second] = [TICKET, LABELLED].map(|ticket| format!("__ac={ticket}"));
    let quoted = format!("__ac=\"{TICKET}\"");
    let anna = Ok("anna".to_owned());
    let ambiguous = Err(AuthenticationError::Ambiguous);
    let rows: [(&[&str], _); 9] = [
        (&[&first], &anna),
        (&[&first, &first], &anna),
        (&[&first, "x=1", &first, &first], &anna),
        // One that a page or a sibling host has added must not decide, whatever its place.
        (&[&first, &second], &ambiguous),
        (&[&second, &first], &ambiguous),
        (&[&first, &first, &second], &ambiguous),
        (&["__ac=x", &first], &ambiguous),
        (&[&first, "__ac="], &ambiguous),
        (&[&first, &quoted], &ambiguous),
    ];
    for (cookies, expected) in rows {
        assert_eq!(id(&settings, &[], with_cookies(cookies)).await, *expected, "{cookies:?}");
    }
    // Where nobody reads tickets, cookies of that name are none; and a bearer goes before them.
    let cookies = with_cookies(&[&first, &second]);
    assert_eq!(id(&[], &[], cookies.clone()).await, Err(AuthenticationError::Missing));
    let bearer = format!("Bearer {}", tokens::hs256(&tokens::claims()));
    assert_eq!(id(&settings, &[&bearer], cookies).await, anna);
}

#[tokio::test]
async fn a_bearer_goes_before_the_token_of_volto_and_that_before_a_ticket() {
    let key = hex(paths::KEY);
    let both = [("PLONE_TICKET_KEYS", SECRET), ("PLONE_JWT_KEYS", &*key)];
    let token_of = |id: &str, exp: u64| tokens::hs256_by(paths::KEY, &json!({"sub": id, "exp": exp}));
    let volto = |id: &str| format!("auth_token={}", token_of(id, NOW + 60));
    let expired = format!("auth_token={}", token_of("otto", NOW));
    let (otto, quoted) = (volto("otto"), volto("otto").replacen('=', "=\"", 1) + "\"");
    let ticket = format!("__ac={TICKET}");
    let is = |id: &str| Ok(id.to_owned());
    let (anna, ambiguous) = (is("anna"), Err(AuthenticationError::Ambiguous));
    let rows: [(&[&str], _); 9] = [
        (&[&otto], is("otto")),
        (&[&otto, &otto], is("otto")),
        (&[&otto, &ticket], is("otto")),
        (&[&ticket, &otto], is("otto")),
        // Two of a kind that does not decide are none of anybody's business.
        (&[&otto, &ticket, &format!("__ac={LABELLED}")], is("otto")),
        (&[&otto, &volto("anna"), &ticket], ambiguous.clone()),
        (&[&otto, &quoted], ambiguous),
        // As with a bearer: an invalid one is not made good by a ticket.
        (&[&expired, &ticket], Err(TokenError::Expired.into())),
        (&["auth_token=", &ticket], Err(TokenError::Malformed.into())),
    ];
    for (cookies, expected) in rows {
        assert_eq!(id(&both, &[], with_cookies(cookies)).await, expected, "{cookies:?}");
    }
    let bearer = format!("Bearer {}", token_of("ines", NOW + 60));
    let with_bearer = |cookies: &[&str]| {
        let mut event = with_authorization(&bearer);
        event["cookies"] = json!(cookies);
        event
    };
    assert_eq!(id(&both, &[], with_bearer(&[&otto, &volto("anna"), &ticket])).await, is("ines"));
    assert_eq!(id(&both, &[&bearer], with_bearer(&[&otto])).await, is("ines"));
    // Where nobody reads Plone's tokens, the cookie of that name is another program's.
    let tickets = [("PLONE_TICKET_KEYS", SECRET)];
    assert_eq!(id(&tickets, &[], with_cookies(&[&otto, &ticket])).await, anna);
    assert_eq!(id(&[], &[], with_cookies(&[&otto])).await, Err(AuthenticationError::Missing));
}

#[tokio::test]
async fn a_browser_must_say_which_page_sends_the_token_of_volto() {
    let function = Function::new(&[("PLONE_JWT_KEYS", &hex(paths::KEY))]).await;
    let token = tokens::hs256_by(paths::KEY, &json!({"sub": "otto", "exp": NOW + 60}));
    let with_origin = |origin: Option<&str>| {
        let mut event = with_cookies(&[&format!("auth_token={token}")]);
        for name in ["origin", "sec-fetch-site"] {
            remove_header(&mut event, name);
        }
        if let Some(origin) = origin {
            event["headers"]["origin"] = json!(origin);
        }
        event
    };
    let own = format!("https://{HOST}");
    for (origin, expected) in [(Some(&*own), 200), (Some("https://evil.test"), 403), (None, 403)] {
        assert_eq!(function.answer(with_origin(origin)).await["statusCode"], expected, "{origin:?}");
    }
}

#[tokio::test]
async fn two_different_bearers_are_refused_in_one_header_or_two() {
    let token = tokens::hs256(&tokens::claims());
    let mut otto = tokens::claims();
    otto["sub"] = json!("otto");
    let (bearer, other) = (format!("Bearer {token}"), format!("Bearer {}", tokens::hs256(&otto)));
    let anna = Ok("anna".to_owned());
    let ambiguous = Err(AuthenticationError::Ambiguous);
    let rows: [(&[&str], _); 8] = [
        (&[&bearer], &anna),
        (&[&bearer, &bearer], &anna),
        (&[&bearer, &format!("bearer  {token}")], &anna),
        (&["Basic YTpi", &bearer], &anna),
        (&[&bearer, &other], &ambiguous),
        (&[&other, &bearer], &ambiguous),
        (&[&bearer, "Bearer x"], &ambiguous),
        (&[&bearer, &bearer, &other], &ambiguous),
    ];
    for (headers, expected) in rows {
        assert_eq!(id(&[], headers, with_cookies(&[])).await, *expected, "{headers:?}");
        // API Gateway joins them.
        for comma in [",", ", "] {
            let joined = with_authorization(&headers.join(comma));
            assert_eq!(id(&[], &[], joined).await, *expected, "{headers:?}");
        }
    }
}

#[tokio::test]
async fn a_comma_in_a_name_that_was_signed_divides_nothing() {
    let key = hex(paths::KEY);
    let settings = [("DJANGO_KEYS", key.as_str()), ("DJANGO_FORMAT", "timestamp")];
    for name in ["Anna, Queen", "a,b", ",", "anna,bearer", "anna,Basic x"] {
        let bearer = format!("Bearer {}", paths::signed(name));
        assert_eq!(id(&settings, &[], with_authorization(&bearer)).await, Ok(name.to_owned()));
    }
}

#[tokio::test]
async fn the_viewer_learns_what_to_do() {
    let function = Function::new(&[("PLONE_TICKET_KEYS", SECRET)]).await;
    let challenge = json!({"www-authenticate": "Bearer error=\"invalid_token\""});
    let detail = "the request has two different credentials: sign out, then sign in again";
    let expected = problem(401, "ambiguous-credential", detail, challenge);
    let cookies = with_cookies(&[&format!("__ac={TICKET}"), &format!("__ac={LABELLED}")]);
    assert_eq!(function.answer(cookies).await, expected);
    let mut bearers = signed_in(POST_COOKIES);
    bearers["headers"]["authorization"] = json!("Bearer a,Bearer b");
    assert_eq!(function.answer(bearers).await, expected);
}
