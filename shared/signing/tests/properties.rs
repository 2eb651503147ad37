//! Properties, each over ten thousand random cases: what is signed is admitted, whatever is changed in it
//! is refused, and wildcards mean what a second implementation of the documented rules says.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::net::{IpAddr, Ipv4Addr};

use cloudfront_signing::{
    ExactUrl, Grant, HashAlgorithm, KeyPairId, Reason, Request, Resource, SignatureLocation, UrlPattern,
    wildcard_matches, without_reserved_parameters,
};
use proptest::prelude::*;
use url::Url;

use arbitrary::{Form, KEYS, VERIFIER, change, encode, signed, small_pattern, small_url, time, url_text};

#[path = "properties/arbitrary.rs"]
mod arbitrary;
#[path = "properties/reference.rs"]
mod reference;

/// Nothing is written beside the sources: a case that fails is printed, and becomes a test of its own.
fn ten_thousand() -> ProptestConfig {
    ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(ten_thousand())]

    #[test]
    fn what_is_signed_is_admitted_by_url_and_by_cookies(signed in signed()) {
        let url = signed.by_url();
        prop_assert_eq!(signed.judge(Request::new(&url)), Ok(signed.admitted(SignatureLocation::Url)));
        let cookies = signed.cookie_header();
        let request = Request::new(signed.url.as_str()).cookie_header(&cookies);
        prop_assert_eq!(signed.judge(request), Ok(signed.admitted(SignatureLocation::Cookies)));
    }

    #[test]
    fn one_second_or_one_address_outside_is_refused(signed in signed(), outside: Ipv4Addr) {
        let url = signed.by_url();
        let at = |now| signed.judge_at(now, Request::new(&url)).map(drop);
        let closes = signed.terms.closes;
        let expired = Reason::Expired { date_less_than: time(closes), now: time(closes) };
        prop_assert_eq!((at(closes - 1), at(closes)), (Ok(()), Err(expired)));
        if let Some(opens) = signed.terms.opens {
            let early = Reason::NotYetValid { date_greater_than: time(opens), now: time(opens) };
            prop_assert_eq!((at(opens), at(opens + 1)), (Err(early), Ok(())));
        }
        let range = signed.terms.range.filter(|range| !range.contains(outside));
        let expected = range.map(|range| Reason::AddressNotAllowed { range, address: Some(IpAddr::V4(outside)) });
        let request = Request::new(&url).viewer_address(outside.into());
        let verdict = VERIFIER.verify(&request, time(signed.terms.now));
        prop_assert_eq!(verdict.err().map(|denial| denial.reason), expected);
    }

    /// Every byte of a URL under a canned policy, and of the parameters under any. Under a custom policy a
    /// changed URL may be one that is covered as well: the second implementation has to agree.
    ///
    /// Every byte of the cookies but the space between two: other white space, or another `;`, separates too.
    #[test]
    fn one_changed_byte_of_a_signed_url_or_cookie_is_refused(signed in signed(), change in change()) {
        let changed = change.of_text(&signed.by_url());
        let is_covered = signed.terms.form != Form::Canned
            && changed.ends_with(signed.grant.query())
            && reference::covers(signed.resource(), &without_reserved_parameters(&changed));
        prop_assert!(signed.judge(Request::new(&changed)).is_err() || is_covered, "{}", changed);

        let cookies = signed.cookie_header();
        let changed = change.of_text(&cookies);
        let verdict = signed.judge(Request::new(signed.url.as_str()).cookie_header(&changed));
        prop_assert_eq!(verdict.is_ok(), pairs(&changed).eq(pairs(&cookies)), "{}", changed);
    }

    /// Every byte of all three, of policy and signature before they are encoded; and the id of another key
    /// that is trusted too.
    #[test]
    fn one_changed_byte_of_a_policy_signature_or_key_pair_id_is_refused(
        signed in signed(),
        change in change(),
    ) {
        let is_refused = |query: &str| {
            signed.judge(Request::new(&with_query(signed.url.as_str(), query))).is_err()
        };
        let policy = change.of_bytes(signed.grant.policy().to_json().as_bytes());
        let (_, rest) = signed.grant.query().split_once('&').unwrap();
        prop_assert!(is_refused(&format!("Policy={}&{rest}", encode(&policy))), "{:?}", policy);

        let signature = change.of_bytes(&signed.signature());
        let id = KeyPairId::new(signed.key.id).unwrap();
        let forged = Grant::new(signed.grant.policy().clone(), id, signed.hash, &signature);
        prop_assert!(is_refused(forged.query()), "{:?}", signature);

        let other = KEYS.iter().find(|key| key.id != signed.key.id).unwrap();
        for id in [change.of_text(signed.key.id), other.id.to_owned()] {
            let renamed = signed.grant.query().replace(&format!("Id={}", signed.key.id), &format!("Id={id}"));
            prop_assert!(is_refused(&renamed), "{}", renamed);
        }
    }

    /// An invalid label of punycode is a host that no client looks up.
    #[test]
    fn a_url_that_clients_do_not_change_is_what_the_url_standards_parser_makes_of_it(text in url_text()) {
        let is_unchanged = ExactUrl::new(text.as_str()).and_then(|url| url.check_as_sent()).is_ok();
        let sent = Url::parse(&text).map(String::from);
        prop_assert!(!is_unchanged || sent.as_ref() == Ok(&text) || text.contains("xn--"), "{:?}", sent);
    }

    #[test]
    fn wildcards_agree_with_a_second_implementation(pattern in "[ab*?]{0,10}", text in "[ab]{0,12}") {
        prop_assert_eq!(wildcard_matches(&pattern, &text), reference::matches(&pattern, &text));
    }

    #[test]
    fn wildcards_agree_over_any_characters(text: String, stars: Vec<prop::sample::Index>, other: String) {
        let mut pattern: Vec<char> = text.chars().collect();
        for star in stars.iter().filter(|_| !text.is_empty()) {
            pattern[star.index(text.chars().count())] = '*';
        }
        let pattern = String::from_iter(pattern);
        prop_assert!(wildcard_matches(&pattern, &text));
        prop_assert_eq!(wildcard_matches(&pattern, &other), reference::matches(&pattern, &other));
    }

    /// Through the verifier, since other signers write what ours does not: no protocol, `http*://`, a
    /// bare `*`.
    #[test]
    fn four_sections_agree_with_a_second_implementation(pattern in small_pattern(), url in small_url()) {
        let condition = r#"{"DateLessThan":{"AWS:EpochTime":2}}"#;
        let policy = format!(r#"{{"Statement":[{{"Resource":"{pattern}","Condition":{condition}}}]}}"#);
        let [_, key] = &*KEYS;
        let signature = key.private.sign(policy.as_bytes(), HashAlgorithm::Sha256).unwrap();
        let signed = with_query(&url, &format!(
            "Policy={}&Signature={}&Key-Pair-Id={}&Hash-Algorithm=SHA256",
            encode(policy.as_bytes()),
            encode(&signature),
            key.id,
        ));
        let is_covered = reference::covers(&pattern, &url);
        let verdict = VERIFIER.verify(&Request::new(&signed), time(1)).map_err(|denial| denial.reason);
        prop_assert_eq!(verdict.map(drop), if is_covered { Ok(()) } else {
            Err(Reason::NotCovered { resource: pattern.clone(), url: url.clone() })
        });
        if let Ok(pattern) = UrlPattern::new(pattern) {
            prop_assert_eq!(Resource::from(pattern).covers(&url), is_covered);
        }
    }
}

proptest! {
    #![proptest_config(ten_thousand())]

    #[test]
    fn what_a_pattern_within_a_resource_covers_the_resource_covers(
        resource in small_pattern(),
        pattern in small_pattern(),
        url in small_url(),
    ) {
        if let Ok(pattern) = UrlPattern::new(pattern) {
            prop_assert!(pattern.is_within(pattern.as_str()), "{}", pattern);
            let both = pattern.is_within(&resource) && reference::covers(pattern.as_str(), &url);
            prop_assert!(!both || reference::covers(&resource, &url), "{} within {}: {}", pattern, resource, url);
        }
    }
}

fn with_query(url: &str, query: &str) -> String {
    format!("{url}{}{query}", if url.contains('?') { '&' } else { '?' })
}

fn pairs(cookies: &str) -> impl Iterator<Item = &str> {
    cookies.split(';').map(str::trim).filter(|pair| !pair.is_empty())
}
