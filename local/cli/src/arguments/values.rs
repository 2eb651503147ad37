//! Values of flags, as people write them. An error is a sentence without its subject, which clap adds.

use std::path::PathBuf;

use cloudfront_signing::KeyPairId;
use issue_cookies::Location;
use url::{Host, Url};

use crate::deployment::{region, stack_name};

/// A site as scheme, host and port.
pub(super) fn parse_website(text: &str) -> Result<Url, &'static str> {
    let url: Url = text.parse().map_err(|_| NO_WEBSITE)?;
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_site =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if is_origin && is_site { Ok(url) } else { Err(NO_WEBSITE) }
}

pub(super) fn parse_url(text: &str) -> Result<Url, &'static str> {
    text.parse().map_err(|_| "it is no URL such as https://video.example.com")
}

pub(super) fn parse_depth(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "it is no number of path segments such as 1")
}

pub(super) fn parse_host(text: &str) -> Result<Host, &'static str> {
    Host::parse(text).map_err(|_| "it is no name or address without a port, such as laptop.local")
}

pub(super) fn parse_parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is not of the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(super) fn parse_stack_name(text: &str) -> Result<String, String> {
    stack_name::problem(text).map_or_else(|| Ok(text.to_owned()), |problem| Err(format!("it {problem}")))
}

pub(super) fn parse_region(text: &str) -> Result<String, String> {
    region::problem(text).map_or_else(|| Ok(text.to_owned()), |problem| Err(format!("it {problem}")))
}

pub(super) fn parse_path(text: &str) -> Result<String, String> {
    let is_path = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if is_path { Ok(text.to_owned()) } else { Err("it is no path such as /video/m/master.m3u8".to_owned()) }
}

pub(super) fn parse_country(text: &str) -> Result<String, &'static str> {
    let country = Location::new(Some(text), None);
    country.country().map(str::to_owned).ok_or("it is no code of two capital letters, such as DE")
}

pub(super) fn parse_public_key(text: &str) -> Result<(KeyPairId, PathBuf), String> {
    let (id, file) = text.split_once('=').ok_or("it is not of the form ID=FILE")?;
    Ok((KeyPairId::new(id).map_err(|error| error.to_string())?, file.into()))
}

const NO_WEBSITE: &str = "it is not of the form http://127.0.0.1:8000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_website_is_a_scheme_a_host_and_a_port() {
        for text in ["http://127.0.0.1:8000", "https://www.example.com/"] {
            assert_eq!(parse_website(text).map(|url| url.path().to_owned()), Ok("/".to_owned()), "{text}");
        }
        for text in
            ["127.0.0.1:8000", "http://127.0.0.1:8000/plone", "ftp://a", "http://u:p@a", "http://a/?b", ""]
        {
            assert!(parse_website(text).is_err(), "{text}");
        }
    }
}
