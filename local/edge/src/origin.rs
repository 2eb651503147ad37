//! The origins: the two functions, called in process, and the bucket.

use aws_lambda_events::event::{
    apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse},
    lambda_function_urls::LambdaFunctionUrlResponse,
};
use aws_sdk_s3::{
    Client,
    config::http::HttpResponse,
    error::{DisplayErrorContext, SdkError},
    operation::{get_object::GetObjectOutput, head_object::HeadObjectOutput},
};
use axum::body::{Body, to_bytes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use issue_cookies::IssueCookies;
use resign_manifest::ResignManifest;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::io::ReaderStream;

use super::{
    bucket::key_of_path,
    conditional::is_known,
    distribution::Target,
    events::{function_url_event, http_api_event},
    handler::WHY,
    inspector::Told,
    limits::{is_sent_by_lambda, is_signed_alike},
    origin_request::OriginRequest,
    plain_text::text,
    website::Websites,
};

/// Every origin that a cache behavior may have.
pub(super) struct Origins {
    pub(super) issue_cookies: IssueCookies,
    pub(super) resign_manifest: ResignManifest,
    pub(super) bucket: Client,
    pub(super) bucket_name: String,
    /// `None` if no cache behavior leads to a web site.
    pub(super) websites: Option<Websites>,
    /// Whether to reject what AWS is only reported to reject.
    pub(super) hostile: bool,
}

impl Origins {
    /// The response. One of a function has the function's [`Told`] as an extension.
    pub(super) async fn call(&self, target: &Target, request: OriginRequest, body: Body) -> Response<Body> {
        match target {
            Target::Bucket => self.object(&request).await,
            Target::IssueCookies => match event(&request, body, http_api_event).await {
                Ok(event) => self.issue_cookies(event).await,
                Err(response) => response,
            },
            Target::ResignManifest if self.hostile && !is_signed_alike(&request.path) => not_signed_alike(),
            Target::ResignManifest => match event(&request, body, function_url_event).await {
                Ok(event) => {
                    let (answer, record) = self.resign_manifest.handle_with_record(event).await;
                    let mut response = function_url_response(answer, &request.method);
                    response.extensions_mut().insert(Told::by_resign_manifest(record));
                    response
                }
                Err(response) => response,
            },
            Target::Website(url) => match &self.websites {
                Some(websites) => websites.call(url, request, body).await,
                None => text(StatusCode::BAD_GATEWAY, "no web site can be asked"),
            },
        }
    }

    async fn issue_cookies(&self, event: ApiGatewayV2httpRequest) -> Response<Body> {
        let body = event.body.clone();
        let (answer, record) = self.issue_cookies.handle_with_record(event).await;
        let mut response = http_api_response(answer);
        response.extensions_mut().insert(Told::by_issue_cookies(record, body.as_deref()));
        response
    }

    /// The object of the path, requested as CloudFront requests it from S3: signed, with the viewer's range.
    async fn object(&self, request: &OriginRequest) -> Response<Body> {
        let path = request.path.trim_start_matches('/');
        let Some(key) = key_of_path(path) else {
            return text(StatusCode::BAD_REQUEST, "the path is not UTF-8");
        };
        match request.method {
            Method::HEAD => match self.bucket.head_object().bucket(&self.bucket_name).key(key).send().await {
                Ok(object) => head_response(&object),
                Err(error) => s3_error(&error, path),
            },
            Method::GET => {
                let range = request.headers.get(header::RANGE).and_then(|range| range.to_str().ok());
                let range = range.filter(|range| is_single_range(range)).map(str::to_owned);
                let asked = self.bucket.get_object().bucket(&self.bucket_name).key(key).set_range(range);
                match asked.send().await {
                    Ok(object) => object_response(object, &request.headers),
                    Err(error) => s3_error(&error, path),
                }
            }
            _ => text(StatusCode::FORBIDDEN, "the bucket has no CORS configuration"),
        }
    }
}

async fn event<T: DeserializeOwned>(
    request: &OriginRequest,
    body: Body,
    make: fn(&OriginRequest, &[u8]) -> Value,
) -> Result<T, Response<Body>> {
    let body = to_bytes(body, BODY_LIMIT).await.map_err(|_| {
        text(StatusCode::PAYLOAD_TOO_LARGE, "the body has more than the 10 MB that API Gateway accepts")
    })?;
    serde_json::from_value(make(request, &body)).map_err(|error| {
        tracing::error!(%error, "the event could not be made");
        text(StatusCode::BAD_GATEWAY, "the request could not be made into an event")
    })
}

/// What a function URL returns for a buffered answer: its length is known.
fn function_url_response(answer: LambdaFunctionUrlResponse, method: &Method) -> Response<Body> {
    if !is_sent_by_lambda(&answer) {
        return text(
            StatusCode::BAD_GATEWAY,
            "the function's answer has more than the 6 MB that Lambda accepts",
        );
    }
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded { STANDARD.decode(body).ok() } else { Some(body.into_bytes()) };
    let Some(body) = body else {
        return text(StatusCode::BAD_GATEWAY, "the function's answer is no base64");
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status(answer.status_code);
    *response.headers_mut() = answer.headers;
    let has_content = !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if has_content && *method != Method::HEAD {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        *response.body_mut() = Body::from(body);
    }
    response
}

/// The answer of a function URL to a signature that differs from the one it calculates.
fn not_signed_alike() -> Response<Body> {
    let mut response = Response::new(Body::from(NOT_SIGNED_ALIKE));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(WHY, HeaderValue::from_static(RENAME));
    response
}

fn status(code: i64) -> StatusCode {
    let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
    status.unwrap_or(StatusCode::BAD_GATEWAY)
}

fn http_api_response(answer: ApiGatewayV2httpResponse) -> Response<Body> {
    let body = answer.body.map_or_else(Body::empty, |body| Body::from(body.to_vec()));
    let mut response = Response::new(body);
    *response.status_mut() = status(answer.status_code);
    *response.headers_mut() = answer.headers;
    for cookie in answer.cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// S3 answers 304 if the conditions say that the cache already has the object.
fn object_response(object: GetObjectOutput, conditions: &HeaderMap) -> Response<Body> {
    let mut headers = HeaderMap::new();
    let texts = [
        (header::CACHE_CONTROL, object.cache_control()),
        (header::CONTENT_TYPE, object.content_type()),
        (header::CONTENT_DISPOSITION, object.content_disposition()),
        (header::CONTENT_ENCODING, object.content_encoding()),
        (header::CONTENT_RANGE, object.content_range()),
        (header::ETAG, object.e_tag()),
    ];
    set(&mut headers, texts, object.content_length(), object.last_modified());
    if is_known(conditions, &headers) {
        return not_modified(headers);
    }
    let status = if object.content_range().is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = Response::new(Body::from_stream(ReaderStream::new(object.body.into_async_read())));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn not_modified(mut headers: HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    let kept = [header::CACHE_CONTROL, header::ETAG, header::LAST_MODIFIED];
    response
        .headers_mut()
        .extend(kept.into_iter().filter_map(|name| headers.remove(&name).map(|value| (name, value))));
    response
}

fn head_response(object: &HeadObjectOutput) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    let texts = [
        (header::CACHE_CONTROL, object.cache_control()),
        (header::CONTENT_TYPE, object.content_type()),
        (header::CONTENT_DISPOSITION, object.content_disposition()),
        (header::ETAG, object.e_tag()),
        (header::CONTENT_ENCODING, object.content_encoding()),
    ];
    set(response.headers_mut(), texts, object.content_length(), object.last_modified());
    response
}

fn set<'a>(
    headers: &mut HeaderMap,
    texts: impl IntoIterator<Item = (HeaderName, Option<&'a str>)>,
    length: Option<i64>,
    last_modified: Option<&aws_sdk_s3::primitives::DateTime>,
) {
    for (name, value) in texts {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    let date = last_modified.and_then(|time| time.fmt(aws_sdk_s3::primitives::DateTimeFormat::HttpDate).ok());
    if let Some(date) = date.and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(header::LAST_MODIFIED, date);
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
}

/// S3's error as CloudFront passes it on. S3 reports that an object does not exist only to those who may list the
/// bucket, which CloudFront may not. The error does not say how S3 read a `+`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
fn s3_error<E: std::error::Error + 'static>(error: &SdkError<E, HttpResponse>, path: &str) -> Response<Body> {
    let Some(raw) = error.raw_response() else {
        tracing::warn!(error = %DisplayErrorContext(error), "the bucket does not answer");
        return text(StatusCode::BAD_GATEWAY, "the bucket does not answer");
    };
    let status = StatusCode::from_u16(raw.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let is_missing = status == StatusCode::NOT_FOUND;
    let body = raw.body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
    let (status, body) =
        if is_missing { (StatusCode::FORBIDDEN, ACCESS_DENIED.as_bytes().to_vec()) } else { (status, body) };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    let why = if path.contains('+') { Some(PLUS) } else { is_missing.then_some(MISSING) };
    response.headers_mut().extend(why.map(|why| (WHY, HeaderValue::from_static(why))));
    response
}

/// S3 ignores a range that it cannot parse, and more than one; the local server would reject them.
fn is_single_range(range: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
        .is_some_and(|(first, last)| digits(first) && digits(last) && !(first.is_empty() && last.is_empty()))
}

const NOT_SIGNED_ALIKE: &str = "{\"message\":\"The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\"}";
const RENAME: &str =
    "in AWS, a playlist whose name has a %, a + or a parenthesis may not be found: rename it";
const ACCESS_DENIED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code>\
    <Message>Access Denied</Message><RequestId>USHER-LOCAL-BUCKET</RequestId></Error>";
const MISSING: &str = "there is no such object, which S3 tells only those who may list the bucket";
const PLUS: &str = "S3 reads a + in a path as a space: percent-encode it as %2B";
/// API Gateway's limit: 10 MB.
const BODY_LIMIT: usize = 10 * 1_024 * 1_024;
