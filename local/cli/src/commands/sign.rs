//! `usher sign`: a canned policy if it is enough, otherwise a custom one.

use cloudfront_signing::{CannedPolicy, Signer, StreamPattern, StreamUrl, escape_for_flash};

use super::{InputError, Outcome, input};
use crate::arguments::Sign;

pub(super) fn run(arguments: &Sign) -> Result<Outcome, InputError> {
    let (signer, mut warnings) = input::signer(&arguments.key)?;
    let is_url = is_url(arguments)?;
    warnings.extend(input::past(&arguments.conditions));
    warnings.extend(if is_url { plus(&arguments.url) } else { None });
    let signed = if is_url { sign_url(arguments, &signer)? } else { sign_stream(arguments, &signer)? };
    let signed = if arguments.flash { escape_for_flash(&signed) } else { signed };
    Ok(Outcome { warnings, ..Outcome::line(signed) })
}

/// Whether it is a URL, or else a stream of 2014. What reads as a URL without its scheme is neither, unless the
/// arguments say that it is a stream.
fn is_url(arguments: &Sign) -> Result<bool, InputError> {
    let url = &arguments.url;
    let has_scheme = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    if arguments.stream && has_scheme {
        return Err(InputError::new(format!(
            "--stream is for the name of an RTMP stream, and {url} is a URL"
        )));
    }
    let reads_as_url = url.split_once('/').is_some_and(|(first, _)| {
        let is_format = ["mp3:", "mp4:", "flv:"].iter().any(|format| first.starts_with(format));
        !is_format && (first.is_empty() || first.contains(['.', ':']))
    });
    if reads_as_url && !url.contains("://") && !arguments.stream {
        return Err(InputError::new(format!(
            "there is no scheme at byte 0 of {url}: begin with https://, or add --stream if this is the name of an \
             RTMP stream"
        )));
    }
    Ok(has_scheme)
}

/// What S3 makes of a `+` in the path.
fn plus(url: &str) -> Option<String> {
    let path = url.split_once('?').map_or(url, |(path, _)| path);
    let offset = path.find('+')?;
    Some(format!("S3 reads the + at byte {offset} as a space: if the object's name contains a +, write %2B"))
}

fn sign_url(arguments: &Sign, signer: &Signer) -> Result<String, InputError> {
    let conditions = &arguments.conditions;
    if arguments.url.contains('*') && arguments.policy_resource.is_none() {
        // Nobody requests this URL, but `aws cloudfront sign` prints the same for a wildcard.
        let grant = signer.sign(input::policy(input::pattern(&arguments.url)?, conditions)?)?;
        let separator = if arguments.url.contains('?') { '&' } else { '?' };
        return Ok(format!("{}{separator}{}", arguments.url, grant.query()));
    }
    let url = input::url(&arguments.url)?;
    let grant = match &arguments.policy_resource {
        Some(resource) => signer.sign(input::policy(input::pattern(resource)?, conditions)?)?,
        None if conditions.are_canned() => signer.sign(CannedPolicy::new(&url, conditions.date_less_than))?,
        None => signer.sign(input::policy(url.clone(), conditions)?)?,
    };
    Ok(grant.url(&url)?)
}

fn sign_stream(arguments: &Sign, signer: &Signer) -> Result<String, InputError> {
    let conditions = &arguments.conditions;
    let stream = StreamUrl::new(&arguments.url)?;
    let grant = match &arguments.policy_resource {
        Some(resource) => signer.sign(input::policy(StreamPattern::new(resource)?, conditions)?)?,
        None if conditions.are_canned() => {
            signer.sign(CannedPolicy::for_stream(&stream, conditions.date_less_than))?
        }
        None => signer.sign(input::policy(&stream, conditions)?)?,
    };
    Ok(grant.stream_url(&stream)?)
}
