//! The time that an MPD costs, beside a copy of its result: `cargo bench -p dash-rewrite`.

use std::hint::black_box;

use bytes::Bytes;
use cloudfront_signing::{CustomPolicy, Grant, HashAlgorithm, KeyPairId, Policy, UnixTime, UrlPattern};
use dash_rewrite::{Scan, SignedMpd};
use divan::{Bencher, counter::BytesCount};
use hls_rewrite::{AssetTree, Assets, Authority, Host, Permission, PolicyCopies, SigningPlan, Style};
use url::Url;

fn main() {
    divan::main();
}

/// Scans, plans and writes.
#[divan::bench(args = [100, 5_400, 100_000])]
fn rewrite_inline(bencher: Bencher, segments: usize) {
    let (mpd, grants, mut out) = (mpd(segments), [grant()], Vec::new());
    write(&mpd, &grants, &mut out);
    bencher.counter(BytesCount::of_slice(&out)).bench_local(|| write(black_box(&mpd), &grants, &mut out));
}

/// The bytes of `rewrite_inline`: no rewriter can be faster.
#[divan::bench(args = [100, 5_400, 100_000])]
fn memcpy_inline(bencher: Bencher, segments: usize) {
    let mut result = Vec::new();
    write(&mpd(segments), &[grant()], &mut result);
    let mut out = result.clone();
    bencher.counter(BytesCount::of_slice(&result)).bench_local(|| {
        out.clear();
        black_box(&mut out).extend_from_slice(black_box(&result));
    });
}

/// The part that does not depend on signatures.
#[divan::bench(args = [100, 5_400, 100_000])]
fn plan(bencher: Bencher, segments: usize) {
    let mpd = mpd(segments);
    bencher.counter(BytesCount::of_slice(&mpd)).bench_local(|| planned(black_box(&mpd)).1);
}

/// VOD of two-second segments: 5,400 are three hours.
fn mpd(segments: usize) -> Bytes {
    let mut mpd = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
                   type=\"static\"><Period><AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" \
                   bandwidth=\"5000\"><SegmentList duration=\"2\"><Initialization sourceURL=\"init.mp4\"/>\n"
        .to_owned();
    mpd.extend((1..=segments).map(|number| format!("<SegmentURL media=\"segment_{number:06}.m4s\"/>\n")));
    mpd.push_str("</SegmentList></Representation></AdaptationSet></Period></MPD>\n");
    mpd.into()
}

fn planned(mpd: &[u8]) -> (Scan, SigningPlan) {
    let tree = AssetTree::new("/video/*", 1).expect("a tree");
    let mut assets = Assets::new(vec![Host { written: ORIGIN.to_owned(), origin: ORIGIN.to_owned(), tree }]);
    let url = Url::parse(&format!("{ORIGIN}/video/m/film.mpd")).expect("a URL");
    let scan = Scan::read(mpd, &url, None, &mut assets).expect("an MPD");
    let authority = Authority::of_owner(time());
    let permission = Permission { authority: &authority, common_assets: &[], own_resource: None };
    let plan = scan.plan(&assets, permission);
    (scan, plan)
}

fn write(mpd: &Bytes, grants: &[Grant], out: &mut Vec<u8>) {
    let (scan, plan) = planned(mpd);
    let style = Style::Inline { asked_for: false };
    out.clear();
    SignedMpd::new(mpd.clone(), scan, style, plan, grants, PolicyCopies::Carried)
        .write_to(out)
        .expect("room");
}

/// As long as one with a key of 2,048 bits.
fn grant() -> Grant {
    let pattern = UrlPattern::new(format!("{ORIGIN}/video/m/*")).expect("a pattern");
    let policy = Policy::from(CustomPolicy::new(pattern, time()).expect("a policy"));
    let id = KeyPairId::new("K2JCJMDEHXQW5F").expect("an id");
    Grant::new(policy, id, HashAlgorithm::Sha256, &[7; 256])
}

fn time() -> UnixTime {
    UnixTime::new(1_790_000_000).expect("a time")
}

const ORIGIN: &str = "https://d111111abcdef8.cloudfront.net";
