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
use dash_rewrite::{MpdError, Scan, SignedMpd};
use hls_rewrite::{
    AssetTree, Assets, Authority, Host, PathPattern, Permission, PolicyCopies, RewriteCounts, Style,
    policy_copy,
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

/// An MPD as a player gets it.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) mpd: Vec<u8>,
    pub(crate) counts: RewriteCounts,
    pub(crate) grants: Vec<Grant>,
}

impl Signed {
    /// The MPD without the parameters that the style `inline` added.
    pub(crate) fn taken_off(&self) -> Vec<u8> {
        let mut text = self.mpd.clone();
        for grant in &self.grants {
            let nested = format!("{}&{}", grant.query(), policy_copy(grant));
            for added in [&nested, grant.query()] {
                let entities = added.replace('&', "&amp;");
                for written in [
                    format!("?{entities}"),
                    format!("&amp;{entities}"),
                    format!("?{added}"),
                    format!("&{added}"),
                ] {
                    text = replace(&text, written.as_bytes(), b"");
                }
            }
        }
        text
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.mpd).unwrap()
    }
}

/// Who asks for an MPD, where, and what is private there.
pub(crate) struct Viewer {
    pub(crate) url: Url,
    pub(crate) hosts: Vec<(&'static str, AssetTree)>,
    pub(crate) authority: Authority,
    pub(crate) common_assets: Vec<PathPattern>,
}

impl Viewer {
    /// Asks at `url` for what is below `tree` on the same host.
    pub(crate) fn new(url: &str, tree: AssetTree) -> Self {
        let url = Url::parse(url).unwrap();
        let authority = Authority::of_owner(time(1_790_000_100));
        Self { url, hosts: vec![("", tree)], authority, common_assets: Vec::new() }
    }

    pub(crate) fn try_sign(&self, mpd: &[u8], style: Style) -> Result<Signed, MpdError> {
        let own_origin = self.url.origin().ascii_serialization();
        let hosts = self.hosts.iter().map(|(origin, tree)| {
            let origin = if origin.is_empty() { own_origin.clone() } else { (*origin).to_owned() };
            Host { written: origin.clone(), origin, tree: tree.clone() }
        });
        let mut assets = Assets::new(hosts.collect());
        let own = self.hosts.first().and_then(|(_, tree)| tree.of(self.url.path()));
        let own = own.map(|pattern| format!("{own_origin}{pattern}"));
        let scan = Scan::read(mpd, &self.url, style.kept_parameter(), &mut assets)?;
        let permission = Permission {
            authority: &self.authority,
            common_assets: &self.common_assets,
            own_resource: own.as_deref(),
        };
        let plan = scan.plan(&assets, permission);
        let grants: Vec<_> = plan.grants.iter().map(|required| grant(required.resource.as_str())).collect();
        let bytes = Bytes::copy_from_slice(mpd);
        let resigned = SignedMpd::new(bytes, scan, style, plan, &grants, PolicyCopies::Carried);
        let limit = resigned.size_limit();
        let mut mpd = Vec::new();
        resigned.write_to(&mut mpd).expect("memory");
        assert!(mpd.len() <= limit, "{} bytes, where at most {limit} were expected", mpd.len());
        Ok(Signed { mpd, counts: *resigned.counts(), grants })
    }

    pub(crate) fn sign(&self, mpd: &[u8], style: Style) -> Signed {
        self.try_sign(mpd, style).expect("an MPD")
    }
}

pub(crate) fn tree(pattern: &str, depth: usize) -> AssetTree {
    AssetTree::new(pattern, depth).unwrap()
}

pub(crate) fn grant(resource: &str) -> Grant {
    let mut grants = GRANTS.lock().unwrap();
    let signed = || {
        let pattern = UrlPattern::new(resource).unwrap();
        SIGNER.sign(CustomPolicy::new(pattern, time(1_790_000_100)).unwrap()).unwrap()
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
