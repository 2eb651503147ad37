//! The deployment, and how it is asked.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use cloudfront_signing::UnixTime;
use http::{HeaderName, HeaderValue, Method, header};
use url::Url;
use usher_runtime::{Clock, ProblemType, is_loopback};

use super::{
    CheckError, Options, Question, Report,
    answer::{Answer, Refusal, Source, printable},
    report::{Probe, Problems},
};

/// Where the questions go.
pub(super) struct Deployment<'a> {
    pub(super) options: &'a Options,
    client: reqwest::Client,
    clock: &'a Clock,
    /// How far the deployment's clock is ahead of ours, in seconds.
    ahead: Cell<i64>,
    /// `https://host`, as a browser writes an origin.
    base: String,
    /// The answers below `/auth/`, all of which are judged for being kept by nobody.
    auth_answers: RefCell<Vec<(&'static str, Answer)>>,
    /// A path behind which a function was not told the viewer's host.
    without_viewer_host: RefCell<Option<String>>,
}

/// One question.
#[derive(Clone)]
pub(super) struct Ask {
    method: Method,
    url: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<String>,
    limit: usize,
    patience: Duration,
}

impl<'a> Deployment<'a> {
    pub(super) fn open(
        options: &'a Options,
        client: reqwest::ClientBuilder,
        clock: &'a Clock,
    ) -> Result<Self, CheckError> {
        let url = &options.url;
        let is_origin = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_origin {
            let mut shown = url.clone();
            // Somebody may have written a password into it.
            let _ = shown.set_password(None);
            return Err(CheckError::NotAnOrigin(shown));
        }
        if options.credential.is_some() && url.scheme() == "http" && !is_on_this_machine(url) {
            return Err(CheckError::Plaintext(url.clone()));
        }
        let client = client
            // A redirect is an answer, too.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("usher-check")
            .build()
            .map_err(CheckError::Client)?;
        let base = url.origin().ascii_serialization();
        Ok(Self {
            options,
            client,
            clock,
            ahead: Cell::new(0),
            base,
            auth_answers: RefCell::default(),
            without_viewer_host: RefCell::default(),
        })
    }

    /// Protocol, host and port, as a policy names them.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn host(&self) -> &str {
        self.options.url.host_str().unwrap_or_default()
    }

    pub(super) fn playlist(&self) -> &str {
        &self.options.playlist
    }

    /// The playlist as it lies in the bucket, without what chooses its style.
    pub(super) fn playlist_path(&self) -> &str {
        self.playlist().split('?').next().unwrap_or_default()
    }

    /// Whether it is on this machine and without TLS, as `usher serve` is.
    pub(super) fn is_local(&self) -> bool {
        self.options.url.scheme() == "http" && is_on_this_machine(&self.options.url)
    }

    /// The URL of a path here.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Whether it leads here.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        url.origin().ascii_serialization() == self.base
    }

    /// The time here.
    pub(super) fn local_time(&self) -> UnixTime {
        (self.clock)()
    }

    /// From now on, times are judged by the deployment's own clock, as CloudFront does.
    pub(super) fn set_ahead(&self, seconds: i64) {
        self.ahead.set(seconds);
    }

    /// The time there.
    pub(super) fn now(&self) -> UnixTime {
        let here = self.local_time();
        here.seconds()
            .checked_add_signed(self.ahead.get())
            .and_then(|there| UnixTime::new(there).ok())
            .unwrap_or(here)
    }

    /// Asks once. The error is one sentence.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Answer, String> {
        let url = Url::parse(&ask.url).map_err(|error| error.to_string())?;
        // As browsers do, and unlike the client: who wants a length answers 411 to a POST without one.
        let needs_length = ask.body.is_none() && matches!(ask.method, Method::POST | Method::DELETE);
        let mut request = self.client.request(ask.method, url.clone()).timeout(ask.patience);
        if needs_length {
            request = request.header(header::CONTENT_LENGTH, 0);
        }
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        if let Some(body) = ask.body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        }
        let no_answer = |error| no_answer(&error, ask.patience);
        let mut response = request.send().await.map_err(no_answer)?;
        let mut body = BytesMut::new();
        while body.len() < ask.limit
            && let Some(chunk) = response.chunk().await.map_err(no_answer)?
        {
            body.extend_from_slice(&chunk);
        }
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let answer = Answer { url, status, headers, body: Bytes::from(body) };
        if self.is_own(&answer.url) && answer.problem_type() == Some(ProblemType::NoViewerHost) {
            let path = printable(answer.url.path());
            self.without_viewer_host.borrow_mut().get_or_insert(path);
        }
        Ok(answer)
    }

    /// A path behind which a function was not told the viewer's host, if there is one.
    pub(super) fn without_viewer_host(&self) -> Option<String> {
        self.without_viewer_host.borrow().clone()
    }

    /// Asks below `/auth/`, and remembers the answer.
    pub(super) async fn ask_auth(&self, name: &'static str, ask: Ask) -> Result<Answer, String> {
        let answer = self.ask(ask).await?;
        self.auth_answers.borrow_mut().push((name, answer.clone()));
        Ok(answer)
    }

    /// What opens cookies for one viewer must not be kept for the next.
    pub(super) fn judge_auth_answers(&self, report: &mut Report) {
        let mut problems = Problems::default();
        let answers = self.auth_answers.borrow();
        let of_function = |answer: &Answer| {
            answer.status.is_success() || matches!(answer.refusal(), Refusal::Function { .. })
        };
        let answers: Vec<_> = answers.iter().filter(|(_, answer)| of_function(answer)).collect();
        for (name, answer) in &answers {
            if !answer.has_cache_directive("no-store") {
                let value = answer.text(header::CACHE_CONTROL).map_or("none".to_owned(), printable);
                problems.add(format!("Cache-Control of the {name} is {value}"), KEPT);
            }
            if answer.source() == Some(Source::Cache) {
                problems.add(format!("the {name} came out of CloudFront's cache"), CACHED);
            }
        }
        report.note(match answers.len() {
            0 => AUTH_CACHING.unknown("the function behind /auth/ answered nothing"),
            count => AUTH_CACHING.judge(format!("no-store on {count} answers"), &problems),
        });
    }
}

impl Ask {
    pub(super) fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: None,
            limit: BODY_LIMIT,
            patience: PATIENCE,
        }
    }

    pub(super) fn get(url: impl Into<String>) -> Self {
        Self::new(Method::GET, url)
    }

    /// The same with another method.
    pub(super) fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// The same at another URL.
    pub(super) fn at(mut self, url: impl Into<String>) -> Self {
        self.url = url.into();
        self
    }

    /// Waits no longer than this for the whole answer.
    pub(super) fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn text(self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => self.header(name, value),
            Err(_) => self,
        }
    }

    pub(super) fn json(mut self, body: String) -> Self {
        self.body = Some(body);
        self
    }

    /// Media are looked at no further than an error's text would go.
    pub(super) fn beginning(mut self) -> Self {
        self.limit = BEGINNING;
        self
    }
}

fn is_on_this_machine(url: &Url) -> bool {
    url.host().is_some_and(|host| is_loopback(&host))
}

/// Without the URL, in which a signature may stand.
fn no_answer(error: &reqwest::Error, patience: Duration) -> String {
    if error.is_timeout() {
        return format!("no answer within {} seconds", patience.as_secs());
    }
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.last().map_or("the connection broke".to_owned(), |cause| printable(&cause.to_string()))
}

const AUTH_CACHING: Probe =
    Question::Caches.probe("auth caching", "are the answers below /auth/ kept by nobody?");
const KEPT: &str = "nothing between IssueCookiesFunction and the viewer may replace its Cache-Control: look for a \
    response headers policy on the behavior /auth/*, or a proxy";
const CACHED: &str = "the behavior /auth/* needs the cache policy AuthCachePolicy of the template";
const PATIENCE: Duration = Duration::from_secs(15);
/// More than a signed playlist of a whole day has.
pub(super) const BODY_LIMIT: usize = 64 * 1_024 * 1_024;
const BEGINNING: usize = 1_024;
