//! Two credentials in one request: whose it is, nobody can tell.

use http::HeaderMap;
use issue_cookies::{AuthenticationError, Subject};
use serde_json::{Value, json};

use crate::{
    function::{Function, NOW, POST_COOKIES, config, event, problem, remove_header, signed_in, time},
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
