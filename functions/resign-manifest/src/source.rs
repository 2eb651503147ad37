//! Reading a playlist from S3.

use std::time::Duration;

use aws_sdk_s3::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata as _, SdkError},
    operation::get_object::GetObjectError,
    primitives::ByteStream,
};
use tokio::time::timeout;

/// A bucket, and how large a playlist in it may be.
#[derive(Clone, Debug)]
pub struct PlaylistSource {
    client: Client,
    bucket: String,
    limit: usize,
    deadline: Duration,
}

/// Why there is no playlist.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// S3 does not let the function read it.
    #[error("the function may not read this object")]
    Forbidden,
    /// There is no such object.
    #[error("there is no such object")]
    NotFound,
    /// Larger than the limit.
    #[error("the object has more than the {limit} bytes that a playlist may have")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// S3 fails or does not answer.
    #[error("S3 cannot be read: {0}")]
    Unavailable(String),
}

impl PlaylistSource {
    /// Reads from `bucket`, objects of at most `limit` bytes.
    #[must_use]
    pub fn new(client: Client, bucket: String, limit: usize) -> Self {
        Self { client, bucket, limit, deadline: DEADLINE }
    }

    /// Gives up after `deadline`, the SDK's retries and the reading of the body included.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Reads one object whole.
    ///
    /// # Errors
    /// [`SourceError`]
    pub async fn fetch(&self, key: &str) -> Result<Vec<u8>, SourceError> {
        timeout(self.deadline, self.read(key)).await.unwrap_or_else(|_| {
            let waited = self.deadline;
            Err(SourceError::Unavailable(format!("no whole object in {waited:?}")))
        })
    }

    async fn read(&self, key: &str) -> Result<Vec<u8>, SourceError> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let object = request.send().await.map_err(|error| explain(&error))?;
        let length = object.content_length().and_then(|length| usize::try_from(length).ok());
        if length.is_some_and(|length| length > self.limit) {
            return Err(SourceError::TooLarge { limit: self.limit });
        }
        self.collect(object.body, length).await
    }

    /// Counts while it reads: not every answer says how long it is. One that ends before the length it
    /// promised is an error of the SDK's HTTP client.
    async fn collect(&self, mut body: ByteStream, length: Option<usize>) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::with_capacity(length.unwrap_or_default());
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| SourceError::Unavailable(error.to_string()))?;
            if bytes.len() + chunk.len() > self.limit {
                return Err(SourceError::TooLarge { limit: self.limit });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

fn explain(error: &SdkError<GetObjectError>) -> SourceError {
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (status, error.code()) {
        // A bucket that is not there is a fault of the deployment, not of the viewer.
        (Some(404), Some("NoSuchBucket")) => SourceError::Unavailable("there is no such bucket".to_owned()),
        (_, Some("NoSuchKey" | "KeyTooLongError")) | (Some(404), _) => SourceError::NotFound,
        (_, Some("AccessDenied")) | (Some(403), _) => SourceError::Forbidden,
        (Some(status), code) => {
            SourceError::Unavailable(format!("it answers {status} {}", code.unwrap_or_default()))
        }
        (None, _) => SourceError::Unavailable(DisplayErrorContext(error).to_string()),
    }
}

/// Below the function's own time-out of 10 seconds, after which the viewer gets no answer of ours: some
/// time is left for signing.
const DEADLINE: Duration = Duration::from_secs(7);
