//! The policy that a viewer holds: it is signed and not encrypted, so it can be read without any key.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cloudfront_signing::{Resource, UnixTime, UrlPattern, without_reserved_parameters};
use serde_json::Value;

/// What a policy says of where and until when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct HeldPolicy {
    pub(super) resource: String,
    pub(super) expires: UnixTime,
}

impl HeldPolicy {
    /// Reads the value of `Policy` or `CloudFront-Policy`.
    pub(super) fn read(value: &str) -> Option<Self> {
        // CloudFront's alphabet for URLs.
        let base64 = value.replace('-', "+").replace('_', "=").replace('~', "/");
        let policy: Value = serde_json::from_slice(&STANDARD.decode(base64).ok()?).ok()?;
        let statement = policy.get("Statement")?.get(0)?;
        let expires = statement.get("Condition")?.get("DateLessThan")?.get("AWS:EpochTime")?.as_u64()?;
        Some(Self {
            resource: statement.get("Resource")?.as_str()?.to_owned(),
            expires: UnixTime::new(expires).ok()?,
        })
    }

    /// The policy of a signed URL.
    pub(super) fn of_url(url: &url::Url) -> Option<Self> {
        let value = |name| url.query()?.split('&').find_map(|pair| pair.strip_prefix(name));
        if let Some(policy) = value("Policy=") {
            return Self::read(policy);
        }
        // A canned policy is not written down.
        let expires = value("Expires=")?.parse().ok()?;
        let resource = without_reserved_parameters(url.as_str());
        Some(Self { resource, expires: UnixTime::new(expires).ok()? })
    }

    /// Whether it opens this URL, which carries no parameters of CloudFront's.
    pub(super) fn covers(&self, url: &str) -> bool {
        UrlPattern::new(&self.resource).is_ok_and(|pattern| Resource::from(pattern).covers(url))
    }

    /// Whether `resource` covers everything that this policy does.
    pub(super) fn is_within(&self, resource: &str) -> bool {
        UrlPattern::new(&self.resource).is_ok_and(|pattern| pattern.is_within(resource))
    }

    /// Whether it is for this protocol and host and no other.
    pub(super) fn is_for(&self, base: &str) -> bool {
        self.resource.strip_prefix(base).is_some_and(|path| path.starts_with('/'))
    }

    pub(super) fn minutes_from(&self, now: UnixTime) -> u64 {
        self.expires.seconds().saturating_sub(now.seconds()) / 60
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_in_cloudfronts_alphabet() {
        let json = r#"{"Statement":[{"Resource":"https://h/video/*","Condition":{"DateLessThan":{"AWS:EpochTime":1790000000}}}]}"#;
        let value = STANDARD.encode(json).replace('+', "-").replace('=', "_").replace('/', "~");
        let policy = HeldPolicy::read(&value).expect("a policy");
        assert_eq!(policy.resource, "https://h/video/*");
        assert_eq!(policy.expires.seconds(), 1_790_000_000);
        for (url, covered) in
            [("https://h/video/m/s.ts", true), ("https://i/video/s.ts", false), ("https://h/x", false)]
        {
            assert_eq!(policy.covers(url), covered, "{url}");
        }
        for (resource, is_within) in [
            ("https://h/video/*", true),
            ("https://h/*", true),
            ("*", true),
            ("https://h/video/m/*", false),
            ("https://i/video/*", false),
        ] {
            assert_eq!(policy.is_within(resource), is_within, "{resource}");
        }
        for (base, is_for) in
            [("https://h", true), ("http://h", false), ("https://h2", false), ("https://", false)]
        {
            assert_eq!(policy.is_for(base), is_for, "{base}");
        }
        let canned =
            url::Url::parse("https://h/video/m/s.ts?x=1&Expires=1790000000&Signature=s&Key-Pair-Id=k");
        assert_eq!(
            HeldPolicy::of_url(&canned.expect("a URL")),
            Some(HeldPolicy { resource: "https://h/video/m/s.ts?x=1".to_owned(), expires: policy.expires })
        );
        for value in ["", "e30_", "!", "bm90IEpTT04_"] {
            assert_eq!(HeldPolicy::read(value), None, "{value}");
        }
    }
}
