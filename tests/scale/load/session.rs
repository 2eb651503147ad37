//! A player's credential: cookies or a signed URL, as `issue-cookies` returns them.

use std::{error::Error, io::Read as _};

use flate2::read::GzDecoder;
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

/// A viewer who has signed in, on as many devices as there are players.
pub(crate) struct SignIn {
    client: Client,
    origin: String,
    token: String,
    path: &'static str,
}

/// The credential of one player.
pub(crate) struct Session {
    client: Client,
    pub(crate) playlist: Url,
    cookies: Option<String>,
    /// The key of its playlist in CloudFront's cache: path, style, credential, resource, expiry bucket and
    /// encoding. All players here have the resource of one stream, and accept gzip.
    pub(crate) key: String,
}

impl SignIn {
    pub(crate) async fn start(origin: &str, path: &'static str) -> Result<Self, Box<dyn Error>> {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let asked = client.post(format!("{origin}/demo/sign-in")).json(&json!({"viewer": "demo"}));
        let answer: Value = asked.send().await?.error_for_status()?.json().await?;
        let token = text(&answer, "token")?;
        Ok(Self { client, origin: origin.to_owned(), token, path })
    }

    /// `POST /auth/cookies`
    pub(crate) async fn cookies(&self) -> Result<Session, Box<dyn Error + Send + Sync>> {
        let answer = self.ask("/auth/cookies").send().await?.error_for_status()?;
        let fields = answer.headers().get_all(header::SET_COOKIE).iter();
        let lines = fields.filter_map(|field| field.to_str().ok()).filter(|line| !line.contains("Max-Age=0"));
        let cookies: Vec<_> = lines.filter_map(|line| line.split(';').next()).collect();
        let playlist = Url::parse(&format!("{}{}", self.origin, self.path))?;
        let key = format!("{} plain cookies gzip", self.path);
        Ok(Session { client: self.client.clone(), playlist, cookies: Some(cookies.join("; ")), key })
    }

    /// `POST /auth/urls`. A signed URL already ends at the beginning of an expiry bucket.
    pub(crate) async fn signed_url(&self) -> Result<Session, Box<dyn Error + Send + Sync>> {
        let asked = self.ask("/auth/urls").json(&json!({"path": self.path}));
        let answer: Value = asked.send().await?.error_for_status()?.json().await?;
        let playlist = Url::parse(&text(&answer, "url")?)?;
        let expires = answer.get("expires_at").unwrap_or(&Value::Null);
        let key = format!("{} inline url {expires} gzip", self.path);
        Ok(Session { client: self.client.clone(), playlist, cookies: None, key })
    }

    fn ask(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.origin)).bearer_auth(&self.token)
    }
}

impl Session {
    /// Requests as browsers do.
    pub(crate) async fn get(&self, url: Url) -> Result<(Response, StatusCode), reqwest::Error> {
        let mut request = self.client.get(url).header(header::ACCEPT_ENCODING, "gzip");
        if let Some(cookies) = &self.cookies {
            request = request.header(header::COOKIE, cookies);
        }
        let response = request.send().await?;
        let status = response.status();
        Ok((response, status))
    }
}

/// The bytes of an answer, decompressed.
pub(crate) async fn read(response: Response) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let is_gzip = response.headers().get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    let bytes = response.bytes().await?;
    if !is_gzip {
        return Ok(bytes.to_vec());
    }
    let mut plain = Vec::new();
    GzDecoder::new(bytes.as_ref()).read_to_end(&mut plain)?;
    Ok(plain)
}

fn text(answer: &Value, name: &str) -> Result<String, String> {
    let text = answer.get(name).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| format!("the answer has no {name}"))
}
