//! Takes parameters out of a query without touching the others, not even their encoding.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Whether CloudFront reads `parameter` (a name, or a name and its value) as part of a [signature].
///
/// [signature]: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html
pub(super) fn is_reserved(parameter: &str) -> bool {
    ["Expires", "Hash-Algorithm", "Key-Pair-Id", "Policy", "Signature"]
        .into_iter()
        .any(|name| is_named(parameter, name))
}

/// Whether `query` is a signature and nothing else.
pub(super) fn is_signature(query: &str) -> bool {
    query.split('&').all(is_reserved) && query.split('&').any(|parameter| is_named(parameter, "Signature"))
}

/// Whether `one` and `other` are parameters of the same name, `other` without escapes in it.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    is_named(one, name(other))
}

/// Compares decoded names: whoever reads `%50olicy` reads `Policy`.
fn is_named(parameter: &str, wanted: &str) -> bool {
    percent_decode_str(name(parameter)).eq(wanted.bytes())
}

fn name(parameter: &str) -> &str {
    parameter.split_once('=').map_or(parameter, |(name, _)| name)
}

/// `text`, whose query begins at `query_start`, without the `unwanted` parameters.
///
/// A parameter goes with the `&` behind it, so one taken off the end leaves its place to the next
/// that is put there, and the bytes before are the same.
pub(super) fn without(
    text: &str,
    query_start: Option<usize>,
    unwanted: impl Fn(&str) -> bool,
) -> Cow<'_, str> {
    let Some((head, query)) = query_start.and_then(|at| text.split_at_checked(at)) else {
        return Cow::Borrowed(text);
    };
    if !query.split('&').any(&unwanted) {
        return Cow::Borrowed(text);
    }
    let kept = query.split_inclusive('&').filter(|parameter| !unwanted(parameter.trim_end_matches('&')));
    Cow::Owned(std::iter::once(head).chain(kept).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_parameters_keep_their_bytes() {
        let rows = [
            ("a", "a"),
            ("a?", "a?"),
            ("a?x=1&&y=%41", "a?x=1&&y=%41"),
            ("a?Policy=1", "a?"),
            ("a?Policy", "a?"),
            ("a?x=1&Policy=1", "a?x=1&"),
            ("a?Policy=1&x=1", "a?x=1"),
            ("a?x=%20&Policy=1&y=+&Signature=2&", "a?x=%20&y=+&"),
            ("a?x=1&&Expires=1&Key-Pair-Id=2&Hash-Algorithm=3", "a?x=1&&"),
            ("a?%50olicy=1&Key%2DPair-Id=2", "a?"),
            ("a?policy=1&xPolicy=2&y=Policy", "a?policy=1&xPolicy=2&y=Policy"),
            ("a&Policy=1?x=1", "a&Policy=1?x=1"),
        ];
        for (text, expected) in rows {
            let query_start = text.find('?').map(|at| at + 1);
            assert_eq!(without(text, query_start, is_reserved), expected, "{text}");
        }
    }

    #[test]
    fn a_signature_is_made_of_reserved_parameters_only() {
        let rows = [
            ("Policy=1&Signature=2&Key-Pair-Id=3", true),
            ("Expires=1&Signature=2&Key-Pair-Id=3&Hash-Algorithm=SHA256", true),
            ("Policy=1&Key-Pair-Id=3", false),
            ("Signature=2&x=1", false),
            ("", false),
        ];
        for (query, expected) in rows {
            assert_eq!(is_signature(query), expected, "{query}");
        }
    }
}
