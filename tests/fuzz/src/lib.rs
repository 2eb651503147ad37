//! Shared by the targets: one trusted key, one point in time, and claims about every input.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use cloudfront_signing::{
    Admitted, CannedPolicy, CustomPolicy, Denial, ExactUrl, Grant, HashAlgorithm, KeyAlgorithm, KeyPairId,
    Policy, PrivateKey, PublicKey, Request, StreamUrl, UnixTime, UrlPattern, Verifier,
    without_reserved_parameters,
};

use hls_rewrite::{
    AssetTree, Assets, Authority, Host, Origin, Permission, PolicyCopies, Scan, SigningPlan, Style,
    ViewerPolicy,
};
use serde_json::{Map, Value};
use url::Url;

pub mod credentials;

#[path = "../../../shared/signing/tests/properties/reference.rs"]
pub mod reference;

/// The code with which issue-cookies reads credentials.
#[path = "../../../functions/issue-cookies/src/authenticators"]
pub mod issue_cookies {
    #[expect(dead_code, reason = "the targets read no settings")]
    pub mod algorithm;
    pub mod claims;
    pub mod django_signed;
    pub mod hmac_keys;
    #[expect(dead_code, reason = "the function has more kinds of issuers than the targets")]
    pub mod jwt;
    pub mod plone_ticket;
    pub mod token;
    #[expect(dead_code, reason = "the targets have no public keys of issuers")]
    pub mod verifying_key;
}

/// The code with which issue-cookies decides what a viewer may watch.
#[path = "../../../functions/issue-cookies/src"]
pub mod entitled {
    pub mod entitlement;
    pub mod location;
    pub mod subject;
}

pub use entitled::{entitlement, location, location::Location, subject::Subject};

/// A viewer with these claims, a JSON object. The claim `paths` narrows what the viewer may watch.
pub fn subject(claims: &str) -> Option<Subject> {
    let claims: Map<String, Value> = serde_json::from_str(claims).ok()?;
    let texts = |paths: &Vec<Value>| paths.iter().map(|path| path.as_str().map(str::to_owned)).collect();
    let paths = claims.get("paths").and_then(Value::as_array).and_then(texts);
    Some(Subject { id: "viewer".to_owned(), expires: *NOW, claims, paths, authenticator: "jwt" })
}

/// The grants that a playlist needs for a viewer whose policy has this resource, and the resource that every viewer
/// may get, by the function's own plan.
pub fn plan_for(playlist: &[u8], url: &Url, resource: &str) -> (SigningPlan, &'static str) {
    let tree = AssetTree::new("/video/*", 1).expect("a tree");
    let host = Host { written: "https://h".to_owned(), origin: "https://h".to_owned(), tree: tree.clone() };
    let mut assets = Assets::new(vec![host]);
    let scan = Scan::read(playlist, url, Origin::Static, None, |one| assets.number(one));
    let policy = ViewerPolicy::Custom { resource: resource.to_owned(), expires: NOW.plus(60) };
    let authority = Authority::new(&policy, url.as_str(), *NOW).expect("an authority");
    let own = tree.of(url.path()).map(|pattern| format!("https://h{pattern}"));
    let permission = Permission {
        authority: &authority,
        common_assets: &["/video/ads/*".parse().expect("a pattern")],
        own_resource: own.as_deref(),
    };
    (SigningPlan::of_playlist(&assets, &scan, permission), "https://h/video/ads/*")
}

/// The MPD at `url` for a viewer whose policy has this resource, with its plan, and the resource that every viewer may
/// get; `None` if it is refused.
pub fn sign_mpd(
    mpd: &[u8],
    url: &str,
    resource: &str,
    style: Style,
) -> Option<(Vec<u8>, SigningPlan, &'static str)> {
    let tree = AssetTree::new("/video/*", 1).expect("a tree");
    let url = Url::parse(url).expect("a URL");
    let origin = url.origin().ascii_serialization();
    let own = tree.of(url.path()).map(|pattern| format!("{origin}{pattern}"));
    let mut assets = Assets::new(vec![Host { written: origin.clone(), origin, tree }]);
    let scan = dash_rewrite::Scan::read(mpd, &url, style.kept_parameter(), &mut assets).ok()?;
    let policy = ViewerPolicy::Custom { resource: resource.to_owned(), expires: NOW.plus(60) };
    let authority = Authority::new(&policy, url.as_str(), *NOW).expect("an authority");
    let permission = Permission {
        authority: &authority,
        common_assets: &["/video/ads/*".parse().expect("a pattern")],
        own_resource: own.as_deref(),
    };
    let plan = scan.plan(&assets, permission);
    let grants: Vec<Grant> = plan.grants.iter().map(|required| unsigned(&required.resource)).collect();
    let bytes = Bytes::copy_from_slice(mpd);
    let signed =
        dash_rewrite::SignedMpd::new(bytes, scan, style, plan.clone(), &grants, PolicyCopies::Carried);
    let mut out = Vec::new();
    signed.write_to(&mut out).expect("room");
    Some((out, plan, "https://h/video/ads/*"))
}

/// A grant in the form of a signed one.
fn unsigned(resource: &UrlPattern) -> Grant {
    let policy = CustomPolicy::new(resource.clone(), NOW.plus(60)).expect("a policy");
    Grant::new(Policy::from(policy), id(), HashAlgorithm::Sha256, b"signature")
}

/// The time of every decision.
pub static NOW: LazyLock<UnixTime> = LazyLock::new(|| UnixTime::new(1_790_000_000).expect("seconds"));

/// Trusts [`KEY`] as `K`.
pub static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new([(id(), KEY.public_key())]));

/// ECDSA, because it is fast. The keys among the seeds were made for this purpose and open nothing.
static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_pem(include_str!("../seeds/pem/sec1")).expect("the seed is a key"));

fn id() -> KeyPairId {
    KeyPairId::new("K").expect("an id")
}

/// The decision on a request for `url` with `policy` as its bytes are, correctly signed.
pub fn judge(policy: &[u8], url: &str) -> Result<Admitted, Box<Denial>> {
    let signature = KEY.sign(policy, HashAlgorithm::Sha256).expect("the key signs");
    let [policy, signature] = [policy, &signature]
        .map(|bytes| STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~"));
    let separator = if url.contains('?') { '&' } else { '?' };
    let query = format!("Policy={policy}&Signature={signature}&Key-Pair-Id=K&Hash-Algorithm=SHA256");
    VERIFIER.verify(&Request::new(&format!("{url}{separator}{query}")), *NOW)
}

/// Whether a signed policy for `resource` admits a request for `url`; `None` if the resource needs an escape in
/// JSON or the URL contains parameters of CloudFront's.
pub fn admits(resource: &str, url: &str) -> Option<bool> {
    if resource.contains(|character: char| character.is_control() || "\"\\".contains(character))
        || without_reserved_parameters(url) != url
    {
        return None;
    }
    let condition = r#"{"DateLessThan":{"AWS:EpochTime":1790000001}}"#;
    let policy = format!(r#"{{"Statement":[{{"Resource":"{resource}","Condition":{condition}}}]}}"#);
    Some(judge(policy.as_bytes(), url).is_ok())
}

/// A text that can be signed keeps its bytes, and is admitted until it expires.
pub fn assert_round_trip(text: &str) {
    let until = NOW.plus(1);
    if let Ok(url) = ExactUrl::new(text) {
        assert_eq!(url.as_str(), text);
        assert_admitted_until_then(grant(CannedPolicy::new(&url, until)).url(&url).ok());
    }
    if let Ok(stream) = StreamUrl::new(text) {
        assert_admitted_until_then(grant(CannedPolicy::for_stream(&stream, until)).stream_url(&stream).ok());
    }
}

fn grant(policy: CannedPolicy) -> Grant {
    let policy = Policy::from(policy);
    let signature = KEY.sign(policy.to_json().as_bytes(), HashAlgorithm::Sha1).expect("the key signs");
    Grant::new(policy, id(), HashAlgorithm::Sha1, &signature)
}

fn assert_admitted_until_then(signed: Option<String>) {
    if let Some(signed) = signed {
        assert!(VERIFIER.verify(&Request::new(&signed), *NOW).is_ok(), "{signed}");
        assert!(VERIFIER.verify(&Request::new(&signed), NOW.plus(1)).is_err(), "{signed}");
    }
}

/// The public half of a key verifies its signatures, or the key reports that it cannot sign.
pub fn assert_halves_fit(key: &PrivateKey) {
    let public = key.public_key();
    assert_eq!(public.algorithm(), key.algorithm());
    assert_eq!(PublicKey::from_pem(&public.to_pem()).map(|key| key.to_pem()), Ok(public.to_pem()));
    if matches!(key.algorithm(), KeyAlgorithm::Rsa { bits } if bits > 2_048) {
        return;
    }
    for hash in [HashAlgorithm::Sha1, HashAlgorithm::Sha256] {
        if let Ok(signature) = key.sign(b"message", hash) {
            assert!(public.verify(b"message", &signature, hash));
        }
    }
}
