//! What the bucket holds already, so that it is not sent again.

use std::{collections::HashMap, fs::File, io, path::Path};

use aws_lc_rs::digest;
use aws_sdk_s3::{Client, operation::head_object::HeadObjectOutput, types::ChecksumMode};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use md5::{Digest as _, Md5};

use super::{Plan, Upload, UploadError, failure::Failure};

/// The objects below a plan's destination, with their sizes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Present {
    sizes: HashMap<String, u64>,
}

impl Present {
    /// Asks the bucket: one request for each thousand objects.
    ///
    /// # Errors
    /// [`UploadError::Refused`], if nothing can be uploaded either. `None` if the bucket keeps its list to itself.
    pub async fn list(client: &Client, plan: &Plan) -> Result<Option<Self>, UploadError> {
        let mut sizes = HashMap::new();
        let prefix = plan.destination.key("");
        let request = client.list_objects_v2().bucket(&plan.destination.bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = match page.map_err(|error| Failure::of(&error)) {
                Ok(page) => page,
                Err(failure) if failure.is_denied() => return Ok(None),
                Err(failure) => return Err(UploadError::Bucket(failure.to_string())),
            };
            let objects = page.contents.unwrap_or_default().into_iter();
            sizes.extend(objects.filter_map(|object| Some((object.key?, u64::try_from(object.size?).ok()?))));
        }
        Ok(Some(Self { sizes }))
    }

    /// Whether the bucket holds the file, with the same content and headers.
    pub(super) async fn has(
        &self,
        client: &Client,
        bucket: &str,
        upload: &Upload,
    ) -> Result<bool, io::Error> {
        if self.sizes.get(&upload.key) != Some(&upload.bytes) {
            return Ok(false);
        }
        let request =
            client.head_object().bucket(bucket).key(&upload.key).checksum_mode(ChecksumMode::Enabled);
        // Whatever keeps the answer away: the file is then sent.
        let Ok(object) = request.send().await else { return Ok(false) };
        let has_headers = object.content_type() == Some(upload.content_type)
            && object.cache_control() == Some(upload.cache_control)
            && object.content_disposition() == upload.content_disposition.as_deref();
        let Some(sum) = Sum::of(&object).filter(|_| has_headers) else { return Ok(false) };
        let file = upload.file.clone();
        let same = tokio::task::spawn_blocking(move || sum.is_of(&file)).await;
        same.map_err(io::Error::other)?
    }
}

/// What S3 says about an object's content.
enum Sum {
    /// Of what was uploaded in parts, or encrypted with a key of KMS, the ETag is no sum.
    Md5(String),
    /// As `usher upload` sends it.
    Sha256(String),
}

impl Sum {
    fn of(object: &HeadObjectOutput) -> Option<Self> {
        if let Some(sum) = object.checksum_sha256().filter(|sum| !sum.contains('-')) {
            return Some(Self::Sha256(sum.to_owned()));
        }
        let tag = object.e_tag()?.trim_matches('"');
        let is_sum = tag.len() == 32 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_sum.then(|| Self::Md5(tag.to_ascii_lowercase()))
    }

    fn is_of(&self, file: &Path) -> io::Result<bool> {
        match self {
            Self::Sha256(sum) => Ok(*sum == sha256(file)?),
            Self::Md5(sum) => {
                let mut digest = Md5::new();
                read(file, |bytes| digest.update(bytes))?;
                Ok(*sum == base16ct::lower::encode_string(&digest.finalize()))
            }
        }
    }
}

/// The SHA-256 of a file, as S3 writes it.
pub(super) fn sha256(file: &Path) -> io::Result<String> {
    let mut digest = digest::Context::new(&digest::SHA256);
    read(file, |bytes| digest.update(bytes))?;
    Ok(BASE64_STANDARD.encode(digest.finish()))
}

fn read(file: &Path, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(file)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(()),
            length => take(buffer.get(..length).unwrap_or_default()),
        }
    }
}
