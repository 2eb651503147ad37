//! The local edge: the distribution of `template.yaml` on a laptop.
//!
//! It reads the cache behaviors from the template that is deployed, verifies signatures, runs the JavaScript of
//! the viewer-request functions, calls the two Lambda handlers in process with the events that AWS would send,
//! and serves the media folder as a private S3 bucket.

mod authority;
mod bucket;
mod cache;
mod conditional;
mod content_type;
mod cors;
mod deployed;
mod distribution;
mod events;
mod films;
mod functions;
mod handler;
mod hosts;
mod https;
mod identity_provider;
mod incoming;
mod inspector;
pub mod key_pair;
mod limits;
mod options;
mod origin;
mod origin_request;
mod pages;
mod plain_text;
mod response_headers;
mod selection;
mod settings;
mod signing_key;
mod viewer_protocol;
mod website;

pub use content_type::content_type;
pub use inspector::{CheckRecord, Issued, Playlist, PolicyRecord, Record};
pub use options::Options;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{extract::ConnectInfo, serve::ListenerExt as _};
use cloudfront_signing::{UnixTime, Verifier};
use issue_cookies::{IssueCookies, PlainHttp};
use resign_manifest::{HostGrants, PlaylistSource, ResignManifest};
use tokio::{net::TcpListener, task::JoinSet};
use url::Host;
use usher_cloudformation::TemplateError;
use usher_runtime::{Clock, ConfigError, Grants, SigningError, ViewerProtocol, with_sources};

use self::{
    authority::Authority,
    bucket::{BUCKET, Bucket},
    cache::Cache,
    deployed::Deployed,
    distribution::Target,
    handler::Edge,
    hosts::{Hosts, without_port},
    https::Https,
    identity_provider::IdentityProvider,
    incoming::Signatures,
    inspector::{Inspector, Listener},
    origin::Origins,
    pages::{MayWatch, Pages},
    settings::FunctionSettings,
    signing_key::LocalSigningKey,
    website::Websites,
};

/// Why the edge does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EdgeError {
    /// The certificate authority cannot be used.
    #[error(
        "{problem}: remove {files}, and the next start makes another authority, which every device then has to trust"
    )]
    Authority {
        /// What is wrong, and with which file.
        problem: String,
        /// The files of the authority.
        files: String,
    },
    /// No certificate can be made.
    #[error("no certificate can be made: {0}")]
    Certificate(String),
    /// The certificate authority is not valid yet.
    #[error("{} is valid from {begins}, and the clock of this machine says {now}: set the clock", file.display())]
    Clock {
        /// The file with its certificate.
        file: PathBuf,
        /// When it begins.
        begins: UnixTime,
        /// The time of the clock.
        now: UnixTime,
    },
    /// The functions cannot be configured from the template.
    #[error("{function}: {source}")]
    Config {
        /// The function's folder.
        function: &'static str,
        /// What is wrong.
        source: ConfigError,
    },
    /// The template's distribution cannot be run.
    #[error("{}: {problem}", path.display())]
    Distribution {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file or folder cannot be used.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The throw-away key pair cannot be made or used.
    #[error("the key pair in the state folder cannot be used: {0}")]
    Key(String),
    /// The edge cannot listen on an address.
    #[error("cannot listen on {address}: {source}; choose another port with {option}")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// The option of `usher serve` that names it.
        option: &'static str,
        /// Why: most often, another program uses it.
        source: io::Error,
    },
    /// The media folder is not a folder.
    #[error("the media folder {} is not a folder", .0.display())]
    Media(PathBuf),
    /// The functions cannot be configured, perhaps because the demo identity provider is off: it runs on
    /// loopback only.
    #[error(
        "issue-cookies: {source}; the demo sign-in is off, since others can reach {listen}: to let everybody there \
         sign in, add --demo"
    )]
    NoDemo {
        /// The address on which the edge should listen.
        listen: SocketAddr,
        /// What is wrong.
        source: ConfigError,
    },
    /// The machine returned no random numbers.
    #[error("the machine gave no random numbers")]
    Random,
    /// A setting exists in AWS only.
    #[error("{0} refers to a secret in AWS: to run here, set {0} in the environment")]
    Secret(String),
    /// The signing key of the functions.
    #[error("{}", with_sources(.0))]
    Signing(#[from] SigningError),
    /// The template cannot be used, or not with these parameters.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The client for web sites cannot be created.
    #[error("the machine has no usable certificates of authorities: {0}")]
    Website(reqwest::Error),
    /// A file or folder cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A running edge. It stops when dropped.
#[derive(Debug)]
pub struct Running {
    /// Where the edge listens.
    pub address: SocketAddr,
    /// Where the bucket listens.
    pub bucket_address: SocketAddr,
    /// The certificate authority to trust, if the edge speaks HTTPS.
    pub authority: Option<AuthorityFile>,
    /// The template's settings that the edge does not model.
    pub not_modelled: Vec<String>,
    /// How many films of the media folder play.
    pub films: usize,
    /// Whose viewers may sign in.
    pub vouchers: Vec<String>,
    /// The edge without its socket. A request to it carries the viewer's address as `ConnectInfo<SocketAddr>`.
    pub service: axum::Router,
    listener: Arc<Listener>,
    tasks: JoinSet<()>,
}

/// The certificate of an authority.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthorityFile {
    /// The file, in PEM.
    pub path: PathBuf,
    /// Its SHA-256 fingerprint, as browsers and systems show it.
    pub fingerprint: String,
}

impl Running {
    /// The protocol of viewers.
    #[must_use]
    pub fn protocol(&self) -> ViewerProtocol {
        if self.authority.is_some() { ViewerProtocol::Https } else { ViewerProtocol::Http }
    }

    /// The URL of the edge, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.protocol(), self.address)
    }

    /// Calls `listener` for each request from now on, before the viewer gets the answer. The first listener stays.
    pub fn on_request(&self, listener: impl Fn(&Record) + Send + Sync + 'static) {
        self.listener.set(listener);
    }

    /// Waits until the edge stops. It stops by itself only if its listener fails.
    pub async fn stopped(&mut self) {
        // A task that panicked has stopped too.
        let _ = self.tasks.join_next().await;
    }
}

/// Looks up a setting by its name.
pub type LookUp<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// Starts the edge. The functions' settings in `look_up` take precedence over those of the template: with them,
/// viewers of a real site can sign in.
///
/// # Errors
/// [`EdgeError`], whose message is one sentence.
pub async fn start(options: &Options, look_up: LookUp<'_>, clock: Clock) -> Result<Running, EdgeError> {
    let (listener, address) = listen(options.listen, "--listen").await?;
    let (bucket_listener, bucket_address) = listen(options.bucket_listen, "--bucket-listen").await?;
    let bucket = Bucket::open(&options.media)?;
    // Boxed: the future that opens keys and clients would make the type of the caller's future too deep.
    let edge = Box::pin(edge(options, look_up, clock, address, bucket.client(bucket_address))).await?;
    let https = edge.https.clone();
    let hosts = edge.hosts.at(bucket_address);
    let not_modelled = edge.distribution.not_modelled.clone();
    let (films, vouchers) = (edge.pages.count(&edge.distribution), edge.vouchers.clone());
    let on_request = Arc::clone(&edge.inspector.listener);
    let edge = Arc::new(edge);
    let service = axum::Router::new().fallback(
        move |ConnectInfo(viewer): ConnectInfo<SocketAddr>, request| async move {
            edge.handle(viewer, request).await
        },
    );
    let mut tasks = JoinSet::new();
    tasks.spawn(bucket.serve(bucket_listener, hosts));
    let authority = https.as_ref().map(|https| https.authority());
    let authority = authority.map(|authority| AuthorityFile {
        path: authority.file().to_owned(),
        fingerprint: authority.fingerprint(),
    });
    match https {
        Some(https) => {
            tasks.spawn(https.serve(listener, service.clone()));
        }
        None => {
            let listener = listener.tap_io(|stream| {
                let _ = stream.set_nodelay(true);
            });
            let connected = service.clone().into_make_service_with_connect_info::<SocketAddr>();
            tasks.spawn(async move {
                // It returns only if the listener fails for good.
                if let Err(error) = axum::serve(listener, connected).await {
                    tracing::error!(%error, "the edge stopped");
                }
            });
        }
    }
    Ok(Running {
        address,
        bucket_address,
        authority,
        not_modelled,
        films,
        vouchers,
        service,
        listener: on_request,
        tasks,
    })
}

/// Everything that the edge at `address` needs for requests.
async fn edge(
    options: &Options,
    look_up: LookUp<'_>,
    clock: Clock,
    address: SocketAddr,
    bucket: aws_sdk_s3::Client,
) -> Result<Edge, EdgeError> {
    let identity_provider = options.has_demo().then(IdentityProvider::new).transpose()?;
    let stack = settings::stack(options)?;
    let deployed = Deployed::new(&stack)?;
    let distribution = settings::distribution(options, &deployed)?;
    let key = LocalSigningKey::open(&options.state)?;
    let issuers = settings::issuers(options, look_up, identity_provider.as_ref());
    let protocol = if options.tls { ViewerProtocol::Https } else { ViewerProtocol::Http };
    let settings = FunctionSettings::new(&deployed, look_up, &key, issuers, (protocol, address.port()));
    let (mut origins, config) = origins(&settings, bucket, &clock).await.map_err(|error| match error {
        EdgeError::Config { function: "issue-cookies", source } if !options.has_demo() => {
            EdgeError::NoDemo { listen: options.listen, source }
        }
        error => error,
    })?;
    origins.hostile = options.hostile;
    let issue_cookies = settings.of("issue-cookies")?;
    let may_watch = MayWatch::read(&issue_cookies)
        .map_err(|source| EdgeError::Config { function: "issue-cookies", source })?;
    let viewer_host = issue_cookies("VIEWER_HOST");
    let named = viewer_host.iter().filter_map(|host| Host::parse(without_port(host)).ok());
    let named: Vec<Host> = named.chain(options.hosts.iter().cloned()).collect();
    let https = options.tls.then(|| https(options, &named, &clock)).transpose()?.map(Arc::new);
    if distribution.has_website() {
        origins.websites = Some(Websites::new().map_err(EdgeError::Website)?);
    }
    let player_at_root = !matches!(distribution.default.origin.target, Target::Website(_));
    Ok(Edge {
        hosts: Hosts::new(address, named),
        https,
        cache: Cache::new(distribution.error_ttls.clone()),
        distribution,
        verifier: Verifier::new([(key.id, key.public_key)]),
        stranger: Verifier::new([]),
        signatures: if options.hide_signatures { Signatures::Hidden } else { Signatures::Seen },
        origins,
        pages: Pages::new(&options.media, &options.state, player_at_root, may_watch),
        identity_provider,
        inspector: Inspector::default(),
        vouchers: config.authenticators.vouchers(),
        tree: config.tree,
        clock,
    })
}

/// The authority, which may sign for the names in the options and for the address that the edge listens on.
fn https(options: &Options, named: &[Host], clock: &Clock) -> Result<Https, EdgeError> {
    let listen = options.listen.ip().to_canonical();
    let listen = (!listen.is_unspecified()).then(|| listen.to_string());
    let names: Vec<String> = named.iter().map(https::name).chain(listen).collect();
    let authority = Authority::open(&options.state, &names, clock())?;
    Ok(Https::new(authority, &names, Arc::clone(clock)))
}

/// The functions with their settings, and the settings of `issue-cookies`.
async fn origins(
    settings: &FunctionSettings<'_>,
    client: aws_sdk_s3::Client,
    clock: &Clock,
) -> Result<(Origins, issue_cookies::Config), EdgeError> {
    let http = || issue_cookies::http_client(reqwest::Client::builder());
    let config = issue_cookies::Config::read(&settings.of("issue-cookies")?, &http, PlainHttp::OnLoopback)
        .map_err(|source| EdgeError::Config { function: "issue-cookies", source })?;
    let grants = Grants::open(config.signing.clone()).await?;
    let issue_cookies = IssueCookies::new(config.clone(), grants, Arc::clone(clock));
    let of_issue_cookies = config;

    let config = resign_manifest::Config::read(&settings.of("resign-manifest")?)
        .map_err(|source| EdgeError::Config { function: "resign-manifest", source })?;
    let source = PlaylistSource::new(client.clone(), config.bucket.clone(), config.max_playlist_bytes);
    let grants = HostGrants::open(&config).await?;
    let resign_manifest = ResignManifest::new(config, grants, source, Arc::clone(clock));

    let origins = Origins {
        issue_cookies,
        resign_manifest,
        bucket: client,
        bucket_name: BUCKET.to_owned(),
        websites: None,
        hostile: false,
    };
    Ok((origins, of_issue_cookies))
}

/// The listener, and its address, whose port is 0 in `address` if the system is to choose.
async fn listen(address: SocketAddr, option: &'static str) -> Result<(TcpListener, SocketAddr), EdgeError> {
    let failed = |source| EdgeError::Listen { address, option, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
