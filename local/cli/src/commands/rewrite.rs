//! `usher rewrite`: the function's rewriter, on a file.

use bytes::Bytes;
use cloudfront_signing::CustomPolicy;
use hls_rewrite::{
    AssetTree, Assets, Authority, Host, Origin, Permission, PolicyCopies, RewriteCounts, Scan,
    SignedPlaylist, SigningPlan, Style, is_playlist, is_viewer_host,
};
use url::Url;

use super::{InputError, Outcome, input};
use crate::arguments::{Rewrite, RewriteStyle};

pub(super) fn run(arguments: &Rewrite, playlist: &[u8]) -> Result<Outcome, InputError> {
    let url = Url::parse(&arguments.url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && has_plain_host(&arguments.url))
        .ok_or_else(|| InputError::new("the playlist's URL must be an absolute http or https URL"))?;
    let tree = AssetTree::new(&format!("{}*", arguments.prefix), arguments.scope_depth).map_err(|_| {
        InputError::new("the prefix must be an absolute path that ends with /, such as /video/")
    })?;
    let (signer, mut warnings) = input::signer(&arguments.key)?;
    if !is_playlist(playlist) {
        return Err(InputError::new("this is not a playlist: it does not start with #EXTM3U"));
    }
    let style = match arguments.style {
        RewriteStyle::Define => Style::Define,
        RewriteStyle::Inline => Style::Inline { asked_for: false },
        RewriteStyle::Plain => {
            return Ok(Outcome { stdout: playlist.to_owned(), warnings, ..Outcome::default() });
        }
    };
    let host =
        Host { written: viewer_origin(&arguments.url), origin: url.origin().ascii_serialization(), tree };
    let mut assets = Assets::new(vec![host]);
    // A file does not say what kind of server it will come from.
    let (origin, nested) = (Origin::AsStated, style.kept_parameter());
    let scan = Scan::read(playlist, &url, origin, nested, |reference| assets.number(reference));
    let own = assets
        .hosts()
        .first()
        .and_then(|host| Some(format!("{}{}", host.written, host.tree.of(url.path())?)));
    // The owner of the key may sign everything.
    let authority = Authority::of_owner(arguments.date_less_than);
    let permission = Permission { authority: &authority, common_assets: &[], own_resource: own.as_deref() };
    let plan = SigningPlan::of_playlist(&assets, &scan, permission);
    let mut grants = Vec::new();
    for required in &plan.grants {
        grants.push(signer.sign(CustomPolicy::new(required.resource.clone(), arguments.date_less_than)?)?);
    }
    let signed = SignedPlaylist::new(
        Bytes::copy_from_slice(playlist),
        scan,
        style,
        plan,
        &grants,
        PolicyCopies::LeftOut,
    );
    warnings.extend(left(signed.counts()));
    let mut stdout = Vec::with_capacity(signed.size_limit());
    signed.write_to(&mut stdout).map_err(|error| InputError::new(error.to_string()))?;
    Ok(Outcome { stdout, warnings, ..Outcome::default() })
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
