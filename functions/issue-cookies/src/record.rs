//! The log of a request: one line when its answer is ready, at level ERROR for a 5xx. It never contains a credential or
//! a signature. In AWS, this record is in the log only; the inspector of `usher serve` shows it, too.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use cloudfront_signing::{Grant, UrlPattern};
use http::StatusCode;
use serde_json::Value;
use usher_runtime::{Problem, ProblemType};

use crate::Subject;

/// What the function knows of a request.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Record {
    /// What the function did, in the words of the log.
    done: &'static str,
    /// What the viewer received, if the request is admitted.
    pub issued: Option<Issued>,
    /// The viewer.
    pub subject: Option<String>,
    /// Who vouches for the viewer.
    pub issuer: Option<String>,
    /// What verified the credential.
    pub authenticator: Option<&'static str>,
    /// What the answer admits to.
    pub resources: Vec<String>,
    /// Until when the answer admits to it, in Unix seconds.
    pub expires: Option<u64>,
    /// The key that signed.
    pub key_pair_id: Option<String>,
    /// What kind of problem the answer is.
    pub problem_type: Option<ProblemType>,
    /// Why the request is refused, as the viewer receives it. The log does not repeat it.
    pub detail: Option<String>,
    /// Why the request is refused, in more detail than the viewer receives.
    pub error: Option<String>,
}

/// What a viewer plays with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Issued {
    /// Signed cookies.
    Cookies,
    /// A signed URL.
    Url,
}

/// An event whose level is known only at run time; `tracing` requires a constant.
macro_rules! event_at {
    ($is_error:expr, $($event:tt)*) => {
        if $is_error { tracing::error!($($event)*) } else { tracing::info!($($event)*) }
    };
}

impl Record {
    /// Notes who the viewer is.
    pub(crate) fn viewer(&mut self, subject: &Subject) {
        self.subject = Some(subject.id.clone());
        self.issuer = subject.claims.get("iss").and_then(Value::as_str).map(str::to_owned);
        self.authenticator = Some(subject.authenticator);
    }

    /// Notes what the function did.
    pub(crate) fn done(&mut self, done: &'static str) {
        self.done = done;
    }

    /// Notes what the viewer receives.
    pub(crate) fn issued(&mut self, issued: Issued) {
        self.issued = Some(issued);
        self.done(match issued {
            Issued::Cookies => "issued cookies",
            Issued::Url => "signed a URL",
        });
    }

    /// Notes a grant that is a part of the answer.
    pub(crate) fn grant(&mut self, resource: &UrlPattern, grant: &Grant) {
        self.resources.push(resource.to_string());
        self.expires = Some(grant.policy().date_less_than().seconds());
        self.key_pair_id = Some(grant.key_pair_id().to_string());
    }

    /// Notes why the request is refused.
    pub(crate) fn refused(&mut self, what: &'static str, problem: &Problem, error: Option<String>) {
        (self.done, self.problem_type, self.error) = (what, Some(problem.problem_type), error);
        self.detail = Some(problem.detail.clone());
    }

    /// Writes the line. The path is written as quoted text, so that a line end in it stays inside the quotes.
    pub(crate) fn write(&self, request: &ApiGatewayV2httpRequest, status: StatusCode) {
        let resources = (!self.resources.is_empty()).then(|| self.resources.join(" "));
        event_at!(
            status.is_server_error(),
            method = request.request_context.http.method.as_str(),
            path = request.raw_path,
            status = status.as_u16(),
            problem = self.problem_type.map(ProblemType::name),
            subject = self.subject,
            iss = self.issuer,
            authenticator = self.authenticator,
            resources,
            expires = self.expires,
            key_pair_id = self.key_pair_id,
            error = self.error,
            "{}",
            self.done
        );
    }
}
