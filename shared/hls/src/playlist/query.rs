//! Removes parameters from a query without a change to the others, not even to their encoding.

use std::borrow::Cow;

use cloudfront_signing::RESERVED_PARAMETERS;
use percent_encoding::percent_decode_str;

use crate::policy_copy::POLICY_COPY_PREFIX;

/// Whether the new parameters replace a parameter (a name, or a name and its value): one that CloudFront reads
/// as part of a [signature], the copy of one, and one with the name of `nested`.
///
/// [signature]: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html
#[must_use]
pub fn is_replaced(parameter: &str, nested: Option<&str>) -> bool {
    // Decoded: CloudFront may read `%50olicy` as `Policy`.
    let name: Vec<u8> = percent_decode_str(name(parameter)).take(LONGEST_NAME + 1).collect();
    let original = name.strip_prefix(POLICY_COPY_PREFIX.as_bytes()).unwrap_or(&name);
    RESERVED_PARAMETERS.iter().any(|reserved| reserved.as_bytes() == original)
        || nested.is_some_and(|nested| self::name(nested).as_bytes() == name)
}

/// Whether `query` is a signature and nothing else.
#[must_use]
pub fn is_signature(query: &str) -> bool {
    query.split('&').all(|one| RESERVED_PARAMETERS.contains(&name(one)))
        && query.split('&').any(|one| name(one) == "Signature")
}

fn name(parameter: &str) -> &str {
    parameter.split_once('=').map_or(parameter, |(name, _)| name)
}

/// `text`, whose query begins at `query_start`, without the `unwanted` parameters.
///
/// A parameter goes together with the `&` after it, so that a new parameter can take the place of the last one,
/// and the bytes before it are the same.
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

/// Longer than every name that is looked for.
const LONGEST_NAME: usize = 32;

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
            ("a?usher-Policy=1&usher-%53ignature=2&usher-style=inline", "a?usher-style=inline"),
            ("a?policy=1&xPolicy=2&y=Policy", "a?policy=1&xPolicy=2&y=Policy"),
            ("a&Policy=1?x=1", "a&Policy=1?x=1"),
        ];
        for (text, expected) in rows {
            let query_start = text.find('?').map(|at| at + 1);
            assert_eq!(without(text, query_start, |one| is_replaced(one, None)), expected, "{text}");
        }
    }

    #[test]
    fn a_parameter_of_the_same_name_as_the_nested_one_is_replaced() {
        let nested = Some("usher-style=inline");
        for (parameter, replaced) in
            [("usher-style", true), ("usher%2Dstyle=define", true), ("x=usher-style", false)]
        {
            assert_eq!(is_replaced(parameter, nested), replaced, "{parameter}");
            assert!(!is_replaced(parameter, None), "{parameter}");
        }
    }

    #[test]
    fn a_signature_is_made_of_reserved_parameters_only() {
        let rows = [
            ("Policy=1&Signature=2&Key-Pair-Id=3", true),
            ("Expires=1&Signature=2&Key-Pair-Id=3&Hash-Algorithm=SHA256", true),
            ("%50olicy=1&Signature=2", false),
            ("Policy=1&Key-Pair-Id=3", false),
            ("Signature=2&x=1", false),
            ("", false),
        ];
        for (query, expected) in rows {
            assert_eq!(is_signature(query), expected, "{query}");
        }
    }
}
