//! What is signed is admitted, and nothing else is: each denial with its code and reason.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use cloudfront_signing::{
    CannedPolicy, CustomPolicy, ExactUrl, Grant, HashAlgorithm, KeyPairId, PolicyProblem, PrivateKey,
    PublicKey, Reason, Request, SignatureLocation, Signer, StreamUrl, UnixTime, UrlPattern, Verifier,
};

const NOW: u64 = 1_790_000_000;
const SEGMENT: &str = "https://h/video/m/s001.ts";

static RSA: LazyLock<String> = LazyLock::new(|| {
    let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
});

/// A P-256 key of the test's own, in SEC1.
const P256: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIK1Ygz64xZFb86G0MNESNORdk8cVEN+cX3Qt2UTUY7XqoAoGCCqGSM49
AwEHoUQDQgAElOWt29Qd9x+X7PKJGHvJvXmbNrgZBh1QJdG+1TUDcDCDqD1pNI49
aMjc/Pae1QFVwZadRDojLwBNWTh5kkvXOA==
-----END EC PRIVATE KEY-----
";

fn time(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

fn id() -> KeyPairId {
    KeyPairId::new("K1").unwrap()
}

fn signer(pem: &str, hash: HashAlgorithm) -> (Signer, Verifier) {
    let key = PrivateKey::from_pem(pem).unwrap();
    let verifier = Verifier::new([(id(), key.public_key())]);
    (Signer::new(id(), key, hash), verifier)
}

fn wildcard() -> CustomPolicy {
    CustomPolicy::new(UrlPattern::new("https://h/video/*").unwrap(), time(NOW + 60)).unwrap()
}

fn signed() -> (Grant, Verifier) {
    let (signer, verifier) = signer(&RSA, HashAlgorithm::Sha256);
    (signer.sign(wildcard()).unwrap(), verifier)
}

fn url(text: &str) -> ExactUrl {
    ExactUrl::new(text).unwrap()
}

fn cookie_header(grant: &Grant) -> String {
    let pairs: Vec<String> =
        grant.cookies().iter().map(|(name, value)| format!("{}={value}", name.as_str())).collect();
    pairs.join("; ")
}

fn reason(verifier: &Verifier, request: &Request<'_>) -> Reason {
    verifier.verify(request, time(NOW)).unwrap_err().reason
}

#[test]
fn both_keys_with_both_hashes_canned_and_custom_are_admitted() {
    for pem in [RSA.as_str(), P256] {
        for hash in [HashAlgorithm::Sha1, HashAlgorithm::Sha256] {
            let (signer, verifier) = signer(pem, hash);
            let segment = url("https://h/video/m/s001.ts?x=%7E&y");
            for grant in [
                signer.sign(CannedPolicy::new(&segment, time(NOW + 60))).unwrap(),
                signer.sign(wildcard()).unwrap(),
            ] {
                let by_url = grant.url(&segment).unwrap();
                let admitted = verifier.verify(&Request::new(&by_url), time(NOW)).unwrap();
                assert_eq!(admitted.signature_location, SignatureLocation::Url);
                let header = cookie_header(&grant);
                let by_cookies = Request::new(segment.as_str()).cookie_header(&header);
                let admitted = verifier.verify(&by_cookies, time(NOW)).unwrap();
                assert_eq!(admitted.signature_location, SignatureLocation::Cookies);
                assert_eq!(admitted.policy.date_less_than, time(NOW + 60));
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for pem in [RSA.as_str(), P256] {
        for hash in [HashAlgorithm::Sha1, HashAlgorithm::Sha256] {
            let (signer, _) = signer(pem, hash);
            assert_eq!(signer.sign(wildcard()).unwrap(), signer.sign(wildcard()).unwrap());
        }
    }
}

#[test]
fn a_request_without_a_signature_is_missing_its_key() {
    let (_, verifier) = signed();
    let denial = verifier.verify(&Request::new(SEGMENT), time(NOW)).unwrap_err();
    assert_eq!(denial.reason, Reason::MissingKey { signature_location: None });
    assert_eq!(
        denial.to_xml(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>MissingKey</Code><Message>Missing \
         Key-Pair-Id query parameter or cookie value</Message></Error>"
    );
}

#[test]
fn a_signed_url_wins_over_good_cookies() {
    let (grant, verifier) = signed();
    let header = cookie_header(&grant);
    let request = Request::new("https://h/video/m/s001.ts?Expires=1").cookie_header(&header);
    assert_eq!(
        reason(&verifier, &request),
        Reason::MissingKey { signature_location: Some(SignatureLocation::Url) }
    );
}

#[test]
fn the_window_is_open_after_its_first_second_and_closed_in_its_last() {
    let (signer, verifier) = signer(&RSA, HashAlgorithm::Sha256);
    let grant = signer.sign(wildcard().date_greater_than(time(NOW)).unwrap()).unwrap();
    let signed = grant.url(&url(SEGMENT)).unwrap();
    let judge = |now| verifier.verify(&Request::new(&signed), time(now)).map_err(|denial| denial.reason);
    assert_eq!(judge(NOW).unwrap_err(), Reason::NotYetValid { date_greater_than: time(NOW), now: time(NOW) });
    assert!(judge(NOW + 1).is_ok());
    assert!(judge(NOW + 59).is_ok());
    assert_eq!(
        judge(NOW + 60).unwrap_err(),
        Reason::Expired { date_less_than: time(NOW + 60), now: time(NOW + 60) }
    );
}

#[test]
fn an_address_outside_the_range_is_refused_and_so_is_ipv6() {
    let (signer, verifier) = signer(&RSA, HashAlgorithm::Sha256);
    let grant = signer.sign(wildcard().ip_address("192.0.2.0/24".parse().unwrap())).unwrap();
    let signed = grant.url(&url(SEGMENT)).unwrap();
    let range = "192.0.2.0/24".parse().unwrap();
    let from = |address: &str| Request::new(&signed).viewer_address(address.parse().unwrap());
    assert!(verifier.verify(&from("192.0.2.77"), time(NOW)).is_ok());
    for address in ["192.0.3.1", "::1", "::ffff:192.0.2.77"] {
        let expected = Reason::AddressNotAllowed { range, address: Some(address.parse().unwrap()) };
        assert_eq!(reason(&verifier, &from(address)), expected);
    }
    assert_eq!(reason(&verifier, &Request::new(&signed)), Reason::AddressNotAllowed { range, address: None });
}

#[test]
fn a_policy_for_something_else_is_refused() {
    let (grant, verifier) = signed();
    let elsewhere = format!("https://h/other/a.ts?{}", grant.query());
    assert_eq!(
        reason(&verifier, &Request::new(&elsewhere)),
        Reason::NotCovered {
            resource: "https://h/video/*".to_owned(),
            url: "https://h/other/a.ts".to_owned()
        }
    );
}

#[test]
fn one_changed_character_is_refused() {
    let (signer, verifier) = signer(&RSA, HashAlgorithm::Sha256);
    let canned = signer.sign(CannedPolicy::new(&url(SEGMENT), time(NOW + 60))).unwrap();
    let signed = canned.url(&url(SEGMENT)).unwrap();
    assert!(verifier.verify(&Request::new(&signed), time(NOW)).is_ok());
    for (from, to) in [("s001", "s002"), ("Expires=1790000060", "Expires=1790000061"), (".ts?", ".ts?x=1&")] {
        assert_eq!(reason(&verifier, &Request::new(&signed.replace(from, to))), Reason::BadSignature);
    }
}

#[test]
fn each_malformed_part_has_its_code_and_reason() {
    let (grant, verifier) = signed();
    let parameters: Vec<&str> = grant.query().split('&').collect();
    let [policy, signature, key, hash] = parameters[..] else { panic!("four parameters") };
    let malformed = "Policy=e30_";
    let rows = [
        (
            vec![policy, signature, "Key-Pair-Id=", hash],
            Reason::MissingKey { signature_location: Some(SignatureLocation::Url) },
        ),
        (vec![policy, signature, "Key-Pair-Id=K2", hash], Reason::UnknownKey("K2".to_owned())),
        (vec![policy, key, hash], Reason::MissingSignature),
        (vec![policy, "Signature=a%7E", key, hash], Reason::UndecodableSignature),
        (vec![signature, key, hash], Reason::MissingPolicy),
        (vec![policy, "Expires=1", signature, key, hash], Reason::PolicyAndExpires),
        (vec!["Policy=!", signature, key, hash], Reason::UndecodablePolicy),
        (vec![malformed, signature, key, hash], Reason::MalformedPolicy(PolicyProblem::Missing("Statement"))),
        (vec![policy, signature, key, "Hash-Algorithm=MD5"], Reason::UnsupportedHash("MD5".to_owned())),
        (
            vec![policy, signature, key],
            Reason::WrongHash { stated: HashAlgorithm::Sha1, actual: HashAlgorithm::Sha256 },
        ),
        (vec![policy, signature, signature, key, hash], Reason::Repeated("Signature")),
    ];
    for (parameters, expected) in rows {
        let text = format!("{SEGMENT}?{}", parameters.join("&"));
        assert_eq!(reason(&verifier, &Request::new(&text)), expected, "{expected}");
    }
}

#[test]
fn a_stream_is_signed_by_its_name() {
    let (signer, verifier) = signer(&RSA, HashAlgorithm::Sha1);
    let stream = StreamUrl::new("rtmp://s1.cloudfront.net/cfx/st/&mp4:video/a.mp4").unwrap();
    let canned = signer.sign(CannedPolicy::for_stream(&stream, time(NOW + 60))).unwrap();
    let signed = canned.stream_url(&stream).unwrap();
    assert!(verifier.verify(&Request::new(&signed), time(NOW)).is_ok());
    assert_eq!(reason(&verifier, &Request::new(&signed.replace("a.mp4", "b.mp4"))), Reason::BadSignature);
}

#[test]
fn every_form_of_a_key_is_read_and_every_other_file_is_named() {
    let private = PrivateKey::from_pem(P256).unwrap();
    let public = private.public_key();
    assert_eq!(PublicKey::from_pem(&public.to_pem()).unwrap().to_pem(), public.to_pem());
    let one_line = P256.replace('\n', "\\n");
    assert_eq!(PrivateKey::from_pem(&one_line).unwrap().public_key().to_pem(), public.to_pem());
    assert_eq!(
        PrivateKey::from_pem(&P256.replace('\n', "\r\n")).unwrap().public_key().to_pem(),
        public.to_pem()
    );
    let rows = [
        (public.to_pem(), "this is a public key: signing needs the private key"),
        ("hello".to_owned(), "this is not a PEM file: it should start with -----BEGIN …-----"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n".to_owned(),
            "this private key is encrypted: decrypt it with `openssl pkey -in FILE -out DECRYPTED`",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n".to_owned(),
            "this private key is encrypted: decrypt it with `openssl pkey -in FILE -out DECRYPTED`",
        ),
        (P384.to_owned(), "this is a P-384 key: CloudFront accepts ECDSA keys on P-256 (prime256v1) only"),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
            "this key file is damaged: its content cannot be read",
        ),
    ];
    for (file, sentence) in rows {
        assert_eq!(PrivateKey::from_pem(&file).unwrap_err().to_string(), sentence);
    }
    assert_eq!(
        PublicKey::from_pem(P256).unwrap_err().to_string(),
        "this is a private key: verifying needs the public key"
    );
}

#[test]
fn debug_shows_no_key() {
    let key = PrivateKey::from_pem(&RSA).unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey(Rsa { bits: 2048 }, redacted)");
}

/// A P-384 key, which CloudFront does not take.
const P384: &str = "-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAhWxUDOfB3eHYd/TMa
z0wAwcntEKnRFnra4QpBtUOi7MxAV7hsmz88gaUMAFXybIyhZANiAASaOUu0P/1J
A5g4p9pxH/YCK2eWDgilGzmUCOH05tE2opfRGIutdNpsfus+uVAh06MFnJx9ye32
liIT9yT0oS2n4e/OFD4FebT/WiFBRXjJg/WLYertkr5MtpoJdA2DyI8=
-----END PRIVATE KEY-----
";
