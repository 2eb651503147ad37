//! A house for a story: an edge on free ports, with its own state and a clock that the story sets.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use cloudfront_signing::{
    CustomPolicy, Grant, HashAlgorithm, KeyPairId, PrivateKey, Signer, UnixTime, UrlPattern,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;
use usher_edge::{EdgeError, Options, Running};

pub(crate) const START: u64 = 1_790_000_000;

pub(crate) struct House {
    pub(crate) url: String,
    pub(crate) bucket_url: String,
    pub(crate) not_modelled: Vec<String>,
    client: Client,
    time: Arc<AtomicU64>,
    _running: Running,
    state: TempDir,
}

impl House {
    /// The sample stream behind the project's own template.
    pub(crate) async fn open() -> Self {
        Self::with_media(workspace().join("local/media")).await
    }

    pub(crate) async fn with_media(media: PathBuf) -> Self {
        Self::with_options(|options| options.media = media).await
    }

    /// The sample stream, with settings as in the environment.
    pub(crate) async fn with_settings(settings: &[(&str, &str)]) -> Self {
        Self::try_open(|_| {}, settings).await.unwrap()
    }

    /// With the edge's own options.
    pub(crate) async fn with_options(choose: impl FnOnce(&mut Options)) -> Self {
        Self::try_open(choose, &[]).await.unwrap()
    }

    /// With values for the template's parameters.
    pub(crate) async fn with_parameters(parameters: &[(&str, &str)]) -> Self {
        Self::with_options(|options| options.parameter_overrides = owned(parameters)).await
    }

    /// The viewer-request function sees no signature, as if CloudFront had removed it first. AWS does not
    /// document whether it does.
    pub(crate) async fn with_hidden_signatures() -> Self {
        Self::with_options(|options| options.hide_signatures = true).await
    }

    /// With options and settings that may be invalid.
    pub(crate) async fn try_open(
        choose: impl FnOnce(&mut Options),
        settings: &[(&str, &str)],
    ) -> Result<Self, EdgeError> {
        let state = TempDir::new().unwrap();
        let anywhere = "127.0.0.1:0".parse().unwrap();
        let mut options = Options {
            listen: anywhere,
            bucket_listen: anywhere,
            media: workspace().join("local/media"),
            template: workspace().join("template.yaml"),
            state: state.path().to_owned(),
            website: None,
            hosts: Vec::new(),
            tls: false,
            demo: false,
            hide_signatures: false,
            hostile: true,
            parameter_overrides: Vec::new(),
        };
        choose(&mut options);
        let time = Arc::new(AtomicU64::new(START));
        let clock = Arc::clone(&time);
        let clock = Arc::new(move || UnixTime::new(clock.load(Ordering::SeqCst)).unwrap());
        let look_up =
            |name: &str| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let running = usher_edge::start(&options, &look_up, clock).await?;
        Ok(Self {
            url: running.url(),
            bucket_url: format!("http://{}", running.bucket_address),
            // No cookie store: a story names the cookies that it sends.
            client: Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            not_modelled: running.not_modelled.clone(),
            time,
            _running: running,
            state,
        })
    }

    /// The folder where the edge keeps its key.
    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    pub(crate) fn set_time(&self, seconds: u64) {
        self.time.store(seconds, Ordering::SeqCst);
    }

    pub(crate) fn get(&self, target: &str) -> RequestBuilder {
        self.client.get(self.absolute(target))
    }

    pub(crate) fn request(&self, method: &str, target: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), self.absolute(target))
    }

    fn absolute(&self, target: &str) -> String {
        if target.starts_with('/') { format!("{}{target}", self.url) } else { target.to_owned() }
    }

    pub(crate) async fn token(&self) -> String {
        let answer =
            self.request("POST", "/demo/sign-in").json(&json!({"viewer": "demo"})).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["token"].as_str().unwrap().to_owned()
    }

    /// `POST /auth/cookies`: the Cookie header that a browser would send afterwards.
    pub(crate) async fn cookies(&self) -> String {
        self.cookies_for(&self.token().await).await
    }

    /// The same for the owner of this bearer token.
    pub(crate) async fn cookies_for(&self, bearer: &str) -> String {
        let answer = self.request("POST", "/auth/cookies").bearer_auth(bearer).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let cookies = answer.headers().get_all("set-cookie").iter();
        let lines = cookies.map(|cookie| cookie.to_str().unwrap());
        let kept = lines.filter(|line| !line.contains("Max-Age=0"));
        kept.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
    }

    /// `POST /auth/urls`
    pub(crate) async fn signed_url(&self, path: &str) -> String {
        let asked =
            self.request("POST", "/auth/urls").bearer_auth(self.token().await).json(&json!({"path": path}));
        let answer: Value = asked.send().await.unwrap().json().await.unwrap();
        answer["url"].as_str().unwrap().to_owned()
    }

    /// The edge's own key, as its owner uses it.
    pub(crate) async fn signer(&self) -> Signer {
        let pem = fs::read_to_string(self.state().join("private_key.pem")).unwrap();
        let url = Url::parse(&self.signed_url("/video/m/p.m3u8").await).unwrap();
        let (_, id) = url.query_pairs().find(|(name, _)| name == "Key-Pair-Id").unwrap();
        let key = PrivateKey::from_pem(&pem).unwrap();
        Signer::new(KeyPairId::new(id).unwrap(), key, HashAlgorithm::Sha256)
    }
}

/// A grant for everything below a pattern, until this time.
pub(crate) fn sign(signer: &Signer, pattern: &str, expires: u64) -> Grant {
    let pattern = UrlPattern::new(pattern).unwrap();
    signer.sign(CustomPolicy::new(pattern, UnixTime::new(expires).unwrap()).unwrap()).unwrap()
}

pub(crate) fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The relevant parts of an answer: status, the reason for people, body.
pub(crate) async fn denial(answer: Response) -> (StatusCode, Option<String>, String) {
    let why = answer.headers().get("x-usher-why").map(|why| why.to_str().unwrap().to_owned());
    (answer.status(), why, answer.text().await.unwrap())
}

/// CloudFront's XML.
pub(crate) fn xml(code: &str, message: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"#
    )
}

pub(crate) fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
