//! Claims of API Gateway's JWT authorizer count where a setting says that it is there, and nowhere else.

use cloudfront_signing::HashAlgorithm;
use serde_json::{Value, json};

use crate::{
    function::{Function, HOST, NOW, POST_COOKIES, grant, problem, remove_header, response, signed_in},
    tokens,
};

/// An event as the authorizer passes it on: each claim is a text.
fn authorized(claims: &Value) -> Value {
    let mut event: Value = serde_json::from_str(POST_COOKIES).unwrap();
    remove_header(&mut event, "authorization");
    event["requestContext"]["authorizer"] = json!({"jwt": {"claims": claims, "scopes": null}});
    event
}

fn claims() -> Value {
    json!({"sub": "anna", "iss": tokens::ISSUER, "exp": (NOW + 60).to_string()})
}

fn issued(path: &str, more: &[&str]) -> Value {
    let resource = format!("https://{HOST}{path}");
    let mut cookies = grant(&resource, NOW + 60, HashAlgorithm::Sha256).set_cookies();
    cookies.extend(more.iter().map(|cookie| (*cookie).to_owned()));
    let body = json!({"resource": resource, "expires_at": NOW + 60, "refresh_after": NOW + 48});
    response(200, json!({"content-type": "application/json"}), Some(body), json!(cookies))
}

fn refused(detail: &str, challenge: &str) -> Value {
    problem(401, "Unauthorized", detail, json!({ "www-authenticate": challenge }))
}

const INVALID: &str = "Bearer error=\"invalid_token\"";

#[tokio::test]
async fn its_claims_are_taken_where_the_setting_says_so() {
    let function = Function::new(&[("API_GATEWAY_AUTHORIZER", "jwt")]).await;
    assert_eq!(function.answer(authorized(&claims())).await, issued("/video/*", &[]));
    // A token of another issuer in the header is not looked at: the authorizer may have read another place.
    let mut both = authorized(&claims());
    both["headers"]["authorization"] = json!("Bearer something");
    assert_eq!(function.answer(both).await, issued("/video/*", &[]));
}

#[tokio::test]
async fn an_event_with_claims_counts_for_nothing_without_the_setting() {
    let function = Function::new(&[]).await;
    let expected = refused("sign in first: send Authorization: Bearer", "Bearer");
    assert_eq!(function.answer(authorized(&claims())).await, expected);
}

#[tokio::test]
async fn claims_that_are_incomplete_or_over_are_refused() {
    let function = Function::new(&[("API_GATEWAY_AUTHORIZER", "jwt")]).await;
    let set = |name: &str, value: &str| {
        let mut claims = claims();
        claims[name] = json!(value);
        claims
    };
    let invalid = refused("the token is not accepted here", INVALID);
    let rows = [
        (json!({}), &invalid),
        (set("sub", ""), &invalid),
        (set("exp", ""), &invalid),
        (set("exp", "soon"), &invalid),
        (set("exp", "1.79e9"), &invalid),
        (set("exp", &NOW.to_string()), &refused("the token has expired: sign in again", INVALID)),
    ];
    for (claims, expected) in rows {
        assert_eq!(function.answer(authorized(&claims)).await, *expected, "{claims}");
    }
}

#[tokio::test]
async fn a_list_that_arrives_as_text_gives_no_entitlement() {
    let settings = [("API_GATEWAY_AUTHORIZER", "jwt"), ("ENTITLEMENTS", r#"["/video/{groups}/*"]"#)];
    let function = Function::new(&settings).await;
    let with = |groups: &str| {
        let mut claims = claims();
        claims["groups"] = json!(groups);
        authorized(&claims)
    };
    let mut narrow = with("a");
    narrow["cookies"] = json!(["usher-paths=/video/a/"]);
    let remembered = "usher-paths=/video/a/; HttpOnly; SameSite=Lax; Secure; Path=/auth/cookies";
    assert_eq!(function.answer(narrow).await, issued("/video/a/*", &[remembered]));
    let expected = problem(403, "Forbidden", "you are signed in, and may not watch this", json!({}));
    for groups in ["[a b]", "[a]", "a b"] {
        assert_eq!(function.answer(with(groups)).await, expected, "{groups}");
    }
}

#[tokio::test]
async fn without_the_authorizer_s_claims_a_bearer_is_asked_for_as_ever() {
    let function = Function::new(&[("API_GATEWAY_AUTHORIZER", "jwt")]).await;
    let plain = function.answer(signed_in(POST_COOKIES)).await;
    assert_eq!(plain, Function::new(&[]).await.answer(signed_in(POST_COOKIES)).await);
}
