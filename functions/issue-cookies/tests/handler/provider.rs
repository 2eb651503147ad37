//! An OpenID provider on loopback, over HTTPS, with a certificate and signing keys of the test's own.

use std::{
    collections::HashMap,
    future, io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri},
    response::{IntoResponse as _, Response},
    serve::Listener,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::CertifiedKey;
use reqwest::{Certificate, ClientBuilder};
use rsa::{RsaPublicKey, pkcs1::DecodeRsaPublicKey as _, traits::PublicKeyParts as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs::default_provider, pki_types::PrivateKeyDer},
    server::TlsStream,
};

use crate::function::pem;

pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";
pub(crate) const JWKS: &str = "/keys";

pub(crate) struct Provider {
    /// `iss`
    pub(crate) issuer: String,
    certificate: Certificate,
    office: Arc<Office>,
}

#[derive(Default)]
struct Office {
    replies: Mutex<HashMap<String, Reply>>,
    requests: Mutex<Vec<String>>,
}

/// What the provider says to a request for a path.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A document.
    Document(String),
    /// A document with a header.
    With(&'static str, &'static str, String),
    /// Another status.
    Status(StatusCode),
    /// Another place.
    Redirect(String),
    /// Nothing, ever.
    Silence,
}

impl Provider {
    /// Starts one that publishes `keys`.
    pub(crate) async fn start(keys: &[&SigningKey]) -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let tls = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![cert.der().clone()],
                PrivateKeyDer::Pkcs8(signing_key.serialize_der().into()),
            )
            .unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("https://localhost:{}", tcp.local_addr().unwrap().port());
        let certificate = Certificate::from_der(cert.der()).unwrap();
        let office = Arc::new(Office::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&office));
        let listener = TlsListener { tcp, tls: Arc::new(tls).into() };
        tokio::spawn(async { axum::serve(listener, router).await });
        let provider = Self { issuer, certificate, office };
        let document = json!({"issuer": provider.issuer, "jwks_uri": provider.url(JWKS)});
        provider.replies(DISCOVERY, Reply::Document(document.to_string()));
        provider.publishes(keys);
        provider
    }

    /// A client that trusts this provider and nobody else.
    pub(crate) fn client(&self) -> ClientBuilder {
        reqwest::Client::builder().tls_certs_only([self.certificate.clone()])
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    pub(crate) fn publishes(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        self.replies(JWKS, Reply::Document(json!({"keys": keys}).to_string()));
    }

    pub(crate) fn replies(&self, path: &str, reply: Reply) {
        self.office.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// The paths that were asked for since the last time.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.office.requests.lock().unwrap())
    }

    /// Waits until somebody asks for something.
    pub(crate) async fn is_asked(&self) {
        while self.office.requests.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// A token of this provider, for the viewer and the audience of all tests.
    pub(crate) fn token(&self, key: &SigningKey) -> String {
        key.token(&self.claims())
    }

    pub(crate) fn claims(&self) -> Value {
        let mut claims = crate::tokens::claims();
        claims["iss"] = json!(self.issuer);
        claims
    }
}

async fn answer(State(office): State<Arc<Office>>, uri: Uri) -> Response {
    office.requests.lock().unwrap().push(uri.path().to_owned());
    let reply = office.replies.lock().unwrap().get(uri.path()).cloned();
    match reply {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Reply::Document(text)) => text.into_response(),
        Some(Reply::Redirect(place)) => (StatusCode::FOUND, [("location", place)]).into_response(),
        Some(Reply::Silence) => future::pending().await,
        Some(Reply::Status(status)) => status.into_response(),
        Some(Reply::With(name, value, text)) => {
            let name = HeaderName::from_static(name);
            (HeaderMap::from_iter([(name, HeaderValue::from_static(value))]), text).into_response()
        }
    }
}

struct TlsListener {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for TlsListener {
    type Addr = SocketAddr;
    type Io = TlsStream<TcpStream>;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.tcp.accept().await.unwrap();
            // Who does not trust the certificate hangs up here.
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// One of the provider's keys.
pub(crate) struct SigningKey {
    pub(crate) algorithm: Algorithm,
    kid: &'static str,
    private: EncodingKey,
    public: Value,
}

impl SigningKey {
    pub(crate) fn rs256(kid: &'static str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let private = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", der.as_ref()).as_bytes()).unwrap();
        let key = RsaPublicKey::from_pkcs1_der(pair.public_key().as_ref()).unwrap();
        let [n, e] = [key.n(), key.e()].map(|number| URL_SAFE_NO_PAD.encode(number.to_bytes_be()));
        Self { algorithm: Algorithm::RS256, kid, private, public: json!({"kty": "RSA", "n": n, "e": e}) }
    }

    pub(crate) fn es256(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let private = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
        let point = pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|number| URL_SAFE_NO_PAD.encode(number));
        let public = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        Self { algorithm: Algorithm::ES256, kid, private, public }
    }

    pub(crate) fn eddsa(kid: &'static str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let private = EncodingKey::from_ed_der(pair.to_pkcs8v1().unwrap().as_ref());
        let x = URL_SAFE_NO_PAD.encode(pair.public_key());
        let public = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
        Self { algorithm: Algorithm::EdDSA, kid, private, public }
    }

    /// A secret that stands in the set, for all to read.
    pub(crate) fn oct(kid: &'static str, secret: &str) -> Self {
        let public = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(secret)});
        let private = EncodingKey::from_secret(secret.as_bytes());
        Self { algorithm: Algorithm::HS256, kid, private, public }
    }

    /// Tells by its `alg` and `use` what it is for, as most providers do.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = self.public.clone();
        jwk["alg"] = json!(self.algorithm);
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(|_| (), claims)
    }

    pub(crate) fn token_with(&self, change: impl FnOnce(&mut Header), claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.to_owned());
        change(&mut header);
        encode(&header, claims, &self.private).unwrap()
    }
}
