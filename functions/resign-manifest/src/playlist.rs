//! A playlist: choose the style, fetch it whole, sign, and rewrite.

use std::{sync::Arc, time::Instant};

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;
use cloudfront_signing::{Grant, UnixTime};
use headers::{ETag, HeaderMapExt as _};
use hls_rewrite::{
    AssetTree, Assets, Authority, Host, NotAuthorized, Origin, Permission, PlaylistInfo, PolicyCopies,
    Reference, RequiredGrant, Scan, SideDocument, SignedPlaylist, SigningPlan, SkipReason, Style,
    ViewerPolicy,
    document::{DocumentError, DocumentKind},
    is_playlist, policy_of_copy,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use url::Url;
use usher_runtime::{Asker, Problem, ProblemType, Viewer, ViewerOrigin, object_key};

use crate::{
    ResignManifest, SourceError, StoredObject,
    answer::Answer,
    body::Content,
    caching::{Ingredients, cache_control, is_known, shared_seconds},
    other_manifest::OtherManifest,
    record::Record,
};

/// What a request is for.
pub(crate) struct Asked {
    pub(crate) style: Style,
    path: String,
    /// The playlist's key in the bucket.
    key: String,
    viewer_origin: ViewerOrigin,
    /// The pattern that covers the asset of the playlist.
    pub(crate) own_resource: String,
    pub(crate) playlist_url: Url,
    now: UnixTime,
    /// Without one, nothing is signed.
    pub(crate) authority: Option<Authority>,
    /// The URL contains the copy of a policy.
    has_copy: bool,
    asker: Asker,
}

impl ResignManifest {
    /// Answers GET and HEAD.
    pub(crate) async fn playlist(
        &self,
        event: &LambdaFunctionUrlRequest,
        record: &mut Record,
    ) -> Result<Answer, Problem> {
        record.asset = object_key(event.raw_path.as_deref().unwrap_or_default());
        let asked = self.read(event, record).await?;
        record.style = Some(asked.style.as_str());
        let object = self.fetch(&asked.key, record).await?;
        // The content type does not matter: that of many playlists in buckets says nothing.
        let is_playlist = is_playlist(&object.bytes);
        if let Some(kind) = OtherManifest::of(&asked.path, &object.bytes).filter(|_| !is_playlist) {
            return self.other_manifest(event, &asked, kind, object, record).await;
        }
        if !is_playlist && !is_document(&asked.path, object.content_type.as_deref().unwrap_or_default()) {
            return Err(Problem::new(ProblemType::NotAPlaylist, expected(&asked.path)));
        }
        match &asked.authority {
            Some(authority) if asked.style != Style::Plain => {
                if let Some(preview) = authority.preview() {
                    return self.preview(event, &asked, authority, preview, object, record).await;
                }
                let assets = Assets::new(self.grants.hosts(asked.host(&self.config.tree)));
                if is_playlist {
                    self.signed(event, &asked, authority, assets, object, record).await
                } else {
                    self.document(event, &asked, authority, assets, object, record).await
                }
            }
            _ => {
                let (content_type, info) = if is_playlist {
                    let left = |_: &Reference<'_>| Err::<(), _>(SkipReason::OtherHost);
                    let scan = Scan::read(&object.bytes, &asked.playlist_url, Origin::Static, None, left);
                    (PLAYLIST, scan.info)
                } else {
                    (JSON, PlaylistInfo::default())
                };
                let headers = headers(content_type, asked.etag(&object, &[]), self.kept(info, &asked));
                Ok(answer(headers, event, || Content::Whole(object.bytes)))
            }
        }
    }

    /// Answers with a playlist whose references are signed.
    async fn signed(
        &self,
        event: &LambdaFunctionUrlRequest,
        asked: &Asked,
        authority: &Authority,
        mut assets: Assets,
        object: StoredObject,
        record: &mut Record,
    ) -> Result<Answer, Problem> {
        let started = Instant::now();
        let (url, nested) = (&asked.playlist_url, asked.style.kept_parameter());
        let scan = Scan::read(&object.bytes, url, Origin::Static, nested, |one| assets.number(one));
        record.rewrite = started.elapsed();
        let plan = SigningPlan::of_playlist(&assets, &scan, self.permission(asked, authority));
        check_count(&plan.grants)?;
        let grants = self.sign(asked, authority, &plan.grants, record).await?;
        let headers = headers(PLAYLIST, asked.etag(&object, &grants), self.kept(scan.info, asked));
        Ok(answer(headers, event, || {
            let copies = PolicyCopies::Carried;
            let resigned = SignedPlaylist::new(object.bytes, scan, asked.style, plan, &grants, copies);
            record.references = *resigned.counts();
            Content::Resigned(Box::new(resigned))
        }))
    }

    /// Answers with a document that is not a playlist: signed if it holds URIs, otherwise as it is in the
    /// bucket.
    async fn document(
        &self,
        event: &LambdaFunctionUrlRequest,
        asked: &Asked,
        authority: &Authority,
        mut assets: Assets,
        object: StoredObject,
        record: &mut Record,
    ) -> Result<Answer, Problem> {
        let document = SideDocument { json: &object.bytes, url: &asked.playlist_url, style: asked.style };
        // A player may read it nevertheless, and find a host in it to which it would send our signature.
        let refused = |error: DocumentError| Problem::new(ProblemType::UnreadableDocument, error.to_string());
        document.scan(&mut assets).map_err(refused)?;
        let plan = SigningPlan::new(&assets, self.permission(asked, authority));
        check_count(&plan.grants)?;
        let grants = self.sign(asked, authority, &plan.grants, record).await?;

        let started = Instant::now();
        let resigned = document.resign(&mut assets, &plan, &grants).map_err(refused)?;
        record.rewrite = started.elapsed();
        let etag = asked.etag(&object, &grants);
        let Some((rewritten, counts)) = resigned else {
            let headers = headers(JSON, etag, self.kept(PlaylistInfo::default(), asked));
            return Ok(answer(headers, event, || Content::Whole(object.bytes)));
        };
        record.references = counts;
        let headers = headers(rewritten.kind.content_type(), etag, self.kept(PlaylistInfo::default(), asked));
        Ok(answer(headers, event, || Content::Whole(rewritten.json.into())))
    }

    pub(crate) fn permission<'a>(&'a self, asked: &'a Asked, authority: &'a Authority) -> Permission<'a> {
        let own_resource = Some(asked.own_resource.as_str());
        Permission { authority, common_assets: &self.config.common_assets, own_resource }
    }

    pub(crate) async fn sign(
        &self,
        asked: &Asked,
        authority: &Authority,
        required: &[RequiredGrant],
        record: &mut Record,
    ) -> Result<Vec<Arc<Grant>>, Problem> {
        let started = Instant::now();
        let signed = self.grants.sign(required, authority.expires(), asked.now, asked.asker).await?;
        record.sign = started.elapsed();
        record.signatures = signed.signatures;
        Ok(signed.grants)
    }

    /// Reads what the request is for, if there can be such an object and the viewer may get it.
    async fn read(&self, event: &LambdaFunctionUrlRequest, record: &mut Record) -> Result<Asked, Problem> {
        let viewer = Viewer::from_headers(&event.headers, &self.config.viewer_host)
            .map_err(|error| Problem::new(ProblemType::NoViewerHost, error.to_string()))?;
        let path = event.raw_path.as_deref().unwrap_or_default();
        let query = event.raw_query_string.as_deref().unwrap_or_default();
        let style = Style::choose(query, viewer.signature)
            .map_err(|error| Problem::new(ProblemType::UnknownStyle, error.to_string()))?;
        let not_found = || Problem::new(ProblemType::NotFound, "there is no playlist at this path");
        let own_pattern = self.config.tree.of(path).ok_or_else(not_found)?;
        let key = object_key(path).ok_or_else(not_found)?;
        let viewer_origin = ViewerOrigin::of(&viewer, self.config.protocol);
        let url = viewer_origin.url(path);
        let asked = if query.is_empty() { url.clone() } else { format!("{url}?{query}") };
        let playlist_url = Url::parse(&asked).map_err(|_| not_found())?;
        let now = (self.clock)();
        let authority = self.authority(&viewer, &url, now, record).await?;
        // The function knows nothing of the viewer's signature, so it signs nothing.
        let style = if authority.is_some() { style } else { Style::Plain };
        let (asker, has_copy) = (Asker::new(viewer_address(&event.headers)), viewer.policy_copy.is_some());
        let (path, own_resource) = (path.to_owned(), viewer_origin.url(own_pattern.as_str()));
        Ok(Asked {
            style,
            path,
            key,
            viewer_origin,
            own_resource,
            playlist_url,
            now,
            authority,
            has_copy,
            asker,
        })
    }

    async fn authority(
        &self,
        viewer: &Viewer,
        url: &str,
        now: UnixTime,
        record: &mut Record,
    ) -> Result<Option<Authority>, Problem> {
        let policy = match (&viewer.policy, &viewer.policy_copy) {
            (Some(policy), _) => Some(policy.clone()),
            (None, Some(copy)) => self.admitted_copy(copy, url, now, record).await?,
            (None, None) => None,
        };
        let authority = policy.map(|policy| Authority::new(&policy, url, now)).transpose();
        authority.map_err(|refusal| {
            let problem_type = match refusal {
                NotAuthorized::Ended => ProblemType::PolicyEnded,
                _ => ProblemType::PolicyOtherPath,
            };
            Problem::new(problem_type, refusal.to_string())
        })
    }

    /// The policy of a copy, if CloudFront would admit the original at this URL; otherwise `None`.
    async fn admitted_copy(
        &self,
        copy: &str,
        url: &str,
        now: UnixTime,
        record: &mut Record,
    ) -> Result<Option<ViewerPolicy>, Problem> {
        let verifier = self.grants.verifier().await.map_err(|error| Problem::from(&error))?;
        let policy = policy_of_copy(copy, url, &verifier, now);
        if let Err(code) = &policy {
            record.error =
                Some(format!("the copy of the policy in the URL is not admitted: {}", code.as_str()));
        }
        Ok(policy.ok())
    }

    /// For how many seconds CloudFront may keep an answer: no longer than its signatures last. An answer without
    /// signatures, because the copy of the policy was not admitted, is not kept: the key that signed the copy may be
    /// readable again soon.
    pub(crate) fn kept(&self, info: PlaylistInfo, asked: &Asked) -> u64 {
        if asked.has_copy && asked.authority.is_none() {
            return 0;
        }
        let seconds = shared_seconds(info, self.config.signing.expiry_bucket);
        let signed = asked.authority.as_ref().filter(|_| asked.style != Style::Plain);
        let end = signed.map(|authority| self.grants.expiry(authority.expires(), asked.now));
        end.map_or(seconds, |end| seconds.min(end.seconds().saturating_sub(asked.now.seconds())))
    }

    async fn fetch(&self, key: &str, record: &mut Record) -> Result<StoredObject, Problem> {
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

/// The address that CloudFront saw, without its port.
fn viewer_address(headers: &HeaderMap) -> &str {
    let address = headers.get("cloudfront-viewer-address").and_then(|value| value.to_str().ok());
    address.and_then(|address| address.rsplit_once(':')).map(|(address, _)| address).unwrap_or_default()
}

impl Asked {
    /// The viewer's own host.
    pub(crate) fn host(&self, tree: &AssetTree) -> Host {
        Host {
            written: self.viewer_origin.to_string(),
            origin: self.playlist_url.origin().ascii_serialization(),
            tree: tree.clone(),
        }
    }

    /// `None` if S3 sent no `ETag`.
    pub(crate) fn etag(&self, object: &StoredObject, grants: &[Arc<Grant>]) -> Option<ETag> {
        let ingredients = Ingredients {
            source: object.etag.as_deref()?,
            viewer_origin: &self.viewer_origin.to_string(),
            path: &self.path,
            style: self.style,
            grants,
        };
        ingredients.etag()
    }
}

/// The playlist, or 304 if the player already has it.
pub(crate) fn answer(
    headers: HeaderMap,
    event: &LambdaFunctionUrlRequest,
    content: impl FnOnce() -> Content,
) -> Answer {
    if is_known(&event.headers, headers.typed_get().as_ref()) {
        return Answer { headers, ..Answer::empty(StatusCode::NOT_MODIFIED) };
    }
    Answer { status: StatusCode::OK, headers, content: content() }
}

/// The headers of a playlist or document, and of a 304. The content type is in the 304 too: a cache updates its
/// headers from it, and otherwise the Lambda runtime would set application/octet-stream.
pub(crate) fn headers(content_type: &str, etag: Option<ETag>, shared_seconds: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let content_type = HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static(JSON));
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, cache_control(shared_seconds));
    if let Some(etag) = etag {
        headers.typed_insert(etag);
    }
    headers
}

/// Whether a path may hold a document. An error page in place of a manifest must not be returned as one.
fn is_document(path: &str, content_type: &str) -> bool {
    let is_named = |wanted: &str| {
        path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case(wanted))
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = [DocumentKind::AssetList, DocumentKind::SteeringManifest].map(DocumentKind::content_type);
    let is_json = known.contains(&media_type.as_str()) || media_type.ends_with("+json");
    !MANIFESTS.iter().any(|extension| is_named(extension)) && (is_json || is_named("json"))
}

/// What the object at a path should be.
fn expected(path: &str) -> &'static str {
    if path.ends_with(".mpd") {
        "the object at this path is not an MPD: its first element is not MPD"
    } else if path.ends_with(".vtt") {
        "the object at this path is not WebVTT: it does not start with WEBVTT"
    } else {
        "the object at this path is not a playlist: it does not start with #EXTM3U"
    }
}

pub(crate) fn check_count(required: &[RequiredGrant]) -> Result<(), Problem> {
    if required.len() <= LIMIT {
        return Ok(());
    }
    Err(Problem::new(
        ProblemType::TooManyAssets,
        format!(
            "the playlist refers to more than {LIMIT} assets, each with a signature of its own: keep an asset in one \
             folder, or set SCOPE_DEPTH to 0"
        ),
    ))
}

fn explain(error: &SourceError) -> Problem {
    let (problem_type, detail) = match error {
        SourceError::Damaged => (
            ProblemType::PlaylistDamaged,
            "the playlist in the bucket is stored as gzip and is truncated or damaged".to_owned(),
        ),
        SourceError::Encoding(_) => (
            ProblemType::UnsupportedEncoding,
            "the playlist in the bucket is stored with a Content-Encoding other than gzip, which is not read"
                .to_owned(),
        ),
        SourceError::Forbidden => {
            (ProblemType::NotReadable, "the bucket does not give out this playlist".to_owned())
        }
        SourceError::NotFound => (ProblemType::NotFound, "there is no playlist at this path".to_owned()),
        SourceError::TimedOut { waited } => (
            ProblemType::BucketUnavailable,
            format!("the bucket did not give out the whole playlist within {waited:?}: try again soon"),
        ),
        SourceError::TooLarge { limit } => {
            (ProblemType::PlaylistTooLarge, format!("the playlist in the bucket has more than {limit} bytes"))
        }
        SourceError::Unavailable(_) => (
            ProblemType::BucketUnavailable,
            "the bucket cannot be read for the moment: try again soon".to_owned(),
        ),
    };
    Problem::new(problem_type, detail)
}

pub(crate) const PLAYLIST: &str = "application/vnd.apple.mpegurl";
/// How many signatures a playlist may need.
const LIMIT: usize = 32;

const JSON: &str = "application/json";

/// The extensions of manifests: what has one of these and is no manifest is refused.
const MANIFESTS: [&str; 4] = ["m3u8", "m3u", "mpd", "vtt"];
