//! What a viewer with cookies does: watches.

use cloudfront_signing::without_reserved_parameters;
use hls_rewrite::without_policy_copy;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use url::Url;

use super::{
    Finding, Question, Report,
    answer::{Answer, printable},
    cure::{RENAME, Sent, of_signed},
    deployment::{Ask, Deployment},
    playlist::{HlsFile, Reference, is_resigned},
    report::{Probe, Problems},
    sign_in::{Viewer, with_cookies},
    strangers::BROKEN,
    walk::{Access, Played, Walk, is_served},
};

/// What the other checks need to know of the film.
#[derive(Default)]
pub(super) struct Asset {
    pub(super) first_segment: Option<Url>,
    pub(super) played: Vec<Played>,
}

/// Watches by cookies.
pub(super) async fn playback(
    deployment: &Deployment<'_>,
    viewer: Option<&Viewer>,
    report: &mut Report,
) -> Asset {
    let url = Url::parse(&deployment.url(deployment.playlist())).map_err(|_| "the playlist has no URL");
    let (viewer, url) = match with_cookies(deployment, viewer).and_then(|viewer| Ok((viewer, url?))) {
        Ok(both) => both,
        Err(why) => {
            for probe in PROBES {
                report.note(probe.unknown(why));
            }
            return Asset::default();
        }
    };
    let access = Access::Cookies(&viewer.jar);
    let walk = Walk::new(deployment, &url, access).await;
    let cure = |answer: &Answer| refused(deployment, viewer, answer);
    report.note(playlist(&walk.playlist, &cure));
    report.note(playlist_caching(&walk));
    report.note(nested(&walk, &cure));

    let mut media = Vec::new();
    for reference in &walk.media {
        media.push((reference, deployment.ask(access.get(&reference.url).beginning()).await));
    }
    report.note(reachable(&media, &cure));
    report.note(content_types(&media));
    report.note(media_caching(deployment, &media));
    let first_segment = walk.first_segment().cloned();
    report.note(match &first_segment {
        Some(url) => range(deployment, access.get(url), &cure).await,
        None => RANGE.unknown(NO_SEGMENT),
    });
    report.note(headers(&walk, &media));
    // Where the playlist was signed itself, so are its URIs.
    let first_segment =
        first_segment.map(|url| without_policy_copy(&without_reserved_parameters(url.as_str())));
    let first_segment = first_segment.and_then(|url| Url::parse(&url).ok());
    Asset { first_segment, played: walk.played(access) }
}

type Cure<'a> = &'a dyn Fn(&Answer) -> String;

fn refused(deployment: &Deployment<'_>, viewer: &Viewer, answer: &Answer) -> String {
    let policy = viewer.policy(answer.url.path());
    let sent = Sent { policy: policy.as_ref(), url: answer.url.as_str(), now: deployment.now() };
    of_signed(answer, &sent)
}

fn playlist(answer: &Result<Answer, String>, cure: Cure<'_>) -> Finding {
    match answer {
        Err(reason) => PLAYLIST.wrong(reason, BROKEN),
        Ok(answer) if answer.status != StatusCode::OK => PLAYLIST.wrong(answer.summary(), cure(answer)),
        Ok(answer) if !is_served(answer) => {
            PLAYLIST.wrong("200, and it is no playlist", "name an HLS playlist with --playlist")
        }
        Ok(answer) => PLAYLIST.judge(format!("200 {}", answer.media_type()), &of_playlist(answer)),
    }
}

fn of_playlist(answer: &Answer) -> Problems {
    let mut problems = Problems::default();
    if !is_resigned(answer.url.path()) {
        problems.add(NOT_RESIGNED, RENAME);
    }
    let media_type = answer.media_type();
    if !PLAYLIST_TYPES.contains(&media_type.as_str()) {
        problems.add(format!("Content-Type is {:?}", printable(&media_type)), TO_FUNCTION);
    }
    problems
}

/// A signed playlist is for whoever may watch the same, which CloudFront knows and a browser does not.
fn playlist_caching(walk: &Walk) -> Finding {
    let mut problems = Problems::default();
    let mut count = 0;
    for answer in walk.served().filter(|answer| is_resigned(answer.url.path())) {
        count += 1;
        let is_shared = answer.cache_directives().any(|directive| directive.starts_with("s-maxage="));
        if !(is_shared && answer.cache_directives().any(|directive| directive == "max-age=0")) {
            let value = answer.text(header::CACHE_CONTROL).map_or("none".to_owned(), printable);
            problems
                .add(format!("Cache-Control of {} is {value}", printable(answer.url.path())), TO_FUNCTION);
        }
    }
    match count {
        0 => PLAYLIST_CACHING.unknown(NO_PLAYLIST),
        count => PLAYLIST_CACHING.judge(format!("s-maxage and max-age=0 in {count} playlists"), &problems),
    }
}

fn nested(walk: &Walk, cure: Cure<'_>) -> Finding {
    let mut problems = Problems::default();
    for answer in &walk.nested {
        match answer {
            Err(reason) => problems.add(reason, BROKEN),
            Ok(answer) if !is_served(answer) => {
                problems.add(format!("{}: {}", printable(answer.url.path()), answer.summary()), cure(answer));
            }
            Ok(answer) if !is_resigned(answer.url.path()) => {
                problems.add(format!("{}: {NOT_RESIGNED}", printable(answer.url.path())), RENAME);
            }
            Ok(_) => {}
        }
    }
    match (walk.nested.len(), walk.more) {
        (0, _) if walk.served().next().is_none() => NESTED.unknown(NO_PLAYLIST),
        (0, _) => NESTED.skipped("the playlist names no other"),
        (count, 0) => NESTED.judge(format!("all {count} are served"), &problems),
        (count, more) => NESTED.judge(format!("{count} are served, {more} were not asked for"), &problems),
    }
}

type Media<'a> = [(&'a Reference, Result<Answer, String>)];

fn reachable(media: &Media<'_>, cure: Cure<'_>) -> Finding {
    let mut problems = Problems::default();
    for (reference, answer) in media {
        let path = printable(reference.url.path());
        match answer {
            Err(reason) => problems.add(format!("{path}: {reason}"), BROKEN),
            Ok(answer) if answer.status == StatusCode::OK => {}
            Ok(answer) => problems.add(format!("{path}: {}", answer.summary()), cure(answer)),
        }
    }
    let count = |kind: HlsFile| media.iter().filter(|(reference, _)| reference.kind == kind).count();
    if media.is_empty() {
        return MEDIA.unknown(NO_SEGMENT);
    }
    let (segments, keys, maps) = (count(HlsFile::Segment), count(HlsFile::Key), count(HlsFile::Map));
    MEDIA.judge(format!("200 for {segments} segments, {keys} keys, {maps} maps"), &problems)
}

/// What was served of segments and maps.
fn served<'a>(media: &'a Media<'_>) -> impl Iterator<Item = &'a Answer> {
    media
        .iter()
        .filter(|(reference, _)| matches!(reference.kind, HlsFile::Map | HlsFile::Segment))
        .filter_map(|(_, answer)| answer.as_ref().ok())
        .filter(|answer| answer.status == StatusCode::OK)
}

fn content_types(media: &Media<'_>) -> Finding {
    let mut problems = Problems::default();
    let mut found = Vec::new();
    for answer in served(media) {
        let media_type = answer.media_type();
        // Audio in fragments has the same extensions as video.
        let is =
            |expected: &str| media_type == expected || media_type.replace("audio/", "video/") == expected;
        if let Some(expected) = hls_rewrite::media_type(answer.url.path())
            && !is(expected)
        {
            let path = printable(answer.url.path());
            problems.add(format!("{path} is {:?} and not {expected}", printable(&media_type)), UPLOAD);
        }
        let media_type = printable(&media_type);
        if !found.contains(&media_type) {
            found.push(media_type);
        }
    }
    if found.is_empty() {
        CONTENT_TYPES.unknown(NO_SEGMENT)
    } else {
        CONTENT_TYPES.judge(found.join(", "), &problems)
    }
}

fn media_caching(deployment: &Deployment<'_>, media: &Media<'_>) -> Finding {
    let mut answers = served(media).peekable();
    if answers.peek().is_none() {
        return MEDIA_CACHING.unknown(NO_SEGMENT);
    }
    let unkept = answers.find(|answer| {
        !answer.headers.contains_key(header::CACHE_CONTROL)
            || ["no-cache", "no-store", "private"]
                .iter()
                .any(|directive| answer.has_cache_directive(directive))
    });
    match unkept {
        None => MEDIA_CACHING.right("CloudFront and browsers may keep segments"),
        Some(_) if deployment.is_local() => {
            MEDIA_CACHING.skipped("on a laptop, segments come from a folder, without cache headers")
        }
        Some(answer) => {
            let value = answer.text(header::CACHE_CONTROL).map_or("none".to_owned(), printable);
            MEDIA_CACHING
                .advice(format!("Cache-Control of {} is {value}", printable(answer.url.path())), UPLOAD)
        }
    }
}

/// A viewer's own page that a tenant uploaded must not run on the site's origin.
fn headers(walk: &Walk, media: &Media<'_>) -> Finding {
    let mut problems = Problems::default();
    let answers: Vec<_> = walk.served().take(1).chain(served(media).take(1)).collect();
    for answer in &answers {
        for missing in missing_headers(&answer.headers) {
            problems.add(format!("{} has no {missing}", printable(answer.url.path())), NO_HEADERS);
        }
    }
    match answers.len() {
        0 => HEADERS.unknown(NO_PLAYLIST),
        _ => HEADERS.judge("nosniff, and a policy without scripts", &problems),
    }
}

fn missing_headers(headers: &HeaderMap) -> Vec<&'static str> {
    let has = |name: HeaderName, wanted: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(';')).any(|one| one.trim().eq_ignore_ascii_case(wanted))
    };
    let wanted = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff", "X-Content-Type-Options: nosniff"),
        (header::CONTENT_SECURITY_POLICY, "sandbox", "sandbox in Content-Security-Policy"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'",
            "default-src 'none' in Content-Security-Policy",
        ),
    ];
    wanted.into_iter().filter(|(name, value, _)| !has(name.clone(), value)).map(|(_, _, what)| what).collect()
}

async fn range(deployment: &Deployment<'_>, ask: Ask, cure: Cure<'_>) -> Finding {
    match deployment.ask(ask.header(header::RANGE, HeaderValue::from_static("bytes=0-9"))).await {
        Err(reason) => RANGE.wrong(reason, BROKEN),
        Ok(answer) if answer.status == StatusCode::PARTIAL_CONTENT => {
            let range = answer.text(header::CONTENT_RANGE).unwrap_or_default();
            if range.starts_with("bytes 0-9/") && answer.body.len() == 10 {
                RANGE.right("206")
            } else {
                RANGE.wrong(format!("206 with {} bytes, {}", answer.body.len(), printable(range)), TO_BUCKET)
            }
        }
        Ok(answer) if answer.status == StatusCode::OK => RANGE.wrong("200, and the whole segment", TO_BUCKET),
        Ok(answer) => RANGE.wrong(answer.summary(), cure(&answer)),
    }
}

const PLAYLIST: Probe =
    Question::PlaysByCookies.probe("playlist", "is the playlist served to a viewer with cookies?");
const PLAYLIST_CACHING: Probe =
    Question::Caches.probe("playlist caching", "are playlists kept by CloudFront, and by no browser?");
const NESTED: Probe =
    Question::PlaysByCookies.probe("nested playlists", "are the playlists served that the playlist names?");
const MEDIA: Probe = Question::PlaysByCookies
    .probe("segments", "are segments, keys and maps served to a viewer with cookies?")
    .telling();
const CONTENT_TYPES: Probe =
    Question::PlaysByCookies.probe("content types", "are segments what players expect?");
const MEDIA_CACHING: Probe =
    Question::Caches.probe("segment caching", "may CloudFront and browsers keep segments?");
const HEADERS: Probe = Question::NothingMore
    .probe("headers", "are browsers told to take nothing below /video/ for a page of the site?");
const NO_HEADERS: &str =
    "the behaviors /video/*.m3u8 and /video/* need the response headers policy VideoHeaders";
const RANGE: Probe = Question::PlaysByCookies.probe("range", "is a part of a segment served alone?");
const PROBES: [Probe; 8] =
    [PLAYLIST, PLAYLIST_CACHING, NESTED, MEDIA, CONTENT_TYPES, MEDIA_CACHING, RANGE, HEADERS];

const NOT_RESIGNED: &str = "served, and not re-signed because of its name";
const NO_PLAYLIST: &str = "no playlist was served";
pub(super) const NO_SEGMENT: &str = "no segment was served";
const TO_FUNCTION: &str = "the behavior /video/*.m3u8 must lead to ResignManifestFunction, before /video/*, and have \
    the cache policy ManifestCachePolicy";
const TO_BUCKET: &str = "the behavior /video/* must lead to the bucket itself";
const UPLOAD: &str = "upload with `usher upload`, which sets content types and cache headers";
/// <https://www.rfc-editor.org/rfc/rfc8216#section-4>
const PLAYLIST_TYPES: [&str; 4] =
    ["application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_header_that_is_missing_is_named() {
        let (sniff, sandbox, source) = (
            "X-Content-Type-Options: nosniff",
            "sandbox in Content-Security-Policy",
            "default-src 'none' in Content-Security-Policy",
        );
        type Row<'a> = (&'static [(&'static str, &'static str)], &'a [&'static str]);
        let rows: [Row<'_>; 5] = [
            (&[], &[sniff, sandbox, source]),
            (&[("x-content-type-options", "nosniff")], &[sandbox, source]),
            (&[("content-security-policy", "sandbox; default-src 'none'")], &[sniff]),
            (
                &[
                    ("x-content-type-options", "NoSniff"),
                    ("content-security-policy", "default-src 'none';sandbox"),
                ],
                &[],
            ),
            (
                &[("x-content-type-options", "x"), ("content-security-policy", "default-src 'self'")],
                &[sniff, sandbox, source],
            ),
        ];
        for (lines, expected) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                let name = HeaderName::try_from(*name).expect("a name");
                headers.insert(name, HeaderValue::from_static(value));
            }
            assert_eq!(missing_headers(&headers), expected, "{lines:?}");
        }
    }
}
