//! A request as the inspector and the terminal show it. It contains no signature, no token and no cookie's value.

use std::collections::BTreeMap;

use axum::body::Body;
use cloudfront_signing::{Admitted, Check, Denial, ReceivedPolicy, SignatureLocation, UnixTime};
use http::{HeaderMap, Response, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{
    reason_of, shown,
    told::{Issued, Playlist, Told},
};
use crate::handler::WHY;

/// One request.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Record {
    /// Counted from 1.
    pub number: u64,
    /// When it came, in ISO 8601.
    pub time: String,
    /// Its method.
    pub method: String,
    /// Its path and query, without secrets.
    pub target: String,
    /// The headers on which the answer may depend, with placeholders for secrets.
    pub headers: Vec<(String, String)>,
    /// The path in its body, for `/auth/*`.
    pub asked: Option<String>,
    /// The asset of the path, as a path pattern.
    pub asset: Option<String>,
    /// The path pattern of its cache behavior; `None` if it is not one for the distribution.
    pub behavior: Option<String>,
    /// The origin of the behavior.
    pub origin: &'static str,
    /// Whether the behavior requires a signature.
    pub restricted: bool,
    /// Where the signature is: `cookies` or `url`.
    pub credential: Option<&'static str>,
    /// `admitted` by its signature, `issued` with one, `refused`, or `open`.
    pub verdict: &'static str,
    /// Who refused it: `edge`, `viewer-request`, or an origin.
    pub refused_by: Option<&'static str>,
    /// CloudFront's code.
    pub code: Option<&'static str>,
    /// CloudFront's message.
    pub message: Option<&'static str>,
    /// The type of the problem, as a URI.
    pub problem: Option<String>,
    /// Why it was refused, as the log says it.
    pub reason: Option<String>,
    /// The viewer who signed in; or, for a signature, those to whom one with its policy was issued.
    pub viewers: Vec<String>,
    /// What verified the viewer.
    pub authenticator: Option<&'static str>,
    /// What the bearer token says about itself, for `/auth/*`. Nobody has verified it.
    pub token: Option<BTreeMap<&'static str, Value>>,
    /// Whose viewers may sign in, if this one may not.
    pub accepted: Vec<String>,
    /// What the viewer received.
    pub issued: Option<Issued>,
    /// How the function returned the playlist. An answer from the cache has none.
    pub playlist: Option<Playlist>,
    /// The policy that was verified, or was to be.
    pub policy: Option<PolicyRecord>,
    /// What the edge checked, in this order.
    pub checks: Vec<CheckRecord>,
    /// The key that the request names.
    pub key_pair_id: Option<String>,
    /// `hit`, `miss` or `refreshed`; `None` where nothing is cached.
    pub cache: Option<&'static str>,
    /// The status of the answer.
    pub status: u16,
    /// The length of the answer.
    pub bytes: Option<u64>,
    /// How long it took.
    pub milliseconds: f64,
}

/// What a policy says.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct PolicyRecord {
    /// What it covers.
    pub resource: Option<String>,
    /// `DateLessThan`
    pub expires_at: u64,
    /// `DateGreaterThan`
    pub not_before: Option<u64>,
    /// `IpAddress`
    pub ip_address: Option<String>,
    /// Whether its signature is valid. If not, anybody may have written it.
    pub is_signed: bool,
}

/// One check, as `usher explain` prints it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CheckRecord {
    /// What was asked.
    pub question: &'static str,
    /// Whether the request passed.
    pub passed: bool,
}

impl Record {
    pub(crate) fn new(method: &str, target: &str, headers: &HeaderMap, now: UnixTime) -> Self {
        let time = i64::try_from(now.seconds()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        Self {
            time: time.map(|time| time.to_string()).unwrap_or_default(),
            method: method.to_owned(),
            target: shown::without_secrets(target),
            headers: shown::headers(headers),
            origin: "usher",
            verdict: "open",
            ..Self::default()
        }
    }

    pub(crate) fn admitted(&mut self, admitted: &Admitted) {
        self.verdict = "admitted";
        self.credential = Some(name(admitted.signature_location));
        self.key_pair_id = Some(admitted.key_pair_id.to_string());
        self.policy = Some(policy_record(&admitted.policy, true));
        self.checks = checks(None);
    }

    /// `who` refuses the request for another reason than its signature.
    pub(crate) fn rejected(&mut self, who: &'static str, reason: &str) {
        (self.verdict, self.refused_by) = ("refused", Some(who));
        self.reason = Some(reason.to_owned());
    }

    pub(crate) fn refused(&mut self, denial: &Denial) {
        self.rejected("edge", &reason_of(denial));
        self.credential = denial.signature_location.map(name);
        self.code = Some(denial.code().as_str());
        self.message = Some(denial.code().message());
        self.key_pair_id.clone_from(&denial.key_pair_id);
        let is_signed = denial.reason.check() > Check::Signature;
        self.policy = denial.policy.as_ref().map(|policy| policy_record(policy, is_signed));
        self.checks = checks(Some(denial.reason.check()));
    }

    /// The request is one to sign in.
    pub(crate) fn signs_in(&mut self, headers: &HeaderMap) {
        self.token = shown::token_claims(headers);
    }

    /// What the origin made of the request. An error is a refusal, unless it is one of a web site, whose business it is.
    pub(crate) fn answered(&mut self, told: Option<Told>, response: &Response<Body>) {
        let told = told.unwrap_or_default();
        self.viewers = told.viewer.into_iter().collect();
        self.authenticator = told.authenticator;
        (self.asked, self.issued, self.playlist) = (told.asked, told.issued, told.playlist);
        let status = response.status();
        if self.issued.is_some() {
            self.verdict = "issued";
        }
        if (status.is_client_error() || status.is_server_error()) && self.origin != WEBSITE {
            let why = response.headers().get(WHY).and_then(|why| why.to_str().ok());
            let reason = told.reason.as_deref().or(why).or(status.canonical_reason());
            self.rejected(self.origin, reason.unwrap_or_default());
            self.problem = told.problem;
        }
    }

    /// The response as it leaves.
    pub(crate) fn left(&mut self, response: &Response<Body>, milliseconds: f64) {
        self.status = response.status().as_u16();
        let length = response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        self.bytes = length.and_then(|length| length.parse().ok());
        self.milliseconds = milliseconds;
    }

    /// Whether nobody vouches for the viewer, so that it helps to know who could.
    pub(crate) fn is_unknown_viewer(&self, response: &Response<Body>) -> bool {
        self.origin == ISSUE_COOKIES && response.status() == StatusCode::UNAUTHORIZED
    }

    /// The path of the video: the one in the body, or the request's own.
    pub(crate) fn video<'r>(&'r self, path: &'r str) -> &'r str {
        self.asked.as_deref().unwrap_or(path).split('?').next().unwrap_or_default()
    }
}

fn checks(refused: Option<Check>) -> Vec<CheckRecord> {
    Check::made(refused).map(|(check, passed)| CheckRecord { question: check.question(), passed }).collect()
}

fn name(location: SignatureLocation) -> &'static str {
    match location {
        SignatureLocation::Cookies => "cookies",
        SignatureLocation::Url => "url",
    }
}

fn policy_record(policy: &ReceivedPolicy, is_signed: bool) -> PolicyRecord {
    PolicyRecord {
        resource: policy.resource.clone(),
        expires_at: policy.date_less_than.seconds(),
        not_before: policy.date_greater_than.map(UnixTime::seconds),
        ip_address: policy.ip_address.map(|range| range.to_string()),
        is_signed,
    }
}

/// Names of [`Target`](crate::distribution::Target).
const ISSUE_COOKIES: &str = "issue-cookies";
const WEBSITE: &str = "website";
