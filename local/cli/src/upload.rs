//! Uploads a folder of HLS files so that they play: with the content types that players require, cache headers
//! for CloudFront, and in an order in which no playlist is visible before the files that it names.

mod destination;
mod failure;
mod meter;
mod names;
mod plan;
mod present;
mod send;

pub use self::{
    destination::{Destination, Prefixes},
    meter::Meter,
    plan::{Plan, Upload},
    present::Present,
    send::{Sent, missing, send},
};

use std::{io, path::PathBuf};

/// Why a folder is not uploaded, or not completely.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// S3 did not answer the first question; nothing was sent.
    #[error("nothing was uploaded: {0}")]
    Bucket(String),
    /// The destination is not an S3 address.
    #[error("the destination {0:?} is not of the form s3://BUCKET/video/NAME")]
    Destination(String),
    /// The folder contains no file.
    #[error("{} holds no file to upload", .0.display())]
    Empty(PathBuf),
    /// A file or folder cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The name is not UTF-8, as S3's keys are.
    #[error("{} cannot be a key in S3: its name is not UTF-8", .0.display())]
    Name(PathBuf),
    /// Not a folder.
    #[error("{} is not a folder", .0.display())]
    NotFolder(PathBuf),
    /// Viewers can never watch anything at this place.
    #[error(
        "nobody could watch what lies below {0:?}: the bucket policy opens video/* only (and public/* with \
         PublicPaths), so upload to s3://BUCKET/video/NAME, or say --any-prefix"
    )]
    Prefix(String),
    /// S3 rejected a file; the files after it were not sent.
    #[error("{key} was not uploaded, {uploaded} of {all} files were: {reason}")]
    Refused {
        /// The object's key.
        key: String,
        /// How many files were uploaded before.
        uploaded: usize,
        /// How many files there are.
        all: usize,
        /// What S3 said.
        reason: String,
    },
    /// The file is larger than one request may be.
    #[error("{} has more than the 5 GiB that S3 accepts in one request: upload it with `aws s3 cp`", .0.display())]
    TooLarge(PathBuf),
}
