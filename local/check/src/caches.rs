//! Whether CloudFront keeps playlists. Their headers say that it may; `X-Cache` says that it does.

use http::header;

use super::{
    Finding, Question,
    answer::{Answer, Source},
    deployment::Deployment,
    report::Probe,
    walk::Played,
};

/// Asks for the playlist that may be kept longest, until it comes out of the cache.
pub(super) async fn hits(deployment: &Deployment<'_>, played: &[Played]) -> Finding {
    let longest = played.iter().max_by_key(|one| shared_seconds(&one.answer));
    let Some(Played { ask, .. }) = longest else { return HITS.unknown(NO_PLAYLIST) };
    let mut is_told = false;
    for _ in 0..ATTEMPTS {
        let answer = match deployment.ask(ask.clone()).await {
            Ok(answer) => answer,
            Err(reason) => return HITS.unknown(reason),
        };
        match answer.source() {
            Some(Source::Cache) => return HITS.right("CloudFront answers a second viewer out of its cache"),
            Some(Source::Revalidated) => {
                return HITS.right("CloudFront keeps playlists, and asks whether they are still right");
            }
            // Another proxy, or one that takes X-Cache away.
            _ if answer.headers.contains_key(header::AGE) => {
                return HITS.right("a cache answers a second viewer");
            }
            Some(Source::Origin) => is_told = true,
            None => {}
        }
    }
    if !is_told {
        return HITS.skipped("the answers have no X-Cache");
    }
    HITS.advice(
        format!("{ATTEMPTS} equal requests, and each is a Miss: every viewer costs an invocation"),
        "the behavior /video/*.m3u8 needs the cache policy ManifestCachePolicy, and nothing may change Cache-Control or \
         what is in the cache key; CloudFront may also forget what few ask for: check again",
    )
}

/// Whether the function answered, and not the bucket.
pub(super) fn is_of_function(answer: &Answer) -> bool {
    shared_seconds(answer).is_some() && answer.has_cache_directive("max-age=0")
}

/// How long CloudFront may keep a playlist.
pub(super) fn shared_seconds(answer: &Answer) -> Option<u64> {
    answer.cache_directives().find_map(|one| one.strip_prefix("s-maxage=")?.parse().ok())
}

const HITS: Probe = Question::Caches
    .probe("playlist hits", "does a second viewer get a playlist out of CloudFront's cache?")
    .telling();
const NO_PLAYLIST: &str = "no playlist was served";
/// A location of CloudFront has several caches; one connection rarely meets a third.
const ATTEMPTS: usize = 3;
