//! Takes parameters out of a query without touching the others, not even their encoding.

use std::borrow::Cow;

use url::{Url, form_urlencoded};

/// Whether CloudFront reads the parameter `name` as part of a [signature].
///
/// [signature]: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html
pub(super) fn is_reserved(name: &str) -> bool {
    matches!(name, "Expires" | "Hash-Algorithm" | "Key-Pair-Id" | "Policy" | "Signature")
}

/// The names of the parameters in `query`, percent-decoded.
pub(super) fn names(query: &str) -> impl Iterator<Item = Cow<'_, str>> {
    form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name)
}

/// `text`, whose query begins at `query_start`, without the parameters whose name is `unwanted`.
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
    if !names(query).any(|name| unwanted(&name)) {
        return Cow::Borrowed(text);
    }
    let kept = query.split_inclusive('&').filter(|parameter| !names(parameter).any(|name| unwanted(&name)));
    Cow::Owned(std::iter::once(head).chain(kept).collect())
}

/// Removes from the end of `url` what only a parameter to come would need: `&`, an empty query.
pub(super) fn trim(url: &mut Url) {
    let Some(query) = url.query() else { return };
    let trimmed = query.trim_end_matches('&');
    if trimmed.is_empty() {
        url.set_query(None);
    } else if trimmed.len() < query.len() {
        let trimmed = trimmed.to_owned();
        url.set_query(Some(&trimmed));
    }
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
    fn a_trimmed_url_is_what_remains_when_parameters_are_taken_off() {
        let rows = [
            ("https://h/a", "https://h/a"),
            ("https://h/a&", "https://h/a&"),
            ("https://h/a?", "https://h/a"),
            ("https://h/a?&", "https://h/a"),
            ("https://h/a?x=%7E&", "https://h/a?x=%7E"),
            ("https://h/a?x=1&&y", "https://h/a?x=1&&y"),
        ];
        for (text, expected) in rows {
            let url = Url::parse(text).map(|mut url| {
                trim(&mut url);
                url.to_string()
            });
            assert_eq!(url, Ok(expected.to_owned()));
        }
    }
}
