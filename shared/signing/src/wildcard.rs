//! The wildcard engine: `*` is zero or more characters, `?` exactly one, and neither leaves its section
//! of `protocol://domain/path?query`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html>

use crate::target::RequestTarget;

/// Whether a policy's `Resource` covers a request (without CloudFront's own parameters).
pub(crate) fn covers(resource: &str, target: &RequestTarget<'_>) -> bool {
    if resource == "*" {
        return true;
    }
    match *target {
        RequestTarget::Stream(name) => matches(resource, name),
        RequestTarget::Url { scheme, host, path, query } => {
            Sections::parse(resource).is_some_and(|pattern| {
                matches(pattern.scheme, scheme)
                    && matches(pattern.host, host)
                    && matches(pattern.path, path)
                    && pattern.covers_query(query)
            })
        }
    }
}

/// Whether a policy's `Resource` covers every request that `pattern` covers.
///
/// The answer is `false` where that is not certain. A wildcard of the pattern can match any text, so only a
/// `*` of the resource covers it.
pub(crate) fn covers_all_of(resource: &str, pattern: &str) -> bool {
    if resource == "*" {
        return true;
    }
    let (Some(outer), Some(inner)) = (Sections::parse(resource), Sections::parse(pattern)) else {
        return false;
    };
    let query = match (outer.query, inner.query) {
        (outer, None) => outer.is_none_or(|outer| matches(outer, "")),
        (None, Some(_)) => false,
        (Some(outer), Some(inner)) => matches_pattern(outer, inner),
    };
    query
        && matches_pattern(outer.scheme, inner.scheme)
        && matches_pattern(outer.host, inner.host)
        && matches_pattern(outer.path, inner.path)
}

/// As [`matches`], where only a `*` of `outer` matches a `*` of `inner`, and no literal matches a `?`.
fn matches_pattern(outer: &str, inner: &str) -> bool {
    matches_by(outer, inner, |wanted, byte| match byte {
        b'*' => false,
        b'?' => wanted == b'?',
        _ => wanted == b'?' || wanted == byte,
    })
}

struct Sections<'a> {
    scheme: &'a str,
    host: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Sections<'a> {
    /// `None` where the pattern has no protocol and does not start with `*`: it covers no URL.
    fn parse(pattern: &'a str) -> Option<Self> {
        let may_omit_scheme = pattern.starts_with('*');
        let (scheme, rest) = match pattern.split_once("://") {
            // Behind a `/` or a `?`, as in `*h/a?to=http://*`, it separates nothing.
            Some((scheme, rest)) if !(may_omit_scheme && scheme.contains(['/', '?'])) => (scheme, rest),
            _ if may_omit_scheme => ("*", pattern),
            _ => return None,
        };
        let host_ends = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, rest) = rest.split_at(host_ends);
        if rest.is_empty() {
            // A `*` that ends the domain implies the path and the query.
            let path = if host.ends_with('*') { "*" } else { "/" };
            return Some(Self { scheme, host, path, query: host.ends_with('*').then_some("*") });
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            // A `*` that ends the path implies the query.
            None => (rest, rest.ends_with('*').then_some("*")),
        };
        Some(Self { scheme, host, path: if path.is_empty() { "/" } else { path }, query })
    }

    fn covers_query(&self, query: Option<&str>) -> bool {
        match (self.query, query) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some(pattern), query) => matches(pattern, query.unwrap_or_default()),
        }
    }
}

/// Whether `pattern` matches the whole of `text`, without sections: `*` is zero or more characters, `?`
/// exactly one. A behavior's path pattern is matched so.
///
/// Only the last `*` is ever retried: time is at most the product of the lengths.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    matches_by(pattern, text, |wanted, byte| wanted == b'?' || wanted == byte)
}

fn matches_by(pattern: &str, text: &str, one: impl Fn(u8, u8) -> bool) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(t) {
        match (pattern.get(p), retry) {
            (Some(b'*'), _) => {
                retry = Some((p + 1, t));
                p += 1;
            }
            (Some(&wanted), _) if one(wanted, byte) => {
                p += 1;
                t += 1;
            }
            (_, Some((after_star, from))) => {
                retry = Some((after_star, from + 1));
                p = after_star;
                t = from + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(p).all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_four_sections() {
        let rows = [
            ("https://www.example.com/hello*world", "https://www.example.com/helloworld", true),
            ("https://www.example.com/hello*world", "https://www.example.com/hello-world", true),
            ("https://www.example.com/hello*world", "https://www.example.com/hello?world", false),
            ("https://h/hello*", "https://h/hello?a=1", true),
            ("https://h/hello*?*", "https://h/hello", true),
            ("https://h/video/*", "https://h/video/a/b/c.ts", true),
            ("https://h/video/*", "https://h/video/a.m3u8?_HLS_msn=3", true),
            ("https://h/video/*", "https://h/video", false),
            ("https://h/video/*", "https://h/other/a.ts", false),
            ("https://h/video/*", "http://h/video/a.ts", false),
            ("https://h/*game_download.zip*", "https://h/x/y/game_download.zip?k=v", true),
            ("http://example.com*", "http://example.com.au/a?b=c", true),
            ("*example.com", "https://www.example.com/", true),
            ("*example.com", "https://www.example.com/a", false),
            ("*://h/a", "http://h/a", true),
            ("*h/a?to=http://*", "https://h/a?to=http://x", true),
            ("*h/a?to=http://*", "https://h/b?to=http://x", false),
            ("*", "https://h/a?b", true),
            ("https://h/a", "https://h/a?b=1", false),
            ("https://h/a?b=?", "https://h/a?b=1", true),
            ("https://h/a?b=?", "https://h/a?b=12", false),
            ("https://*.h/a", "https://x.y.h/a", true),
            ("https://*.h/a", "https://evil/x.h/a", false),
            ("https://h", "https://h/", true),
            ("video/*", "https://h/video/a", false),
            ("video/*", "rtmp://h/cfx/st/&mp4:video/a.mp4", true),
            ("video/a.mp4", "video/b.mp4", false),
        ];
        for (pattern, url, covered) in rows {
            assert_eq!(covers(pattern, &RequestTarget::parse(url)), covered, "{pattern} over {url}");
        }
    }

    #[test]
    fn a_resource_covers_a_pattern_where_it_covers_all_that_the_pattern_does() {
        let rows = [
            ("https://h/video/*", "https://h/video/a/*", true),
            ("https://h/video/*", "https://h/video/*", true),
            ("https://h/video/a/*", "https://h/video/*", false),
            ("https://h/video/a/*", "https://h/video/b/*", false),
            ("https://h/video/a*", "https://h/video/a/*", true),
            ("https://h/video/a/?*", "https://h/video/a/*", false),
            ("https://h/video/*.ts", "https://h/video/a/*", false),
            ("https://h/video/*/s*", "https://h/video/a/*", false),
            ("https://h/video/*/*", "https://h/video/a/*", true),
            ("https://h/video/a.m3u8", "https://h/video/a.m3u8?*", false),
            ("https://h/video/*?*", "https://h/video/a.m3u8?*", true),
            ("https://h/video/*?x=*", "https://h/video/a/*", false),
            ("https://h/video/*?**", "https://h/video/a/*", true),
            ("https://h/video/a.m3u8?x=1", "https://h/video/a.m3u8?x=1", true),
            ("https://h/video/a.m3u8", "https://h/video/a.m3u8", true),
            ("https://h/video/?.ts", "https://h/video/a.ts", false),
            ("*", "https://h/video/a/*", true),
            ("*://h/video/*", "https://h/video/a/*", true),
            ("http*", "https://h/video/a/*", false),
            ("http://h/video/*", "https://h/video/a/*", false),
            ("https://*", "https://h/video/a/*", true),
            ("https://*.example.com/video/*", "https://a.example.com/video/a/*", true),
            ("https://h:8080/video/*", "https://h/video/a/*", false),
            ("*h/video/*", "https://h/video/a/*", true),
            ("video/*", "https://h/video/a/*", false),
            ("", "https://h/video/a/*", false),
        ];
        for (resource, pattern, covered) in rows {
            assert_eq!(covers_all_of(resource, pattern), covered, "{resource} over {pattern}");
        }
    }

    #[test]
    fn many_stars_stay_polynomial() {
        let pattern = format!("https://h/{}b", "*a".repeat(40));
        let url = format!("https://h/{}", "a".repeat(4_000));
        assert!(!covers(&pattern, &RequestTarget::parse(&url)));
    }
}
