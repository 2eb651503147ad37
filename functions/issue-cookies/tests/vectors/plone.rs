//! Tokens and tickets of Plone, with the keyring that they were made with.

use issue_cookies::{AuthenticationError, TicketError, TokenError};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::{answer, derived_key, of_kind, subject, text, vectors, with_bearer, with_ticket};

const FILE: &str = include_str!("../../../../tests/vectors/plone.json");
const KINDS: [(&str, usize); 3] = [("ticket", 10), ("token", 4), ("root cookie", 1)];
/// Where the site keeps its keys for tokens.
const PLUGIN: &str = "/Plone/acl_users/jwt_auth";
/// plone.session's default.
const TICKET_TIMEOUT: u64 = 7_200;
/// plone.restapi's default.
const TOKEN_TIMEOUT: u64 = 43_200;

fn keyring() -> Vec<String> {
    let file: Value = serde_json::from_str(FILE).unwrap();
    file["keyring"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_ticket_names_its_user_but_those_in_md5_and_one_whose_id_cannot_be_told_from_its_tokens() {
    let rows = vectors(FILE, &KINDS);
    for row in of_kind(&rows, "ticket") {
        let is_md5 = row["mod_auth_tkt"] == json!(true);
        // The whole keyring, and the shared secret of the one site that has one.
        let secrets = format!("{},{}", keyring().join(","), text(row, "secret"));
        let settings = [("PLONE_TICKET_KEYS", &*secrets)];
        let issued = row["timestamp"].as_u64().unwrap();
        let expected = match text(row, "description") {
            "an exclamation mark in the user id" => Err(TicketError::Signature.into()),
            _ if is_md5 => Err(TicketError::Signature.into()),
            _ => {
                let tokens = row["tokens"].as_array().into_iter().flatten();
                let tokens: Vec<&Value> = tokens.filter(|token| *token != "").collect();
                let user_data = row["user_data"].as_str().unwrap_or_default();
                let claims = json!({"sub": text(row, "userid"), "tokens": tokens, "user_data": user_data});
                Ok(subject("plone-ticket", issued + TICKET_TIMEOUT, claims, None))
            }
        };
        let encoded = utf8_percent_encode(text(row, "cookie_b64"), NON_ALPHANUMERIC).to_string();
        let captured = row["cookie_wire"].as_str();
        for cookie in [Some(&*encoded), captured].into_iter().flatten().map(with_ticket) {
            let of_now = answer(&settings, cookie.clone(), issued + 60).await;
            assert_eq!(of_now, expected, "{row}");
            if expected.is_ok() {
                let late = answer(&settings, cookie, issued + TICKET_TIMEOUT).await;
                assert_eq!(late, Err(TicketError::Expired.into()), "{row}");
            }
        }
    }
}

#[tokio::test]
async fn every_token_of_a_site_user_that_ends_names_its_user() {
    let rows = vectors(FILE, &KINDS);
    let keys: Vec<String> =
        keyring().iter().map(|secret| derived_key(&format!("{secret}{PLUGIN}"))).collect();
    let keys = keys.join(",");
    for row in of_kind(&rows, "token") {
        if let Some(key) = row["derived_hmac_key_hex"].as_str() {
            assert_eq!(derived_key(text(row, "key")), key);
        }
        let ends = row["decoded"]["exp"].as_u64();
        let expected = match (text(row, "description"), ends) {
            ("a user of the site" | "the answer to a sign-in", Some(ends)) => {
                let mut claims = row["decoded"].clone();
                // Users change their own.
                claims.as_object_mut().unwrap().remove("fullname");
                Ok(subject("plone-token", ends, claims, None))
            }
            ("no end", None) => Err(TokenError::Claim("exp").into()),
            ("a root user", Some(_)) => Err(AuthenticationError::from(TokenError::Signature)),
            _ => panic!("a token that this test does not know: {row}"),
        };
        let token = with_bearer(text(row, "token"));
        let now = ends.map_or(1_795_288_277, |ends| ends - TOKEN_TIMEOUT);
        assert_eq!(answer(&[("PLONE_JWT_KEYS", &keys)], token, now).await, expected, "{row}");
    }
}

#[tokio::test]
async fn the_cookie_of_a_root_user_is_refused() {
    let rows = vectors(FILE, &KINDS);
    let secrets = keyring().join(",");
    let row = of_kind(&rows, "root cookie").next().unwrap();
    let cookie = with_ticket(text(row, "cookie_wire"));
    let refused = answer(&[("PLONE_TICKET_KEYS", &secrets)], cookie, 1_795_288_277).await;
    assert_eq!(refused, Err(TicketError::RootUser.into()));
}
