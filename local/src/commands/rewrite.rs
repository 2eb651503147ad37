//! `usher rewrite`: the function's rewriter, on a file.

use bytes::Bytes;
use cloudfront_signing::{Policy, UrlPattern};
use resign_manifest::{
    Host, Resigned, Style, Survey,
    rewrite::{Origin, is_playlist},
};
use url::Url;
use usher_runtime::{Scope, is_viewer_host};

use super::{InputError, Outcome, input};
use crate::cli::{Rewrite, RewriteStyle};

pub(super) fn run(arguments: &Rewrite, playlist: &[u8]) -> Result<Outcome, InputError> {
    let url = Url::parse(&arguments.url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && has_plain_host(&arguments.url))
        .ok_or_else(|| InputError::new("the playlist's URL must be an absolute http or https URL"))?;
    let scope = Scope::new(&format!("{}*", arguments.prefix), arguments.scope_depth).map_err(|_| {
        InputError::new("the prefix must be an absolute path that ends with /, such as /video/")
    })?;
    let (signer, mut warnings) = input::signer(&arguments.key)?;
    if !is_playlist(playlist) {
        warnings.push("this is not a playlist: it does not start with #EXTM3U".to_owned());
    }
    let style = match arguments.style {
        RewriteStyle::Define if !is_playlist(playlist) => {
            return Err(InputError::new(
                "this is not a playlist: without #EXTM3U there is no place for the definition",
            ));
        }
        RewriteStyle::Define => Style::Define,
        RewriteStyle::Inline => Style::Inline { asked_for: false },
        RewriteStyle::Plain => return Ok(Outcome { stdout: playlist.to_owned(), warnings, refused: false }),
    };
    let written = viewer_origin(&arguments.url);
    let hosts = vec![Host { written, origin: url.origin().ascii_serialization(), scope }];
    let survey = Survey::read(playlist, &url, &hosts, usize::MAX);
    let mut grants = Vec::new();
    for need in &survey.needs {
        let policy = Policy::new(UrlPattern::new(&need.resource)?, arguments.date_less_than)?;
        grants.push(signer.sign(policy)?);
    }
    // Where it will be served from, a file does not tell.
    let origin = Origin::AsStated;
    let playlist = Bytes::copy_from_slice(playlist);
    let signed = Resigned::new(playlist, &url, hosts, style, survey, &grants, origin);
    Ok(Outcome { stdout: signed.flatten().collect(), warnings, refused: false })
}

/// A `*` in the host would be a wildcard in what is signed.
fn has_plain_host(url: &str) -> bool {
    viewer_origin(url).split_once("://").is_some_and(|(_, host)| is_viewer_host(host))
}

/// Protocol and host of a URL, as it is written.
fn viewer_origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}
