//! What the function does between the bucket and the answer, and what CloudFront does with a URL.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex},
};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use bytes::Bytes;
use cloudfront_signing::{
    CustomPolicy, Denial, Grant, HashAlgorithm, KeyPairId, PrivateKey, Request, Signer, UnixTime, UrlPattern,
    Verifier,
};
use hls_rewrite::{
    AssetTree, Assets, Authority, Host, Origin, PathPattern, Permission, PolicyCopies, RewriteCounts, Scan,
    SignedPlaylist, SigningPlan, Style, policy_copy,
};
use url::Url;

static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    Signer::new(KeyPairId::new("K2JCJMDEHXQW5F").unwrap(), private_key(), HashAlgorithm::Sha256)
});

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    Verifier::new([(KeyPairId::new("K2JCJMDEHXQW5F").unwrap(), private_key().public_key())])
});

static PEM: LazyLock<String> = LazyLock::new(|| {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
});

fn private_key() -> PrivateKey {
    PrivateKey::from_pem(&PEM).unwrap()
}

/// A playlist as a player gets it.
pub(crate) struct Signed {
    pub(crate) playlist: Vec<u8>,
    pub(crate) counts: RewriteCounts,
    pub(crate) grants: Vec<Grant>,
}

impl Signed {
    /// The playlist without the parameters that the style `inline` added.
    pub(crate) fn taken_off(&self) -> Vec<u8> {
        let mut text = self.playlist.clone();
        for grant in &self.grants {
            let nested = format!("{}&{}", grant.query(), policy_copy(grant));
            for added in [&nested, grant.query()] {
                for separator in ["?", "&"] {
                    text = replace(&text, format!("{separator}{added}").as_bytes(), b"");
                }
            }
        }
        text
    }
}

/// Signs every reference on the playlist's host within the tree.
pub(crate) fn sign(playlist: &[u8], url: &Url, tree: &AssetTree, style: Style) -> Signed {
    sign_for(&Authority::of_owner(time(1_790_000_100)), playlist, url, tree, style, &[])
}

/// Signs what the authority covers, and the assets that all viewers may get.
pub(crate) fn sign_for(
    authority: &Authority,
    playlist: &[u8],
    url: &Url,
    tree: &AssetTree,
    style: Style,
    common_assets: &[PathPattern],
) -> Signed {
    let origin = url.origin().ascii_serialization();
    let own = tree.of(url.path()).map(|pattern| format!("{origin}{pattern}"));
    let mut assets = Assets::new(vec![Host { written: origin.clone(), origin, tree: tree.clone() }]);
    let nested = style.kept_parameter();
    let scan = Scan::read(playlist, url, Origin::AsStated, nested, |reference| assets.number(reference));
    let permission = Permission { authority, common_assets, own_resource: own.as_deref() };
    let plan = SigningPlan::of_playlist(&assets, &scan, permission);
    let grants: Vec<_> = plan.grants.iter().map(|required| grant(required.resource.as_str())).collect();
    let resigned = SignedPlaylist::new(
        Bytes::copy_from_slice(playlist),
        scan,
        style,
        plan,
        &grants,
        PolicyCopies::Carried,
    );
    let limit = resigned.size_limit();
    let mut playlist = Vec::new();
    resigned.write_to(&mut playlist).expect("memory");
    assert!(playlist.len() <= limit, "{} bytes, where at most {limit} were expected", playlist.len());
    Signed { playlist, counts: *resigned.counts(), grants }
}

pub(crate) fn grant(resource: &str) -> Grant {
    let mut grants = GRANTS.lock().unwrap();
    let signed = || {
        SIGNER
            .sign(CustomPolicy::new(UrlPattern::new(resource).unwrap(), time(1_790_000_100)).unwrap())
            .unwrap()
    };
    grants.entry(resource.to_owned()).or_insert_with(signed).clone()
}

static GRANTS: Mutex<BTreeMap<String, Grant>> = Mutex::new(BTreeMap::new());

/// Asks the verifier for this URL, as CloudFront verifies the request of a viewer without cookies.
pub(crate) fn ask(url: &str) -> Result<(), Box<Denial>> {
    VERIFIER.verify(&Request::new(url), time(1_790_000_000)).map(|_| ())
}

pub(crate) fn time(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

pub(crate) fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut copied = 0;
    for at in memchr::memmem::find_iter(text, from) {
        replaced.extend_from_slice(text.get(copied..at).unwrap());
        replaced.extend_from_slice(to);
        copied = at + from.len();
    }
    replaced.extend_from_slice(text.get(copied..).unwrap());
    replaced
}
