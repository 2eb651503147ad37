//! Canned and custom policies, in the exact bytes that are signed.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html>

#[cfg(feature = "rtmp")]
use crate::StreamUrl;
use crate::{Error, ExactUrl, IpRange, Resource, UnixTime};

/// A canned policy: one exact URL until one time. It is never sent; CloudFront rebuilds it from the request.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CannedPolicy {
    pub(crate) resource: String,
    pub(crate) date_less_than: UnixTime,
}

impl CannedPolicy {
    /// Admits `url` before `date_less_than`.
    #[must_use]
    pub fn new(url: &ExactUrl, date_less_than: UnixTime) -> Self {
        Self { resource: url.as_str().to_owned(), date_less_than }
    }

    /// Admits one RTMP stream before `date_less_than`.
    #[cfg(feature = "rtmp")]
    #[must_use]
    pub fn for_stream(stream: &StreamUrl, date_less_than: UnixTime) -> Self {
        Self { resource: stream.name().to_owned(), date_less_than }
    }
}

/// A custom policy: a resource, which may be a pattern, a time window, and an IPv4 range.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CustomPolicy {
    resource: Resource,
    date_less_than: UnixTime,
    date_greater_than: Option<UnixTime>,
    ip_address: Option<IpRange>,
}

impl CustomPolicy {
    /// Admits requests that `resource` covers before `date_less_than`.
    ///
    /// # Errors
    /// [`Error::PolicyTooLong`] where the policy would not fit the 4,096 bytes that KMS signs.
    pub fn new(resource: impl Into<Resource>, date_less_than: UnixTime) -> Result<Self, Error> {
        let policy =
            Self { resource: resource.into(), date_less_than, date_greater_than: None, ip_address: None };
        // The optional members add at most 111 bytes.
        let length = policy.to_json().len() + 111;
        if length > POLICY_LIMIT {
            return Err(Error::PolicyTooLong { length });
        }
        Ok(policy)
    }

    /// Rejects requests before the second **after** `opens`: `DateGreaterThan` is exclusive.
    ///
    /// # Errors
    /// [`Error::EmptyWindow`] where no second is left.
    pub fn date_greater_than(mut self, opens: UnixTime) -> Result<Self, Error> {
        if opens.plus(1) >= self.date_less_than {
            return Err(Error::EmptyWindow { opens, closes: self.date_less_than });
        }
        self.date_greater_than = Some(opens);
        Ok(self)
    }

    /// Admits viewers from this range only. CloudFront compares IPv4 addresses only: a distribution with
    /// IPv6 enabled rejects viewers that use IPv6.
    #[must_use]
    pub fn ip_address(mut self, range: IpRange) -> Self {
        self.ip_address = Some(range);
        self
    }

    /// The resource that this policy covers.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    fn to_json(&self) -> String {
        // Members in botocore's order. No escape is needed: a resource holds no quotation mark, no
        // backslash, no control character and nothing outside ASCII.
        let mut json = format!(
            r#"{{"Statement":[{{"Resource":"{}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{}}}"#,
            self.resource.as_str(),
            self.date_less_than.seconds(),
        );
        if let Some(range) = self.ip_address {
            json.push_str(&format!(r#","IpAddress":{{"AWS:SourceIp":"{range}"}}"#));
        }
        if let Some(opens) = self.date_greater_than {
            json.push_str(&format!(r#","DateGreaterThan":{{"AWS:EpochTime":{}}}"#, opens.seconds()));
        }
        json.push_str("}}]}");
        json
    }
}

/// What is signed: a canned or a custom policy.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Policy {
    /// Rebuilt by CloudFront from the request.
    Canned(CannedPolicy),
    /// Sent with the request.
    Custom(CustomPolicy),
}

impl Policy {
    /// The bytes that are signed.
    #[must_use]
    pub fn to_json(&self) -> String {
        match self {
            Self::Canned(policy) => canned_json(&policy.resource, policy.date_less_than.seconds()),
            Self::Custom(policy) => policy.to_json(),
        }
    }

    /// When the grant ends.
    #[must_use]
    pub fn date_less_than(&self) -> UnixTime {
        match self {
            Self::Canned(policy) => policy.date_less_than,
            Self::Custom(policy) => policy.date_less_than,
        }
    }
}

impl From<CannedPolicy> for Policy {
    fn from(policy: CannedPolicy) -> Self {
        Self::Canned(policy)
    }
}

impl From<CustomPolicy> for Policy {
    fn from(policy: CustomPolicy) -> Self {
        Self::Custom(policy)
    }
}

/// The canned policy's bytes.
fn canned_json(resource: &str, expires: u64) -> String {
    format!(
        r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}"#
    )
}

/// KMS signs at most this many bytes with `MessageType=RAW`; CloudFront documents no limit.
pub(crate) const POLICY_LIMIT: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UrlPattern;

    fn time(seconds: u64) -> UnixTime {
        UnixTime::new(seconds).expect("a time in seconds")
    }

    #[test]
    fn a_canned_policy_has_the_documented_bytes() {
        let url = ExactUrl::new("https://h/a?x=1").expect("a URL");
        assert_eq!(
            Policy::from(CannedPolicy::new(&url, time(1_767_290_400))).to_json(),
            r#"{"Statement":[{"Resource":"https://h/a?x=1","Condition":{"DateLessThan":{"AWS:EpochTime":1767290400}}}]}"#
        );
    }

    #[test]
    fn a_custom_policy_has_botocores_order() {
        let policy = CustomPolicy::new(UrlPattern::new("https://h/*").expect("a pattern"), time(20))
            .and_then(|policy| policy.date_greater_than(time(10)))
            .expect("a policy")
            .ip_address("192.0.2.7".parse().expect("an address"));
        assert_eq!(
            Policy::from(policy).to_json(),
            concat!(
                r#"{"Statement":[{"Resource":"https://h/*","Condition":{"DateLessThan":{"AWS:EpochTime":20},"#,
                r#""IpAddress":{"AWS:SourceIp":"192.0.2.7/32"},"DateGreaterThan":{"AWS:EpochTime":10}}}]}"#
            )
        );
    }

    #[test]
    fn an_empty_window_and_a_foreign_address_are_refused() {
        let policy = CustomPolicy::new(UrlPattern::new("https://h/*").expect("a pattern"), time(20))
            .expect("a policy");
        assert_eq!(
            policy.clone().date_greater_than(time(19)),
            Err(Error::EmptyWindow { opens: time(19), closes: time(20) })
        );
        for text in ["::1", "2001:db8::/32", "192.0.2.0/33", "viewer", "192.168.0.0/24\",\"x\":\"0.0.0.0/0"] {
            assert_eq!(text.parse::<IpRange>(), Err(Error::IpAddress(text.to_owned())));
        }
    }

    #[test]
    fn a_policy_that_kms_would_not_sign_is_refused() {
        let long = UrlPattern::new(format!("https://h/{}*", "a".repeat(4_000))).expect("a pattern");
        assert_eq!(CustomPolicy::new(long, time(20)), Err(Error::PolicyTooLong { length: 4_203 }));
    }
}
