//! Verification: decides about the received bytes as CloudFront does.
//!
//! The key pair id is looked at first, then the signature, then what the policy says: nothing in a
//! policy counts before the signature is verified.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html>

use std::collections::BTreeMap;

use crate::{
    CookieName, Denial, HashAlgorithm, KeyPairId, PolicyProblem, PublicKey, Reason, ReceivedPolicy, Request,
    SignatureLocation, UnixTime, encoding,
    parameters::{parameter_values, without_reserved_parameters},
    target::RequestTarget,
    wildcard,
};

/// A request that is admitted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Admitted {
    /// Where its signature is.
    pub signature_location: SignatureLocation,
    /// Whose signature it is.
    pub key_pair_id: KeyPairId,
    /// What was signed.
    pub policy: ReceivedPolicy,
}

/// A trusted key group: public keys by their ids.
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    keys: BTreeMap<KeyPairId, PublicKey>,
}

impl Verifier {
    /// Trusts `keys`.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = (KeyPairId, PublicKey)>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// Judges a request at the time `now`.
    ///
    /// # Errors
    /// A [`Denial`], which is a 403 and not a failure.
    pub fn verify(&self, request: &Request<'_>, now: UnixTime) -> Result<Admitted, Box<Denial>> {
        let mut seen = Seen::default();
        match self.judge(request, now, &mut seen) {
            Ok(admitted) => Ok(admitted),
            Err(reason) => Err(Box::new(Denial {
                reason,
                signature_location: request.signature_location(),
                key_pair_id: seen.key_pair_id,
                policy: seen.policy,
            })),
        }
    }

    fn judge(&self, request: &Request<'_>, now: UnixTime, seen: &mut Seen) -> Result<Admitted, Reason> {
        let Some(signature_location) = request.signature_location() else {
            return Err(Reason::MissingKey { signature_location: None });
        };
        let fields = Fields { request, signature_location };
        let id = fields
            .one("Key-Pair-Id", CookieName::KeyPairId)?
            .filter(|id| !id.is_empty())
            .ok_or(Reason::MissingKey { signature_location: Some(signature_location) })?;
        seen.key_pair_id = Some(id.to_owned());
        let (key_pair_id, key) = KeyPairId::new(id)
            .ok()
            .and_then(|id| self.keys.get_key_value(&id))
            .ok_or_else(|| Reason::UnknownKey(id.to_owned()))?;
        let url = without_reserved_parameters(request.url);
        let signed = SignedPolicy::read(&fields, &url)?;
        let policy = ReceivedPolicy::parse(&signed.policy).map_err(Reason::MalformedPolicy)?;
        seen.policy = Some(policy.clone());
        signed.check(key)?;
        check_conditions(&policy, &url, request, now)?;
        Ok(Admitted { signature_location, key_pair_id: key_pair_id.clone(), policy })
    }
}

/// What is worth showing of a request that was refused half way.
#[derive(Default)]
struct Seen {
    key_pair_id: Option<String>,
    policy: Option<ReceivedPolicy>,
}

/// The parts of a signature, from the URL or from the cookies, never from both.
struct Fields<'r, 'a> {
    request: &'r Request<'a>,
    signature_location: SignatureLocation,
}

impl<'a> Fields<'_, 'a> {
    fn one(&self, parameter: &'static str, cookie: CookieName) -> Result<Option<&'a str>, Reason> {
        match self.signature_location {
            SignatureLocation::Url => single(parameter_values(self.request.url, parameter), parameter),
            SignatureLocation::Cookies => {
                let values =
                    self.request.cookies.iter().filter(|(name, _)| *name == cookie).map(|&(_, value)| value);
                single(values, cookie.as_str())
            }
        }
    }
}

fn single<'a>(
    mut values: impl Iterator<Item = &'a str>,
    name: &'static str,
) -> Result<Option<&'a str>, Reason> {
    let first = values.next();
    if values.next().is_some() { Err(Reason::Repeated(name)) } else { Ok(first) }
}

/// The bytes that were signed, and the signature.
struct SignedPolicy {
    policy: Vec<u8>,
    signature: Vec<u8>,
    hash: HashAlgorithm,
}

impl SignedPolicy {
    fn read(fields: &Fields<'_, '_>, url: &str) -> Result<Self, Reason> {
        let hash = match fields.one("Hash-Algorithm", CookieName::HashAlgorithm)? {
            None => HashAlgorithm::Sha1,
            Some(name) => name.parse().map_err(|_| Reason::UnsupportedHash(name.to_owned()))?,
        };
        let signature = fields
            .one("Signature", CookieName::Signature)?
            .filter(|signature| !signature.is_empty())
            .ok_or(Reason::MissingSignature)?;
        let signature = encoding::decode(signature).ok_or(Reason::UndecodableSignature)?;
        let policy =
            match (fields.one("Policy", CookieName::Policy)?, fields.one("Expires", CookieName::Expires)?) {
                (Some(_), Some(_)) => return Err(Reason::PolicyAndExpires),
                (None, None) => return Err(Reason::MissingPolicy),
                (Some(policy), None) => encoding::decode(policy).ok_or(Reason::UndecodablePolicy)?,
                (None, Some(expires)) => canned(url, expires)?.into_bytes(),
            };
        Ok(Self { policy, signature, hash })
    }

    fn check(&self, key: &PublicKey) -> Result<(), Reason> {
        if key.verify(&self.policy, &self.signature, self.hash) {
            return Ok(());
        }
        let other = match self.hash {
            HashAlgorithm::Sha1 => HashAlgorithm::Sha256,
            HashAlgorithm::Sha256 => HashAlgorithm::Sha1,
        };
        if key.verify(&self.policy, &self.signature, other) {
            Err(Reason::WrongHash { stated: self.hash, actual: other })
        } else {
            Err(Reason::BadSignature)
        }
    }
}

/// Rebuilds the canned policy from the request's own bytes.
fn canned(url: &str, expires: &str) -> Result<String, Reason> {
    if expires.is_empty() || !expires.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Reason::MalformedPolicy(PolicyProblem::Expires));
    }
    let resource = resource_of(url);
    // Written out again rather than shared with the signer, so that a slip there is a refusal here.
    Ok(format!(
        "{{\"Statement\":[{{\"Resource\":\"{resource}\",\"Condition\":{{\"DateLessThan\":{{\"AWS:EpochTime\":{expires}}}}}}}]}}"
    ))
}

/// What a canned policy names for a URL: the URL itself, of an RTMP URL only the stream.
fn resource_of(url: &str) -> &str {
    match RequestTarget::parse(url) {
        RequestTarget::Url { .. } => url,
        RequestTarget::Stream(name) => name,
    }
}

fn check_conditions(
    policy: &ReceivedPolicy,
    url: &str,
    request: &Request<'_>,
    now: UnixTime,
) -> Result<(), Reason> {
    if let Some(resource) = &policy.resource
        && !wildcard::covers(resource, &RequestTarget::parse(url))
    {
        return Err(Reason::NotCovered { resource: resource.clone(), url: url.to_owned() });
    }
    if let Some(date_greater_than) = policy.date_greater_than
        && now <= date_greater_than
    {
        return Err(Reason::NotYetValid { date_greater_than, now });
    }
    // What happens in the second of DateLessThan itself is not documented: it is refused.
    if now >= policy.date_less_than {
        return Err(Reason::Expired { date_less_than: policy.date_less_than, now });
    }
    match (policy.ip_address, request.viewer_address) {
        (None, _) => Ok(()),
        (Some(range), Some(std::net::IpAddr::V4(address))) if range.contains(address) => Ok(()),
        (Some(range), address) => Err(Reason::AddressNotAllowed { range, address }),
    }
}
