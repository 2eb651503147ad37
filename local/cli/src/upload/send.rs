//! Sends the files of a plan, several at a time.

use aws_sdk_s3::{Client, primitives::ByteStream, types::ChecksumAlgorithm};
use futures::{StreamExt as _, stream};

use super::{Meter, Plan, Present, Upload, UploadError, failure::Failure, plan::Turn, present::sha256};

/// What became of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sent {
    /// The bucket held it already.
    Before,
    /// It was sent.
    Now,
}

/// Uploads the plan's files that the bucket does not hold, and calls `done` for each file. A turn begins only when all
/// files of the turn before are in the bucket.
///
/// # Errors
/// [`UploadError::Refused`] with the first file that S3 rejected. Other files that were sent at the same time
/// may be uploaded.
pub async fn send(
    client: &Client,
    plan: &Plan,
    present: &Present,
    meter: &Meter,
    done: &mut dyn FnMut(&Upload, Sent),
) -> Result<(), UploadError> {
    let mut uploaded = 0;
    for turn in [Turn::Media, Turn::MediaPlaylist, Turn::MultivariantPlaylist] {
        let uploads = plan.uploads.iter().filter(|upload| upload.turn == turn);
        let sent = uploads.map(|upload| async move {
            (upload, put_unless_present(client, &plan.destination.bucket, present, meter, upload).await)
        });
        let mut sent = stream::iter(sent).buffer_unordered(AT_A_TIME);
        while let Some((upload, outcome)) = sent.next().await {
            let outcome = outcome.map_err(|reason| UploadError::Refused {
                key: upload.key.clone(),
                uploaded,
                all: plan.uploads.len(),
                reason,
            })?;
            uploaded += 1;
            done(upload, outcome);
        }
    }
    Ok(())
}

/// Of the plan's files, those that the bucket does not hold, in the plan's order.
pub async fn missing<'a>(
    client: &Client,
    plan: &'a Plan,
    present: &Present,
) -> Result<Vec<&'a Upload>, UploadError> {
    let asked = plan
        .uploads
        .iter()
        .map(|upload| async move { (upload, present.has(client, &plan.destination.bucket, upload).await) });
    let mut asked = stream::iter(asked).buffered(AT_A_TIME);
    let mut missing = Vec::new();
    while let Some((upload, has)) = asked.next().await {
        let has = has.map_err(|source| UploadError::File { path: upload.file.clone(), source })?;
        if !has {
            missing.push(upload);
        }
    }
    Ok(missing)
}

async fn put_unless_present(
    client: &Client,
    bucket: &str,
    present: &Present,
    meter: &Meter,
    upload: &Upload,
) -> Result<Sent, String> {
    let unreadable =
        |error: &dyn std::fmt::Display| format!("{} cannot be read: {error}", upload.file.display());
    if present.has(client, bucket, upload).await.map_err(|error| unreadable(&error))? {
        return Ok(Sent::Before);
    }
    let file = upload.file.clone();
    let sum = tokio::task::spawn_blocking(move || sha256(&file)).await.map_err(|error| unreadable(&error))?;
    let body = ByteStream::from_path(&upload.file).await.map_err(|error| unreadable(&error))?;
    client
        .put_object()
        .bucket(bucket)
        .key(&upload.key)
        .content_type(upload.content_type)
        .cache_control(upload.cache_control)
        .set_content_disposition(upload.content_disposition.clone())
        // S3 compares it with what arrives, and keeps it, so that a later upload can compare.
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .checksum_sha256(sum.map_err(|error| unreadable(&error))?)
        .body(ByteStream::new(meter.count(body.into_inner())))
        .send()
        .await
        .map(|_| Sent::Now)
        .map_err(|error| Failure::of(&error).to_string())
}

const AT_A_TIME: usize = 8;
