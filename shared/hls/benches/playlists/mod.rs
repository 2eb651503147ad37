//! Playlists to measure, and the operations that are measured.

#![allow(dead_code, reason = "each of the programs around it uses a part")]

#[path = "../../../../tests/corpus.rs"]
mod corpus;
pub(crate) mod quick_m3u8;

use std::{fmt, fs, io::Write};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use bytes::Bytes;
use cloudfront_signing::{
    CustomPolicy, Grant, HashAlgorithm, KeyPairId, PrivateKey, Signer, UnixTime, UrlPattern,
};
use hls_rewrite::{
    AssetTree, Assets, Authority, Definitions, Host, Origin, Permission, PolicyCopies, Scan, SignedPlaylist,
    SigningPlan, SkipReason, Style,
};
use url::Url;

/// A playlist, and a name that says how long it is.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) playlist: Bytes,
}

/// What the references of one playlist receive in a style, signed with a real key.
pub(crate) struct Parameters {
    playlist_url: Url,
    definitions: Definitions,
    pub(crate) text: String,
}

/// The scan and the plan of a playlist, before its grants are signed.
pub(crate) struct Planned {
    scan: Scan<usize>,
    plan: SigningPlan,
}

/// The generated ones, and the longest public one where the corpus is available.
pub(crate) fn samples() -> Vec<Sample> {
    let generated = [100, 5_400, 100_000].map(generated);
    longest_public().into_iter().chain(generated).collect()
}

/// VOD of two-second segments: 5,400 are three hours.
fn generated(segments: usize) -> Sample {
    let mut playlist = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n\
                        #EXT-X-MAP:URI=\"init.mp4\"\n"
        .to_owned();
    playlist.extend((1..=segments).map(|number| format!("#EXTINF:2.000,\nsegment_{number:06}.m4s\n")));
    playlist.push_str("#EXT-X-ENDLIST\n");
    Sample { name: segments.to_string(), playlist: playlist.into() }
}

/// 27,985 lines with 9,211 segments.
#[expect(clippy::disallowed_methods, reason = "the playlist is a file; the crate itself stays pure")]
fn longest_public() -> Option<Sample> {
    let folder = corpus::corpus("the public playlist of 9,211 segments")?;
    let playlist = fs::read(folder.join("hls/quick-m3u8/benches_long_media_playlist.m3u8"));
    Some(Sample { name: "public".to_owned(), playlist: playlist.expect("the corpus has it").into() })
}

/// Scans all of `playlist` and rewrites it into a buffer that is reused, so that its memory is already mapped.
pub(crate) fn rewrite(playlist: &[u8], parameters: &Parameters, out: &mut Vec<u8>) {
    out.clear();
    let scan = Scan::read(playlist, &parameters.playlist_url, Origin::Static, None, |reference| {
        match reference.origin {
            ORIGIN => Ok(()),
            _ => Err(SkipReason::OtherHost),
        }
    });
    scan.append(playlist, &parameters.definitions, |(), _| Some(&parameters.text), out);
}

/// The time of a copy of the result: no rewriter can be faster.
pub(crate) fn copy(result: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(result);
}

/// What the function does between the bucket and the viewer when the cache holds no grant: one signature.
pub(crate) fn sign_and_write(playlist: &Bytes, signer: &Signer, style: Style, out: &mut impl Write) {
    let planned = plan(playlist);
    let required = planned.plan.grants.iter();
    let grants: Vec<Grant> = required.map(|required| grant(signer, required.resource.as_str())).collect();
    write(playlist, planned, &grants, style, out);
}

/// The scan of a playlist, and the plan for a viewer who may watch everything.
pub(crate) fn plan(playlist: &[u8]) -> Planned {
    let mut assets = Assets::new(hosts());
    let scan = Scan::read(playlist, &url(), Origin::Static, None, |reference| assets.number(reference));
    let authority = Authority::of_owner(UnixTime::new(1_790_000_000).expect("a time"));
    let permission = Permission { authority: &authority, common_assets: &[], own_resource: None };
    let plan = SigningPlan::of_playlist(&assets, &scan, permission);
    Planned { scan, plan }
}

/// Writes the playlist that the viewer receives.
pub(crate) fn write(
    playlist: &Bytes,
    planned: Planned,
    grants: &[Grant],
    style: Style,
    out: &mut impl Write,
) {
    let resigned = SignedPlaylist::new(
        playlist.clone(),
        planned.scan,
        style,
        planned.plan,
        grants,
        PolicyCopies::Carried,
    );
    resigned.write_to(out).expect("room");
}

impl Parameters {
    pub(crate) fn new(grant: &Grant, style: Style) -> Self {
        let query = grant.query();
        let definitions = match style {
            Style::Define => Definitions::new([query]),
            Style::Inline { .. } | Style::Plain => Definitions::default(),
        };
        let text = definitions.references().next().unwrap_or_else(|| query.to_owned());
        Self { playlist_url: url(), definitions, text }
    }
}

/// A signer with a new RSA-2048 key.
pub(crate) fn signer(hash: HashAlgorithm) -> Signer {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("random numbers");
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key has a DER form");
    let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()));
    let key = PrivateKey::from_pem(&pem).expect("a private key");
    Signer::new(KeyPairId::new("K2JCJMDEHXQW5F").expect("an id"), key, hash)
}

/// A grant for the folder of the playlist.
pub(crate) fn folder_grant(signer: &Signer) -> Grant {
    grant(signer, &format!("{ORIGIN}/video/m/*"))
}

fn grant(signer: &Signer, resource: &str) -> Grant {
    let pattern = UrlPattern::new(resource).expect("a pattern");
    let expires = UnixTime::new(1_790_000_000).expect("a time");
    signer.sign(CustomPolicy::new(pattern, expires).expect("a policy")).expect("a signature")
}

fn hosts() -> Vec<Host> {
    let tree = AssetTree::new("/video/*", 1).expect("a tree");
    vec![Host { written: ORIGIN.to_owned(), origin: ORIGIN.to_owned(), tree }]
}

fn url() -> Url {
    Url::parse(&format!("{ORIGIN}/video/m/v.m3u8")).expect("a URL")
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

const ORIGIN: &str = "https://d111111abcdef8.cloudfront.net";
