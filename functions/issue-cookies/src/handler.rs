//! The routes.

use std::sync::Arc;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use cloudfront_signing::{CustomPolicy, Error, ExactUrl, Grant, URL_LIMIT, UnixTime, UrlPattern};
use futures::future::try_join_all;
use hls_rewrite::{Asset, PathPattern, Preview, needs_policy_copy, policy_copy};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use usher_runtime::{
    Asker, Clock, Granted, Grants, KEY_LIMIT, Problem, Viewer, ViewerOrigin, Warming, object_key, warm,
};

use crate::{
    Config, Location, NotEntitled, Subject,
    answer::Answer,
    asked_path::{self, AskedUrl},
    authenticators::Credential,
    entitlement::Facts,
    origin_rule::{self, Authority},
    record::{Issued, Record},
    refusal::Refusal,
    remembered_paths,
};

/// The function: one value per instance, one call per request.
pub struct IssueCookies {
    config: Config,
    grants: Grants,
    clock: Clock,
}

/// An authenticated viewer.
struct Admission {
    /// The origin that the viewer asked.
    origin: ViewerOrigin,
    subject: Subject,
    /// Where CloudFront says that the viewer is.
    location: Location,
    now: UnixTime,
}

impl Admission {
    /// What entitlements can ask about the viewer.
    fn facts(&self) -> Facts<'_> {
        Facts { subject: &self.subject, location: &self.location }
    }
}

impl IssueCookies {
    /// Puts the function together.
    #[must_use]
    pub fn new(config: Config, grants: Grants, clock: Clock) -> Self {
        Self { config, grants, clock }
    }

    /// Has the key sign once and fetches the keys of issuers, before the first request. [`Config::open`] has read the
    /// secrets already. This takes three seconds at most, and does not fail: see [`usher_runtime::warm`].
    pub async fn warm(&self) {
        let key = Warming::new("the signing key", KEY_LIMIT, self.grants.try_key());
        let issuers = self.config.authenticators.warmings((self.clock)());
        warm(issuers.into_iter().chain([key])).await;
    }

    /// Answers one request of the HTTP API (payload format 2.0).
    pub async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        self.handle_with_record(request).await.0
    }

    /// As [`handle`](Self::handle), with what the log says about the request: for `usher serve`, which shows it.
    pub async fn handle_with_record(
        &self,
        request: ApiGatewayV2httpRequest,
    ) -> (ApiGatewayV2httpResponse, Record) {
        self.config.secrets.refresh().await;
        let mut record = Record::default();
        let answer = match self.config.origin_secret.as_ref().map(|secret| secret.check(&request.headers)) {
            None | Some(Ok(())) => self.route(&request, &mut record).await,
            Some(Err(error)) => Err(Refusal::OriginSecret(error)),
        };
        let mut answer = answer.unwrap_or_else(|refusal| {
            let (what, details) = (refusal.what(), refusal.details());
            let problem = Problem::from(refusal);
            record.refused(what, &problem, details);
            problem.into()
        });
        record.write(&request, answer.status);
        answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let origin = request.headers.get(header::ORIGIN);
        answer.headers.extend(self.config.cors.headers(origin));
        (answer.into(), record)
    }

    async fn route(&self, request: &ApiGatewayV2httpRequest, record: &mut Record) -> Result<Answer, Refusal> {
        let path = request.raw_path.as_deref().unwrap_or_default();
        let method = &request.request_context.http.method;
        let allowed = match path {
            "/auth/cookies" => "POST, DELETE",
            "/auth/urls" => "POST",
            _ => return Err(Refusal::UnknownPath),
        };
        // Only this function answers preflights: neither the API nor the distribution has CORS settings.
        if *method == Method::OPTIONS {
            record.done("answered a preflight");
            return Ok(Answer::empty(StatusCode::NO_CONTENT));
        }
        if !allowed.split(", ").any(|name| name == method.as_str()) {
            return Err(Refusal::Method { path: path.to_owned(), allowed });
        }
        if request.body.as_ref().is_some_and(|body| body.len() > BODY_LIMIT) {
            return Err(Refusal::BodyTooLarge { limit: BODY_LIMIT });
        }
        match (path, method) {
            ("/auth/cookies", &Method::DELETE) => self.clear(request, record),
            ("/auth/cookies", _) => self.issue(request, record).await,
            _ => self.sign_url(request, record).await,
        }
    }

    async fn issue(&self, request: &ApiGatewayV2httpRequest, record: &mut Record) -> Result<Answer, Refusal> {
        let admission = self.admit(request, record).await?;
        match asked_path::read_optional(request)? {
            Some(path) => self.issue_for_asset(request, &admission, &path, record).await,
            None => self.issue_for_all(request, &admission, record).await,
        }
    }

    /// Cookies for everything that the viewer may watch.
    async fn issue_for_all(
        &self,
        request: &ApiGatewayV2httpRequest,
        admission: &Admission,
        record: &mut Record,
    ) -> Result<Answer, Refusal> {
        let now = admission.now;
        let paths = self.config.entitlements.resources(admission.facts());
        let paths = paths.map_err(Refusal::NotEntitled)?;
        let attributes = |path: &str| self.config.cookies.attributes(path);
        if paths.len() > SETS_LIMIT {
            return Err(Refusal::NotEntitled(NotEntitled::TooMany));
        }
        let grants = paths.iter().map(|path| self.grant(admission, path.pattern(), self.config.cookie_ttl));
        let grants = try_join_all(grants).await?;
        let mut answer = Answer::json(&issued(&grants, self.expiry(admission, self.config.cookie_ttl), now));
        for (_, grant) in &grants {
            answer.cookies.extend(grant.set_cookies_with(&attributes(grant.cookie_path())));
        }
        if remembered_paths::length(&answer.cookies) > remembered_paths::ROOM {
            return Err(Refusal::NotEntitled(NotEntitled::TooMany));
        }
        let before = remembered_paths::read(request, &self.config.tree);
        remembered_paths::replace(&mut answer.cookies, &paths, before, &self.config.tree, &attributes);
        record.issued(Issued::Cookies);
        for (resource, grant) in &grants {
            record.grant(resource, grant);
        }
        Ok(answer)
    }

    /// Cookies for the asset of `path` alone.
    async fn issue_for_asset(
        &self,
        request: &ApiGatewayV2httpRequest,
        admission: &Admission,
        path: &str,
        record: &mut Record,
    ) -> Result<Answer, Refusal> {
        let Admission { subject, now, .. } = admission;
        let asset = self.entitled_asset(admission, path)?;
        let attributes = |path: &str| self.config.cookies.attributes(path);
        let granted = self.grant(admission, &asset.pattern(), self.config.cookie_ttl).await?;
        let (resource, grant) = &granted;
        let path = match asset {
            Asset::File(path) if !path.contains(';') => path,
            _ => grant.cookie_path(),
        };
        let expires = self.expiry(admission, self.config.cookie_ttl);
        let mut answer = Answer::json(&issued(std::slice::from_ref(&granted), expires, *now));
        answer.cookies.extend(grant.set_cookies_with(&attributes(path)));
        let (before, tree) = (remembered_paths::read(request, &self.config.tree), &self.config.tree);
        remembered_paths::add(&mut answer.cookies, path, subject, before, tree, &attributes);
        record.issued(Issued::Cookies);
        record.grant(resource, grant);
        Ok(answer)
    }

    /// Anybody may have their cookies cleared: this needs no credential.
    fn clear(&self, request: &ApiGatewayV2httpRequest, record: &mut Record) -> Result<Answer, Refusal> {
        let origin = self.origin(request)?;
        self.check_page(request, &origin, Authority::Explicit)?;
        let mut answer = Answer::empty(StatusCode::NO_CONTENT);
        let attributes = |path: &str| self.config.cookies.attributes(path);
        let before = remembered_paths::read(request, &self.config.tree);
        remembered_paths::forget(&mut answer.cookies, before, &self.config.tree, &attributes);
        record.done("cleared cookies");
        Ok(answer)
    }

    async fn sign_url(
        &self,
        request: &ApiGatewayV2httpRequest,
        record: &mut Record,
    ) -> Result<Answer, Refusal> {
        let admission = self.admit(request, record).await?;
        let AskedUrl { path, preview } = asked_path::read_url(request)?;
        // First what nobody can sign, then what this function may not sign.
        let url = ExactUrl::new(admission.origin.url(&path)).map_err(Refusal::Url)?;
        let (preview, resource) = match preview {
            Some(wanted) => {
                let preview = self.entitled_preview(&admission, &path, wanted)?;
                (Some(preview), UrlPattern::new(preview.resource(url.as_str())).map_err(Refusal::Url)?)
            }
            None => (None, self.resource_of_url(&admission, &path)?),
        };
        let grant = self.grant_for(&admission, resource.clone(), self.config.url_ttl).await?;
        let mut signed = match preview {
            // What follows belongs to what the policy covers.
            Some(preview) => format!("{}?{}&{}", url.as_str(), preview.parameter(), grant.query()),
            None => grant.url(&url).map_err(Refusal::Url)?,
        };
        // A copy of the policy, for the function that answers for playlists: CloudFront removes the parameters of the
        // signature.
        if needs_policy_copy(without_query(&path)) {
            signed = format!("{signed}&{}", policy_copy(&grant));
            let length = signed.len();
            if length > URL_LIMIT {
                return Err(Refusal::Url(Error::SignedUrlTooLong { length }));
            }
        }
        record.issued(Issued::Url);
        record.grant(&resource, &grant);
        let expires = grant.policy().date_less_than();
        let mut answer = json!({ "url": signed, "expires_at": expires.seconds() });
        if let (Some(preview), Some(members)) = (preview, answer.as_object_mut()) {
            members.insert("preview_seconds".to_owned(), preview.seconds().into());
        }
        Ok(Answer::json(&answer))
    }

    /// What a URL is signed for: the whole asset, since a player adds parameters to playlist URLs, or the file alone for
    /// a viewer who may only download it.
    fn resource_of_url(&self, admission: &Admission, path: &str) -> Result<UrlPattern, Refusal> {
        let pattern = match self.entitled_asset(admission, path) {
            Ok(asset) => asset.pattern().to_string(),
            Err(Refusal::NotEntitled(refusal)) => {
                // The policy of a playlist would cover what the playlist names. A `?` in a policy is a wildcard.
                let is_file = !needs_policy_copy(path) && !path.contains('?');
                let permitted = self.config.entitlements.permits_download(admission.facts(), path);
                if !is_file || permitted.is_err() {
                    return Err(Refusal::NotEntitled(refusal));
                }
                path.to_owned()
            }
            Err(refusal) => return Err(refusal),
        };
        UrlPattern::new(admission.origin.url(&pattern)).map_err(Refusal::Url)
    }

    /// How much of the playlist at `path` the viewer may watch.
    fn entitled_preview(
        &self,
        admission: &Admission,
        path: &str,
        wanted: Preview,
    ) -> Result<Preview, Refusal> {
        self.asset(path)?;
        if !path.ends_with(".m3u8") || path.contains('?') {
            return Err(Refusal::NoPreview);
        }
        self.config.entitlements.preview(admission.facts(), path, wanted).map_err(Refusal::NotEntitled)
    }

    /// The asset of a path, if the viewer may watch it.
    fn entitled_asset<'p>(&self, admission: &Admission, path: &'p str) -> Result<Asset<'p>, Refusal> {
        let asset = self.asset(path)?;
        let permitted = self.config.entitlements.permits(admission.facts(), without_query(path));
        permitted.map(|()| asset).map_err(Refusal::NotEntitled)
    }

    /// The asset of a path.
    fn asset<'p>(&self, path: &'p str) -> Result<Asset<'p>, Refusal> {
        let path = without_query(path);
        // The playlist function would not answer for such a path, and its dot segments could lead elsewhere.
        let asset = object_key(path).and_then(|_| self.config.tree.asset(path));
        asset.ok_or_else(|| Refusal::OutsideOfScope { root: self.config.tree.root().clone() })
    }

    /// Who the viewer is.
    async fn admit(
        &self,
        request: &ApiGatewayV2httpRequest,
        record: &mut Record,
    ) -> Result<Admission, Refusal> {
        let now = (self.clock)();
        let origin = self.origin(request)?;
        let credential = self.config.authenticators.credential(request);
        let is_ambient = credential.as_ref().is_ok_and(Credential::is_ambient);
        self.check_page(request, &origin, if is_ambient { Authority::Ambient } else { Authority::Explicit })?;
        let credential = credential.map_err(Refusal::Credential)?;
        let subject =
            self.config.authenticators.authenticate(credential, now).await.map_err(Refusal::Credential)?;
        record.viewer(&subject);
        Ok(Admission { origin, subject, location: Location::of(&request.headers), now })
    }

    fn origin(&self, request: &ApiGatewayV2httpRequest) -> Result<ViewerOrigin, Refusal> {
        Viewer::from_headers(&request.headers, &self.config.viewer_host)
            .map(|viewer| ViewerOrigin::of(&viewer, self.config.protocol))
            .map_err(Refusal::Viewer)
    }

    fn check_page(
        &self,
        request: &ApiGatewayV2httpRequest,
        origin: &ViewerOrigin,
        authority: Authority,
    ) -> Result<(), Refusal> {
        origin_rule::check(&request.headers, origin, &self.config.cors, authority).map_err(Refusal::Page)
    }

    /// The grant for a path pattern.
    async fn grant(
        &self,
        admission: &Admission,
        path: &PathPattern,
        ttl: u64,
    ) -> Result<(UrlPattern, Arc<Grant>), Refusal> {
        let resource = UrlPattern::new(admission.origin.url(path.as_str())).map_err(Refusal::Url)?;
        let grant = self.grant_for(admission, resource.clone(), ttl).await?;
        Ok((resource, grant))
    }

    async fn grant_for(
        &self,
        admission: &Admission,
        resource: UrlPattern,
        ttl: u64,
    ) -> Result<Arc<Grant>, Refusal> {
        let policy = CustomPolicy::new(resource, self.expiry(admission, ttl)).map_err(Refusal::Url)?;
        let asker = Asker::new(&admission.subject.id);
        self.grants.grant(policy, asker).await.map(Granted::into_grant).map_err(Refusal::Signing)
    }

    /// When something ends that lasts `ttl` seconds, and no longer than the credential.
    fn expiry(&self, Admission { subject, now, .. }: &Admission, ttl: u64) -> UnixTime {
        self.grants.expiry(now.plus(ttl).min(subject.expires), *now)
    }
}

fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

/// The body that tells a page what it has, and when to ask again.
fn issued(grants: &[(UrlPattern, Arc<Grant>)], expires: UnixTime, now: UnixTime) -> Value {
    let resources: Vec<&str> = grants.iter().map(|(resource, _)| resource.as_str()).collect();
    let refresh_after = now.plus((expires.seconds() - now.seconds()) * 4 / 5);
    let mut body = json!({
        "resource": resources.first(),
        "expires_at": expires.seconds(),
        "refresh_after": refresh_after.seconds(),
    });
    if let (2.., Some(members)) = (resources.len(), body.as_object_mut()) {
        members.insert("resources".to_owned(), json!(resources));
    }
    body
}

/// A body is a path in JSON; a token is in a header.
const BODY_LIMIT: usize = 8 * 1_024;
/// A set takes 700 bytes at least, so more cannot fit.
const SETS_LIMIT: usize = 12;
