//! One request: which methods there are, and what all answers have in common.

use std::convert::Infallible;

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body::Body as _;
use lambda_runtime::{MetadataPrelude, StreamResponse, streaming::Body};
use tower::{ServiceExt as _, service_fn};
use tower_http::{CompressionLevel, compression::Compression};
use usher_runtime::{Clock, Problem};

use crate::{
    Config, HostGrants, PlaylistSource,
    answer::Answer,
    body::{Logged, Pieces},
    record::Record,
};

/// The function: one value per instance, one call per request.
pub struct ResignManifest {
    pub(crate) config: Config,
    pub(crate) grants: HostGrants,
    pub(crate) source: PlaylistSource,
    pub(crate) clock: Clock,
    output_limit: u64,
}

impl ResignManifest {
    /// Puts the function together.
    #[must_use]
    pub fn new(config: Config, grants: HostGrants, source: PlaylistSource, clock: Clock) -> Self {
        Self { config, grants, source, clock, output_limit: OUTPUT_LIMIT }
    }

    /// Sends at most `bytes` in an answer, before it is compressed.
    #[must_use]
    pub fn sending_at_most(self, bytes: u64) -> Self {
        Self { output_limit: bytes, ..self }
    }

    /// Answers one request of the function URL, whose distribution has verified the viewer's signature.
    ///
    /// The whole playlist has been read and all signatures are made when this returns; the rest happens
    /// while the body is read.
    pub async fn handle(&self, event: LambdaFunctionUrlRequest) -> StreamResponse<Body> {
        let is_head = method(&event) == "HEAD";
        let origin = event.headers.get(header::ORIGIN).cloned();
        let mut request = Request::new(());
        // Chromium's own player asks for `bytes=0-`, and later for what lies behind the bytes that it has: of a
        // playlist in gzip it counts others than it gets.
        let accepted = event.headers.get(header::ACCEPT_ENCODING);
        if let Some(accepted) = accepted.filter(|_| !event.headers.contains_key(header::RANGE)) {
            request.headers_mut().insert(header::ACCEPT_ENCODING, accepted.clone());
        }
        let service = service_fn(async |_| Ok::<_, Infallible>(self.respond(&event).await));
        let Ok(mut response) = Compression::new(service).quality(LEVEL).oneshot(request).await;
        self.add_common_headers(response.headers_mut(), origin.as_ref());

        let (parts, body) = response.into_parts();
        let body = Logged::new(body);
        let stream = Body::new(if is_head { body.headers_only() } else { body });
        let (status_code, headers) = (parts.status, parts.headers);
        StreamResponse {
            metadata_prelude: MetadataPrelude { status_code, headers, cookies: Vec::new() },
            stream,
        }
    }

    async fn respond(&self, event: &LambdaFunctionUrlRequest) -> Response<Pieces> {
        let mut record = Record::start();
        let answer = match method(event) {
            "GET" | "HEAD" => self.playlist(event, &mut record).await,
            // The distribution adds CORS for origins that this function does not know.
            "OPTIONS" => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            _ => Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "a playlist takes GET and HEAD")
                .header(header::ALLOW, HeaderValue::from_static("GET, HEAD"))),
        };
        let answer = answer.unwrap_or_else(|problem| {
            record.error.get_or_insert_with(|| problem.detail.clone());
            Answer::from(&problem)
        });
        let mut response = answer.into_response(record);
        refuse_too_large(&mut response, self.output_limit);
        response
    }

    fn add_common_headers(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
        let mut vary = "Accept-Encoding";
        if self.config.cors.is_configured() {
            headers.extend(self.config.cors.headers(origin));
            vary = "Accept-Encoding, Origin";
        }
        headers.insert(header::VARY, HeaderValue::from_static(vary));
    }
}

fn method(event: &LambdaFunctionUrlRequest) -> &str {
    event.request_context.http.method.as_deref().unwrap_or_default()
}

/// Lambda would cut the answer off. A compressed one is much smaller, but takes the time of the whole: millions of
/// short references must not keep the function busy.
fn refuse_too_large(response: &mut Response<Pieces>, limit: u64) {
    let upper = response.body().size_hint().upper();
    if upper.is_none_or(|upper| upper <= limit) {
        return;
    }
    let problem = Problem::new(
        StatusCode::BAD_GATEWAY,
        format!(
            "with its signatures the playlist may have more than the {limit} bytes that can be sent: \
             ask for it with usher-style=define"
        ),
    );
    *response.status_mut() = problem.status;
    *response.headers_mut() = problem.all_headers();
    response.body_mut().replace(&problem);
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}

/// What Lambda streams at most.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>
const OUTPUT_LIMIT: u64 = 200 * 1_024 * 1_024;

/// Of 100,000 signed segments, 65 MB, level 1 makes 1.42 MB in 98 ms, level 2 makes 0.85 MB in 104 ms, and
/// level 6 the same in 215 ms: the repeated parameters are all that there is to find.
const LEVEL: CompressionLevel = CompressionLevel::Precise(2);
