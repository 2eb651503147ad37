//! When the parameters in a playlist expire.

use cloudfront_signing::UnixTime;
use http::StatusCode;
use usher_runtime::{Problem, Viewer};

use crate::{Config, Lifetimes, Need, ParameterLife, Survey};

/// The expiry times of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expiry {
    lifetimes: Lifetimes,
    now: UnixTime,
    /// Not after this.
    latest: Option<UnixTime>,
}

impl Expiry {
    /// Refuses a viewer whose credential bounds the parameters, and is not known to end.
    pub(crate) fn new(config: &Config, viewer: &Viewer, now: UnixTime) -> Result<Self, Problem> {
        let latest = match (config.parameter_life, viewer.expires) {
            (ParameterLife::Programme, _) => None,
            (ParameterLife::Credential, Some(expires)) => Some(expires),
            (ParameterLife::Credential, None) => {
                return Err(Problem::new(StatusCode::FORBIDDEN, ENDLESS));
            }
        };
        let lifetimes = Lifetimes {
            session: config.url_ttl,
            pause_margin: config.pause_margin,
            bucket: config.signing.expiry_bucket,
        };
        Ok(Self { lifetimes, now, latest })
    }

    /// The end of the expiry bucket in which the life of a need ends.
    pub(crate) fn of(&self, need: &Need, survey: &Survey) -> UnixTime {
        let end = self.earliest(need, survey).rounded_up(self.lifetimes.bucket);
        self.latest.map_or(end, |latest| end.min(latest))
    }

    /// For how many seconds the same request gets the same parameters; `None` for a playlist that may change,
    /// or has none.
    pub(crate) fn unchanged_seconds(&self, survey: &Survey) -> Option<u64> {
        let left = |need: &Need| {
            self.of(need, survey).seconds().saturating_sub(self.earliest(need, survey).seconds())
        };
        survey.needs.iter().map(left).min().filter(|_| survey.facts.ended)
    }

    /// The number that pathway clones are renewed by: it changes twice in a life, so that whoever asks in time
    /// gets parameters that last, and players do not load their playlists again with each bucket.
    pub(crate) fn generation(&self, survey: &Survey) -> u64 {
        let expires = survey.needs.iter().map(|need| self.of(need, survey).seconds()).min();
        expires.unwrap_or_default() / (self.lifetimes.session / 2).max(1)
    }

    fn earliest(&self, need: &Need, survey: &Survey) -> UnixTime {
        self.now.plus(self.lifetimes.seconds(need.life, &survey.facts))
    }
}

const ENDLESS: &str = "the request does not tell until when its viewer is admitted, and what it asks for must not \
     outlive that";
