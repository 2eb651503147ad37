//! The compression that CloudFront applies itself, if a cache behavior has `Compress: true`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html>

use std::io::Write as _;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, header};

/// Whether CloudFront compresses an object of this size and type, which is not compressed yet.
pub(super) fn is_compressible(headers: &HeaderMap, length: usize) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    SIZES.contains(&length)
        && !headers.contains_key(header::CONTENT_ENCODING)
        && TYPES.iter().any(|one| media_type.eq_ignore_ascii_case(one))
}

/// The bytes, compressed with gzip.
pub(super) fn compressed(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.into())
}

const SIZES: std::ops::RangeInclusive<usize> = 1_000..=10_000_000;

/// The types of the documented list that a video site may have.
const TYPES: [&str; 17] = [
    "application/dash+xml",
    "application/javascript",
    "application/json",
    "application/vnd.apple.mpegurl",
    "application/wasm",
    "application/x-javascript",
    "application/x-mpegurl",
    "application/xml",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/js",
    "text/plain",
    "text/xml",
    "vnd.apple.mpegurl",
];
