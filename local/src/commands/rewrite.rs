//! `usher rewrite`: the function's rewriter, on a file.

use std::collections::BTreeMap;

use cloudfront_signing::{Policy, UrlPattern};
use resign_manifest::{Resign, Style, rewrite::is_playlist};
use url::Url;
use usher_runtime::Scope;

use super::{InputError, Outcome, input};
use crate::cli::{Rewrite, RewriteStyle};

pub(super) fn run(arguments: &Rewrite, playlist: &[u8]) -> Result<Outcome, InputError> {
    let url = Url::parse(&arguments.url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| InputError::new("the playlist's URL must be an absolute http or https URL"))?;
    let scope = Scope::new(&format!("{}*", arguments.prefix), arguments.scope_depth).map_err(|_| {
        InputError::new("the prefix must be an absolute path that ends with /, such as /video/")
    })?;
    let (signer, mut warnings) = input::signer(&arguments.key)?;
    if !is_playlist(playlist) {
        warnings.push("this is not a playlist: it does not start with #EXTM3U".to_owned());
    }
    let style = match arguments.style {
        RewriteStyle::Inline => Style::Inline { asked_for: false },
        RewriteStyle::Plain => Style::Plain,
        RewriteStyle::Define => {
            return Err(InputError::new(
                "the style define does not exist yet: inline puts the parameters on each URI",
            ));
        }
    };
    let resign = Resign {
        playlist,
        playlist_url: &url,
        viewer_origin: &viewer_origin(&arguments.url),
        style,
        scope: &scope,
    };
    let mut grants = BTreeMap::new();
    for resource in resign.resources() {
        let policy = Policy::new(UrlPattern::new(&resource)?, arguments.date_less_than)?;
        grants.insert(resource, signer.sign(policy)?);
    }
    let (signed, _) = resign.apply(&grants);
    Ok(Outcome { stdout: signed, warnings, refused: false })
}

/// Protocol and host of a URL, as it is written.
fn viewer_origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}
