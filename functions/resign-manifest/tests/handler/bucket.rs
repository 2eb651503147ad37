//! Substitutes for S3: a server that speaks its protocol, and one that sends given bytes.

use std::{fs, net::SocketAddr, path::Path};

use aws_sdk_s3::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

pub(crate) const BUCKET: &str = "media";

/// An S3 server over a new folder. It accepts signed requests only.
pub(crate) struct Bucket {
    folder: TempDir,
    address: SocketAddr,
}

impl Bucket {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let files = FileSystem::new(folder.path()).unwrap();
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single("access", "secret"));
        let service = builder.build();
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let http = auto::Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { folder, address }
    }

    pub(crate) fn put(&self, key: &str, content: impl AsRef<[u8]>) {
        let file = self.folder.path().join(BUCKET).join(key);
        fs::create_dir_all(file.parent().unwrap_or_else(|| Path::new(""))).unwrap();
        fs::write(file, content).unwrap();
    }

    pub(crate) fn client(&self) -> Client {
        client(self.address)
    }
}

/// What the server does after it has sent the bytes.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    Close,
    Hang,
    /// Sends RST, as a machine that shuts down does.
    Reset,
}

/// A server that answers every request with these bytes, whatever they are.
pub(crate) async fn fault(answer: impl Into<Vec<u8>>, then: Then) -> Client {
    let answer = answer.into();
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read_head(&mut stream).await;
            // The client may close the connection as soon as it has read enough.
            let _ = stream.write_all(&answer).await;
            match then {
                Then::Close => {}
                Then::Hang => std::future::pending().await,
                Then::Reset => stream.set_zero_linger().unwrap(),
            }
        }
    });
    client(address)
}

/// A client of a port on which nothing listens.
pub(crate) async fn nobody() -> Client {
    let (listener, address) = listen().await;
    drop(listener);
    client(address)
}

async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The client of the function, with another endpoint and without retries, which would take seconds.
fn client(address: SocketAddr) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("access", "secret", None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .region(Region::new("us-east-1"))
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}
