//! The body of an answer in the form that Lambda requires of a buffered function: gzip in base64, everything
//! else as text.
//!
//! Not streamed: function URLs decompress streamed bodies, and empty ones may hang.
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>

use std::io::{self, BufWriter, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use dash_rewrite::SignedMpd;
use hls_rewrite::SignedPlaylist;

/// The content of an answer, before it is encoded.
pub(crate) enum Content {
    /// An MPD that is written when it is encoded.
    Mpd(Box<SignedMpd>),
    /// A playlist that is written when it is encoded.
    Resigned(Box<SignedPlaylist>),
    /// Bytes that are complete.
    Whole(Bytes),
}

/// A body as Lambda requires it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Encoded {
    pub(crate) text: String,
    pub(crate) is_base64: bool,
    pub(crate) is_gzip: bool,
    /// How many bytes the viewer receives.
    pub(crate) length: usize,
}

/// It does not fit into an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TooLarge;

impl Content {
    pub(crate) fn empty() -> Self {
        Self::Whole(Bytes::new())
    }

    /// Encodes into at most `limit` bytes of JSON, compressed if the viewer accepts gzip and compression saves
    /// bytes.
    pub(crate) fn encode(&self, takes_gzip: bool, limit: usize) -> Result<Encoded, TooLarge> {
        let size = self.size_limit();
        if size > UNCOMPRESSED_LIMIT {
            return Err(TooLarge);
        }
        if takes_gzip && size >= WORTH_COMPRESSING {
            let bytes = self.compress(limit / 4 * 3)?;
            return Ok(Encoded {
                text: STANDARD.encode(&bytes),
                is_base64: true,
                is_gzip: true,
                length: bytes.len(),
            });
        }
        let mut out = Limited::new(limit);
        self.write_to(&mut out).map_err(|_| TooLarge)?;
        let length = out.bytes.len();
        let (text, is_base64) = match String::from_utf8(out.bytes) {
            Ok(text) => (text, false),
            // A playlist that is not UTF-8 is returned as it is in the bucket all the same.
            Err(error) => (STANDARD.encode(error.as_bytes()), true),
        };
        // In JSON, line ends and quotes take two bytes.
        let in_json = serde_json::to_vec(&text).map_err(|_| TooLarge)?.len();
        if in_json > limit { Err(TooLarge) } else { Ok(Encoded { text, is_base64, is_gzip: false, length }) }
    }

    fn compress(&self, limit: usize) -> Result<Vec<u8>, TooLarge> {
        // The encoder works better with larger pieces than the parts of a line.
        let mut out = BufWriter::new(GzEncoder::new(Limited::new(limit), LEVEL));
        self.write_to(&mut out).map_err(|_| TooLarge)?;
        let encoder = out.into_inner().map_err(|_| TooLarge)?;
        Ok(encoder.finish().map_err(|_| TooLarge)?.bytes)
    }

    fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Mpd(mpd) => mpd.write_to(out),
            Self::Resigned(resigned) => resigned.write_to(out),
            Self::Whole(bytes) => out.write_all(bytes),
        }
    }

    /// The size in bytes before compression, at most.
    fn size_limit(&self) -> usize {
        match self {
            Self::Mpd(mpd) => mpd.size_limit(),
            Self::Resigned(resigned) => resigned.size_limit(),
            Self::Whole(bytes) => bytes.len(),
        }
    }
}

/// A buffer that returns an error instead of growing further.
#[derive(Debug)]
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl Limited {
    fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A compressed playlist is much smaller, but takes the time of the whole: millions of short references must not keep
/// the function busy. The limit is twice the size of 100,000 signed segments.
const UNCOMPRESSED_LIMIT: usize = 128 * 1_024 * 1_024;

/// Below this size, gzip's own header and trailer take more than compression saves.
const WORTH_COMPRESSING: usize = 32;

/// Level 1 compresses 100,000 signed segments, 65 MB, to 1.42 MB in 98 ms; level 2 to 0.85 MB in 104 ms; level
/// 6 to the same size in 215 ms: only the repeated parameters can be compressed.
const LEVEL: Compression = Compression::new(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(bytes: &'static [u8], takes_gzip: bool, limit: usize) -> Result<Encoded, TooLarge> {
        Content::Whole(Bytes::from_static(bytes)).encode(takes_gzip, limit)
    }

    fn text(text: &str, is_base64: bool, length: usize) -> Result<Encoded, TooLarge> {
        Ok(Encoded { text: text.to_owned(), is_base64, is_gzip: false, length })
    }

    #[test]
    fn text_goes_as_text_and_anything_else_in_base64() {
        assert_eq!(encode(b"", true, 2), text("", false, 0));
        assert_eq!(encode(b"#EXTM3U\n", true, 11), text("#EXTM3U\n", false, 8));
        assert_eq!(encode(b"\xff\x00", false, 6), text("/wA=", true, 2));
    }

    #[test]
    fn what_counts_is_the_length_in_the_answers_json() {
        // Two quotes, and a line end of two bytes.
        assert_eq!(encode(b"#EXTM3U\n", false, 10), Err(TooLarge));
        assert_eq!(encode(b"\xff\x00", false, 5), Err(TooLarge));
        let long = encode(&[b'a'; 1_000], true, 100).expect("a body");
        assert_eq!((long.is_base64, long.is_gzip), (true, true));
        assert_eq!(long.length, STANDARD.decode(&long.text).expect("base64").len());
        assert_eq!(encode(&[b'a'; 1_000], true, long.length / 3 * 4 - 4), Err(TooLarge));
    }
}
