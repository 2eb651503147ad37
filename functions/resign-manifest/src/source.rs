//! Reads an object from S3, whole: if the connection breaks half-way, the viewer must not receive half a
//! playlist.

use std::{io::Read as _, time::Duration};

use aws_sdk_s3::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata as _, SdkError},
    operation::get_object::GetObjectError,
    primitives::ByteStream,
};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use tokio::time::timeout;
use usher_runtime::{KEY_LIMIT, Warming};

/// A bucket, and the largest size of a playlist in it.
#[derive(Clone, Debug)]
pub struct PlaylistSource {
    client: Client,
    bucket: String,
    limit: usize,
    deadline: Duration,
}

/// An object of the bucket, decompressed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredObject {
    /// The content.
    pub bytes: Bytes,
    /// The content type that S3 stores. Uploads need not set it, so many playlists have `binary/octet-stream`.
    pub content_type: Option<String>,
    /// S3's `ETag`, of the bytes as stored.
    pub etag: Option<String>,
}

/// Why there is no playlist.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The object is stored as gzip, but is not gzip, or is truncated.
    #[error("the object is stored as gzip and cannot be decompressed: it is truncated or damaged")]
    Damaged,
    /// Stored with a compression other than gzip.
    #[error("the object is stored with the Content-Encoding {0:?}, and only gzip is read")]
    Encoding(String),
    /// S3 does not let the function read it.
    #[error("the function may not read this object")]
    Forbidden,
    /// There is no such object.
    #[error("there is no such object")]
    NotFound,
    /// The object did not arrive in time.
    #[error("the object did not arrive whole within {waited:?}")]
    TimedOut {
        /// How long the function waited.
        waited: Duration,
    },
    /// Larger than the limit, as stored or decompressed.
    #[error("the object has more than the {limit} bytes that a playlist may have")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// S3 fails or does not respond.
    #[error("S3 cannot be read: {0}")]
    Unavailable(String),
}

impl PlaylistSource {
    /// Reads from `bucket`, objects of at most `limit` bytes.
    #[must_use]
    pub fn new(client: Client, bucket: String, limit: usize) -> Self {
        Self { client, bucket, limit, deadline: DEADLINE }
    }

    /// Stops after `deadline`, which includes the SDK's retries and the reading of the body.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Reads one object whole.
    ///
    /// # Errors
    /// [`SourceError`]
    pub async fn fetch(&self, key: &str) -> Result<StoredObject, SourceError> {
        let waited = self.deadline;
        timeout(waited, self.read(key)).await.unwrap_or(Err(SourceError::TimedOut { waited }))
    }

    /// The work of INIT for the bucket: it reads the object `key`, to open the connection for the first playlist. The
    /// object need not exist. A 404 and a 403 keep the connection open too, because their bodies are read; a
    /// connection cannot be reused before its response is read to the end.
    ///
    /// `HeadObject` would do as well, but made the program 0.4 MB larger.
    pub(crate) fn warming<'a>(&'a self, key: &'a str) -> Warming<'a> {
        Warming::new("the bucket", WARMING_LIMIT, async {
            match self.read(key).await {
                Ok(_) | Err(SourceError::Forbidden | SourceError::NotFound) => Ok(()),
                Err(error) => Err(error),
            }
        })
    }

    async fn read(&self, key: &str) -> Result<StoredObject, SourceError> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let object = request.send().await.map_err(|error| explain(&error))?;
        let length = object.content_length().and_then(|length| usize::try_from(length).ok());
        if length.is_some_and(|length| length > self.limit) {
            return Err(self.too_large());
        }
        let compressed = is_gzip(object.content_encoding().unwrap_or_default())?;
        let bytes = self.collect(object.body, length).await?;
        let bytes = if compressed { self.decompress(&bytes)? } else { bytes };
        Ok(StoredObject { bytes: bytes.into(), content_type: object.content_type, etag: object.e_tag })
    }

    /// Counts while it reads: not every response states its length. If a response ends before its stated
    /// length, the SDK's HTTP client returns an error.
    async fn collect(&self, mut body: ByteStream, length: Option<usize>) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::with_capacity(length.unwrap_or_default());
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| SourceError::Unavailable(error.to_string()))?;
            if bytes.len() + chunk.len() > self.limit {
                return Err(self.too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Stops at the limit: a few kilobytes may decompress to gigabytes.
    fn decompress(&self, compressed: &[u8]) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        let one_more = u64::try_from(self.limit).unwrap_or(u64::MAX).saturating_add(1);
        let decoder = MultiGzDecoder::new(compressed);
        decoder.take(one_more).read_to_end(&mut bytes).map_err(|_| SourceError::Damaged)?;
        if bytes.len() > self.limit { Err(self.too_large()) } else { Ok(bytes) }
    }

    fn too_large(&self) -> SourceError {
        SourceError::TooLarge { limit: self.limit }
    }
}

/// Whether a `Content-Encoding` is gzip. `aws-chunked` says how an object was uploaded, not how it is stored;
/// some servers keep the word.
fn is_gzip(encoding: &str) -> Result<bool, SourceError> {
    let is = |coding: &str, names: &[&str]| names.iter().any(|name| coding.eq_ignore_ascii_case(name));
    let codings = encoding.split(',').map(str::trim);
    let mut codings = codings.filter(|coding| !is(coding, &["", "aws-chunked", "identity"]));
    match (codings.next(), codings.next()) {
        (None, _) => Ok(false),
        (Some(coding), None) if is(coding, &["gzip", "x-gzip"]) => Ok(true),
        _ => Err(SourceError::Encoding(encoding.to_owned())),
    }
}

fn explain(error: &SdkError<GetObjectError>) -> SourceError {
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (status, error.code()) {
        // A missing bucket is a fault of the deployment, not of the viewer.
        (Some(404), Some("NoSuchBucket")) => SourceError::Unavailable("there is no such bucket".to_owned()),
        (_, Some("NoSuchKey" | "KeyTooLongError")) | (Some(404), _) => SourceError::NotFound,
        (_, Some("AccessDenied")) | (Some(403), _) => SourceError::Forbidden,
        (Some(status), code) => {
            SourceError::Unavailable(format!("it answers {status} {}", code.unwrap_or_default()))
        }
        (None, _) => SourceError::Unavailable(DisplayErrorContext(error).to_string()),
    }
}

/// The longest time that a viewer waits for S3. It leaves time for signing and sending.
const DEADLINE: Duration = Duration::from_secs(7);

/// How long INIT waits for S3, including the SDK's retries: as long as for a key, which it requests at the same
/// time.
const WARMING_LIMIT: Duration = KEY_LIMIT;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_read_and_nothing_else() {
        let refused = |encoding: &str| Err(SourceError::Encoding(encoding.to_owned()));
        let rows = [
            ("", Ok(false)),
            ("identity", Ok(false)),
            ("aws-chunked", Ok(false)),
            ("gzip", Ok(true)),
            ("X-GZIP", Ok(true)),
            ("aws-chunked, gzip", Ok(true)),
            ("br", refused("br")),
            ("gzip, gzip", refused("gzip, gzip")),
            ("br, gzip", refused("br, gzip")),
        ];
        for (encoding, expected) in rows {
            assert_eq!(is_gzip(encoding), expected, "{encoding}");
        }
    }
}
