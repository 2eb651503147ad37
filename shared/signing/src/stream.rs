//! RTMP stream names, as history: streaming distributions ended on 2020-12-31.
//!
//! A streaming distribution signed only the stream's name, without scheme, host and application: for
//! `rtmp://s3b78kd5.cloudfront.net/cfx/st/&mp4:video/a.mp4` the resource was `video/a.mp4`.

use crate::{
    Error,
    characters::check_characters,
    parameters::reserved_parameters,
    target::{is_rtmp, stream_name},
};

/// An RTMP URL, or a bare stream name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct StreamUrl {
    text: String,
    name_at: usize,
}

impl StreamUrl {
    /// Reads `rtmp://host/cfx/st/[&][mp4:|mp3:|flv:]name`, or a bare `name`.
    ///
    /// # Errors
    /// [`Error::StreamName`] where no name is left, and the errors of [`ExactUrl`](crate::ExactUrl)
    /// for characters and reserved parameters.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        check_characters(&text)?;
        // A mistyped http:// must not become a stream's name.
        if text.contains("://") && !is_rtmp(&text) {
            return Err(Error::Scheme { allowed: SCHEMES });
        }
        if let Some(offset) = text.find('*') {
            return Err(Error::Wildcard { offset });
        }
        if let Some((name, offset)) = reserved_parameters(&text).next() {
            return Err(Error::ReservedParameter { name, offset });
        }
        let name_at = text.len() - stream_name(&text).len();
        if name_at == text.len() { Err(Error::StreamName) } else { Ok(Self { text, name_at }) }
    }

    /// The whole text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The stream name, which is what a policy covers.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.get(self.name_at..).unwrap_or_default()
    }
}

/// A pattern over stream names, such as `video/*`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct StreamPattern(String);

impl StreamPattern {
    /// Checks a pattern and keeps its bytes.
    ///
    /// # Errors
    /// [`Error::ForbiddenCharacter`] or [`Error::StreamName`].
    pub fn new(pattern: impl Into<String>) -> Result<Self, Error> {
        let pattern = pattern.into();
        check_characters(&pattern)?;
        if pattern.is_empty() { Err(Error::StreamName) } else { Ok(Self(pattern)) }
    }

    /// The pattern, byte for byte as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StreamPattern {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// A signed stream as a Flash player's configuration wanted it: the `?`, `=` and `&` of the whole value
/// percent-encoded.
#[must_use]
pub fn escape_for_flash(signed: &str) -> String {
    signed.replace('?', "%3F").replace('=', "%3D").replace('&', "%26")
}

/// Of all URLs that can be signed: a caller tries the others first.
const SCHEMES: &[&str] = &["http://", "https://", "rtmp://"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_what_stands_behind_application_and_format() {
        let rows = [
            ("rtmp://h.cloudfront.net/cfx/st/&mp4:video/a.mp4", "video/a.mp4"),
            ("rtmp://h.cloudfront.net/cfx/st/video/a", "video/a"),
            ("rtmpe://h.cloudfront.net/cfx/st/mp3:a", "a"),
            ("videos/example.mp4", "videos/example.mp4"),
        ];
        for (url, name) in rows {
            assert_eq!(StreamUrl::new(url).map(|stream| stream.name().to_owned()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn an_rtmp_url_without_a_name_is_refused() {
        assert_eq!(StreamUrl::new("rtmp://h.cloudfront.net/cfx/st/"), Err(Error::StreamName));
        assert_eq!(StreamUrl::new("rtmp://h.cloudfront.net"), Err(Error::StreamName));
    }

    #[test]
    fn a_url_of_another_scheme_is_not_a_stream() {
        for url in ["HTTPS://h/a", "ftp://h/a", "htps://h/a"] {
            assert_eq!(StreamUrl::new(url), Err(Error::Scheme { allowed: SCHEMES }), "{url}");
        }
    }

    #[test]
    fn the_whole_value_is_escaped_for_flash() {
        assert_eq!(
            escape_for_flash(
                "rtmp://h.cloudfront.net/cfx/st/&mp4:video/a.mp4?Policy=a&Signature=b_&Key-Pair-Id=K1"
            ),
            "rtmp://h.cloudfront.net/cfx/st/%26mp4:video/a.mp4%3FPolicy%3Da%26Signature%3Db_%26Key-Pair-Id%3DK1"
        );
    }
}
