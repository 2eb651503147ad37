//! Signing yields a value to apply: one private-key operation, any number of URLs.

use std::fmt;

#[cfg(feature = "rtmp")]
use crate::StreamUrl;
use crate::{CookieName, Error, ExactUrl, HashAlgorithm, Policy, PrivateKey, encoding, resource::URL_LIMIT};

/// The id of a CloudFront public key (or, until 2020, of an account's key pair).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyPairId(String);

impl KeyPairId {
    /// Checks an id such as `K2JCJMDEHXQW5F`.
    ///
    /// # Errors
    /// [`Error::KeyPairId`] for anything but letters and digits.
    pub fn new(id: impl Into<String>) -> Result<Self, Error> {
        let id = id.into();
        let valid = !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if valid { Ok(Self(id)) } else { Err(Error::KeyPairId(id)) }
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyPairId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A private key with its id and hash.
#[derive(Debug)]
pub struct Signer {
    key_pair_id: KeyPairId,
    key: PrivateKey,
    hash: HashAlgorithm,
}

impl Signer {
    /// Signs with `key` under the name `key_pair_id`.
    #[must_use]
    pub fn new(key_pair_id: KeyPairId, key: PrivateKey, hash: HashAlgorithm) -> Self {
        Self { key_pair_id, key, hash }
    }

    /// Signs a policy once.
    ///
    /// # Errors
    /// [`Error::Crypto`] where the private-key operation fails.
    pub fn sign(&self, policy: impl Into<Policy>) -> Result<Grant, Error> {
        let policy = policy.into();
        let signature = self.key.sign(policy.to_json().as_bytes(), self.hash)?;
        Ok(Grant::new(policy, self.key_pair_id.clone(), self.hash, &signature))
    }
}

/// A signed policy, to be applied to URLs, cookies, playlists.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Grant {
    policy: Policy,
    key_pair_id: KeyPairId,
    hash: HashAlgorithm,
    signature: String,
    query: String,
}

impl Grant {
    /// A grant from a signature made elsewhere, by KMS say, over [`Policy::to_json`].
    #[must_use]
    pub fn new(policy: Policy, key_pair_id: KeyPairId, hash: HashAlgorithm, signature: &[u8]) -> Self {
        let signature = encoding::encode(signature);
        let first = match &policy {
            Policy::Canned(policy) => format!("Expires={}", policy.date_less_than.seconds()),
            Policy::Custom(_) => format!("Policy={}", encoding::encode(policy.to_json().as_bytes())),
        };
        let mut query = format!("{first}&Signature={signature}&Key-Pair-Id={key_pair_id}");
        if hash == HashAlgorithm::Sha256 {
            query.push_str("&Hash-Algorithm=SHA256");
        }
        Self { policy, key_pair_id, hash, signature, query }
    }

    /// The query parameters: `Expires` or `Policy`, `Signature`, `Key-Pair-Id`, and `Hash-Algorithm`
    /// unless it is SHA-1, which CloudFront assumes.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The id of the key that signed.
    #[must_use]
    pub fn key_pair_id(&self) -> &KeyPairId {
        &self.key_pair_id
    }

    /// What was signed.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// `url`, byte for byte, with the parameters after its own.
    ///
    /// # Errors
    /// [`Error::NotCovered`] where the policy does not cover it; [`Error::SignedUrlTooLong`] where it would pass
    /// CloudFront's 8,192 bytes.
    pub fn url(&self, url: &ExactUrl) -> Result<String, Error> {
        self.apply(url.as_str(), url.as_str())
    }

    /// An RTMP URL or stream name with the parameters after it.
    ///
    /// # Errors
    /// As [`Grant::url`].
    #[cfg(feature = "rtmp")]
    pub fn stream_url(&self, stream: &StreamUrl) -> Result<String, Error> {
        self.apply(stream.as_str(), stream.name())
    }

    /// The cookies of this grant with their values.
    #[must_use]
    pub fn cookies(&self) -> Vec<(CookieName, String)> {
        let first = match &self.policy {
            Policy::Canned(policy) => (CookieName::Expires, policy.date_less_than.seconds().to_string()),
            Policy::Custom(_) => (CookieName::Policy, encoding::encode(self.policy.to_json().as_bytes())),
        };
        let mut cookies = vec![
            first,
            (CookieName::Signature, self.signature.clone()),
            (CookieName::KeyPairId, self.key_pair_id.to_string()),
        ];
        if self.hash == HashAlgorithm::Sha256 {
            cookies.push((CookieName::HashAlgorithm, self.hash.to_string()));
        }
        cookies
    }

    /// The path that a browser should send the cookies to: the resource's path up to the last `/` before
    /// its first wildcard, or `;`, which no cookie's path can hold.
    #[must_use]
    pub fn cookie_path(&self) -> &str {
        let resource = match &self.policy {
            Policy::Canned(policy) => policy.resource.as_str(),
            Policy::Custom(policy) => policy.resource().as_str(),
        };
        let after_scheme = resource.split_once("://").map_or(resource, |(_, rest)| rest);
        let path = after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("/");
        let fixed = path.split(['*', '?', ';']).next().unwrap_or("/");
        fixed.rfind('/').and_then(|at| fixed.get(..=at)).unwrap_or("/")
    }

    fn apply(&self, url: &str, resource: &str) -> Result<String, Error> {
        let (covered, covering) = match &self.policy {
            Policy::Canned(policy) => (policy.resource == resource, policy.resource.as_str()),
            Policy::Custom(policy) => (policy.resource().covers(url), policy.resource().as_str()),
        };
        if !covered {
            return Err(Error::NotCovered { resource: covering.to_owned(), url: url.to_owned() });
        }
        let separator = if url.contains('?') { '&' } else { '?' };
        let signed = format!("{url}{separator}{}", self.query);
        if signed.len() > URL_LIMIT {
            return Err(Error::SignedUrlTooLong { length: signed.len() });
        }
        Ok(signed)
    }
}

impl fmt::Debug for Grant {
    /// A signature admits everybody who has it, so logs must not contain it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("policy", &self.policy)
            .field("key_pair_id", &self.key_pair_id)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{CannedPolicy, CustomPolicy, UnixTime, UrlPattern};

    pub(crate) fn time() -> UnixTime {
        UnixTime::new(1_767_290_400).expect("a time in seconds")
    }

    pub(crate) fn grant(policy: impl Into<Policy>, hash: HashAlgorithm) -> Grant {
        Grant::new(policy.into(), KeyPairId::new("K1").expect("an id"), hash, &[0xfb, 0xef, 0xff])
    }

    pub(crate) fn wildcard(pattern: &str) -> CustomPolicy {
        CustomPolicy::new(UrlPattern::new(pattern).expect("a pattern"), time()).expect("a policy")
    }

    #[test]
    fn parameters_stand_in_botocores_order() {
        let url = ExactUrl::new("https://h/a?size=large").expect("a URL");
        assert_eq!(
            grant(CannedPolicy::new(&url, time()), HashAlgorithm::Sha1).url(&url).as_deref(),
            Ok("https://h/a?size=large&Expires=1767290400&Signature=--~~&Key-Pair-Id=K1")
        );
        assert_eq!(
            grant(CannedPolicy::new(&url, time()), HashAlgorithm::Sha256).query(),
            "Expires=1767290400&Signature=--~~&Key-Pair-Id=K1&Hash-Algorithm=SHA256"
        );
    }

    #[test]
    fn a_grant_is_not_applied_to_what_it_does_not_cover() {
        let url = ExactUrl::new("https://h/other/a.ts").expect("a URL");
        assert_eq!(
            grant(wildcard("https://h/video/*"), HashAlgorithm::Sha256).url(&url),
            Err(Error::NotCovered {
                resource: "https://h/video/*".to_owned(),
                url: "https://h/other/a.ts".to_owned()
            })
        );
    }

    #[test]
    fn the_cookie_path_is_the_resources_prefix() {
        let rows = [
            ("https://h/video/*", "/video/"),
            ("https://h/video/tenant-a/*.ts", "/video/tenant-a/"),
            ("https://h/video/a*", "/video/"),
            ("https://h/*", "/"),
            ("https://*", "/"),
            ("https://h", "/"),
            ("https://h/a/b?x=/c", "/a/"),
            ("https://h/video/a;b/*", "/video/"),
        ];
        for (resource, path) in rows {
            assert_eq!(grant(wildcard(resource), HashAlgorithm::Sha1).cookie_path(), path, "{resource}");
        }
    }

    #[test]
    fn debug_shows_no_signature() {
        let debug = format!("{:?}", grant(wildcard("https://h/*"), HashAlgorithm::Sha1));
        assert_eq!(
            debug,
            "Grant { policy: Custom(CustomPolicy { resource: Url(UrlPattern(\"https://h/*\")), \
             date_less_than: UnixTime(1767290400), date_greater_than: None, ip_address: None }), \
             key_pair_id: KeyPairId(\"K1\"), hash: Sha1, .. }"
        );
    }
}
