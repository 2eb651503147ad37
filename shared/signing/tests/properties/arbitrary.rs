//! Random inputs: whatever the types take, signed with either key and either hash for any terms.

use std::{fmt, net::Ipv4Addr, sync::LazyLock};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cloudfront_signing::{
    Admitted, CannedPolicy, CookieName, CustomPolicy, ExactUrl, Grant, HashAlgorithm, IpRange, KeyPairId,
    Policy, PrivateKey, Reason, ReceivedPolicy, Request, SignatureLocation, Signer, UnixTime, UrlPattern,
    Verifier,
};
use ipnet::Ipv4Net;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    string::{RegexGeneratorStrategy, string_regex},
};

/// A trusted key, with a signer for each hash.
pub(crate) struct Key {
    pub(crate) id: &'static str,
    pub(crate) private: PrivateKey,
    signers: [Signer; 2],
}

/// An RSA key and a P-256 key, made once.
pub(crate) static KEYS: LazyLock<[Key; 2]> = LazyLock::new(|| {
    let rsa: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    let ecdsa = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    [("KRSA", rsa.as_ref()), ("KECDSA", ecdsa.to_pkcs8v1().unwrap().as_ref())].map(|(id, der)| {
        let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", der));
        let private = || PrivateKey::from_pem(&pem).unwrap();
        let signers = HASHES.map(|hash| Signer::new(KeyPairId::new(id).unwrap(), private(), hash));
        Key { id, private: private(), signers }
    })
});

/// Trusts both keys.
pub(crate) static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    Verifier::new(KEYS.iter().map(|key| (KeyPairId::new(key.id).unwrap(), key.private.public_key())))
});

const HASHES: [HashAlgorithm; 2] = [HashAlgorithm::Sha1, HashAlgorithm::Sha256];

/// A grant, for what it was made, and a request that it admits.
pub(crate) struct SignedCase {
    pub(crate) key: &'static Key,
    pub(crate) hash: HashAlgorithm,
    pub(crate) url: ExactUrl,
    pub(crate) terms: Terms,
    pub(crate) grant: Grant,
}

/// Which policy, and its conditions; a canned one has neither `opens` nor `range`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) form: Form,
    pub(crate) opens: Option<u64>,
    pub(crate) now: u64,
    pub(crate) closes: u64,
    pub(crate) range: Option<IpRange>,
    pub(crate) viewer: Ipv4Addr,
}

/// What the policy is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Canned,
    CustomExact,
    CustomPattern,
}

impl SignedCase {
    fn new(key: &'static Key, hash: usize, (url, pattern): (ExactUrl, UrlPattern), terms: Terms) -> Self {
        let policy = match terms.form {
            Form::Canned => CannedPolicy::new(&url, time(terms.closes)).into(),
            Form::CustomExact => custom(CustomPolicy::new(url.clone(), time(terms.closes)).unwrap(), &terms),
            Form::CustomPattern => custom(CustomPolicy::new(pattern, time(terms.closes)).unwrap(), &terms),
        };
        let grant = key.signers[hash].sign(policy).unwrap();
        Self { key, hash: HASHES[hash], url, terms, grant }
    }

    /// The signed URL.
    pub(crate) fn by_url(&self) -> String {
        self.grant.url(&self.url).unwrap()
    }

    /// The `Cookie` header of a browser that holds the grant.
    pub(crate) fn cookie_header(&self) -> String {
        let cookies = self.grant.cookies();
        cookies
            .iter()
            .map(|(name, value)| format!("{}={value}", name.as_str()))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// The signature, decoded.
    pub(crate) fn signature(&self) -> Vec<u8> {
        let cookies = self.grant.cookies();
        let (_, text) = cookies.iter().find(|(name, _)| *name == CookieName::Signature).unwrap();
        STANDARD.decode(text.replace('-', "+").replace('_', "=").replace('~', "/")).unwrap()
    }

    /// The policy's resource.
    pub(crate) fn resource(&self) -> &str {
        match self.grant.policy() {
            Policy::Canned(_) => self.url.as_str(),
            Policy::Custom(policy) => policy.resource().as_str(),
        }
    }

    /// The verdict on a request of the viewer, at the time, that the grant was made for.
    pub(crate) fn judge(&self, request: Request<'_>) -> Result<Admitted, Reason> {
        self.judge_at(self.terms.now, request)
    }

    /// The verdict at another time.
    pub(crate) fn judge_at(&self, now: u64, request: Request<'_>) -> Result<Admitted, Reason> {
        let request = request.viewer_address(self.terms.viewer.into());
        VERIFIER.verify(&request, time(now)).map_err(|denial| denial.reason)
    }

    /// The verdict that such a request deserves.
    pub(crate) fn admitted(&self, signature_location: SignatureLocation) -> Admitted {
        let policy = ReceivedPolicy {
            resource: Some(self.resource().to_owned()),
            date_less_than: time(self.terms.closes),
            date_greater_than: self.terms.opens.map(time),
            ip_address: self.terms.range,
        };
        Admitted { signature_location, key_pair_id: KeyPairId::new(self.key.id).unwrap(), policy }
    }
}

impl fmt::Debug for SignedCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {} with {}, {:?}", self.url, self.key.id, self.hash, self.terms)?;
        write!(f, ": {}", self.grant.policy().to_json())
    }
}

fn custom(mut policy: CustomPolicy, terms: &Terms) -> Policy {
    if let Some(opens) = terms.opens {
        policy = policy.date_greater_than(time(opens)).unwrap();
    }
    if let Some(range) = terms.range {
        policy = policy.ip_address(range);
    }
    policy.into()
}

/// Anything that can be signed; the combinations that take long to sign come less often.
pub(crate) fn signed() -> impl Strategy<Value = SignedCase> {
    let key_and_hash = prop_oneof![1 => Just((0, 0)), 3 => Just((0, 1)), 16 => (Just(1), 0..2_usize)];
    (key_and_hash, url_and_pattern(), terms())
        .prop_map(|((key, hash), urls, terms)| SignedCase::new(&KEYS[key], hash, urls, terms))
}

fn terms() -> impl Strategy<Value = Terms> {
    let form = select(vec![Form::Canned, Form::CustomExact, Form::CustomPattern]);
    let seconds = || prop_oneof![0..3_u64, 0..30_000_000_000_u64];
    let range = (any::<u32>(), 0..=32_u8);
    (form, any::<(bool, bool)>(), [seconds(), seconds(), seconds()], range, any::<u32>()).prop_map(
        |(form, (has_opening, has_range), [opens, until_now, from_now], (address, length), host)| {
            let is_custom = form != Form::Canned;
            let range = Ipv4Net::new(address.into(), length).unwrap();
            let now = opens + 1 + until_now;
            Terms {
                form,
                opens: (is_custom && has_opening).then_some(opens),
                now,
                closes: now + 1 + from_now,
                range: (is_custom && has_range).then(|| range.to_string().parse().unwrap()),
                viewer: (u32::from(range.network()) | (host & u32::from(range.hostmask()))).into(),
            }
        },
    )
}

/// A URL, and a pattern that covers it by construction: runs of characters are replaced by `*`, in the
/// query single ones by `?`, and what a `*` implies is left out.
fn url_and_pattern() -> impl Strategy<Value = (ExactUrl, UrlPattern)> {
    let scheme = (select(vec!["http", "https"]), any::<bool>())
        .prop_map(|(scheme, any)| (if any { "*" } else { scheme }.to_owned(), scheme.to_owned()));
    let path = prop_oneof![1 => same(""), 6 => joined(same("/"), runs(PATH))];
    let named = joined(same("?"), text("[a-z]{1,3}=").prop_map(|name| (name.clone(), name)));
    let query = prop_oneof![
        2 => same(""),
        1 => Just(("?*".to_owned(), String::new())),
        2 => joined(named, runs(QUERY)),
        1 => joined(joined(same("?"), run(QUERY)), runs(QUERY)),
    ];
    (scheme, runs(HOST), path, query, any::<bool>()).prop_filter_map(
        "neither without a host nor with a reserved parameter",
        |(scheme, host, path, query, implies)| {
            let implied = match () {
                () if implies && host.0.ends_with('*') => String::new(),
                () if implies && path.0.ends_with('*') => path.0,
                () => path.0 + &query.0,
            };
            let url = format!("{}://{}{}{}", scheme.1, host.1, path.1, query.1);
            let pattern = format!("{}://{}{implied}", scheme.0, host.0);
            Some((ExactUrl::new(url).ok()?, UrlPattern::new(pattern).ok()?))
        },
    )
}

/// A part of a pattern, and what it stands for.
type Part = (String, String);

fn same(text: &'static str) -> impl Strategy<Value = Part> + Clone {
    Just((text.to_owned(), text.to_owned()))
}

fn joined(
    first: impl Strategy<Value = Part>,
    second: impl Strategy<Value = Part>,
) -> impl Strategy<Value = Part> {
    (first, second).prop_map(|(first, second)| (first.0 + &second.0, first.1 + &second.1))
}

fn run(characters: &str) -> impl Strategy<Value = Part> + use<> {
    text(&format!("{characters}{{0,6}}")).prop_map(|text| ("*".to_owned(), text))
}

fn runs(characters: &'static str) -> impl Strategy<Value = Part> {
    let literal = text(&format!("{characters}{{1,8}}")).prop_map(|text| (text.clone(), text));
    let one = text(characters)
        .prop_map(move |text| (if characters == QUERY { "?".to_owned() } else { text.clone() }, text));
    vec(prop_oneof![3 => literal, 2 => run(characters), 1 => one], 1..4)
        .prop_map(|parts| parts.into_iter().unzip())
}

/// A string as a literal strategy would make it, with the expression read only once.
fn text(expression: &str) -> RegexGeneratorStrategy<String> {
    string_regex(expression).unwrap()
}

/// All printable characters but those that can never stand in a URL that is signed: the quotation mark, the
/// backslash, the `#`, the space, what clients percent-encode on their own, and `*`, which is for patterns.
const QUERY: &str = r"[!$-)+-;=?-Z_a-z~]";
/// Without `?`.
const PATH: &str = r"[!$-)+-;=@-Z_a-z~]";
/// Without `/` and `@` too.
const HOST: &str = r"[!$-)+-.0->A-\[\]-~]";

/// A byte to put somewhere else than it is: anywhere, or every other time near the front.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    at: Index,
    is_near: bool,
    byte: u8,
}

impl Change {
    /// `bytes` with one of them changed.
    pub(crate) fn of_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        let at = self.at.index(if self.is_near { bytes.len().min(40) } else { bytes.len() });
        changed[at] = if bytes[at] == self.byte { self.byte ^ 1 } else { self.byte };
        changed
    }

    /// `text` with one character changed to another of ASCII.
    pub(crate) fn of_text(&self, text: &str) -> String {
        let ascii = Self { byte: self.byte & 0x7f, ..self.clone() };
        String::from_utf8(ascii.of_bytes(text.as_bytes())).unwrap()
    }
}

/// Any change of one byte.
pub(crate) fn change() -> impl Strategy<Value = Change> {
    any::<(Index, bool, u8)>().prop_map(|(at, is_near, byte)| Change { at, is_near, byte })
}

/// A pattern of few characters, so that it often covers a [`small_url`]: in four sections, without a
/// protocol, or in no order at all.
pub(crate) fn small_pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => text(r"(https|http|\*|h\*|htt[p?]\*?)://[h.*]{1,3}(/[a/*]{0,4})?(\?[ab=*?]{0,4})?"),
        2 => text(r"\*[h.*]{0,3}(/[a/*]{0,4})?(\?[ab=*?]{0,4})?"),
        1 => text(r"\*[h.]{0,2}/a\?a=http://[ab*]{0,3}"),
        1 => text(r"[*?:/ha]{0,8}"),
    ]
}

/// A URL, or a stream of the RTMP days.
pub(crate) fn small_url() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => text(r"https?://[h.]{1,3}(/[a/]{0,4})?(\?[ab=?]{0,4})?"),
        1 => text(r"https?://[h.]{1,2}/a\?a=http://[ab]{0,3}"),
        1 => text(r"(rtmp://h/cfx/st/&?(mp4:)?)?[ha/]{1,4}"),
    ]
}

/// What may be a URL, of pieces that a parser may change, and others.
pub(crate) fn url_text() -> impl Strategy<Value = String> {
    let hosts = vec![
        "h",
        "H",
        "h.",
        "h..a",
        "a_b.example",
        "xn--4ca",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "1.2.3.04",
        "1.2.3.4.5",
        "h.0x",
        "256",
        "[::1]",
        "[::F]",
        "[1:0:0:2:0:0:0:3]",
        "[1::2:0:0:3]",
        "[::127.0.0.1]",
        "[::ffff:7f00:1]",
        "[1]",
        "%41",
        "!",
        "",
    ];
    let ports = vec!["", ":", ":80", ":443", ":8080", ":0", ":00", ":65535", ":65536", ":+1", ":a"];
    let rest = vec![
        "/", "/", "a", "B", ".", "..", "%2e", "%2E", "%", "%zz", "?", "x=1", "&", "'", "!", "$", "(", "*",
        "+", ",", ";", ":", "=", "@", "~", "_", "-", "\"", "<", "{", "|", "\\", "^", "`", "[", " ", "\t",
        "\u{e9}", "#",
    ];
    (select(vec!["http", "https", "HTTP"]), select(hosts), select(ports), vec(select(rest), 0..6))
        .prop_map(|(scheme, host, port, rest)| format!("{scheme}://{host}{port}{}", rest.concat()))
}

/// The time in seconds.
pub(crate) fn time(seconds: u64) -> UnixTime {
    UnixTime::new(seconds).unwrap()
}

/// CloudFront's base64.
pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}
