//! A viewer request, as the event passes it to a function and as the function returns it.
//!
//! Everything that the function does not change stays byte for byte. Where AWS documents nothing, the edge is
//! strict: it rejects a value that would have to be encoded.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html>

use std::net::IpAddr;

use cloudfront_signing::UnixTime;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Serialize;

use super::{
    fields::{FieldValue, Fields},
    header_rules::{READ_ONLY, is_disallowed},
    returned::ReturnedRequest,
};

/// A request on its way through a function, without its body, which no function sees.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ViewerRequest {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) viewer: IpAddr,
    pub(crate) time: UnixTime,
}

/// The part of a request that is in the event.
#[derive(Debug)]
pub(super) struct Seen {
    querystring: Fields,
    headers: Fields,
    cookies: Fields,
}

impl Seen {
    pub(super) fn new(request: &ViewerRequest) -> Self {
        let (mut querystring, mut headers, mut cookies) =
            (Fields::default(), Fields::default(), Fields::default());
        for (name, value, _) in parameters(request.query.as_deref()) {
            querystring.add(name, value);
        }
        let visible = request
            .headers
            .iter()
            .filter(|(name, _)| *name != header::COOKIE && !is_disallowed(name.as_str()));
        for (name, value) in visible {
            headers.add(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
        }
        for pair in cookie_pairs(&request.headers) {
            let (name, value) = pair.split_once('=').unwrap_or((&pair, ""));
            cookies.add(name, value);
        }
        Self { querystring, headers, cookies }
    }

    /// The event as JSON.
    pub(super) fn event(&self, request: &ViewerRequest, request_id: &str) -> serde_json::Result<String> {
        serde_json::to_string(&Event {
            version: "1.0",
            context: EventContext {
                distribution_domain_name: "local.cloudfront.net",
                distribution_id: "LOCAL",
                event_type: "viewer-request",
                request_id,
            },
            viewer: EventViewer { ip: request.viewer },
            request: EventRequest {
                method: request.method.as_str(),
                uri: &request.path,
                querystring: &self.querystring,
                headers: &self.headers,
                cookies: &self.cookies,
            },
        })
    }

    /// The request that goes on to the origin. An error names what CloudFront would not accept.
    pub(super) fn changed(
        &self,
        request: ViewerRequest,
        returned: &ReturnedRequest,
    ) -> Result<ViewerRequest, String> {
        if returned.method != request.method.as_str() {
            return Err("request.method is read-only".to_owned());
        }
        if returned.uri != request.path && !is_path(&returned.uri) {
            return Err(format!(
                "request.uri must begin with / and hold no query and nothing that must be encoded: {:?}",
                returned.uri
            ));
        }
        Ok(ViewerRequest {
            path: returned.uri.clone(),
            query: self.query(request.query.as_deref(), &returned.querystring)?,
            headers: self.headers(&request.headers, returned)?,
            ..request
        })
    }

    fn query(&self, given: Option<&str>, returned: &Fields) -> Result<Option<String>, String> {
        if self.querystring.has_same(returned) {
            return Ok(given.map(str::to_owned));
        }
        let raw: Vec<(&str, &str)> = parameters(given).map(|(name, _, pair)| (name, pair)).collect();
        let is_good = |name: &str, value: &str| {
            let fits = |text: &str, not: &[u8]| {
                text.bytes().all(|byte| byte.is_ascii_graphic() && !not.contains(&byte))
            };
            !name.is_empty() && fits(name, b"&=#") && fits(value, b"&#")
        };
        let query = joined(&self.querystring, returned, &raw, "&", is_good)
            .map_err(|name| format!("request.querystring[{name:?}] must be URL-encoded"))?;
        Ok(Some(query).filter(|query| !query.is_empty()))
    }

    fn headers(&self, given: &HeaderMap, returned: &ReturnedRequest) -> Result<HeaderMap, String> {
        for name in READ_ONLY {
            if self.headers.values(name) != returned.headers.values(name) {
                return Err(format!("request.headers[{name:?}] is read-only"));
            }
        }
        // A function cannot remove headers that it does not see.
        let mut headers: HeaderMap = HeaderMap::new();
        let unseen = given.iter().filter(|(name, _)| is_disallowed(name.as_str()));
        headers.extend(unseen.map(|(name, value)| (name.clone(), value.clone())));
        for (name, values) in returned.headers.iter() {
            if self.headers.values(name) == values {
                let name = header_name("request", name)?;
                headers.extend(given.get_all(&name).iter().map(|value| (name.clone(), value.clone())));
            } else {
                add_header(&mut headers, "request", name, values)?;
            }
        }
        self.add_cookies(&mut headers, given, &returned.cookies)?;
        Ok(headers)
    }

    fn add_cookies(
        &self,
        headers: &mut HeaderMap,
        given: &HeaderMap,
        returned: &Fields,
    ) -> Result<(), String> {
        if self.cookies.has_same(returned) {
            headers.extend(given.get_all(header::COOKIE).iter().map(|line| (header::COOKIE, line.clone())));
            return Ok(());
        }
        let pairs: Vec<String> = cookie_pairs(given).collect();
        let raw: Vec<(&str, &str)> = pairs
            .iter()
            .map(|pair| (pair.split_once('=').map_or(pair.as_str(), |(name, _)| name), pair.as_str()))
            .collect();
        let line = joined(&self.cookies, returned, &raw, "; ", is_cookie)
            .map_err(|name| format!("request.cookies[{name:?}] cannot be sent as a cookie"))?;
        if !line.is_empty() {
            // An unchanged cookie may contain bytes that are not text.
            let line = HeaderValue::from_bytes(line.as_bytes());
            headers.insert(header::COOKIE, line.map_err(|_| "request.cookies cannot be sent".to_owned())?);
        }
        Ok(())
    }
}

/// Adds a header that a function sets.
pub(super) fn add_header(
    headers: &mut HeaderMap,
    of: &str,
    name: &str,
    values: &[FieldValue],
) -> Result<(), String> {
    let key = header_name(of, name)?;
    for one in values {
        let value = HeaderValue::from_str(&one.value).ok().filter(|value| value.to_str().is_ok());
        let value = value.ok_or_else(|| format!("{of}.headers[{name:?}] cannot be sent as a header"))?;
        headers.append(&key, value);
    }
    Ok(())
}

fn header_name(of: &str, name: &str) -> Result<HeaderName, String> {
    let at = || format!("{of}.headers[{name:?}]");
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(format!("{} must be in lower case", at()));
    }
    if is_disallowed(name) {
        return Err(format!("{} may not be set by a function", at()));
    }
    if ["cookie", "set-cookie"].contains(&name) {
        return Err(format!("{} must be set in {of}.cookies", at()));
    }
    HeaderName::try_from(name).map_err(|_| format!("{} cannot be sent as a header", at()))
}

pub(super) fn is_cookie(name: &str, value: &str) -> bool {
    let fits =
        |text: &str, not: &[u8]| text.bytes().all(|byte| byte.is_ascii_graphic() && !not.contains(&byte));
    !name.is_empty() && fits(name, b"=;,") && value.split(' ').all(|part| fits(part, b";"))
}

/// Fields as one text; unchanged fields keep their bytes. An error is the name of a field that cannot be sent.
fn joined<'a>(
    given: &Fields,
    returned: &'a Fields,
    raw: &[(&str, &str)],
    separator: &str,
    is_good: impl Fn(&str, &str) -> bool,
) -> Result<String, &'a str> {
    let mut pairs: Vec<String> = Vec::new();
    for (name, values) in returned.iter() {
        if given.values(name) == values {
            let same = raw.iter().filter(|(known, _)| *known == name);
            pairs.extend(same.map(|(_, pair)| (*pair).to_owned()));
            continue;
        }
        for one in values {
            if !is_good(name, &one.value) {
                return Err(name);
            }
            pairs.push(format!("{name}={}", one.value));
        }
    }
    Ok(pairs.join(separator))
}

/// Name, value and full text of each parameter, as they arrived.
fn parameters(query: Option<&str>) -> impl Iterator<Item = (&str, &str, &str)> {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name, value, pair)
    })
}

fn cookie_pairs(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    pairs.filter(|pair| !pair.is_empty()).map(|pair| String::from_utf8_lossy(pair).into_owned())
}

fn is_path(uri: &str) -> bool {
    uri.starts_with('/') && uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte))
}

#[derive(Serialize)]
struct Event<'a> {
    version: &'a str,
    context: EventContext<'a>,
    viewer: EventViewer,
    request: EventRequest<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventContext<'a> {
    distribution_domain_name: &'a str,
    distribution_id: &'a str,
    event_type: &'a str,
    request_id: &'a str,
}

#[derive(Serialize)]
struct EventViewer {
    ip: IpAddr,
}

#[derive(Serialize)]
struct EventRequest<'a> {
    method: &'a str,
    uri: &'a str,
    querystring: &'a Fields,
    headers: &'a Fields,
    cookies: &'a Fields,
}
