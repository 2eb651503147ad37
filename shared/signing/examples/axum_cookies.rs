//! A web service that gives signed cookies to every browser that asks. Put your sign-in in front of it.
//!
//! CloudFront has to forward `/cookies` to this service, so that the cookies belong to the distribution's host.
//!
//! ```sh
//! cargo run --example axum_cookies -- private_key.pem K2JCJMDEHXQW5F 'https://d111111abcdef8.cloudfront.net/video/*'
//! curl --include --request POST http://127.0.0.1:3000/cookies
//! ```
#![expect(clippy::disallowed_methods, reason = "a program reads the clock and the disk; the crate does not")]

use std::{
    env,
    error::Error,
    fs,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderName, StatusCode, header},
    response::AppendHeaders,
    routing::post,
};
use cloudfront_signing::{CustomPolicy, HashAlgorithm, KeyPairId, PrivateKey, Signer, UnixTime, UrlPattern};

struct Service {
    signer: Signer,
    resource: UrlPattern,
}

impl Service {
    /// `Set-Cookie` values for the next hour.
    fn set_cookies(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let now = UnixTime::new(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let grant = self.signer.sign(CustomPolicy::new(self.resource.clone(), now.plus(3_600))?)?;
        Ok(grant.set_cookies())
    }
}

type SetCookies = AppendHeaders<Vec<(HeaderName, String)>>;

async fn cookies(State(service): State<Arc<Service>>) -> Result<(StatusCode, SetCookies), StatusCode> {
    let lines = service.set_cookies().map_err(|error| {
        eprintln!("no cookies: {error}");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    let headers = lines.into_iter().map(|line| (header::SET_COOKIE, line));
    Ok((StatusCode::NO_CONTENT, AppendHeaders(headers.collect())))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [key_file, key_pair_id, resource] = arguments.as_slice() else {
        return Err("usage: axum_cookies PRIVATE_KEY_FILE KEY_PAIR_ID RESOURCE".into());
    };
    let key = PrivateKey::from_pem(&fs::read_to_string(key_file)?)?;
    let signer = Signer::new(KeyPairId::new(key_pair_id.as_str())?, key, HashAlgorithm::Sha256);
    let service = Arc::new(Service { signer, resource: UrlPattern::new(resource.as_str())? });

    let router = Router::new().route("/cookies", post(cookies)).with_state(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}
