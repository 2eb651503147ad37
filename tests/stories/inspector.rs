//! The inspector says why a request was refused, whoever refused it, and never shows a secret.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::house::{House, START};

const ISSUER: &str = "https://login.example.com/";
const SECRET: &str = "a secret that this site and Usher share";
const OTHER_SECRET: &str = "a secret that another site has made up";
const PLAYLIST: &str = "/video/clock-ts/master.m3u8";

/// A site whose viewers sign in with tokens for `films`.
async fn site() -> House {
    let settings = [("JWT_ISSUER", ISSUER), ("JWT_AUDIENCE", "films"), ("JWT_SECRET", SECRET)];
    House::with_settings(&settings).await
}

/// A token of the site for anna: for this audience, by this secret, until this time.
fn token(audience: &str, secret: &str, expires: u64) -> String {
    let claims = json!({"iss": ISSUER, "aud": audience, "sub": "anna", "iat": START - 9_000, "exp": expires});
    encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// The records of the requests so far, as the inspector receives them. How long each took is left out.
async fn records(house: &House, count: usize) -> Vec<Value> {
    let mut answer = house.get("/__usher/events").send().await.unwrap();
    let mut text = String::new();
    let mut records: Vec<Value> = Vec::new();
    while records.len() < count {
        text += std::str::from_utf8(&answer.chunk().await.unwrap().unwrap()).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
        records = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
    }
    assert_eq!(records.len(), count);
    for record in &mut records {
        assert!(record.as_object_mut().unwrap().remove("milliseconds").unwrap().as_f64() > Some(0.0));
    }
    records
}

/// What a record has where it says nothing, with these members instead.
fn record(members: &Value) -> Value {
    let mut record = json!({
        "time": "2026-09-21T14:13:20Z", "headers": [], "asked": null, "asset": null, "behavior": "/auth/*",
        "origin": "issue-cookies", "restricted": false, "credential": null, "verdict": "open", "refused_by": null,
        "code": null, "message": null, "problem": null, "reason": null, "viewers": [], "authenticator": null,
        "token": null, "accepted": [], "issued": null, "playlist": null, "policy": null, "checks": [],
        "key_pair_id": null, "cache": null, "bytes": null,
    });
    for (name, value) in members.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

#[tokio::test]
async fn a_wrong_audience_a_wrong_key_and_an_expired_token_are_told_apart() {
    let house = site().await;
    let body = json!({"path": format!("{PLAYLIST}?Signature=secret")});
    for (audience, secret, expires) in
        [("shop", SECRET, START + 60), ("films", OTHER_SECRET, START + 60), ("films", SECRET, START)]
    {
        let asked =
            house.request("POST", "/auth/cookies").bearer_auth(token(audience, secret, expires)).json(&body);
        assert_eq!(asked.send().await.unwrap().status(), 401);
    }
    let refused = |number: u64, audience: &str, expires: u64, problem: &str, reason: &str| {
        record(&json!({
            "number": number,
            "method": "POST",
            "target": "/auth/cookies",
            "headers": [["authorization", "Bearer TOKEN"], ["content-type", "application/json"]],
            "asked": format!("{PLAYLIST}?Signature=…"),
            "asset": "/video/clock-ts/*",
            "verdict": "refused",
            "refused_by": "issue-cookies",
            "problem": format!("urn:problem-type:usher:{problem}"),
            "reason": reason,
            "token": {
                "alg": "HS256", "typ": "JWT", "aud": audience, "exp": expires, "iat": START - 9_000, "iss": ISSUER,
                "sub": "anna",
            },
            "accepted": [format!("tokens of {ISSUER} for films"), "tokens of urn:usher:demo for usher"],
            "status": 401,
        }))
    };
    let expected = [
        refused(
            1,
            "shop",
            START + 60,
            "wrong-audience",
            "the token's aud, \"shop\", is none of the configured audiences",
        ),
        refused(2, "films", START + 60, "credential-rejected", "the token's signature is not the issuer's"),
        refused(3, "films", START, "token-expired", "the token has expired"),
    ];
    assert_eq!(records(&house, 3).await, expected);
}

#[tokio::test]
async fn who_received_what_and_who_plays_with_it() {
    let house = site().await;
    let good = token("films", SECRET, START + 3_600);
    let asked = house.request("POST", "/auth/urls").bearer_auth(&good).json(&json!({"path": PLAYLIST}));
    let answer: Value = asked.send().await.unwrap().json().await.unwrap();
    let url = answer["url"].as_str().unwrap().replacen(&house.url, "", 1);
    for _ in 0..2 {
        assert_eq!(house.get(&url).send().await.unwrap().status(), 200);
    }
    let missing = url.replacen("master", "missing", 1);
    assert_eq!(house.get(&missing).send().await.unwrap().status(), 404);
    assert_eq!(house.get(PLAYLIST).send().await.unwrap().status(), 403);

    let resource = format!("{}/video/clock-ts/*", house.url);
    // The token's end, rounded down to five minutes.
    let expires = (START + 3_600) / 300 * 300;
    let found = records(&house, 5).await;
    let key_pair_id = found[1]["key_pair_id"].clone();
    let questions = [
        "is the request signed?",
        "is the key trusted?",
        "are all parts there, once, and decodable?",
        "can the policy be read?",
        "does the signature fit?",
        "does the policy cover the URL?",
        "is it valid already?",
        "is it valid still?",
        "is the viewer's address allowed?",
    ];
    let playlist = |number: u64, more: &Value| {
        let mut expected = record(&json!({
            "number": number,
            "method": "GET",
            "target": found[usize::try_from(number).unwrap() - 1]["target"],
            "asset": "/video/clock-ts/*",
            "behavior": "/video/*.m3u8",
            "origin": "resign-manifest",
            "restricted": true,
            "credential": "url",
            "verdict": "admitted",
            "viewers": ["anna"],
            "policy": {"resource": resource, "expires_at": expires, "not_before": null, "ip_address": null, "is_signed": true},
            "checks": questions.map(|question| json!({"question": question, "passed": true})),
            "key_pair_id": key_pair_id,
            "status": 200,
        }));
        for (name, value) in more.as_object().unwrap() {
            expected[name] = value.clone();
        }
        expected
    };
    let length = found[1]["bytes"].as_u64().unwrap();
    let expected = [
        record(&json!({
            "number": 1,
            "method": "POST",
            "target": "/auth/urls",
            "headers": [["authorization", "Bearer TOKEN"], ["content-type", "application/json"]],
            "asked": PLAYLIST,
            "asset": "/video/clock-ts/*",
            "verdict": "issued",
            "viewers": ["anna"],
            "authenticator": "jwt",
            "token": {
                "alg": "HS256", "typ": "JWT", "aud": "films", "exp": START + 3_600, "iat": START - 9_000,
                "iss": ISSUER, "sub": "anna",
            },
            "issued": {"by": "url", "resources": [resource], "expires_at": expires},
            "status": 200,
        })),
        playlist(
            2,
            &json!({
                "playlist": {"style": "inline", "signed": 2, "left": null}, "cache": "miss", "bytes": length,
            }),
        ),
        playlist(3, &json!({"cache": "hit", "bytes": length})),
        playlist(
            4,
            &json!({
                "verdict": "refused",
                "refused_by": "resign-manifest",
                "problem": "urn:problem-type:usher:not-found",
                "reason": "there is no such object",
                "cache": "miss",
                "status": 404,
                "bytes": found[3]["bytes"],
            }),
        ),
        record(&json!({
            "number": 5,
            "method": "GET",
            "target": PLAYLIST,
            "asset": "/video/clock-ts/*",
            "behavior": "/video/*.m3u8",
            "origin": "resign-manifest",
            "restricted": true,
            "verdict": "refused",
            "refused_by": "edge",
            "code": "MissingKey",
            "message": "Missing Key-Pair-Id query parameter or cookie value",
            "reason": "the request is not signed: neither its URL nor its cookies name a key pair id",
            "checks": [{"question": "is the request signed?", "passed": false}],
            "status": 403,
        })),
    ];
    assert_eq!(found, expected);
    let shown = Value::from(found).to_string();
    for part in url.split(['=', '&']).filter(|part| part.len() > 40) {
        assert!(!shown.contains(part), "a signature is shown: {part}");
    }
    assert!(good.split('.').all(|part| !shown.contains(part)), "a token is shown");
}

#[tokio::test]
async fn a_viewer_without_a_credential_is_refused_by_the_viewer_request_function() {
    let house = site().await;
    assert_eq!(house.request("POST", "/auth/cookies").send().await.unwrap().status(), 401);
    let expected = record(&json!({
        "number": 1,
        "method": "POST",
        "target": "/auth/cookies",
        "verdict": "refused",
        "refused_by": "viewer-request",
        "problem": "urn:problem-type:usher:sign-in-required",
        "reason": "sign in first: send Authorization: Bearer",
        "accepted": [format!("tokens of {ISSUER} for films"), "tokens of urn:usher:demo for usher"],
        "status": 401,
    }));
    assert_eq!(records(&house, 1).await, [expected]);
}

#[tokio::test]
async fn an_expired_signature_is_still_of_its_viewer_and_a_changed_one_of_nobody() {
    let house = site().await;
    let good = token("films", SECRET, START + 3_600);
    let asked = house.request("POST", "/auth/urls").bearer_auth(&good).json(&json!({"path": PLAYLIST}));
    let answer: Value = asked.send().await.unwrap().json().await.unwrap();
    let url = answer["url"].as_str().unwrap();
    house.set_time(START + 3_600);
    assert_eq!(house.get(url).send().await.unwrap().status(), 403);
    let changed = url.replacen("Signature=", "Signature=AAAA", 1);
    assert_eq!(house.get(&changed).send().await.unwrap().status(), 403);
    let found = records(&house, 3).await;
    let told: Vec<_> = found[1..]
        .iter()
        .map(|record| {
            let failed = record["checks"].as_array().unwrap().last().unwrap();
            (&record["viewers"], &record["policy"]["is_signed"], failed.clone())
        })
        .collect();
    let no = |question: &str| json!({"question": question, "passed": false});
    assert_eq!(
        told,
        [
            (&json!(["anna"]), &json!(true), no("is it valid still?")),
            (&json!([]), &json!(false), no("does the signature fit?")),
        ]
    );
}
