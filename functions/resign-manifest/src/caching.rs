//! What caches may keep, and how a cache that has a playlist asks whether it is still valid.
//!
//! <https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests>

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use cloudfront_signing::Grant;
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use http::{HeaderMap, HeaderValue};

use hls_rewrite::{PlaylistInfo, Style};

/// Everything that determines the bytes of an answer.
pub(crate) struct Ingredients<'a> {
    /// S3's `ETag` of the playlist.
    pub(crate) source: &'a str,
    /// Protocol and host as the viewer requests them.
    pub(crate) viewer_origin: &'a str,
    pub(crate) path: &'a str,
    pub(crate) style: Style,
    pub(crate) grants: &'a [Arc<Grant>],
}

impl Ingredients<'_> {
    /// A weak validator, because the same playlist may be sent compressed or not. It changes with the source,
    /// and with the expiry bucket, as the parameters do.
    pub(crate) fn etag(&self) -> Option<ETag> {
        let mut context = Context::new(&SHA256);
        let style = [self.style.as_str(), self.style.kept_parameter().unwrap_or_default()];
        let fixed = [FORMAT, self.source, self.viewer_origin, self.path].into_iter().chain(style);
        for part in fixed.chain(self.grants.iter().map(|grant| grant.query())) {
            // The length before each part keeps parts apart: no part can be read as the end of the one before.
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.finish();
        let half = digest.as_ref().get(..16)?;
        format!("W/\"{}\"", base16ct::lower::encode_string(half)).parse().ok()
    }
}

/// Whether the player, or a cache, already has this playlist.
pub(crate) fn is_known(headers: &HeaderMap, etag: Option<&ETag>) -> bool {
    let asked = headers.typed_get::<IfNoneMatch>();
    asked.zip(etag).is_some_and(|(asked, etag)| !asked.precondition_passes(etag))
}

/// For how many seconds CloudFront may return a playlist to requests with the same cache key; the key contains
/// everything that the bytes depend on. A live player allows for a delay of half a target duration. CloudFront keeps a
/// complete playlist for a `bucket`, so that a new upload is soon visible. It keeps anything else (a multivariant
/// playlist, a JSON document) for a second, so that many requests at once cost one request to the function.
pub(crate) fn shared_seconds(info: PlaylistInfo, bucket: u64) -> u64 {
    if info.ended { bucket } else { (info.target_duration.unwrap_or_default() / 2).clamp(1, bucket.max(1)) }
}

/// Browsers revalidate each time, which an `ETag` makes cheap: nothing stays on a shared computer.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html>
pub(crate) fn cache_control(shared_seconds: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("max-age=0, s-maxage={shared_seconds}"))
        .unwrap_or(HeaderValue::from_static("no-store"))
}

/// Raise it whenever the same ingredients give other bytes: otherwise players keep those of the earlier
/// version.
const FORMAT: &str = "1";

#[cfg(test)]
mod tests {
    use cloudfront_signing::{CustomPolicy, HashAlgorithm, KeyPairId, Policy, UnixTime, UrlPattern};

    use super::*;

    fn grants(signature: &[u8]) -> Vec<Arc<Grant>> {
        let pattern = UrlPattern::new("https://h/video/m/*").expect("a pattern");
        let policy =
            CustomPolicy::new(pattern, UnixTime::new(1_790_000_100).expect("seconds")).expect("a policy");
        let id = KeyPairId::new("K1").expect("an id");
        let grant = Grant::new(Policy::from(policy), id, HashAlgorithm::Sha256, signature);
        vec![Arc::new(grant)]
    }

    #[test]
    fn each_ingredient_changes_the_etag() {
        let (one, other, none) = (grants(b"one"), grants(b"other"), Vec::new());
        let inline = Style::Inline { asked_for: false };
        let first = Ingredients {
            source: "\"a\"",
            viewer_origin: "https://h",
            path: "/video/m/p.m3u8",
            style: inline,
            grants: &one,
        };
        let all = [
            Ingredients { ..first },
            Ingredients { source: "\"b\"", ..first },
            Ingredients { viewer_origin: "https://i", ..first },
            Ingredients { viewer_origin: "https://h/", path: "video/m/p.m3u8", ..first },
            Ingredients { path: "/video/m/q.m3u8", ..first },
            Ingredients { style: Style::Inline { asked_for: true }, ..first },
            Ingredients { style: Style::Plain, ..first },
            Ingredients { style: Style::Define, ..first },
            Ingredients { grants: &other, ..first },
            Ingredients { grants: &none, ..first },
        ];
        for (at, one) in all.iter().enumerate() {
            for (other_at, other) in all.iter().enumerate() {
                assert_eq!(one.etag() == other.etag(), at == other_at, "{at} {other_at}");
            }
        }
    }

    #[test]
    fn a_live_playlist_is_kept_for_half_a_target_duration_and_a_complete_one_for_a_bucket() {
        let info = |ended, target_duration| PlaylistInfo { ended, target_duration, ..Default::default() };
        let rows = [
            (true, Some(6), 300),
            (true, None, 300),
            (false, Some(6), 3),
            (false, Some(3), 1),
            (false, Some(1), 1),
            (false, Some(0), 1),
            (false, None, 1),
            (false, Some(u64::MAX), 300),
        ];
        for (ended, target_duration, expected) in rows {
            assert_eq!(shared_seconds(info(ended, target_duration), 300), expected, "{target_duration:?}");
        }
        assert_eq!(cache_control(3), "max-age=0, s-maxage=3");
    }

    #[test]
    fn a_playlist_is_known_by_any_of_its_etags() {
        let etag: ETag = "W/\"a\"".parse().expect("an ETag");
        for (asked, known) in [
            (None, false),
            (Some("W/\"a\""), true),
            (Some("\"a\""), true),
            (Some("W/\"b\", W/\"a\""), true),
            (Some("*"), true),
            (Some("W/\"b\""), false),
            (Some("a"), false),
            (Some(""), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(asked) = asked {
                headers.insert(http::header::IF_NONE_MATCH, HeaderValue::from_static(asked));
            }
            assert_eq!(is_known(&headers, Some(&etag)), known, "{asked:?}");
            assert!(!is_known(&headers, None), "{asked:?}");
        }
    }
}
