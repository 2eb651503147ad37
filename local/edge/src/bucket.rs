//! The bucket: the media folder as a real S3 server, read-only and private.

use std::{
    borrow::Cow,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use http::Uri;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use percent_encoding::percent_decode_str;
use s3s::{
    S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    access::{S3Access, S3AccessContext},
    auth::SimpleAuth,
    dto::{GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput},
    service::S3ServiceBuilder,
};
use s3s_fs::FileSystem;
use tokio::{net::TcpListener, task::JoinSet};

use super::{EdgeError, hosts::Hosts};
use crate::content_type::content_type;

/// An S3 server for one folder. Its credentials exist in this process alone.
pub(super) struct Bucket {
    media: Media,
    access_key: String,
    secret_key: String,
}

impl Bucket {
    pub(super) fn open(media: &Path) -> Result<Self, EdgeError> {
        if !media.is_dir() {
            return Err(EdgeError::Media(media.to_owned()));
        }
        let folder =
            media.canonicalize().map_err(|source| EdgeError::File { path: media.to_owned(), source })?;
        let files = FileSystem::new(&folder).map_err(|_| EdgeError::Media(media.to_owned()))?;
        let (access_key, secret_key) = (random_hex()?, random_hex()?);
        Ok(Self { media: Media { files, folder }, access_key, secret_key })
    }

    /// The official SDK's client, as in AWS except for the endpoint.
    pub(super) fn client(&self, address: SocketAddr) -> aws_sdk_s3::Client {
        let credentials = Credentials::new(&self.access_key, &self.secret_key, None, None, "usher serve");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{address}"))
            .force_path_style(true)
            .credentials_provider(credentials)
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Serves requests to `hosts`. Dropping the future ends the server and its connections.
    pub(super) async fn serve(self, listener: TcpListener, hosts: Hosts) {
        let mut builder = S3ServiceBuilder::new(self.media);
        builder.set_auth(SimpleAuth::from_single(self.access_key, self.secret_key));
        builder.set_access(SignedRequestsOnly { hosts });
        let service = builder.build();
        let mut connections = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let service = service.clone();
                    // Otherwise the end of each object waits for the reader's delayed acknowledgement.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(async move {
                        let http = auto::Builder::new(TokioExecutor::new());
                        if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
                            tracing::debug!(%error, "a connection to the bucket broke");
                        }
                    });
                }
                Err(error) => {
                    // Most likely the process has no file descriptors left: some become free when connections
                    // end.
                    tracing::warn!(%error, "the bucket cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    }
}

/// The part of S3 that reads objects of one bucket. Every other operation returns `NotImplemented`, so nothing
/// writes to the folder. The S3 server reads each folder below its root as a bucket. Here the media folder is
/// both root and bucket, which is a bucket without a name.
struct Media {
    files: FileSystem,
    folder: PathBuf,
}

impl Media {
    /// The key that S3 would look for. A key is a name, not a path: `a/../b` does not lead to another object,
    /// and a folder is not an object.
    fn key(&self, bucket: &str, uri: &Uri) -> S3Result<String> {
        if bucket != BUCKET {
            return Err(S3ErrorCode::NoSuchBucket.into());
        }
        let path = uri.path().strip_prefix('/').and_then(|path| path.strip_prefix(BUCKET)?.strip_prefix('/'));
        let key = path.and_then(key_of_path).filter(|key| {
            let is_path =
                key.split('/').any(|segment| matches!(segment, "" | "." | "..")) || key.contains('\\');
            !is_path && self.folder.join(key).is_file()
        });
        key.ok_or_else(|| S3Error::with_message(S3ErrorCode::NoSuchKey, "The specified key does not exist."))
    }
}

/// The key that S3 looks for at a path without its first slash, if it is UTF-8. S3 reads a `+` that is not
/// percent-encoded as a space.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html#object-key-guidelines>
pub(super) fn key_of_path(path: &str) -> Option<String> {
    let path = path.replace('+', " ");
    percent_decode_str(&path).decode_utf8().ok().map(Cow::into_owned)
}

#[async_trait]
impl S3 for Media {
    async fn get_object(
        &self,
        mut request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        request.input.key = self.key(&request.input.bucket, &request.uri)?;
        let content_type = content_type(&request.input.key);
        request.input.bucket.clear();
        let mut response = self.files.get_object(request).await?;
        response.output.content_type.get_or_insert_with(|| content_type.to_owned());
        Ok(response)
    }

    async fn head_object(
        &self,
        mut request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        request.input.key = self.key(&request.input.bucket, &request.uri)?;
        let content_type = content_type(&request.input.key);
        request.input.bucket.clear();
        let mut response = self.files.head_object(request).await?;
        response.output.content_type.get_or_insert_with(|| content_type.to_owned());
        Ok(response)
    }
}

/// `BlockPublicAccess`: rejects a request without a signature before it looks anything up.
struct SignedRequestsOnly {
    hosts: Hosts,
}

#[async_trait]
impl S3Access for SignedRequestsOnly {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let mut error = match self.hosts.of(context.headers()) {
            Ok(_) if context.credentials().is_some() => return Ok(()),
            Ok(_) => S3Error::with_message(S3ErrorCode::AccessDenied, "Access Denied"),
            Err(wrong) => {
                let mut error = S3Error::with_message(S3ErrorCode::AccessDenied, wrong.sentence);
                error.set_status_code(wrong.status);
                error
            }
        };
        error.set_request_id("USHER-LOCAL-BUCKET");
        Err(error)
    }
}

/// A secret that only this process has.
pub(super) fn random_hex() -> Result<String, EdgeError> {
    let mut bytes = [0; 20];
    SystemRandom::new().fill(&mut bytes).map_err(|_| EdgeError::Random)?;
    Ok(base16ct::lower::encode_string(&bytes))
}

/// The bucket's name.
pub(super) const BUCKET: &str = "usher-media";

#[cfg(test)]
mod tests {
    use std::fs;

    use aws_sdk_s3::config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextMut,
    };
    use tempfile::TempDir;

    use super::*;

    /// The bytes of a request from a client that signs as the SDK does, and sends each `+` as it is.
    #[derive(Debug)]
    struct RawPlus;

    impl Intercept for RawPlus {
        fn name(&self) -> &'static str {
            "RawPlus"
        }

        fn modify_before_transmit(
            &self,
            context: &mut BeforeTransmitInterceptorContextMut<'_>,
            _: &RuntimeComponents,
            _: &mut ConfigBag,
        ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let uri = context.request().uri().replace("%2B", "+");
            Ok(context.request_mut().set_uri(uri)?)
        }
    }

    #[tokio::test]
    async fn a_plus_finds_the_object_with_a_space() {
        let media = TempDir::new().expect("a folder");
        fs::write(media.path().join("a+1.ts"), "plus").expect("a file");
        fs::write(media.path().join("b+1.ts"), "plus").expect("a file");
        fs::write(media.path().join("b 1.ts"), "space").expect("a file");
        let bucket = Bucket::open(media.path()).expect("a bucket");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let client = bucket.client(address);
        let mut serving = JoinSet::new();
        serving.spawn(bucket.serve(listener, Hosts::new(address, Vec::new())));

        let mut found = Vec::new();
        for key in ["a+1.ts", "b+1.ts", "b 1.ts"] {
            let get = || client.get_object().bucket(BUCKET).key(key).customize();
            for asked in [get(), get().interceptor(RawPlus)] {
                found.push(match asked.send().await {
                    Ok(object) => {
                        let body = object.body.collect().await.expect("a body").into_bytes();
                        String::from_utf8_lossy(&body).into_owned()
                    }
                    Err(error) => error.into_service_error().meta().code().unwrap_or_default().to_owned(),
                });
            }
        }
        assert_eq!(found, ["plus", "NoSuchKey", "plus", "space", "space", "space"]);
    }

    #[test]
    fn a_plus_in_a_path_is_a_space_and_a_percent_encoded_one_is_a_plus() {
        let rows = [
            ("video/m/seg+1.ts", Some("video/m/seg 1.ts")),
            ("video/m/seg%2B1.ts", Some("video/m/seg+1.ts")),
            ("video/m/seg%2b1.ts", Some("video/m/seg+1.ts")),
            ("video/m/seg%201.ts", Some("video/m/seg 1.ts")),
            ("video/m/%C3%A4.ts", Some("video/m/\u{e4}.ts")),
            ("video/m/%E4.ts", None),
        ];
        for (path, key) in rows {
            assert_eq!(key_of_path(path).as_deref(), key, "{path}");
        }
    }
}
