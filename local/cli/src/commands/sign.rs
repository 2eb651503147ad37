//! `usher sign`: a canned policy if it is enough, otherwise a custom one.

use cloudfront_signing::{
    CannedPolicy, ExactUrl, Signer, StreamPattern, StreamUrl, UrlPattern, escape_for_flash,
};

use super::{InputError, Outcome, input};
use crate::arguments::Sign;

pub(super) fn run(arguments: &Sign) -> Result<Outcome, InputError> {
    let (signer, warnings) = input::signer(&arguments.key)?;
    let is_url = ["http://", "https://"].iter().any(|scheme| arguments.url.starts_with(scheme));
    let signed = if is_url { sign_url(arguments, &signer)? } else { sign_stream(arguments, &signer)? };
    let signed = if arguments.flash { escape_for_flash(&signed) } else { signed };
    Ok(Outcome { warnings, ..Outcome::line(signed) })
}

fn sign_url(arguments: &Sign, signer: &Signer) -> Result<String, InputError> {
    let conditions = &arguments.conditions;
    if arguments.url.contains('*') && arguments.policy_resource.is_none() {
        // Nobody requests this URL, but `aws cloudfront sign` prints the same for a wildcard.
        let grant = signer.sign(input::policy(UrlPattern::new(&arguments.url)?, conditions)?)?;
        let separator = if arguments.url.contains('?') { '&' } else { '?' };
        return Ok(format!("{}{separator}{}", arguments.url, grant.query()));
    }
    let url = ExactUrl::new(&arguments.url)?;
    let grant = match &arguments.policy_resource {
        Some(resource) => signer.sign(input::policy(UrlPattern::new(resource)?, conditions)?)?,
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
