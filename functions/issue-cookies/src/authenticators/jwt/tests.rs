//! What libraries accept and these rules refuse, row by row. Another implementation makes the tokens.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use super::*;

const NOW: u64 = 1_790_000_000;
const ISSUER: &str = "https://site.example";
const SECRET: &str = "a secret of at least thirty-two bytes";

fn now() -> UnixTime {
    UnixTime::new(NOW).unwrap()
}

fn rules() -> TokenRules {
    TokenRules {
        algorithm: Algorithm::HS256,
        issuer: Some(ISSUER.to_owned()),
        audience: Audience::Aud(vec!["usher".to_owned(), "films".to_owned()]),
        authorized_parties: Vec::new(),
        header_type: None,
        exact: Vec::new(),
        subject: SubjectClaim::Sub,
        longest_life: None,
    }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "usher", "sub": "anna", "exp": NOW + 60})
}

fn set(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn token(header: &Header, claims: &Value) -> String {
    signed_by(SECRET, header, claims)
}

fn signed_by(secret: &str, header: &Header, claims: &Value) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// A token with this very text as its header and its claims, signed by whoever has the secret.
fn written(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

fn judge(rules: &TokenRules, token: &str) -> Result<VerifiedToken, TokenError> {
    let keys = ["the secret of last week, that is thirty-two bytes", SECRET];
    let keys = keys.map(|secret| VerifyingKey::from_secret(Algorithm::HS256, secret.as_bytes()).unwrap());
    let token = Token::parse(token)?;
    rules.verify(&rules.check_header(&token)?, &keys, now())
}

fn accepted(claims: Value) -> Result<VerifiedToken, TokenError> {
    let Value::Object(claims) = claims else { panic!("claims are an object") };
    let exp = &claims["exp"];
    let expires = UnixTime::new(exp.as_u64().unwrap_or_else(|| exp.as_f64().unwrap() as u64)).unwrap();
    Ok(VerifiedToken { subject: "anna".to_owned(), expires, claims })
}

#[test]
fn a_good_token_names_its_viewer_and_its_end() {
    let rows = [
        claims(),
        set("aud", json!(["other", "films"])),
        set("nbf", json!(NOW + 60)),
        set("iat", json!(NOW + 60)),
        set("exp", json!(NOW + 1)),
        set("exp", json!(NOW as f64 + 1.0)),
        set("exp", json!(NOW as f64 + 1.999)),
        set("nbf", json!(NOW as f64 + 59.5)),
        set("iat", json!(NOW as f64 - 0.5)),
        set("iat", json!(0.001)),
        set("groups", json!(["premium"])),
    ];
    for claims in rows {
        assert_eq!(judge(&rules(), &token(&Header::default(), &claims)), accepted(claims));
    }
}

#[test]
fn a_claim_that_is_missing_or_of_another_type_or_value_is_refused() {
    use TokenError::{Audience, Claim, Expired, NotYetValid, Type};
    let rows = [
        (without("iss"), Claim("iss")),
        (set("iss", json!(1)), Claim("iss")),
        (set("iss", json!([ISSUER])), Claim("iss")),
        (set("iss", json!("https://evil.example")), Claim("iss")),
        (set("iss", json!("https://site.example/")), Claim("iss")),
        (without("aud"), Audience("aud", None)),
        (set("aud", json!("another")), Audience("aud", Some(json!("another")))),
        (set("aud", json!([])), Audience("aud", Some(json!([])))),
        (set("aud", json!(["usher", 1])), Audience("aud", Some(json!(["usher", 1])))),
        (set("aud", json!({"usher": true})), Audience("aud", Some(json!({"usher": true})))),
        (without("sub"), Claim("sub")),
        (set("sub", json!("")), Claim("sub")),
        (set("sub", json!(42)), Claim("sub")),
        (set("sub", json!("an\nna")), Claim("sub")),
        (set("sub", json!("a".repeat(256))), Claim("sub")),
        (without("exp"), Claim("exp")),
        (set("exp", json!(null)), Claim("exp")),
        (set("exp", json!("1790000060")), Claim("exp")),
        (set("exp", json!(1e30)), Claim("exp")),
        (set("exp", json!(9e15)), Claim("exp")),
        (set("exp", json!(1.79e12)), Claim("exp")),
        (set("exp", json!(-1)), Claim("exp")),
        (set("exp", json!(-0.5)), Claim("exp")),
        (set("exp", json!(0.5)), Expired),
        (set("exp", json!(1.79e9)), Expired),
        (set("exp", json!(NOW as f64 + 0.999)), Expired),
        (set("exp", json!(1_790_000_060_000_u64)), Claim("exp")),
        (set("exp", json!(NOW)), Expired),
        (set("exp", json!(NOW - 30)), Expired),
        (set("nbf", json!(NOW + 61)), NotYetValid),
        (set("nbf", json!(NOW as f64 + 60.001)), NotYetValid),
        (set("iat", json!(NOW + 61)), NotYetValid),
        (set("events", json!({"http://schemas.openid.net/event/backchannel-logout": {}})), Type),
        (set("token_type", json!("refresh")), Type),
        (set("token_type", json!("Refresh")), Type),
        (set("nbf", json!("now")), Claim("nbf")),
        (set("iat", json!(-1.5)), Claim("iat")),
        (set("nbf", json!(1e300)), Claim("nbf")),
    ];
    for (claims, error) in rows {
        assert_eq!(judge(&rules(), &token(&Header::default(), &claims)), Err(error), "{claims}");
    }
}

#[test]
fn a_header_that_asks_for_something_else_is_refused() {
    use TokenError::{Algorithm as Another, Header as Unsupported, Malformed, Type};
    let rows = [
        (r#"{"alg":"HS512"}"#, Another),
        (r#"{"alg":"RS256"}"#, Another),
        (r#"{"alg":"none"}"#, Another),
        (r#"{"alg":"NONE"}"#, Another),
        (r#"{"alg":"hs256"}"#, Another),
        (r#"{"alg":"Ed448"}"#, Another),
        (r#"{"typ":"JWT"}"#, Malformed),
        (r#"{"alg":"HS256","alg":"HS256"}"#, Malformed),
        (r#"{"alg":"HS256","crit":["exp"]}"#, Unsupported("crit")),
        (r#"{"alg":"HS256","crit":[]}"#, Unsupported("crit")),
        (r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, Unsupported("crit")),
        (r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}"#, Unsupported("jwk")),
        (r#"{"alg":"HS256","zip":"DEF"}"#, Unsupported("zip")),
        (r#"{"alg":"HS256","enc":"A256GCM"}"#, Unsupported("enc")),
        (r#"{"alg":"HS256","typ":"logout+jwt"}"#, Type),
        (r#"{"alg":"HS256","typ":"dpop+jwt"}"#, Type),
        (r#"{"alg":"HS256","typ":"application/logout+jwt"}"#, Type),
        (r#"{"alg":"HS256","typ":""}"#, Type),
    ];
    for (header, error) in rows {
        let token = written(header, &claims().to_string());
        assert_eq!(judge(&rules(), &token), Err(error), "{header}");
    }
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt", "Application/JWT"] {
        let token = written(&format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#), &claims().to_string());
        assert_eq!(judge(&rules(), &token), accepted(claims()), "{typ}");
    }
}

#[test]
fn where_a_header_says_that_keys_are_does_not_count() {
    for member in
        [r#""jku":"https://evil.example/keys""#, r#""x5u":"https://evil.example/key""#, r#""x5t":7"#]
    {
        let header = format!(r#"{{"alg":"HS256",{member}}}"#);
        assert_eq!(judge(&rules(), &written(&header, &claims().to_string())), accepted(claims()), "{header}");
    }
}

#[test]
fn an_issuer_with_a_type_of_its_own_gives_no_token_without_it() {
    let typed = TokenRules { header_type: Some("video-gate+jwt".to_owned()), ..rules() };
    let rows = [
        (Some("video-gate+jwt"), accepted(claims())),
        (Some("application/Video-Gate+JWT"), accepted(claims())),
        (Some("JWT"), Err(TokenError::Type)),
        (None, Err(TokenError::Type)),
    ];
    for (typ, expected) in rows {
        let header = Header { typ: typ.map(str::to_owned), ..Header::default() };
        assert_eq!(judge(&typed, &token(&header, &claims())), expected, "{typ:?}");
    }
}

#[test]
fn what_is_no_token_or_another_s_is_refused() {
    let good = token(&Header::default(), &claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let another = signed_by("another secret of thirty-two bytes", &Header::default(), &claims());
    let twice = claims().to_string().replacen('{', r#"{"sub":"bert","#, 1);
    use TokenError::{Malformed, Signature, TooLarge};
    let rows = [
        (another, Signature),
        (format!("{message}."), Signature),
        (format!("{message}.AAAA"), Signature),
        (format!("{good}="), Malformed),
        (format!("{good}.{signature}"), Malformed),
        (written(r#"{"alg":"HS256"}"#, &twice), Malformed),
        (written(r#"{"alg":"HS256"}"#, "[]"), Malformed),
        (written(r#"{"alg":"HS256"}"#, ""), Malformed),
        ("a.b".to_owned(), Malformed),
        ("..".to_owned(), Malformed),
        (String::new(), Malformed),
        ("a".repeat(8_193), TooLarge),
    ];
    for (token, error) in rows {
        assert_eq!(judge(&rules(), &token), Err(error), "{token}");
    }
}

#[test]
fn cognito_names_the_client_in_access_tokens_and_the_use_in_all() {
    let access = TokenRules {
        audience: Audience::ClientId(vec!["client".to_owned()]),
        exact: vec![("token_use", "access")],
        ..rules()
    };
    let id = TokenRules { exact: vec![("token_use", "id")], ..rules() };
    let token_of = |text: &str| {
        let mut claims: Value = serde_json::from_str(text).unwrap();
        let common = json!({"iss": ISSUER, "sub": "anna", "exp": NOW + 60});
        claims.as_object_mut().unwrap().extend(common.as_object().unwrap().clone());
        claims
    };
    let (of_access, of_id) =
        (r#"{"client_id":"client","token_use":"access"}"#, r#"{"aud":"usher","token_use":"id"}"#);
    let other = |claim: &'static str, value: Value| Err(TokenError::Audience(claim, Some(value)));
    let rows = [
        (&access, of_access, accepted(token_of(of_access))),
        (&access, of_id, Err(TokenError::Audience("client_id", None))),
        (&access, r#"{"client_id":"client","token_use":"id"}"#, Err(TokenError::Claim("token_use"))),
        (&access, r#"{"client_id":"client"}"#, Err(TokenError::Claim("token_use"))),
        (&access, r#"{"client_id":"other","token_use":"access"}"#, other("client_id", json!("other"))),
        (&access, r#"{"client_id":["client"],"token_use":"access"}"#, other("client_id", json!(["client"]))),
        (&id, of_id, accepted(token_of(of_id))),
        (&id, of_access, Err(TokenError::Audience("aud", None))),
        (&id, r#"{"aud":"usher","token_use":"access"}"#, Err(TokenError::Claim("token_use"))),
    ];
    for (rules, claims, expected) in rows {
        assert_eq!(judge(rules, &token(&Header::default(), &token_of(claims))), expected, "{claims}");
    }
}

#[test]
fn an_authorized_party_may_bind_a_token_in_place_of_an_audience_or_with_it() {
    let parties = vec!["tv".to_owned(), "https://www.example".to_owned()];
    let parties_alone =
        TokenRules { audience: Audience::Unnamed, authorized_parties: parties.clone(), ..rules() };
    let both = TokenRules { authorized_parties: parties, ..rules() };
    let with = |aud: Value, azp: Value| {
        let Value::Object(mut claims) = claims() else { panic!("claims are an object") };
        claims.extend([("aud".to_owned(), aud), ("azp".to_owned(), azp)]);
        claims.retain(|_, claim| !claim.is_null());
        Value::Object(claims)
    };
    let good = |claims: &Value| accepted(claims.clone());
    use TokenError::AuthorizedParty as Party;
    let absent = || Some(TokenError::Audience("aud", None));
    let other = |value: Value| Some(TokenError::Audience("aud", Some(value)));
    // The claims, with parties alone, and with parties and an audience.
    type Row = (Value, Option<TokenError>, Option<TokenError>);
    let rows: [Row; 11] = [
        (with(Value::Null, json!("tv")), None, absent()),
        (with(Value::Null, json!("https://www.example")), None, absent()),
        (with(json!([]), json!("tv")), None, other(json!([]))),
        (with(json!("usher"), json!("tv")), other(json!("usher")), None),
        (with(json!(["films", "other"]), json!("tv")), other(json!(["films", "other"])), None),
        (with(json!("other"), json!("tv")), other(json!("other")), other(json!("other"))),
        (with(json!("usher"), json!("other")), other(json!("usher")), Some(Party)),
        (with(Value::Null, Value::Null), Some(Party), absent()),
        (with(Value::Null, json!("TV")), Some(Party), absent()),
        (with(Value::Null, json!(["tv"])), Some(Party), absent()),
        (with(Value::Null, json!("tv,https://www.example")), Some(Party), absent()),
    ];
    for (claims, alone, together) in rows {
        for (rules, error) in [(&parties_alone, alone), (&both, together)] {
            let expected = error.map_or_else(|| good(&claims), Err);
            assert_eq!(judge(rules, &token(&Header::default(), &claims)), expected, "{claims}");
        }
    }
}

#[test]
fn google_names_itself_in_two_ways_and_nobody_else_does() {
    let google = TokenRules { issuer: Some("https://accounts.google.com".to_owned()), ..rules() };
    let known = accepted(set("iss", json!("https://accounts.google.com")));
    let rows = [
        (&google, "https://accounts.google.com", known.clone()),
        (&google, "accounts.google.com", known),
        (&google, "http://accounts.google.com", Err(TokenError::Claim("iss"))),
        (&google, "https://accounts.google.com/", Err(TokenError::Claim("iss"))),
        (&rules(), "site.example", Err(TokenError::Claim("iss"))),
    ];
    for (rules, issuer, expected) in rows {
        let text = token(&Header::default(), &set("iss", json!(issuer)));
        assert_eq!(rules.describe(&Token::parse(&text).unwrap()), expected.is_ok(), "{issuer}");
        assert_eq!(judge(rules, &text), expected, "{issuer}");
    }
}

#[test]
fn simplejwt_names_a_viewer_by_a_text_or_an_integer_with_all_its_digits() {
    let named = |name: &str| TokenRules { subject: SubjectClaim::UserId(name.to_owned()), ..rules() };
    let user_id = named("user_id");
    let wrong = || Err(TokenError::UserId("user_id".to_owned()));
    let of = |written: &str| {
        let claims = claims().to_string().replacen('{', &format!(r#"{{"user_id":{written},"#), 1);
        judge(&user_id, &super::tests::written(r#"{"alg":"HS256"}"#, &claims))
            .map(|VerifiedToken { subject, claims, .. }| (subject, claims["user_id"].clone()))
    };
    let rows = [
        (r#""7""#, Ok(("7".to_owned(), json!("7")))),
        ("7", Ok(("7".to_owned(), json!(7)))),
        ("0", Ok(("0".to_owned(), json!(0)))),
        ("-7", Ok(("-7".to_owned(), json!(-7)))),
        ("9007199254740993", Ok(("9007199254740993".to_owned(), json!(9_007_199_254_740_993_u64)))),
        // Not exact in any type of a number, so it becomes a text.
        ("18446744073709551617", Ok(("18446744073709551617".to_owned(), json!("18446744073709551617")))),
        (r#""""#, wrong()),
        ("7.0", wrong()),
        ("7.5", wrong()),
        ("1e3", wrong()),
        ("true", wrong()),
        ("null", wrong()),
        ("[7]", wrong()),
        (r#"{"id":7}"#, wrong()),
    ];
    for (written, expected) in rows {
        assert_eq!(of(written), expected, "{written}");
    }
    let of_sub = token(&Header::default(), &claims());
    assert_eq!(judge(&user_id, &of_sub), Err(TokenError::UserId("user_id".to_owned())));
    assert_eq!(judge(&named("sub"), &of_sub), accepted(claims()));
}

#[test]
fn where_an_issuer_names_nothing_its_tokens_must_name_nothing() {
    let unnamed =
        TokenRules { issuer: None, audience: Audience::Unnamed, longest_life: Some(43_200), ..rules() };
    let bare = |exp: u64| json!({"sub": "anna", "exp": exp});
    let with = |name: &str, value: Value| {
        let mut claims = bare(NOW + 60);
        claims[name] = value;
        claims
    };
    let rows = [
        (bare(NOW + 43_260), accepted(bare(NOW + 43_260))),
        (bare(NOW + 43_261), Err(TokenError::TooLong)),
        (with("iss", json!(ISSUER)), Err(TokenError::Claim("iss"))),
        (with("iss", json!(null)), Err(TokenError::Claim("iss"))),
        (with("aud", json!("usher")), Err(TokenError::Audience("aud", Some(json!("usher"))))),
    ];
    for (claims, expected) in rows {
        assert_eq!(judge(&unnamed, &token(&Header::default(), &claims)), expected, "{claims}");
    }
}

#[test]
fn what_a_token_says_of_itself_decides_whom_to_ask_and_nothing_else() {
    let plone = TokenRules { issuer: None, audience: Audience::Unnamed, ..rules() };
    let simplejwt = TokenRules { exact: vec![("token_type", "access")], ..plone.clone() };
    let named_simplejwt = TokenRules { issuer: Some(ISSUER.to_owned()), ..simplejwt.clone() };
    let asked = |claims: &Value| {
        let token = token(&Header::default(), claims);
        let token = Token::parse(&token).unwrap();
        [&rules(), &plone, &simplejwt, &named_simplejwt].map(|rules| rules.describe(&token))
    };
    let rows = [
        (json!({"iss": ISSUER}), [true, false, false, false]),
        (json!({"iss": ISSUER, "token_type": "access"}), [true, false, false, true]),
        (json!({"iss": "https://other.example"}), [false, false, false, false]),
        (json!({"sub": "anna"}), [false, true, false, false]),
        (json!({"token_type": "access"}), [false, false, true, false]),
        (json!({"token_type": "refresh"}), [false, false, true, false]),
    ];
    for (claims, expected) in rows {
        assert_eq!(asked(&claims), expected, "{claims}");
    }
}
