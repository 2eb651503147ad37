//! `usher rewrite`: the function's rewriter, on a file.

use bytes::Bytes;
use cloudfront_signing::CustomPolicy;
use dash_rewrite::{SignedMpd, is_mpd};
use hls_rewrite::{
    AssetTree, Assets, Authority, Host, Origin, Permission, PolicyCopies, RewriteCounts, Scan,
    SignedPlaylist, SigningPlan, Style, is_playlist, is_viewer_host, is_web_vtt,
};
use url::Url;

use super::{InputError, Outcome, input};
use crate::arguments::{Rewrite, RewriteStyle};

/// A manifest as it was read.
enum Scanned {
    Mpd(dash_rewrite::Scan),
    Playlist(Scan<usize>),
}

pub(super) fn run(arguments: &Rewrite, manifest: &[u8]) -> Result<Outcome, InputError> {
    let url = Url::parse(&arguments.url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && has_plain_host(&arguments.url))
        .ok_or_else(|| InputError::new("the playlist's URL must be an absolute http or https URL"))?;
    let tree = AssetTree::new(&format!("{}*", arguments.prefix), arguments.scope_depth).map_err(|_| {
        InputError::new("the prefix must be an absolute path that ends with /, such as /video/")
    })?;
    let (signer, mut warnings) = input::signer(&arguments.key)?;
    if !(is_playlist(manifest) || is_mpd(manifest) || is_web_vtt(manifest)) {
        return Err(InputError::new(
            "this is not a playlist: it does not start with #EXTM3U, and it is neither an MPD nor WebVTT",
        ));
    }
    let style = match arguments.style {
        RewriteStyle::Define => Style::Define,
        RewriteStyle::Inline => Style::Inline { asked_for: false },
        RewriteStyle::Plain => {
            return Ok(Outcome { stdout: manifest.to_owned(), warnings, ..Outcome::default() });
        }
    };
    let host =
        Host { written: viewer_origin(&arguments.url), origin: url.origin().ascii_serialization(), tree };
    let mut assets = Assets::new(vec![host]);
    let Some(scanned) = scan(manifest, &url, style, &mut assets)? else {
        return Ok(Outcome { stdout: manifest.to_owned(), warnings, ..Outcome::default() });
    };
    let own = assets
        .hosts()
        .first()
        .and_then(|host| Some(format!("{}{}", host.written, host.tree.of(url.path())?)));
    // The owner of the key may sign everything.
    let authority = Authority::of_owner(arguments.date_less_than);
    let permission = Permission { authority: &authority, common_assets: &[], own_resource: own.as_deref() };
    let plan = match &scanned {
        Scanned::Mpd(scan) => scan.plan(&assets, permission),
        Scanned::Playlist(scan) => SigningPlan::of_playlist(&assets, scan, permission),
    };
    let mut grants = Vec::new();
    for required in &plan.grants {
        grants.push(signer.sign(CustomPolicy::new(required.resource.clone(), arguments.date_less_than)?)?);
    }
    let (bytes, copies) = (Bytes::copy_from_slice(manifest), PolicyCopies::LeftOut);
    let mut stdout = Vec::new();
    let (counts, written) = match scanned {
        Scanned::Mpd(scan) => {
            let signed = SignedMpd::new(bytes, scan, style, plan, &grants, copies);
            (*signed.counts(), signed.write_to(&mut stdout))
        }
        Scanned::Playlist(scan) => {
            let signed = SignedPlaylist::new(bytes, scan, style, plan, &grants, copies);
            (*signed.counts(), signed.write_to(&mut stdout))
        }
    };
    written.map_err(|error| InputError::new(error.to_string()))?;
    warnings.extend(left(&counts));
    Ok(Outcome { stdout, warnings, ..Outcome::default() })
}

/// Reads a manifest. `None` for WebVTT whose cues are texts.
fn scan(
    manifest: &[u8],
    url: &Url,
    style: Style,
    assets: &mut Assets,
) -> Result<Option<Scanned>, InputError> {
    let nested = style.kept_parameter();
    if is_playlist(manifest) {
        // A file does not say what kind of server it will come from.
        let scan = Scan::read(manifest, url, Origin::AsStated, nested, |reference| assets.number(reference));
        return Ok(Some(Scanned::Playlist(scan)));
    }
    if is_mpd(manifest) {
        let scan = dash_rewrite::Scan::read(manifest, url, nested, assets);
        return scan.map(|scan| Some(Scanned::Mpd(scan))).map_err(|error| InputError::new(error.to_string()));
    }
    let scan = Scan::read_pictures(manifest, url, |reference| assets.number(reference));
    Ok(scan.map(Scanned::Playlist))
}

/// How many references are not signed, and why.
fn left(counts: &RewriteCounts) -> Option<String> {
    (counts.left() > 0).then(|| {
        let reasons = counts.reasons().map(|(reason, count)| format!("{count} {}", reason.as_str()));
        let reasons = reasons.collect::<Vec<_>>().join(", ");
        format!("{} of {} references are not signed: {reasons}", counts.left(), counts.left() + counts.signed)
    })
}

/// A `*` in the host would be a wildcard in the policy.
fn has_plain_host(url: &str) -> bool {
    viewer_origin(url).split_once("://").is_some_and(|(_, host)| is_viewer_host(host))
}

/// Protocol and host of a URL, as it is written.
fn viewer_origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}
