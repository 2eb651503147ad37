//! The destination of a folder: `s3://BUCKET/PREFIX`.

use std::{fmt, str::FromStr};

use super::UploadError;

/// A bucket, and the folder in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Destination {
    pub(super) bucket: String,
    /// Without a slash at either end.
    pub(super) prefix: String,
}

/// Which folders of a bucket may be uploaded to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Prefixes {
    /// Any folder.
    Any,
    /// The folders that the template's bucket policy opens for the distribution.
    Opened,
}

impl Destination {
    /// Rejects a folder that viewers could never see.
    ///
    /// # Errors
    /// [`UploadError::Prefix`]
    pub fn within(self, prefixes: Prefixes) -> Result<Self, UploadError> {
        let folder = self.prefix.split('/').next().unwrap_or_default();
        if OPENED.contains(&folder) || prefixes == Prefixes::Any {
            Ok(self)
        } else {
            Err(UploadError::Prefix(self.prefix))
        }
    }

    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The name of the folder itself.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.prefix.rsplit('/').next().filter(|name| !name.is_empty())
    }

    /// The key of the file at `path` below the folder.
    pub(super) fn key(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) }
    }
}

impl FromStr for Destination {
    type Err = UploadError;

    fn from_str(text: &str) -> Result<Self, UploadError> {
        let malformed = || UploadError::Destination(text.to_owned());
        let rest = text.strip_prefix("s3://").ok_or_else(malformed)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_bucket = (3..=63).contains(&bucket.len())
            && bucket
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte));
        // To S3 a key is only a name; CloudFront, browsers and the functions read it as a path.
        let is_path = prefix.is_empty()
            || prefix
                .split('/')
                .all(|segment| !matches!(segment, "" | "." | "..") && !segment.contains('\\'));
        if !is_bucket || !is_path {
            return Err(malformed());
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// By the template's bucket policy; the second one with `PublicPaths`.
const OPENED: [&str; 2] = ["video", "public"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_bucket_and_a_folder() {
        let rows = [
            ("s3://films/video/m", Some(("films", "video/m"))),
            ("s3://films/video/m/", Some(("films", "video/m"))),
            ("s3://films/video", Some(("films", "video"))),
            ("s3://films", Some(("films", ""))),
            ("s3://Films/video/m", None),
            ("s3://f/video", None),
            ("films/video/m", None),
            ("https://films/video/m", None),
            ("s3:///video/m", None),
            ("s3://films//video", None),
            ("s3://films/video/../m", None),
            ("s3://films/video//m", None),
            ("", None),
        ];
        for (text, expected) in rows {
            let read = text.parse::<Destination>().ok();
            let read = read.as_ref().map(|read| (read.bucket.as_str(), read.prefix.as_str()));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn only_what_the_bucket_policy_opens_is_uploaded_to() {
        let rows = [
            ("video", true),
            ("video/m", true),
            ("public/trailers", true),
            ("videos/m", false),
            ("", false),
            ("private/video", false),
        ];
        for (prefix, is_taken) in rows {
            let destination = Destination { bucket: "films".to_owned(), prefix: prefix.to_owned() };
            assert_eq!(destination.clone().within(Prefixes::Opened).is_ok(), is_taken, "{prefix}");
            assert!(destination.within(Prefixes::Any).is_ok(), "{prefix}");
        }
    }
}
