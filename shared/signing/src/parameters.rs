//! CloudFront's own query parameters: five names that no URL of an origin may carry.

use percent_encoding::percent_decode_str;

/// The query parameters that make a URL a signed URL. With any of them in it, CloudFront does not look
/// at cookies at all.
///
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-choosing-signed-urls-cookies.html>
pub const RESERVED_PARAMETERS: [&str; 5] =
    ["Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"];

/// `url` without CloudFront's five parameters, the rest byte for byte and in its order: what the origin
/// sees, and the resource of a canned policy.
#[must_use]
pub fn without_reserved_parameters(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| reserved_name(pair).is_none()).collect();
    if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) }
}

/// The reserved parameters in `url`, each with the byte offset of its name, in their order.
pub(crate) fn reserved_parameters(url: &str) -> impl Iterator<Item = (&'static str, usize)> {
    parameters(url).filter_map(|(pair, offset)| Some((reserved_name(pair)?, offset)))
}

/// The values of one reserved parameter in `url`, raw.
#[cfg(feature = "verifier")]
pub(crate) fn parameter_values<'a>(url: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    parameters(url)
        .filter(move |(pair, _)| reserved_name(pair) == Some(name))
        .map(|(pair, _)| pair.split_once('=').map_or("", |(_, value)| value))
}

fn parameters(url: &str) -> impl Iterator<Item = (&str, usize)> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    query.split('&').scan(base.len() + 1, |offset, pair| {
        let at = *offset;
        *offset += pair.len() + 1;
        Some((pair, at))
    })
}

/// Which reserved name a `name=value` pair has; names are compared percent-decoded, so that
/// `%50olicy` is no way round.
fn reserved_name(pair: &str) -> Option<&'static str> {
    let name = pair.split_once('=').map_or(pair, |(name, _)| name);
    RESERVED_PARAMETERS.into_iter().find(|reserved| percent_decode_str(name).eq(reserved.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_parameters_are_taken_out_wherever_they_stand() {
        let rows = [
            ("https://h/a?Expires=1&x=%7E&Signature=s&y&Key-Pair-Id=K", "https://h/a?x=%7E&y"),
            ("https://h/a?%45xpires=1&Hash-Algorithm=SHA256", "https://h/a"),
            ("https://h/a?expires=1", "https://h/a?expires=1"),
            ("https://h/a?&Expires=1", "https://h/a?"),
            ("https://h/a", "https://h/a"),
        ];
        for (url, stripped) in rows {
            assert_eq!(without_reserved_parameters(url), stripped);
        }
    }
}
