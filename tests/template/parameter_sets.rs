//! The deployments with which the template is tested: together they make every condition true and false, and
//! give every parameter a value other than its default.

use crate::examples;

/// Values for parameters; the others have their defaults.
pub(crate) struct ParameterSet {
    pub(crate) name: String,
    pub(crate) overrides: Vec<(String, String)>,
}

/// The sets below, and the examples of deploy/.
pub(crate) fn all() -> Vec<ParameterSet> {
    let own = SETS.iter().map(|(name, overrides)| set(name, overrides));
    own.chain(examples::all()).collect()
}

/// The issuer of a site, and the given parameters.
pub(crate) fn set(name: &str, overrides: &[(&str, &str)]) -> ParameterSet {
    let overrides =
        VIEWERS.iter().chain(overrides).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ParameterSet { name: name.to_owned(), overrides: overrides.collect() }
}

const VIEWERS: [(&str, &str); 1] = [("JwtIssuers", ISSUERS)];
pub(crate) const ISSUERS: &str = r#"[{"issuer": "https://id.example.com", "audience": "video"}]"#;

pub(crate) const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";
pub(crate) const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-secret-AbCdEf";
/// Not used for anything else, so that a permission for another secret cannot replace the one that it requires.
const VIEWER_SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:viewers-AbCdEf";
const SIGNED_HOSTS_KEY_ARNS: &str = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012,\
    arn:aws:secretsmanager:us-east-1:123456789012:secret:host-AbCdEf";
/// Issuers with each kind of key, and an Ed25519 key from RFC 8410 and RFC 8037.
const EVERY_ISSUER: &str = r#"[
    {"issuer": "https://a.example.com", "audience": ["video", "tv"], "token_use": "id", "type": "at+jwt"},
    {"issuer": "https://b.example.com", "authorized_parties": ["https://www.example.com"], "algorithm": "EdDSA",
     "jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}},
    {"issuer": "https://c.example.com", "audience": "video", "jwks_url": "https://id.example.com/keys"},
    {"issuer": "https://d.example.com", "audience": "video", "secret": "issuer-d"},
    {"issuer": "https://e.example.com", "audience": "video", "public_key":
     "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"}
]"#;
const SIGNED_HOSTS: &str = r#"[
    {"origin": "https://a.example.com", "key_pair_id": "KA", "kms_key_id": "key"},
    {"origin": "https://b.example.com", "key_pair_id": "KB", "private_key_secret_id": "secret"}
]"#;

const WEB_ACL: &str =
    "arn:aws:wafv2:us-east-1:123456789012:global/webacl/videos/12345678-1234-1234-1234-123456789012";
const EXISTING_ID: (&str, &str) = ("ExistingPublicKeyId", "K2EXAMPLE");
const EXISTING_SECRET: (&str, &str) = ("ExistingPrivateKeySecret", SECRET);
const VIEWERS_SECRET: (&str, &str) = ("ViewerSecretArn", VIEWER_SECRET);
const SIGNED_HOSTS_KEYS: (&str, &str) = ("SignedHostsKeyArns", SIGNED_HOSTS_KEY_ARNS);
pub(crate) const DOMAIN: (&str, &str) = ("DomainName", "video.example.com");
const SETS: [(&str, &[(&str, &str)]); 27] = [
    ("defaults", &[]),
    // Where
    ("domain", &[DOMAIN, ("CertificateArn", CERTIFICATE)]),
    ("hosted zone", &[DOMAIN, ("CertificateArn", CERTIFICATE), ("HostedZoneId", "Z1EXAMPLE")]),
    ("web site", &[("WebsiteDomainName", "www.example.org")]),
    (
        "web site and domain",
        &[DOMAIN, ("CertificateArn", CERTIFICATE), ("WebsiteDomainName", "www.example.org")],
    ),
    ("one public path", &[("PublicPaths", "/public/*")]),
    ("three public paths", &[("PublicPaths", "/public/*,/video/*/poster.jpg,/video/covers/*.webp")]),
    ("some countries", &[("GeoRestriction", "whitelist DE,AT,CH")]),
    ("all other countries", &[("GeoRestriction", "blacklist RU")]),
    // CORS
    ("players elsewhere", &[("AllowedOrigins", "https://www.example.com,https://app.example.com:8443")]),
    (
        "players in apps",
        &[("AllowedOrigins", "https://www.example.com,capacitor://localhost,app://localhost:3000")],
    ),
    ("cast receivers", &[("CastReceiverOrigins", "https://www.gstatic.com")]),
    (
        "players elsewhere and cast receivers",
        &[("AllowedOrigins", "https://www.example.com"), ("CastReceiverOrigins", "https://www.gstatic.com")],
    ),
    // Signing
    ("rotation begins", &[("KeyPhase", "A+B")]),
    ("rotation", &[("KeyPhase", "B+A"), ("KeySpecs", "RSA_2048,ECC_NIST_P256")]),
    ("rotation is over", &[("KeyPhase", "B"), ("KeySpecs", "ECC_NIST_P256,RSA_2048")]),
    ("existing key is trusted", &[("KeyPhase", "A+Existing"), EXISTING_ID]),
    ("existing key signs, and A is trusted", &[("KeyPhase", "Existing+A"), EXISTING_ID, EXISTING_SECRET]),
    ("existing key signs, and B is trusted", &[("KeyPhase", "Existing+B"), EXISTING_ID, EXISTING_SECRET]),
    ("B signs, and the existing key is trusted", &[("KeyPhase", "B+Existing"), EXISTING_ID, EXISTING_SECRET]),
    ("existing key alone", &[("KeyPhase", "Existing"), EXISTING_ID, EXISTING_SECRET]),
    ("other hosts", &[("SignedHosts", SIGNED_HOSTS), SIGNED_HOSTS_KEYS]),
    // Who may watch
    (
        "Plone, not asked",
        &[
            VIEWERS_SECRET,
            ("Plone", r#"{"jwt_keys": "plone", "token_timeout_seconds": 43201, "ticket_keys": "tickets"}"#),
        ],
    ),
    (
        "viewers of everybody",
        &[
            VIEWERS_SECRET,
            ("JwtIssuers", EVERY_ISSUER),
            ("Plone", r#"{"site": "https://plone.example.com", "ticket_timeout_seconds": 7201}"#),
            ("Django", r#"{"keys": "django", "format": "timestamp", "max_age_seconds": 901}"#),
            (
                "Simplejwt",
                r#"{"keys": "simplejwt", "algorithm": "HS256", "issuer": "api", "audience": "viewers",
                    "user_id_claim": "sub", "token_type": "sliding"}"#,
            ),
            (
                "Entitlements",
                r#"["/video/{tenant}/premium/*", {"resource": "/video/*", "if": {"@country": "DE"}}]"#,
            ),
            ("ScopeDepth", "2"),
        ],
    ),
    (
        "cookies and lives",
        &[
            ("CookieSameSite", "NonePartitioned"),
            ("CookieTtlSeconds", "3601"),
            ("UrlTtlSeconds", "21601"),
            ("CommonAssets", r#"["/video/ads/*"]"#),
        ],
    ),
    // Operation
    (
        "operation",
        &[
            ("AccessLogDays", "7"),
            ("AlarmTopicArn", "arn:aws:sns:us-east-1:123456789012:alarms"),
            ("PriceClass", "PriceClass_All"),
            ("WebAclArn", WEB_ACL),
            ("Architecture", "x86_64"),
        ],
    ),
    (
        "everything at once",
        &[
            DOMAIN,
            ("CertificateArn", CERTIFICATE),
            ("HostedZoneId", "Z1EXAMPLE"),
            ("WebsiteDomainName", "www.example.org"),
            ("AllowedOrigins", "https://www.example.com"),
            ("CastReceiverOrigins", "https://www.gstatic.com"),
            ("KeyPhase", "A+B"),
            EXISTING_ID,
            EXISTING_SECRET,
            ("SignedHosts", SIGNED_HOSTS),
            SIGNED_HOSTS_KEYS,
            VIEWERS_SECRET,
            ("Plone", r#"{"ticket_keys": "tickets"}"#),
            ("Django", r#"{"keys": "django"}"#),
            ("Simplejwt", r#"{"keys": "simplejwt"}"#),
            ("AccessLogDays", "90"),
            ("AlarmTopicArn", "arn:aws:sns:us-east-1:123456789012:alarms"),
        ],
    ),
];
