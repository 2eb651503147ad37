//! Sends the files of a plan, several at a time.

use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    operation::put_object::PutObjectError,
    primitives::ByteStream,
};
use futures::{StreamExt as _, stream};
use usher_runtime::with_sources;

use super::{Plan, Upload, UploadError, plan::Turn};

/// Uploads the plan's files and calls `done` for each. A turn begins only when all files of the turn before are
/// uploaded.
///
/// # Errors
/// [`UploadError::Refused`] with the first file that S3 rejected. Other files that were sent at the same time
/// may be uploaded.
pub async fn send(client: &Client, plan: &Plan, done: &mut dyn FnMut(&Upload)) -> Result<(), UploadError> {
    let mut uploaded = 0;
    for turn in [Turn::Media, Turn::MediaPlaylist, Turn::MultivariantPlaylist] {
        let uploads = plan.uploads.iter().filter(|upload| upload.turn == turn);
        let sent = uploads
            .map(|upload| async move { (upload, put(client, &plan.destination.bucket, upload).await) });
        let mut sent = stream::iter(sent).buffer_unordered(AT_A_TIME);
        while let Some((upload, outcome)) = sent.next().await {
            outcome.map_err(|reason| UploadError::Refused {
                key: upload.key.clone(),
                uploaded,
                all: plan.uploads.len(),
                reason,
            })?;
            uploaded += 1;
            done(upload);
        }
    }
    Ok(())
}

async fn put(client: &Client, bucket: &str, upload: &Upload) -> Result<(), String> {
    let body = ByteStream::from_path(&upload.file)
        .await
        .map_err(|error| format!("{} cannot be read: {error}", upload.file.display()))?;
    client
        .put_object()
        .bucket(bucket)
        .key(&upload.key)
        .content_type(upload.content_type)
        .cache_control(upload.cache_control)
        .body(body)
        .send()
        .await
        .map(|_| ())
        .map_err(|error| reason(&error))
}

/// S3's error, and what helps.
fn reason<R>(error: &SdkError<PutObjectError, R>) -> String {
    let service = error.as_service_error();
    let Some(code) = service.and_then(|error| error.code()) else {
        return match error {
            SdkError::TimeoutError(_) => "S3 does not answer".to_owned(),
            SdkError::DispatchFailure(failure) => {
                let causes = failure.as_connector_error().map(|error| format!(": {}", with_sources(error)));
                format!("S3 cannot be asked{}", causes.unwrap_or_default())
            }
            _ => "S3 gives an answer that cannot be read".to_owned(),
        };
    };
    let help = match code {
        "AccessDenied" => ": whoever uploads needs s3:PutObject on the bucket",
        "AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException" => {
            ": the bucket lies in another region, so set AWS_REGION to the stack's"
        }
        "ExpiredToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" => ": sign in to AWS again",
        "NoSuchBucket" => ": the stack's output BucketName has the name",
        _ => "",
    };
    format!("S3 answers {code}{help}")
}

const AT_A_TIME: usize = 8;
