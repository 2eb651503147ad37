//! A playlist: choose the style, fetch it whole, sign, and answer while it is rewritten.

use std::{sync::Arc, time::Instant};

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;
use cloudfront_signing::Grant;
use headers::{ETag, HeaderMapExt as _};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::percent_decode_str;
use url::Url;
use usher_runtime::{Problem, Scope, Viewer};

use crate::{
    Host, HostGrants, Object, ResignManifest, Resigned, SourceError, Style, Survey,
    answer::Answer,
    body::Content,
    caching::{Ingredients, cache_control, is_known},
    document::{DocumentError, DocumentKind},
    expiry::Expiry,
    record::Record,
    rewrite::{Origin, is_playlist},
    side_document::SideDocument,
};

/// What a request asks for.
struct Asked {
    viewer: Viewer,
    style: Style,
    path: String,
    /// The playlist's key in the bucket.
    key: String,
    viewer_origin: String,
    playlist_url: Url,
}

impl ResignManifest {
    /// Answers GET and HEAD.
    pub(crate) async fn playlist(
        &self,
        event: &LambdaFunctionUrlRequest,
        record: &mut Record,
    ) -> Result<Answer, Problem> {
        record.asset = object_key(event.raw_path.as_deref().unwrap_or_default());
        let asked = self.read(event)?;
        record.style = Some(asked.style.as_str());
        let object = self.fetch(&asked.key, record).await?;
        // Whatever its content type says: that of many playlists in buckets says nothing.
        if !is_playlist(&object.bytes) {
            return self.document(event, &asked, object, record).await;
        }
        if asked.style == Style::Plain {
            let headers = headers(PLAYLIST, asked.etag(&object, &[]), None);
            return Ok(answer(headers, event, || Content::Whole(object.bytes)));
        }

        let started = Instant::now();
        let hosts = self.grants.hosts(asked.host(&self.config.scope));
        let survey = Survey::read(&object.bytes, &asked.playlist_url, &hosts, HostGrants::LIMIT);
        record.rewrite = started.elapsed();

        let expiry = Expiry::new(&self.config, &asked.viewer, (self.clock)())?;
        let started = Instant::now();
        let signed = self.grants.sign(&survey.needs, |need| expiry.of(need, &survey)).await?;
        record.sign = started.elapsed();
        record.signatures = signed.signatures;

        let etag = asked.etag(&object, &signed.grants);
        let headers = headers(PLAYLIST, etag, expiry.unchanged_seconds(&survey));
        let (url, style) = (&asked.playlist_url, asked.style);
        Ok(answer(headers, event, || {
            let grants = &signed.grants;
            let resigned = Resigned::new(object.bytes, url, hosts, style, survey, grants, Origin::Static);
            Content::Resigned(Box::new(resigned))
        }))
    }

    /// Answers with a document that is no playlist: signed if it holds URIs, else as it lies in the bucket.
    async fn document(
        &self,
        event: &LambdaFunctionUrlRequest,
        asked: &Asked,
        object: Object,
        record: &mut Record,
    ) -> Result<Answer, Problem> {
        if !is_document(&asked.path, object.content_type.as_deref().unwrap_or_default()) {
            return Err(Problem::new(StatusCode::BAD_GATEWAY, NO_PLAYLIST));
        }
        let as_it_is = |object: Object| {
            let content_type = object.content_type.as_deref().unwrap_or(JSON);
            let headers = headers(content_type, asked.etag(&object, &[]), None);
            Ok(answer(headers, event, || Content::Whole(object.bytes)))
        };
        if asked.style == Style::Plain {
            return as_it_is(object);
        }
        let hosts = self.grants.hosts(asked.host(&self.config.scope));
        let (url, style) = (&asked.playlist_url, asked.style);
        let document = SideDocument { json: &object.bytes, url, hosts: &hosts, style };
        // A player may read it nevertheless, and find a host in it that it would send our signature to.
        let refused = |error: DocumentError| Problem::new(StatusCode::BAD_GATEWAY, error.to_string());
        let survey = document.survey().map_err(refused)?;
        let expiry = Expiry::new(&self.config, &asked.viewer, (self.clock)())?;
        let started = Instant::now();
        let signed = self.grants.sign(&survey.needs, |need| expiry.of(need, &survey)).await?;
        record.sign = started.elapsed();
        record.signatures = signed.signatures;

        let started = Instant::now();
        let generation = expiry.generation(&survey);
        let resigned = document.resign(&survey.needs, &signed.grants, generation).map_err(refused)?;
        record.rewrite = started.elapsed();
        let Some((rewritten, references)) = resigned else { return as_it_is(object) };
        record.references = references;
        let etag = asked.etag(&object, &signed.grants);
        let headers = headers(rewritten.kind.content_type(), etag, None);
        Ok(answer(headers, event, || Content::Whole(rewritten.json.into())))
    }

    /// What the request asks for, if it is something that there can be.
    fn read(&self, event: &LambdaFunctionUrlRequest) -> Result<Asked, Problem> {
        let viewer = Viewer::from_headers(&event.headers, &self.config.viewer_host)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let path = event.raw_path.as_deref().unwrap_or_default();
        let query = event.raw_query_string.as_deref().unwrap_or_default();
        let style = Style::choose(query, &viewer)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let not_found = || Problem::new(StatusCode::NOT_FOUND, "there is no playlist at this path");
        self.config.scope.of(path).ok_or_else(not_found)?;
        let viewer_origin = format!("{}://{}", self.config.protocol, viewer.host);
        let playlist_url = Url::parse(&format!("{viewer_origin}{path}?{query}")).map_err(|_| not_found())?;
        let key = object_key(path).ok_or_else(not_found)?;
        Ok(Asked { viewer, style, path: path.to_owned(), key, viewer_origin, playlist_url })
    }

    async fn fetch(&self, key: &str, record: &mut Record) -> Result<Object, Problem> {
        let started = Instant::now();
        let object = self.source.fetch(key).await;
        record.fetch = started.elapsed();
        let object = object.map_err(|error| {
            record.error = Some(error.to_string());
            explain(&error)
        })?;
        record.bytes_in = object.bytes.len();
        Ok(object)
    }
}

impl Asked {
    /// The viewer's own host.
    fn host(&self, scope: &Scope) -> Host {
        Host {
            written: self.viewer_origin.clone(),
            origin: self.playlist_url.origin().ascii_serialization(),
            scope: scope.clone(),
        }
    }

    /// Nothing that S3 has no `ETag` for.
    fn etag(&self, object: &Object, grants: &[Arc<Grant>]) -> Option<ETag> {
        let ingredients = Ingredients {
            source: object.etag.as_deref()?,
            viewer_origin: &self.viewer_origin,
            path: &self.path,
            style: self.style,
            grants,
        };
        ingredients.etag()
    }
}

/// The playlist, or that the player has it already.
fn answer(headers: HeaderMap, event: &LambdaFunctionUrlRequest, content: impl FnOnce() -> Content) -> Answer {
    if is_known(&event.headers, headers.typed_get().as_ref()) {
        return Answer { headers, ..Answer::empty(StatusCode::NOT_MODIFIED) };
    }
    Answer { status: StatusCode::OK, headers, content: content() }
}

/// The headers of a playlist or document, and of the answer that it has not changed. The content type stands
/// on that too: a cache takes over what it says, and the Lambda runtime would make it say
/// application/octet-stream.
fn headers(content_type: &str, etag: Option<ETag>, unchanged_seconds: Option<u64>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let content_type = HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static(JSON));
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, cache_control(unchanged_seconds));
    if let Some(etag) = etag {
        headers.typed_insert(etag);
    }
    headers
}

/// Whether something that is no playlist may lie at a path. An error page in the place of a playlist must
/// not pass for one.
fn is_document(path: &str, content_type: &str) -> bool {
    let is_named = |wanted: &str| {
        path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case(wanted))
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = [DocumentKind::AssetList, DocumentKind::SteeringManifest].map(DocumentKind::content_type);
    let is_json = known.contains(&media_type.as_str()) || media_type.ends_with("+json");
    !is_named("m3u8") && !is_named("m3u") && (is_json || is_named("json"))
}

fn explain(error: &SourceError) -> Problem {
    let bad_gateway = |detail: &str| Problem::new(StatusCode::BAD_GATEWAY, detail);
    match error {
        SourceError::Damaged => {
            bad_gateway("the playlist in the bucket is stored as gzip and is truncated or damaged")
        }
        SourceError::Encoding(_) => bad_gateway(
            "the playlist in the bucket is stored with a Content-Encoding other than gzip, which is not read",
        ),
        SourceError::Forbidden => {
            Problem::new(StatusCode::FORBIDDEN, "the bucket does not give out this playlist")
        }
        SourceError::NotFound => Problem::new(StatusCode::NOT_FOUND, "there is no playlist at this path"),
        SourceError::TimedOut { waited } => Problem::unavailable(format!(
            "the bucket did not give out the whole playlist within {waited:?}: try again soon"
        )),
        SourceError::TooLarge { limit } => {
            bad_gateway(&format!("the playlist in the bucket has more than {limit} bytes"))
        }
        SourceError::Unavailable(_) => {
            Problem::unavailable("the bucket cannot be read for the moment: try again soon")
        }
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

const PLAYLIST: &str = "application/vnd.apple.mpegurl";
const JSON: &str = "application/json";

const NO_PLAYLIST: &str = "the object at this path is not a playlist: it does not start with #EXTM3U";
