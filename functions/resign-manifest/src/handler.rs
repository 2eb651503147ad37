//! One request: the methods, and what all answers have in common.

use aws_lambda_events::event::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use usher_runtime::{Clock, Problem, ProblemType};

use crate::{Config, HostGrants, PlaylistSource, answer::Answer, record::Record};

/// The function: one value per instance, one call per request.
pub struct ResignManifest {
    pub(crate) config: Config,
    pub(crate) grants: HostGrants,
    pub(crate) source: PlaylistSource,
    pub(crate) clock: Clock,
    response_limit: usize,
}

impl ResignManifest {
    /// The function with its parts.
    #[must_use]
    pub fn new(config: Config, grants: HostGrants, source: PlaylistSource, clock: Clock) -> Self {
        Self { config, grants, source, clock, response_limit: RESPONSE_LIMIT - ENVELOPE }
    }

    /// Sends bodies of at most `bytes`, counted as they are in the answer's JSON.
    #[must_use]
    pub fn sending_at_most(self, bytes: usize) -> Self {
        Self { response_limit: bytes, ..self }
    }

    /// Answers one request of the function URL, whose distribution has verified the viewer's signature.
    pub async fn handle(&self, event: LambdaFunctionUrlRequest) -> LambdaFunctionUrlResponse {
        self.handle_with_record(event).await.0
    }

    /// As [`handle`](Self::handle), with what the log says about the request: for `usher serve`, which shows it.
    pub async fn handle_with_record(
        &self,
        event: LambdaFunctionUrlRequest,
    ) -> (LambdaFunctionUrlResponse, Record) {
        let mut record = Record::start();
        let answer = match method(&event) {
            "GET" | "HEAD" => self.playlist(&event, &mut record).await,
            // The distribution adds the CORS headers: this function does not know the allowed origins.
            "OPTIONS" => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            _ => Err(Problem::new(ProblemType::MethodNotAllowed, "a playlist takes GET and HEAD")
                .header(header::ALLOW, HeaderValue::from_static("GET, HEAD"))),
        };
        let takes_gzip = takes_gzip(&event.headers);
        let response = answer.and_then(|answer| {
            record.time_encoding(|| {
                answer.into_response(takes_gzip, self.response_limit).map_err(|_| too_large(takes_gzip))
            })
        });
        let (mut response, mut length) = response.unwrap_or_else(|problem| {
            record.problem_type = Some(problem.problem_type);
            record.error.get_or_insert_with(|| problem.detail.clone());
            // A problem has few bytes and always fits.
            Answer::from(&problem).into_response(false, usize::MAX).unwrap_or_default()
        });
        if method(&event) == "HEAD" {
            response.body = Some(String::new());
            response.is_base64_encoded = false;
            length = 0;
        }
        record.write(response.status_code, length);
        (response, record)
    }
}

fn method(event: &LambdaFunctionUrlRequest) -> &str {
    event.request_context.http.method.as_deref().unwrap_or_default()
}

/// CloudFront sends `gzip` or nothing; others may send more.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|weight| weight > 0.0 && weight <= 1.0)
    })
}

fn too_large(takes_gzip: bool) -> Problem {
    let cure = if takes_gzip { "" } else { "with Accept-Encoding: gzip, or " };
    Problem::new(
        ProblemType::AnswerTooLarge,
        format!(
            "with its signatures the playlist has more than the 6 MB that Lambda sends: ask for it \
             {cure}with usher-style=define"
        ),
    )
}

/// The largest answer that Lambda accepts, in bytes of JSON.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const RESPONSE_LIMIT: usize = 6 * 1_024 * 1_024;
/// The share of everything but the body.
const ENVELOPE: usize = 16 * 1_024;
