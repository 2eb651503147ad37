//! The command line's grammar. Flags are named as in `aws cloudfront sign` and `sign-cookies`.

mod address;
mod defaults;
mod examples;
mod time;
mod values;

use std::{ffi::OsString, net::IpAddr, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use cloudfront_signing::{HashAlgorithm, KeyPairId, UnixTime};
use hls_rewrite::PathPattern;
use url::{Host, Url};
use usher_edge::{Options, key_pair::KeyType};
use usher_runtime::Origin;

use self::{
    address::parse_address,
    time::parse_time,
    values::{
        parse_country, parse_depth, parse_host, parse_parameter, parse_path, parse_public_key, parse_region,
        parse_stack_name, parse_url, parse_website,
    },
};

/// Private video on Amazon CloudFront: deploy it, check it, run it on a laptop, sign URLs and cookies.
#[derive(Debug, Parser)]
#[command(name = "usher", version, args_conflicts_with_subcommands = true, after_help = examples::USHER)]
pub struct Cli {
    /// What to do; without one, `serve`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `serve`, if no command is given.
    #[command(flatten)]
    pub serve: Serve,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the local edge: sign in, get cookies, play the private stream.
    #[command(after_help = examples::SERVE)]
    Serve(Serve),
    /// Print a signed URL.
    #[command(after_help = examples::SIGN)]
    Sign(Sign),
    /// Print signed cookies.
    #[command(after_help = examples::SIGN_COOKIES)]
    SignCookies(SignCookies),
    /// Say whether CloudFront would admit a request, and why not.
    #[command(after_help = examples::EXPLAIN)]
    Explain(Explain),
    /// Say what a token may watch by the rules in ENTITLEMENTS, and why.
    #[command(after_help = examples::ENTITLE)]
    Entitle(Entitle),
    /// Sign every URI of an HLS playlist, an MPD or a WebVTT file of pictures, from standard input to standard output.
    #[command(after_help = examples::REWRITE)]
    Rewrite(Rewrite),
    /// Make a key pair.
    #[command(after_help = examples::KEYGEN)]
    Keygen(Keygen),
    /// Ask a few questions, and write the files for `sam deploy`.
    #[command(after_help = examples::INIT)]
    Init(Init),
    /// Check what `sam deploy` needs, before it runs.
    #[command(after_help = examples::DOCTOR)]
    Doctor(Doctor),
    /// Check a deployment, and say how to repair it.
    #[command(after_help = examples::CHECK)]
    Check(Box<Check>),
    /// Make a film playable: HLS renditions, captions, a poster and thumbnails, by ffmpeg.
    #[command(after_help = examples::PACKAGE)]
    Package(Package),
    /// Upload a film, or a folder of HLS files, to the bucket.
    #[command(after_help = examples::UPLOAD)]
    Upload(Upload),
    /// Print what a shell needs to complete the commands and flags of usher.
    #[command(after_help = examples::COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page of usher, or of one of its commands.
    #[command(after_help = examples::MAN)]
    Man(Man),
}

/// `usher serve`
#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// The port on which the edge listens, or its address and port; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "[HOST:]PORT", value_parser = parse_address)]
    pub listen: SocketAddr,
    /// The port on which the bucket listens, or its address and port; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "[HOST:]PORT", value_parser = parse_address)]
    pub bucket_listen: SocketAddr,
    /// The folder that the bucket serves.
    #[arg(long, default_value_os_t = defaults::media(), hide_default_value = true)]
    pub media: PathBuf,
    /// The template whose distribution is run.
    #[arg(long, default_value_os_t = defaults::template(), hide_default_value = true)]
    pub template: PathBuf,
    /// The folder for the throw-away key pair and the certificate authority.
    #[arg(long, default_value = ".usher")]
    pub state: PathBuf,
    /// A web site behind the edge, for all paths that no other origin of the template answers.
    #[arg(long, value_name = "URL", value_parser = parse_website)]
    pub website: Option<Url>,
    /// A further host name at which browsers request the edge, without a port; may be repeated.
    #[arg(long, value_name = "NAME", value_parser = parse_host)]
    pub host: Vec<Host>,
    /// Speak HTTPS, with certificates of an authority in the state folder that browsers have to trust.
    #[arg(long)]
    pub tls: bool,
    /// Let everyone sign in as a demo viewer, even if other machines can reach the edge.
    #[arg(long)]
    pub demo: bool,
    /// Open the player in a browser.
    #[arg(long)]
    pub open: bool,
    /// Print warnings and errors only.
    #[arg(long, short)]
    pub quiet: bool,
    /// Also print the functions' log, and which settings of the template are not modelled.
    #[arg(long, short, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Run the viewer-request function as if CloudFront had removed the signature from the request first. AWS does
    /// not document whether it does.
    #[arg(long, hide = true)]
    pub hide_signatures: bool,
    /// Also reject what AWS is only reported to reject: playlists whose names contain characters other than letters,
    /// digits, `.`, `_`, `-` and `~`.
    #[arg(long, hide = true)]
    pub hostile: bool,
    /// Values for the template's parameters, as for `sam deploy`.
    #[arg(long, num_args = 1.., value_name = "NAME=VALUE", value_parser = parse_parameter)]
    pub parameter_overrides: Vec<(String, String)>,
}

impl From<&Serve> for Options {
    fn from(serve: &Serve) -> Self {
        let Serve { listen, bucket_listen, tls, demo, hide_signatures, hostile, .. } = *serve;
        Self {
            listen,
            bucket_listen,
            media: serve.media.clone(),
            template: serve.template.clone(),
            state: serve.state.clone(),
            website: serve.website.clone(),
            hosts: serve.host.clone(),
            tls,
            demo,
            hide_signatures,
            hostile,
            parameter_overrides: serve.parameter_overrides.clone(),
        }
    }
}

/// The key that signs.
#[derive(Args, Clone, Debug)]
pub struct SigningKey {
    /// The ID of the public key in CloudFront.
    #[arg(long, value_name = "K", value_parser = |id: &str| KeyPairId::new(id))]
    pub key_pair_id: KeyPairId,
    /// The private key in PEM.
    #[arg(long, value_name = "FILE")]
    pub private_key: PathBuf,
    /// The hash; CloudFront's old default is SHA1.
    #[arg(long, default_value = "SHA256", value_name = "SHA1|SHA256")]
    pub hash_algorithm: HashAlgorithm,
}

/// The conditions of a policy.
#[derive(Args, Clone, Debug)]
pub struct Conditions {
    /// When it ends: Unix seconds, ISO 8601, or a time from now such as 1h.
    #[arg(long, visible_alias = "expires", value_name = "T", value_parser = parse_time)]
    pub date_less_than: UnixTime,
    /// When it begins, exclusive: Unix seconds, ISO 8601, or a time from now.
    #[arg(long, value_name = "T", value_parser = parse_time)]
    pub date_greater_than: Option<UnixTime>,
    /// Admit viewers from this IPv4 address or range only.
    #[arg(long, value_name = "CIDR")]
    pub ip_address: Option<String>,
}

impl Conditions {
    /// Whether there is only an expiry, so that a canned policy is enough.
    pub(crate) fn are_canned(&self) -> bool {
        self.date_greater_than.is_none() && self.ip_address.is_none()
    }
}

/// `usher sign`
#[derive(Args, Clone, Debug)]
pub struct Sign {
    /// The URL (http, https, rtmp) or RTMP stream name, as clients send it.
    #[arg(long, value_name = "U")]
    pub url: String,
    /// The URL is the name of an RTMP stream, even if it reads as a URL without a scheme.
    #[arg(long)]
    pub stream: bool,
    /// What the policy covers, if not just the URL.
    #[arg(long, value_name = "R")]
    pub policy_resource: Option<String>,
    /// The key that signs.
    #[command(flatten)]
    pub key: SigningKey,
    /// The conditions of the policy.
    #[command(flatten)]
    pub conditions: Conditions,
    /// Percent-encode ?, = and & of the whole value, as a Flash player's configuration required.
    #[arg(long)]
    pub flash: bool,
}

/// `usher sign-cookies`
#[derive(Args, Clone, Debug)]
pub struct SignCookies {
    /// What the cookies cover, such as `https://d111111abcdef8.cloudfront.net/video/*`
    #[arg(long, value_name = "R")]
    pub resource: String,
    /// The key that signs.
    #[command(flatten)]
    pub key: SigningKey,
    /// The conditions of the policy.
    #[command(flatten)]
    pub conditions: Conditions,
    /// A JSON object of names and values, or Set-Cookie lines.
    #[arg(long, default_value = "json")]
    pub output: CookieOutput,
}

/// How cookies are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum CookieOutput {
    /// A JSON object of names and values.
    Json,
    /// One `Set-Cookie` header per line.
    SetCookie,
}

/// `usher explain`
#[derive(Args, Clone, Debug)]
pub struct Explain {
    /// The URL as the viewer requests it. A fragment, which clients do not send, is left out.
    #[arg(long, value_name = "U")]
    pub url: String,
    /// The viewer's Cookie header.
    #[arg(long, default_value = "", value_name = "'a=b; c=d'")]
    pub cookie: String,
    /// A trusted public key in PEM with its id; may be repeated.
    #[arg(long, required = true, value_name = "K=FILE", value_parser = parse_public_key)]
    pub public_key: Vec<(KeyPairId, PathBuf)>,
    /// The time of the request: Unix seconds, ISO 8601, or a time from now.
    #[arg(long, value_name = "T", value_parser = parse_time)]
    pub now: Option<UnixTime>,
    /// The viewer's address.
    #[arg(long, value_name = "A")]
    pub ip_address: Option<IpAddr>,
    /// Text for people, or JSON for programs.
    #[arg(long, default_value = "text")]
    pub output: ExplainOutput,
}

/// How a decision is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ExplainOutput {
    /// For programs.
    Json,
    /// For people.
    Text,
}

/// `usher entitle`
///
/// It reads ENTITLEMENTS, RESOURCE_PATH and SCOPE_DEPTH from its environment, as the function does. It does not verify
/// the token. The exit code is 0 if there is something to watch, and 1 if not.
#[derive(Args, Clone, Debug)]
pub struct Entitle {
    /// A file with a JSON Web Token, or with a JSON object of claims; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub token: PathBuf,
    /// The rules, instead of ENTITLEMENTS.
    #[arg(long, value_name = "JSON")]
    pub entitlements: Option<String>,
    /// A path to ask for, such as /video/m/master.m3u8.
    #[arg(long, value_name = "PATH", value_parser = parse_path)]
    pub path: Option<String>,
    /// Who verified the token: jwt, plone-online, plone-token, plone-ticket, django or simplejwt.
    #[arg(long, default_value = "jwt", value_name = "NAME")]
    pub authenticator: Authenticator,
    /// The site itself signs its tokens (DJANGO_KEYS, SIMPLEJWT_KEYS, JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS), so that the
    /// claims path and paths count.
    #[arg(long)]
    pub site_signs: bool,
    /// The viewer's country, which CloudFront would add, such as DE.
    #[arg(long, value_name = "CODE", value_parser = parse_country)]
    pub country: Option<String>,
    /// The number of the viewer's network, which CloudFront would add, such as 3320.
    #[arg(long, value_name = "NUMBER")]
    pub asn: Option<u32>,
}

/// The authenticators, by their names in the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Authenticator {
    /// A value that Django signed.
    Django,
    /// A JSON Web Token of an issuer.
    Jwt,
    /// A credential about which Usher asks a Plone site.
    PloneOnline,
    /// The ticket of a Plone site.
    PloneTicket,
    /// The token of a Plone site.
    PloneToken,
    /// A token of djangorestframework-simplejwt.
    Simplejwt,
}

impl Authenticator {
    /// The claim `authenticator`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Django => "django",
            Self::Jwt => "jwt",
            Self::PloneOnline => "plone-online",
            Self::PloneTicket => "plone-ticket",
            Self::PloneToken => "plone-token",
            Self::Simplejwt => "simplejwt",
        }
    }
}

/// `usher rewrite`
#[derive(Args, Clone, Debug)]
pub struct Rewrite {
    /// The URL at which players request the playlist, MPD or WebVTT file.
    #[arg(long, value_name = "PLAYLIST_URL")]
    pub url: String,
    /// The key that signs.
    #[command(flatten)]
    pub key: SigningKey,
    /// When the signatures end: Unix seconds, ISO 8601, or a time from now such as 1h.
    #[arg(long, visible_alias = "expires", value_name = "T", value_parser = parse_time)]
    pub date_less_than: UnixTime,
    /// The path below which URIs are signed.
    #[arg(long, default_value = "/video/")]
    pub prefix: String,
    /// How many path segments below the prefix make an asset; each asset gets its own grant.
    #[arg(long, default_value_t = 1, value_name = "NUMBER", value_parser = parse_depth)]
    pub scope_depth: usize,
    /// What to do with the URIs.
    #[arg(long, default_value = "inline")]
    pub style: RewriteStyle,
}

/// The playlist styles.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum RewriteStyle {
    /// Parameters on every URI.
    Inline,
    /// Parameters once, in EXT-X-DEFINE.
    Define,
    /// The playlist, unchanged.
    Plain,
}

/// `usher keygen`
#[derive(Args, Clone, Debug)]
pub struct Keygen {
    /// RSA-2048 or ECDSA on P-256.
    #[arg(long, default_value = "rsa", value_name = "rsa|ecdsa")]
    pub r#type: KeyType,
    /// The folder for private_key.pem and public_key.pem.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// `usher init`
///
/// Run it in the folder of template.yaml. It writes deploy/NAME.yaml and samconfig.toml, and then checks what
/// `usher doctor` checks.
///
/// The exit code is 0 if all is well, 1 if a check found something wrong (the files are written nevertheless), and 2 if
/// nothing was written.
#[derive(Args, Clone, Debug)]
pub struct Init {
    /// The stack's name.
    #[arg(default_value = "usher", value_parser = parse_stack_name)]
    pub name: String,
    /// A parameter of template.yaml, instead of questions; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_parameter, requires = "region")]
    pub set: Vec<(String, String)>,
    /// The stack's region.
    #[arg(long, value_parser = parse_region)]
    pub region: Option<String>,
    /// Replace lines of files that are there already.
    #[arg(long)]
    pub replace: bool,
}

/// `usher doctor`
///
/// Run it in the folder of template.yaml. It needs no AWS account and changes nothing. It asks issuers, a Plone site, and
/// the DNS.
///
/// The exit code is 1 if something is wrong.
#[derive(Args, Clone, Debug)]
pub struct Doctor {
    /// The file with the parameters; without it, the one that samconfig.toml names.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// `usher check`
#[derive(Args, Clone, Debug)]
pub struct Check {
    /// The viewers' URL: the stack's output Url, or the address on which `usher serve` listens.
    #[arg(value_parser = parse_url)]
    pub url: Url,
    /// The distribution's own name, if the URL's does not lead to it yet: the stack's output DistributionDomainName.
    #[arg(long, value_name = "NAME", value_parser = parse_host)]
    pub distribution: Option<Host>,
    /// A playlist that the viewer may watch.
    #[arg(long, default_value = "/video/clock-ts/master.m3u8", value_name = "PATH", value_parser = parse_path)]
    pub playlist: String,
    /// The bucket's own address, which must reject every request.
    #[arg(long, value_name = "U", value_parser = parse_url)]
    pub bucket_url: Option<Url>,
    /// The HTTP API's own address, which must reject every request.
    #[arg(long, value_name = "U", value_parser = parse_url)]
    pub api_url: Option<Url>,
    /// A file with a viewer's bearer token; without it, the variable USHER_BEARER is used.
    #[arg(long, value_name = "FILE")]
    pub bearer_file: Option<PathBuf>,
    /// A file with the cookies of a viewer who signs in by cookie, such as __ac=…, as a browser sends them.
    #[arg(long, value_name = "FILE", conflicts_with = "bearer_file")]
    pub cookie_file: Option<PathBuf>,
    /// The origin of a player page on another host, where viewers sign in, as browsers send it.
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<Origin>,
    /// The origin of a cast receiver, which plays signed URLs and never signs in.
    #[arg(long, value_name = "ORIGIN")]
    pub receiver_origin: Option<Origin>,
    /// A path pattern in the deployment's CommonAssets, which every viewer may get, such as /video/ads/*; may be
    /// repeated.
    #[arg(long, value_name = "PATTERN")]
    pub common_assets: Vec<PathPattern>,
    /// Also print everything that was looked at for each question.
    #[arg(long, short)]
    pub verbose: bool,
    /// Text for people, or JSON for programs, which has everything.
    #[arg(long, default_value = "text")]
    pub output: ExplainOutput,
}

/// `usher package`
///
/// It runs ffmpeg and ffprobe, which must be on the PATH. Captions are taken from the film, and from files beside it such
/// as film.en.srt and film.de.vtt. If the command is stopped, the same command goes on from there.
///
/// The exit code is 0 if the package is complete, 1 if it could not be completed, and 2 if it could not be begun.
#[derive(Args, Clone, Debug)]
pub struct Package {
    /// The film.
    #[arg(value_name = "FILM")]
    pub film: PathBuf,
    /// The name of the film's folder, if it is not made of the film's name.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How to package.
    #[command(flatten)]
    pub packaging: Packaging,
}

/// How a film is packaged.
#[derive(Args, Clone, Debug)]
pub struct Packaging {
    /// The media folder, as for `usher serve`; the film is packaged to DIR/video/NAME.
    #[arg(long, value_name = "DIR", default_value_os_t = defaults::media(), hide_default_value = true)]
    pub media: PathBuf,
    /// Also make film.mp4, which viewers can download.
    #[arg(long, conflicts_with = "encrypt")]
    pub download: bool,
    /// Encrypt the segments with AES-128. Whoever may watch the film can also get the key, which is in its folder.
    #[arg(long)]
    pub encrypt: bool,
}

/// `usher upload`
///
/// A film is packaged first, as by `usher package`. Files that are in the bucket already, with the same content and
/// headers, are not sent again, so the same command continues an upload that was stopped. Nothing is deleted.
///
/// Browsers and CloudFront keep segments for up to a year, so a changed segment needs another name, or an
/// invalidation.
///
/// The exit code is 0 if everything is in the bucket, 1 if S3 or the connection failed, and 2 if nothing was begun.
#[derive(Args, Clone, Debug)]
pub struct Upload {
    /// The film, or the folder with the playlists and segments.
    #[arg(value_name = "DIR|FILM")]
    pub source: PathBuf,
    /// The bucket and the folder in it.
    #[arg(value_name = "s3://BUCKET/PREFIX")]
    pub destination: String,
    /// How to package a film.
    #[command(flatten)]
    pub packaging: Packaging,
    /// Accept a prefix outside video/ and public/, where the bucket policy lets nobody watch.
    #[arg(long)]
    pub any_prefix: bool,
    /// Print what would be uploaded.
    #[arg(long)]
    pub dry_run: bool,
}

/// `usher completions`
#[derive(Args, Clone, Debug)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// `usher man`
#[derive(Args, Clone, Debug)]
pub struct Man {
    /// The command; without one, the page of usher itself.
    pub command: Option<String>,
}

/// Reads the command line. Help and version go to standard output; a usage error is one line on standard error
/// and exit code 2.
///
/// # Errors
/// The exit code, if there is nothing to run.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, ExitCode> {
    Cli::try_parse_from(arguments).map_err(|error| {
        if !error.use_stderr() {
            // Nothing is left to do if even the help cannot be printed.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        let text = error.render().to_string();
        let sentence = text.split("\n\n").next().unwrap_or_default();
        let line: Vec<&str> = sentence.lines().map(str::trim).collect();
        // clap's tips suggest words that are similar; the others explain what `--` does.
        let tip = text.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
        let tip: String = tip.filter(|tip| tip.contains("similar")).map(|tip| format!("; {tip}")).collect();
        eprintln!("{}{tip}", line.join(" "));
        ExitCode::from(2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_without_a_port() {
        let line = ["usher", "--host", "Laptop.local", "--host", "192.0.2.7", "--host", "[2001:db8::1]"];
        let cli = parse(line.map(Into::into)).expect("a command line");
        let hosts: Vec<String> = cli.serve.host.iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["laptop.local", "192.0.2.7", "[2001:db8::1]"]);
        for host in ["laptop.local:8080", "http://laptop.local", "", "a b", "256.0.0.1"] {
            assert!(parse(["usher", "--host", host].map(Into::into)).is_err(), "{host}");
        }
    }

    #[test]
    fn the_demo_is_on_where_nobody_else_can_reach_it_or_by_a_flag() {
        let has_demo = |line: &[&str]| {
            let line = ["usher"].iter().chain(line).map(Into::into);
            Options::from(&parse(line).expect("a command line").serve).has_demo()
        };
        assert!(has_demo(&[]));
        assert!(has_demo(&["--listen", "[::1]:8080"]));
        assert!(!has_demo(&["--listen", "0.0.0.0:8080"]));
        assert!(!has_demo(&["--listen", "192.0.2.7:8080"]));
        assert!(has_demo(&["--listen", "0.0.0.0:8080", "--demo"]));
    }

    #[test]
    fn parameters_are_written_as_for_sam_deploy() {
        let line = ["usher", "serve", "--parameter-overrides", "A=b=c", "D=", "--listen", "127.0.0.1:0"];
        let cli = parse(line.map(Into::into)).expect("a command line");
        let Some(Command::Serve(serve)) = cli.command else { panic!("serve") };
        assert_eq!(
            serve.parameter_overrides,
            [("A", "b=c"), ("D", "")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        assert!(parse(["usher", "serve", "--parameter-overrides", "A"].map(Into::into)).is_err());
    }

    #[test]
    fn serve_is_the_default() {
        let cli = parse(["usher", "--listen", "127.0.0.1:0"].map(Into::into)).expect("a command line");
        assert!(cli.command.is_none());
        assert_eq!(cli.serve.listen.port(), 0);
        let cli = parse(["usher", "serve", "--state", "here"].map(Into::into)).expect("a command line");
        assert!(matches!(cli.command, Some(Command::Serve(serve)) if serve.state.as_os_str() == "here"));
    }
}
