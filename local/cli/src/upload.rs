//! Uploads a folder of HLS files so that they play: with the content types that players want, the cache
//! headers that suit CloudFront, and in an order in which nobody sees a playlist before what it names.

mod destination;
mod names;
mod plan;
mod send;

pub use self::{
    destination::{Destination, Prefixes},
    plan::{Plan, Upload},
    send::send,
};

use std::{io, path::PathBuf};

/// Why a folder is not, or not wholly, uploaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// Not an address of S3's.
    #[error("the destination {0:?} is not of the form s3://BUCKET/video/NAME")]
    Destination(String),
    /// Nothing to upload.
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
    /// S3's keys are UTF-8.
    #[error("{} cannot be a key in S3: its name is not UTF-8", .0.display())]
    Name(PathBuf),
    /// Not a folder.
    #[error("{} is not a folder", .0.display())]
    NotFolder(PathBuf),
    /// A place where nobody may watch.
    #[error(
        "nobody could watch what lies below {0:?}: the bucket policy opens video/* only, so upload to \
         s3://BUCKET/video/NAME, or say --any-prefix"
    )]
    Prefix(String),
    /// S3 did not take a file; what comes after it was not sent.
    #[error("{key} was not uploaded, {uploaded} of {all} files were: {reason}")]
    Refused {
        /// The object's key.
        key: String,
        /// How many were there by then.
        uploaded: usize,
        /// How many there should be.
        all: usize,
        /// What S3 said.
        reason: String,
    },
    /// More than one request can carry.
    #[error("{} has more than the 5 GiB that S3 takes at once: upload it with `aws s3 cp`", .0.display())]
    TooLarge(PathBuf),
}
