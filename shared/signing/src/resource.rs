//! What a policy covers: one exact URL, or a pattern. Two types, so that a pattern cannot be canned.
//!
//! Text is validated, never normalised: CloudFront compares bytes, so what goes in comes out.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html>

use std::fmt;

use crate::{
    Error, as_sent::check_as_sent, characters::check_characters, parameters::reserved_parameters,
    target::RequestTarget, wildcard,
};
#[cfg(feature = "rtmp")]
use crate::{StreamPattern, StreamUrl};

/// One absolute `http` or `https` URL, as the viewer will request it, without CloudFront's own parameters.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ExactUrl(String);

impl ExactUrl {
    /// Checks a URL and keeps its bytes.
    ///
    /// # Errors
    /// One of [`Error`]'s variants with the byte offset of what CloudFront would see differently.
    pub fn new(url: impl Into<String>) -> Result<Self, Error> {
        let url = url.into();
        check(&url, &["http://", "https://"])?;
        check_encoded_characters(&url)?;
        match url.find('*') {
            Some(offset) => Err(Error::Wildcard { offset }),
            None => Ok(Self(url)),
        }
    }

    /// Checks that browsers and other clients send the URL as it is. They change some URLs first, such as one with
    /// `/../`: then CloudFront sees another URL than the one that was signed.
    ///
    /// # Errors
    /// [`Error::ClientChanges`] with the first change.
    pub fn check_as_sent(&self) -> Result<(), Error> {
        check_as_sent(&self.0)
    }

    /// The URL, byte for byte as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExactUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A pattern over URLs: `*` is any run of characters. Only a custom policy accepts it.
///
/// The first `?` after the host starts the query, as in a URL; whether CloudFront reads a `?` in a path
/// as its one-character wildcard is not documented clearly, so this type rejects it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct UrlPattern(String);

impl UrlPattern {
    /// Checks a pattern and keeps its bytes.
    ///
    /// # Errors
    /// As [`ExactUrl::new`], for `http*://` too: that form has left CloudFront's documentation.
    pub fn new(pattern: impl Into<String>) -> Result<Self, Error> {
        let pattern = pattern.into();
        check(&pattern, &["http://", "https://", "*://"])?;
        check_question_mark(&pattern)?;
        Ok(Self(pattern))
    }

    /// Checks that browsers and other clients can send what the pattern covers, as
    /// [`ExactUrl::check_as_sent`] does.
    ///
    /// # Errors
    /// [`Error::ClientChanges`] with the first change, or [`Error::ForbiddenCharacter`].
    pub fn check_as_sent(&self) -> Result<(), Error> {
        check_encoded_characters(&self.0)?;
        check_as_sent(&self.0)
    }

    /// The pattern, byte for byte as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `resource`, the `Resource` of another policy, covers every request that this pattern covers. The
    /// answer is `false` where that is not certain.
    #[must_use]
    pub fn is_within(&self, resource: &str) -> bool {
        wildcard::covers_all_of(resource, &self.0)
    }
}

impl fmt::Display for UrlPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The `Resource` of a custom policy.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Resource {
    /// A pattern over RTMP stream names.
    #[cfg(feature = "rtmp")]
    Stream(StreamPattern),
    /// A pattern over URLs, or a URL: every exact URL is a pattern that matches itself.
    Url(UrlPattern),
}

impl Resource {
    /// The text in the policy.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            #[cfg(feature = "rtmp")]
            Self::Stream(pattern) => pattern.as_str(),
            Self::Url(pattern) => pattern.as_str(),
        }
    }

    /// Whether a request for `url` (a URL or a stream name, without CloudFront's parameters) is covered.
    #[must_use]
    pub fn covers(&self, url: &str) -> bool {
        resource_covers(self.as_str(), url)
    }
}

/// Whether the `Resource` of a received policy covers a request for `url`, a URL or a stream name
/// without CloudFront's parameters.
#[must_use]
pub fn resource_covers(resource: &str, url: &str) -> bool {
    wildcard::covers(resource, &RequestTarget::parse(url))
}

impl From<ExactUrl> for Resource {
    fn from(url: ExactUrl) -> Self {
        Self::Url(UrlPattern(url.0))
    }
}

impl From<UrlPattern> for Resource {
    fn from(pattern: UrlPattern) -> Self {
        Self::Url(pattern)
    }
}

#[cfg(feature = "rtmp")]
impl From<StreamPattern> for Resource {
    fn from(pattern: StreamPattern) -> Self {
        Self::Stream(pattern)
    }
}

#[cfg(feature = "rtmp")]
impl From<&StreamUrl> for Resource {
    fn from(stream: &StreamUrl) -> Self {
        Self::Stream(stream.name().into())
    }
}

fn check(url: &str, allowed: &'static [&str]) -> Result<(), Error> {
    check_characters(url)?;
    let scheme = allowed.iter().find(|scheme| url.starts_with(**scheme)).ok_or(Error::Scheme { allowed })?;
    let host_at = scheme.len();
    let authority = url.get(host_at..).unwrap_or_default().split(['/', '?']).next().unwrap_or_default();
    if let Some(at) = authority.rfind('@') {
        return Err(Error::UserInfo { offset: host_at + at });
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Err(Error::MissingHost { offset: host_at });
    }
    if let Some((name, offset)) = reserved_parameters(url).next() {
        return Err(Error::ReservedParameter { name, offset });
    }
    if url.len() > URL_LIMIT {
        return Err(Error::UrlTooLong { length: url.len() });
    }
    Ok(())
}

/// Refuses what some clients percent-encode on their own and others do not: after the host, the same URL would
/// reach CloudFront in two spellings, and only one of them is signed.
fn check_encoded_characters(url: &str) -> Result<(), Error> {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(host_at..).unwrap_or_default();
    let path_at = host_at + rest.find(['/', '?']).unwrap_or(rest.len());
    let is_encoded = |character| "[]{}<>^`|".contains(character);
    match url.char_indices().find(|&(offset, character)| offset >= path_at && is_encoded(character)) {
        Some((offset, character)) => Err(Error::ForbiddenCharacter { character, offset }),
        None => Ok(()),
    }
}

/// A query in a pattern is `name=…` or begins with a wildcard; anything else after a `?`, as in
/// `/s???.ts`, was meant as wildcards in the path.
fn check_question_mark(pattern: &str) -> Result<(), Error> {
    let Some((before, query)) = pattern.split_once('?') else { return Ok(()) };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._~%+".contains(c);
    let name_ends = query.find(|c| !is_name(c)).unwrap_or(query.len());
    let next = query.get(name_ends..).unwrap_or_default();
    if next.starts_with('*') || (name_ends > 0 && next.starts_with('=')) {
        Ok(())
    } else {
        Err(Error::QuestionMark { offset: before.len() })
    }
}

/// The longest URL that [CloudFront accepts], in bytes.
///
/// [CloudFront accepts]: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
pub const URL_LIMIT: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        for url in [
            "https://d111111abcdef8.cloudfront.net/a%20b/..//c?x=%7E&y=1+2",
            "http://127.0.0.1:8080/video/m/s_12:00.ts",
            "http://[::1]:8080/video/m/s001.ts",
            "https://h/video/br%5B1%5D/(a)'!$&;,=@.ts",
        ] {
            assert_eq!(ExactUrl::new(url).map(|url| url.0), Ok(url.to_owned()));
        }
    }

    #[test]
    fn each_bad_url_is_refused_with_its_offset() {
        let rows = [
            ("https://h/a b", Error::ForbiddenCharacter { character: ' ', offset: 11 }),
            ("https://h/\"", Error::ForbiddenCharacter { character: '"', offset: 10 }),
            ("https://h/\\", Error::ForbiddenCharacter { character: '\\', offset: 10 }),
            ("https://h/\n", Error::ForbiddenCharacter { character: '\n', offset: 10 }),
            ("https://h/é", Error::ForbiddenCharacter { character: 'é', offset: 10 }),
            ("https://h/br[1]/a", Error::ForbiddenCharacter { character: '[', offset: 12 }),
            ("https://h/a]", Error::ForbiddenCharacter { character: ']', offset: 11 }),
            ("https://h/{a", Error::ForbiddenCharacter { character: '{', offset: 10 }),
            ("https://h/a}", Error::ForbiddenCharacter { character: '}', offset: 11 }),
            ("https://h/a?x=<", Error::ForbiddenCharacter { character: '<', offset: 14 }),
            ("https://h/>", Error::ForbiddenCharacter { character: '>', offset: 10 }),
            ("https://h/^", Error::ForbiddenCharacter { character: '^', offset: 10 }),
            ("https://h/`", Error::ForbiddenCharacter { character: '`', offset: 10 }),
            ("https://h/a|b", Error::ForbiddenCharacter { character: '|', offset: 11 }),
            ("https://h/#t", Error::Fragment { offset: 10 }),
            ("https://u:p@h/", Error::UserInfo { offset: 11 }),
            ("https:///a", Error::MissingHost { offset: 8 }),
            ("ftp://h/a", Error::Scheme { allowed: &["http://", "https://"] }),
            ("https://h/a*", Error::Wildcard { offset: 11 }),
            ("https://h/a?x=1&Expires=2", Error::ReservedParameter { name: "Expires", offset: 16 }),
            ("https://h/a?%50olicy=2", Error::ReservedParameter { name: "Policy", offset: 12 }),
        ];
        for (url, error) in rows {
            assert_eq!(ExactUrl::new(url), Err(error), "{url}");
        }
    }

    #[test]
    fn an_http_star_pattern_is_refused() {
        assert_eq!(
            UrlPattern::new("http*://h/video/*"),
            Err(Error::Scheme { allowed: &["http://", "https://", "*://"] })
        );
    }

    #[test]
    fn a_question_mark_that_reads_as_a_wildcard_in_a_path_is_refused() {
        for (pattern, offset) in [
            ("https://h/s???.ts", 11),
            ("https://h/a?/b=1", 11),
            ("https://h?", 9),
            ("https://h/?.ts?x=1", 10),
        ] {
            assert_eq!(UrlPattern::new(pattern), Err(Error::QuestionMark { offset }), "{pattern}");
        }
        for pattern in ["https://h/a?*", "https://h/a?x=1", "https://h/a?x=?", "https://h/a*?v*&y=2"] {
            assert_eq!(UrlPattern::new(pattern).map(|pattern| pattern.0), Ok(pattern.to_owned()));
        }
    }
}
