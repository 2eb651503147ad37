//! `usher check`

use std::{fs, io, net::ToSocketAddrs as _, path::Path};

use anstream::{AutoStream, ColorChoice};
use url::Url;
use usher_check::{Credential, Detail, Options};
use usher_runtime::system_clock;

use super::{InputError, Outcome};
use crate::arguments::{Check, ExplainOutput};

pub(super) fn run(arguments: &Check) -> Result<Outcome, InputError> {
    let options = Options {
        plain_url: plain(&arguments.url),
        url: arguments.url.clone(),
        playlist: arguments.playlist.clone(),
        bucket_url: arguments.bucket_url.clone(),
        api_url: arguments.api_url.clone(),
        credential: credential(arguments)?,
        origin: arguments.origin.clone(),
        receiver_origin: arguments.receiver_origin.clone(),
        common_assets: arguments.common_assets.clone(),
    };
    let failed = |error| InputError::new(format!("the check cannot run: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let report = runtime
        .block_on(usher_check::run(&options, client(arguments)?, &system_clock()))
        .map_err(|error| InputError::new(error.to_string()))?;
    let detail = if arguments.verbose { Detail::Findings } else { Detail::Questions };
    let text = match arguments.output {
        ExplainOutput::Json => report.to_json().to_string(),
        ExplainOutput::Text if has_color() => report.text(detail).in_color().to_string(),
        ExplainOutput::Text => report.text(detail).to_string(),
    };
    Ok(Outcome { refused: !report.is_right(), ..Outcome::line(text) })
}

/// With the addresses of the distribution, if the URL's name leads elsewhere.
fn client(arguments: &Check) -> Result<reqwest::ClientBuilder, InputError> {
    let client = reqwest::Client::builder();
    let (Some(distribution), Some(name)) = (&arguments.distribution, arguments.url.host_str()) else {
        return Ok(client);
    };
    let distribution = distribution.to_string();
    // The URL's own port counts.
    let found = (distribution.as_str(), 443).to_socket_addrs();
    let found = found.map_err(|error| InputError::new(format!("{distribution} cannot be found: {error}")))?;
    Ok(client.resolve_to_addrs(name, &found.collect::<Vec<_>>()))
}

/// Whether standard output is a terminal, and nobody (NO_COLOR) has asked for plain text.
fn has_color() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// The address of the same host by plain http, at http's own port.
fn plain(url: &Url) -> Option<Url> {
    let mut plain = url.clone();
    let is_https = url.scheme() == "https" && url.port().is_none();
    (is_https && plain.set_scheme("http").is_ok()).then_some(plain)
}

/// From a file or the environment: every user of the machine can see arguments.
fn credential(arguments: &Check) -> Result<Option<Credential>, InputError> {
    let credential = match (&arguments.bearer_file, &arguments.cookie_file) {
        (Some(file), _) => Some(Credential::bearer(&read(file)?)),
        (None, Some(file)) => Some(Credential::cookies(&read(file)?)),
        (None, None) => {
            let token = std::env::var("USHER_BEARER").ok().filter(|token| !token.is_empty());
            token.map(|token| Credential::bearer(&token))
        }
    };
    credential.transpose().map_err(|error| InputError::new(error.to_string()))
}

fn read(file: &Path) -> Result<String, InputError> {
    fs::read_to_string(file)
        .map_err(|error| InputError(format!("{} cannot be read: {error}", file.display())))
}
