//! HTTPS on the address of the edge, with HTTP/2. A plain HTTP request there is one that came to CloudFront's port 80.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Extension, Router, body::Body, extract::ConnectInfo, middleware::map_request};
use http::{HeaderValue, Request, Uri, header};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::server::ServerConfig};
use url::Host;
use usher_runtime::{Clock, ViewerProtocol};

use super::{
    EdgeError,
    authority::{Authority, CERTIFICATE_DAYS, is_private},
};

/// The authority, and the certificates that it signed since the start.
pub(super) struct Https {
    authority: Authority,
    /// The names and addresses that each certificate has.
    names: Vec<String>,
    /// By the address of this machine that the client connected to: it changes with the network.
    servers: Mutex<HashMap<IpAddr, (Arc<ServerConfig>, u64)>>,
    clock: Clock,
}

impl Https {
    /// For loopback and for `names`.
    pub(super) fn new(authority: Authority, names: &[String], clock: Clock) -> Self {
        let named = names.iter().filter(|name| !LOOPBACK.contains(&name.as_str())).cloned();
        let names = LOOPBACK.iter().map(|name| (*name).to_owned()).chain(named).collect();
        Self { authority, names, servers: Mutex::default(), clock }
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Answers requests with `service` until the future is dropped. Each has the protocol that it came by.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener, service: Router) {
        let mut connections = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, viewer)) => {
                    let _ = stream.set_nodelay(true);
                    connections.spawn(Arc::clone(&self).connection(stream, viewer, service.clone()));
                }
                Err(error) => {
                    // Most likely the process has no file descriptors left.
                    tracing::warn!(%error, "the edge cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, viewer: SocketAddr, service: Router) {
        let mut first = [0];
        let Ok(Ok(1)) = timeout(HANDSHAKE, stream.peek(&mut first)).await else { return };
        if first != [HANDSHAKE_RECORD] {
            return answer(stream, viewer, ViewerProtocol::Http, service).await;
        }
        let server = stream.local_addr().map_err(|error| error.to_string());
        let server = server.and_then(|here| self.server(here.ip()).map_err(|error| error.to_string()));
        let server = match server {
            Ok(server) => server,
            Err(error) => return tracing::error!(error, "there is no certificate for a connection"),
        };
        match timeout(HANDSHAKE, TlsAcceptor::from(server).accept(stream)).await {
            Ok(Ok(stream)) => answer(stream, viewer, ViewerProtocol::Https, service).await,
            // A browser that does not trust the authority yet says so here, and nowhere else.
            Ok(Err(error)) => tracing::info!(%viewer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%viewer, "a TLS handshake took too long"),
        }
    }

    /// A server whose certificate names this address of the machine.
    fn server(&self, here: IpAddr) -> Result<Arc<ServerConfig>, EdgeError> {
        let here = here.to_canonical();
        let now = (self.clock)();
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((server, renew_at)) = servers.get(&here)
            && now.seconds() < *renew_at
        {
            return Ok(Arc::clone(server));
        }
        let mut names = self.names.clone();
        // The authority may not sign for others, unless an option named them: clients would reject the certificate.
        if is_private(here) && !names.contains(&here.to_string()) {
            names.push(here.to_string());
        }
        let server = Arc::new(self.authority.server(names, now)?);
        if servers.len() >= ADDRESSES {
            servers.clear();
        }
        servers.insert(here, (Arc::clone(&server), now.seconds() + CERTIFICATE_DAYS * 86_400 / 2));
        Ok(server)
    }
}

/// A host as certificates have it.
pub(super) fn name(host: &Host) -> String {
    match host {
        Host::Domain(name) => name.clone(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    viewer: SocketAddr,
    protocol: ViewerProtocol,
    service: Router,
) {
    let service = service
        .layer(map_request(as_http_1))
        .layer(Extension(ConnectInfo(viewer)))
        .layer(Extension(protocol));
    let http = auto::Builder::new(TokioExecutor::new());
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to the edge broke");
    }
}

/// The form in which CloudFront passes on a request of HTTP/2: with `Host`, and with one `Cookie`.
/// <https://datatracker.ietf.org/doc/html/rfc9113#section-8.2.3>
async fn as_http_1(mut request: Request<Body>) -> Request<Body> {
    if request.version() != http::Version::HTTP_2 {
        return request;
    }
    let uri = request.uri().clone();
    if let Some(host) = uri.authority().and_then(|host| HeaderValue::try_from(host.as_str()).ok())
        && request.headers().get(header::HOST) != Some(&host)
    {
        // Appended: a `Host` that says something else makes two of them, which the edge rejects.
        request.headers_mut().append(header::HOST, host);
    }
    if let Some(target) = uri.path_and_query() {
        *request.uri_mut() = Uri::from(target.clone());
    }
    let cookies: Vec<&[u8]> =
        request.headers().get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(cookies) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        request.headers_mut().insert(header::COOKIE, cookies);
    }
    request
}

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// What a TLS connection begins with; no method of HTTP does.
/// <https://datatracker.ietf.org/doc/html/rfc8446#section-5.1>
const HANDSHAKE_RECORD: u8 = 22;
const HANDSHAKE: Duration = Duration::from_secs(10);
/// More than one machine has at a time.
const ADDRESSES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// The target, and the headers, a line each.
    async fn passed_on(request: http::request::Builder) -> Vec<String> {
        let request = as_http_1(request.body(Body::empty()).expect("a request")).await;
        let headers = request.headers().iter();
        let lines = headers.map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")));
        [request.uri().to_string()].into_iter().chain(lines).collect()
    }

    #[tokio::test]
    async fn a_request_of_http_2_has_a_host_and_one_cookie_header() {
        let request = |uri| Request::get(uri).version(http::Version::HTTP_2);
        assert_eq!(
            passed_on(
                request("https://localhost:8080/video/a?b=%20")
                    .header("cookie", "c=1")
                    .header("cookie", "d=2")
            )
            .await,
            ["/video/a?b=%20", "cookie: c=1; d=2", "host: localhost:8080"]
        );
        assert_eq!(
            passed_on(request("https://localhost/").header("host", "localhost")).await,
            ["/", "host: localhost"]
        );
        assert_eq!(
            passed_on(request("https://localhost/").header("host", "evil.example")).await,
            ["/", "host: evil.example", "host: localhost"],
            "the edge rejects two of them"
        );
    }

    #[tokio::test]
    async fn a_request_of_http_1_stays_as_it_is() {
        let request = Request::get("/a").header("cookie", "c=1").header("cookie", "d=2");
        assert_eq!(passed_on(request).await, ["/a", "cookie: c=1", "cookie: d=2"]);
    }
}
