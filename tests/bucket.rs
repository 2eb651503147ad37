//! An S3 server over a folder, for functions that run as they do in AWS: `bucket FOLDER [ADDRESS]`. Each folder
//! in it is a bucket. Requests signed with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` may do anything.

use std::{env, error::Error};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().ok_or("usage: bucket FOLDER [ADDRESS]")?;
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());

    let files = FileSystem::new(&folder).map_err(|error| format!("{folder}: {error:?}"))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(
        env::var("AWS_ACCESS_KEY_ID")?,
        env::var("AWS_SECRET_ACCESS_KEY")?,
    ));
    let service = builder.build();

    let listener = TcpListener::bind(address).await?;
    println!("bucket on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let service = service.clone();
        tokio::spawn(async move {
            let http = auto::Builder::new(TokioExecutor::new());
            if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
                eprintln!("a connection broke: {error}");
            }
        });
    }
}
