//! What a request is for: a URL in its four sections, or an RTMP stream.

/// A URL in the sections that a wildcard stays inside of, or a stream name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RequestTarget<'a> {
    Url { scheme: &'a str, host: &'a str, path: &'a str, query: Option<&'a str> },
    Stream(&'a str),
}

impl<'a> RequestTarget<'a> {
    pub(crate) fn parse(url: &'a str) -> Self {
        let Some((scheme @ ("http" | "https"), rest)) = url.split_once("://") else {
            return Self::Stream(stream_name(url));
        };
        let (before_query, query) = match rest.split_once('?') {
            Some((before, query)) => (before, Some(query)),
            None => (rest, None),
        };
        let path_at = before_query.find('/').unwrap_or(before_query.len());
        let (host, path) = before_query.split_at(path_at);
        Self::Url { scheme, host, path: if path.is_empty() { "/" } else { path }, query }
    }
}

/// Whether it is a URL of a streaming distribution.
#[cfg(feature = "rtmp")]
pub(crate) fn is_rtmp(text: &str) -> bool {
    RTMP_SCHEMES.iter().any(|scheme| text.starts_with(scheme))
}

/// The stream name in an RTMP URL or bare name; the query, if any, stays with it.
pub(crate) fn stream_name(text: &str) -> &str {
    let Some(rest) = RTMP_SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        return text;
    };
    let path = rest.split_once('/').map_or("", |(_host, path)| path);
    let name = path.strip_prefix("cfx/st/").unwrap_or(path);
    let name = name.strip_prefix('&').unwrap_or(name);
    ["mp4:", "mp3:", "flv:"].iter().find_map(|format| name.strip_prefix(format)).unwrap_or(name)
}

const RTMP_SCHEMES: [&str; 4] = ["rtmp://", "rtmpe://", "rtmpt://", "rtmpte://"];
