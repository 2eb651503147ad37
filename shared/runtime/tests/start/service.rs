//! Services over TLS on loopback, with certificates of the test's own authority.

use std::{
    fs, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    http::{HeaderMap, Method, StatusCode, Uri},
    serve::Listener,
};
use rcgen::CertifiedKey;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs::default_provider, pki_types::PrivateKeyDer},
    server::TlsStream,
};

use super::ledger::{HANDSHAKE, Ledger};

/// A certificate that all services of a test have, and what they saw.
pub(crate) struct Authority {
    pub(super) folder: Arc<TempDir>,
    tls: TlsAcceptor,
    pub(super) ledger: Ledger,
}

/// How a service treats whoever connects.
#[derive(Clone, Copy)]
pub(crate) enum Mood {
    Answers,
    /// It takes the connection, and closes it.
    HangsUp,
    /// It takes the connection, and says nothing.
    IsSilent,
}

/// What a service is asked.
pub(crate) struct Asked {
    /// `X-Amz-Target` without the service's name, or method and path.
    pub(crate) what: String,
    pub(crate) body: String,
    pub(crate) headers: HeaderMap,
}

pub(crate) struct Service {
    port: u16,
    mood: Arc<Mutex<Mood>>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let pem = pem::encode(&pem::Pem::new("CERTIFICATE", cert.der().to_vec()));
        fs::write(folder.path().join(FILE), pem).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let tls = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        Self { folder: Arc::new(folder), tls: Arc::new(tls).into(), ledger: Ledger::default() }
    }

    /// The file that `SSL_CERT_FILE` names: the SDK and reqwest trust what is in it.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }
}

impl Service {
    /// Starts one whose answers `answer` gives.
    pub(crate) async fn start(
        authority: &Authority,
        name: &'static str,
        mood: Mood,
        answer: impl Fn(&Asked) -> (StatusCode, String) + Clone + Send + Sync + 'static,
    ) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        let mood = Arc::new(Mutex::new(mood));
        let ledger = authority.ledger.clone();
        let router =
            Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: String| {
                let asked = Asked::new(&method, &uri, headers, body);
                let answer = answer(&asked);
                ledger.note(name, asked.what);
                async move { answer }
            });
        let listener = CountingListener {
            name,
            tcp,
            tls: authority.tls.clone(),
            mood: Arc::clone(&mood),
            silenced: Vec::new(),
            ledger: authority.ledger.clone(),
        };
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { port, mood }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// From now on treats those who connect so.
    pub(crate) fn turn(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

impl Asked {
    fn new(method: &Method, uri: &Uri, headers: HeaderMap, body: String) -> Self {
        let target = headers.get("x-amz-target").map(|target| target.to_str().unwrap());
        let operation = target.and_then(|target| target.split_once('.')).map(|(_, operation)| operation);
        let what = operation.map_or_else(|| format!("{method} {}", uri.path()), str::to_owned);
        Self { what, body, headers }
    }
}

struct CountingListener {
    name: &'static str,
    tcp: TcpListener,
    tls: TlsAcceptor,
    mood: Arc<Mutex<Mood>>,
    /// Connections that wait for ever.
    silenced: Vec<TcpStream>,
    ledger: Ledger,
}

impl Listener for CountingListener {
    type Addr = SocketAddr;
    type Io = TlsStream<TcpStream>;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.tcp.accept().await.unwrap();
            let mood = *self.mood.lock().unwrap();
            match mood {
                Mood::HangsUp => drop(stream),
                Mood::IsSilent => self.silenced.push(stream),
                Mood::Answers => {
                    if let Ok(stream) = self.tls.accept(stream).await {
                        self.ledger.note(self.name, HANDSHAKE.to_owned());
                        return (stream, address);
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

const FILE: &str = "authority.pem";
