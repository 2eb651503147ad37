//! An answer, in what is worth looking at and worth telling.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde_json::Value;
use url::Url;
use usher_runtime::ProblemType;

/// What came back.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) url: Url,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Where an answer comes from, as `X-Cache` tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// CloudFront had it.
    Cache,
    /// CloudFront asked the origin whether what it had is still right, and it was.
    Revalidated,
    /// CloudFront asked the origin.
    Origin,
}

/// Who refused, as the body tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// CloudFront, with its code.
    CloudFront(String),
    /// S3, with its code.
    Bucket(String),
    /// Lambda itself, before the function.
    Lambda,
    /// One of the functions, with its sentence.
    Function {
        /// Nothing where this version does not have the type.
        problem_type: Option<ProblemType>,
        sentence: String,
    },
    /// Somebody else.
    Other,
}

impl Answer {
    pub(super) fn text(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type, without its parameters, in lower case.
    pub(super) fn media_type(&self) -> String {
        let content_type = self.text(header::CONTENT_TYPE).unwrap_or_default();
        content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether one of the directives of `Cache-Control` is this one.
    pub(super) fn has_cache_directive(&self, directive: &str) -> bool {
        self.cache_directives().any(|one| one == directive)
    }

    /// The directives of `Cache-Control`, in lower case.
    pub(super) fn cache_directives(&self) -> impl Iterator<Item = String> {
        let values =
            self.headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).map(|directive| directive.trim().to_ascii_lowercase())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Where a redirect leads, without what nobody else is to see.
    pub(super) fn location(&self) -> Option<Url> {
        let location = self.text(header::LOCATION).filter(|_| self.status.is_redirection())?;
        let mut location = self.url.join(location).ok()?;
        location.set_query(None);
        location.set_fragment(None);
        // There is none where it cannot be taken away.
        let _ = location.set_username("");
        let _ = location.set_password(None);
        Some(location)
    }

    pub(super) fn is_missing_key(&self) -> bool {
        self.status == StatusCode::FORBIDDEN && self.refusal() == Refusal::CloudFront("MissingKey".to_owned())
    }

    /// Nothing where `X-Cache` is missing, or of an error, of which it says nothing.
    pub(super) fn source(&self) -> Option<Source> {
        match self.text(X_CACHE)?.split(' ').next()? {
            "Hit" => Some(Source::Cache),
            "RefreshHit" => Some(Source::Revalidated),
            "Miss" => Some(Source::Origin),
            _ => None,
        }
    }

    pub(super) fn problem_type(&self) -> Option<ProblemType> {
        match self.refusal() {
            Refusal::Function { problem_type, .. } => problem_type,
            _ => None,
        }
    }

    pub(super) fn refusal(&self) -> Refusal {
        let body = String::from_utf8_lossy(&self.body);
        if let Some(code) = element(&body, "Code") {
            // S3 tells which request it was; CloudFront does not. The codes of CloudFront are few.
            let is_cloudfront = CLOUDFRONT_CODES.contains(&code) && element(&body, "RequestId").is_none();
            let code = printable(code);
            return if is_cloudfront { Refusal::CloudFront(code) } else { Refusal::Bucket(code) };
        }
        let json = self.json();
        match json.get("detail").and_then(Value::as_str) {
            Some(detail) => Refusal::Function {
                problem_type: json.get("type").and_then(Value::as_str).and_then(ProblemType::of_uri),
                sentence: printable(detail),
            },
            // `{"Message":null}` or a sentence, of a function URL; an API writes `message`.
            None if json.get("Message").is_some() => Refusal::Lambda,
            None => Refusal::Other,
        }
    }

    /// The answer in a few words, and why it is so where `usher serve` says it.
    pub(super) fn summary(&self) -> String {
        match self.text(WHY) {
            Some(why) => format!("{} ({})", self.brief(), printable(why)),
            None => self.brief(),
        }
    }

    /// The answer in a few words.
    pub(super) fn brief(&self) -> String {
        let status = self.status.as_u16();
        match self.refusal() {
            Refusal::CloudFront(code) => format!("{status} {code}"),
            Refusal::Bucket(code) => format!("{status} {code} of S3"),
            Refusal::Lambda => format!("{status} of Lambda"),
            Refusal::Function { sentence, .. } => format!("{status}: {sentence}"),
            Refusal::Other => match self.location() {
                Some(location) => format!("{status} to {}", printable(location.as_str())),
                None => format!("{status} {}", printable(&self.media_type())).trim_end().to_owned(),
            },
        }
    }
}

/// What somebody else wrote, fit for a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().take(TEXT_LIMIT).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The text of the first element of this name.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

/// Of `usher serve`: one sentence about a refusal.
pub(super) const WHY: HeaderName = HeaderName::from_static("x-usher-why");
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const CLOUDFRONT_CODES: [&str; 5] =
    ["AccessDenied", "InvalidKey", "MalformedPolicy", "MalformedSignature", "MissingKey"];
const TEXT_LIMIT: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            url: Url::parse("https://h/").expect("a URL"),
            status: StatusCode::from_u16(status).expect("a status"),
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_owned()),
        }
    }

    #[test]
    fn who_refused_is_told_by_the_body() {
        let code = |code: &str| code.to_owned();
        let rows = [
            (
                "<Error><Code>MissingKey</Code></Error>",
                Refusal::CloudFront(code("MissingKey")),
                "403 MissingKey",
            ),
            (
                "<Error><Code>AccessDenied</Code></Error>",
                Refusal::CloudFront(code("AccessDenied")),
                "403 AccessDenied",
            ),
            (
                "<Error><Code>AccessDenied</Code><RequestId>R</RequestId></Error>",
                Refusal::Bucket(code("AccessDenied")),
                "403 AccessDenied of S3",
            ),
            (
                "<Error><Code>NoSuchKey</Code></Error>",
                Refusal::Bucket(code("NoSuchKey")),
                "403 NoSuchKey of S3",
            ),
            (r#"{"Message":"Forbidden"}"#, Refusal::Lambda, "403 of Lambda"),
            (r#"{"Message":null}"#, Refusal::Lambda, "403 of Lambda"),
            (r#"{"message":"Forbidden"}"#, Refusal::Other, "403"),
            (
                r#"{"type":"urn:problem-type:usher:not-a-video","detail":"sign in"}"#,
                Refusal::Function {
                    problem_type: Some(ProblemType::NotAVideo),
                    sentence: "sign in".to_owned(),
                },
                "403: sign in",
            ),
            (
                r#"{"type":"about:blank","detail":"sign in"}"#,
                Refusal::Function { problem_type: None, sentence: "sign in".to_owned() },
                "403: sign in",
            ),
            ("<Error><Code>\u{1b}[31m</Code></Error>", Refusal::Bucket(code("?[31m")), "403 ?[31m of S3"),
            ("<html>", Refusal::Other, "403"),
            ("", Refusal::Other, "403"),
        ];
        for (body, refusal, summary) in rows {
            let answer = answer(403, body);
            assert_eq!((answer.refusal(), answer.summary().as_str()), (refusal, summary), "{body}");
        }
    }
}
