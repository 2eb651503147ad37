//! One request: choose the style, fetch the playlist, rewrite it, answer.

use std::sync::Arc;

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;
use cloudfront_signing::{Grant, Policy, UrlPattern};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use lambda_runtime::{MetadataPrelude, StreamResponse, streaming::Body};
use percent_encoding::percent_decode_str;
use url::Url;
use usher_runtime::{Clock, Grants, Problem, Viewer};

use crate::{
    Config, Host, Lifetimes, PlaylistSource, Resigned, SourceError, Style, Survey,
    rewrite::{Origin, is_playlist},
};

/// The function: one value per instance, one call per request.
pub struct ResignManifest {
    config: Config,
    grants: Grants,
    source: PlaylistSource,
    clock: Clock,
}

impl ResignManifest {
    /// Puts the function together.
    #[must_use]
    pub fn new(config: Config, grants: Grants, source: PlaylistSource, clock: Clock) -> Self {
        Self { config, grants, source, clock }
    }

    /// Answers one request of the function URL, whose distribution has verified the viewer's signature.
    pub async fn handle(&self, request: LambdaFunctionUrlRequest) -> StreamResponse<Body> {
        let method = request.request_context.http.method.as_deref().unwrap_or_default();
        let answer = match method {
            "GET" | "HEAD" => self.playlist(&request).await,
            _ => Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "a playlist takes GET and HEAD")
                .header(header::ALLOW, HeaderValue::from_static("GET, HEAD"))),
        };
        let (status_code, mut headers, body) = match answer {
            Ok(playlist) => (StatusCode::OK, playlist_headers(), playlist),
            Err(problem) => (problem.status, problem.all_headers(), problem.body().into_bytes()),
        };
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        let stream = if method == "HEAD" { Body::empty() } else { Body::from(body) };
        StreamResponse {
            metadata_prelude: MetadataPrelude { status_code, headers, cookies: Vec::new() },
            stream,
        }
    }

    async fn playlist(&self, request: &LambdaFunctionUrlRequest) -> Result<Vec<u8>, Problem> {
        let viewer = Viewer::from_headers(&request.headers)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let path = request.raw_path.as_deref().unwrap_or_default();
        let query = request.raw_query_string.as_deref().unwrap_or_default();
        let style = Style::choose(query, &viewer)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let not_found = || Problem::new(StatusCode::NOT_FOUND, "there is no playlist at this path");
        self.config.scope.of(path).ok_or_else(not_found)?;
        let viewer_origin = format!("{}://{}", self.config.protocol, viewer.host);
        let playlist_url = Url::parse(&format!("{viewer_origin}{path}?{query}")).map_err(|_| not_found())?;
        let key = object_key(path).ok_or_else(not_found)?;

        let playlist = self.source.fetch(&key).await.map_err(|error| explain(&error, &key))?;
        if !is_playlist(&playlist) {
            return Err(explain_foreign(&key));
        }
        if style == Style::Plain {
            return Ok(playlist);
        }
        let hosts = vec![Host {
            origin: playlist_url.origin().ascii_serialization(),
            written: viewer_origin,
            scope: self.config.scope.clone(),
        }];
        let survey = Survey::read(&playlist, &playlist_url, &hosts, GRANTS_LIMIT);
        let grants = self.grants(&survey).await?;
        let resigned =
            Resigned::new(playlist.into(), &playlist_url, hosts, style, survey, &grants, Origin::Static);
        Ok(resigned.flatten().collect())
    }

    async fn grants(&self, survey: &Survey) -> Result<Vec<Arc<Grant>>, Problem> {
        if survey.needs.len() > GRANTS_LIMIT {
            return Err(Problem::new(
                StatusCode::BAD_GATEWAY,
                format!(
                    "the playlist refers to more than {GRANTS_LIMIT} assets, each with a signature of its own: \
                     keep an asset in one folder, or set SCOPE_DEPTH to 0"
                ),
            ));
        }
        let lifetimes = Lifetimes {
            session: self.config.url_ttl,
            pause_margin: 3_600,
            bucket: self.config.signing.expiry_bucket,
        };
        let now = (self.clock)();
        let mut grants = Vec::new();
        for need in &survey.needs {
            let expires = self.grants.expiry(now, lifetimes.seconds(need.life, &survey.facts));
            let policy = UrlPattern::new(&need.resource)
                .and_then(|pattern| Policy::new(pattern, expires))
                .map_err(|error| Problem::new(StatusCode::BAD_GATEWAY, error.to_string()))?;
            grants.push(self.grants.grant(policy).await.map_err(|error| Problem::from(&*error))?);
        }
        Ok(grants)
    }
}

/// The S3 key of a path. An encoded `/` must not hide dot segments from the scope, which bucket software
/// other than S3 may walk; what an incomplete escape means, servers do not agree on.
fn object_key(path: &str) -> Option<String> {
    let encoded = path.strip_prefix('/')?;
    let mut escapes = encoded.split('%').skip(1);
    let complete = escapes.all(|escape| {
        let digits = escape.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let key = percent_decode_str(encoded).decode_utf8().ok()?;
    let walks = key.split('/').any(|segment| matches!(segment, "." | ".."));
    (complete && !walks).then(|| key.into_owned())
}

/// The signatures in a playlist are its viewer's alone.
fn playlist_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.apple.mpegurl"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers
}

fn explain(error: &SourceError, key: &str) -> Problem {
    tracing::warn!(%key, %error, "no playlist");
    match error {
        SourceError::NotFound => Problem::new(StatusCode::NOT_FOUND, "there is no playlist at this path"),
        SourceError::Forbidden => {
            Problem::new(StatusCode::FORBIDDEN, "the bucket does not give out this playlist")
        }
        SourceError::TooLarge { limit } => Problem::new(
            StatusCode::BAD_GATEWAY,
            format!("the playlist in the bucket has more than {limit} bytes"),
        ),
        SourceError::Unavailable(_) => {
            Problem::unavailable("the bucket cannot be read for the moment: try again soon")
        }
    }
}

fn explain_foreign(key: &str) -> Problem {
    tracing::warn!(%key, "not a playlist");
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "the object at this path is not a playlist: it does not start with #EXTM3U",
    )
}

/// Each may be a call to KMS.
const GRANTS_LIMIT: usize = 32;
