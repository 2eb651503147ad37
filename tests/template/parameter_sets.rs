//! The deployments with which the template is tested: together they make every condition true and false, and
//! give every parameter a value other than its default.

use crate::samconfig;

/// Values for parameters; the others have their defaults.
pub(crate) struct ParameterSet {
    pub(crate) name: String,
    pub(crate) overrides: Vec<(String, String)>,
}

/// The sets below, and the examples of samconfig.toml.
pub(crate) fn all() -> Vec<ParameterSet> {
    let own = SETS.iter().map(|(name, overrides)| set(name, overrides));
    own.chain(samconfig::examples()).collect()
}

/// The issuers of a site, and the given parameters.
pub(crate) fn set(name: &str, overrides: &[(&str, &str)]) -> ParameterSet {
    let overrides =
        VIEWERS.iter().chain(overrides).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ParameterSet { name: name.to_owned(), overrides: overrides.collect() }
}

const VIEWERS: [(&str, &str); 2] = [("JwtIssuer", "https://id.example.com"), ("JwtAudience", "video")];

pub(crate) const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";
const KMS_KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012";
pub(crate) const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-secret-AbCdEf";
const OTHER_SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:another-AbCdEf";
/// Not used for anything else, so that a permission for another secret cannot replace the one that it requires.
const THIRD_SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:third-AbCdEf";
/// An Ed25519 key, from RFC 8410 and RFC 8037.
pub(crate) const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
const JWKS: &str =
    r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
const SIGNED_HOSTS: &str = r#"[
    {"origin": "https://a.example.com", "key_pair_id": "KA", "kms_key_id": "key"},
    {"origin": "https://b.example.com", "key_pair_id": "KB", "private_key_secret_id": "secret"}
]"#;

const WEB_ACL: &str =
    "arn:aws:wafv2:us-east-1:123456789012:global/webacl/videos/12345678-1234-1234-1234-123456789012";
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
    ("some countries", &[("GeoRestrictionType", "whitelist"), ("GeoRestrictionLocations", "DE,AT,CH")]),
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
    ("rotation begins", &[("TrustedKeys", "A,B")]),
    ("rotation", &[("TrustedKeys", "A,B"), ("SigningKey", "B"), ("KeySpecB", "ECC_NIST_P256")]),
    ("rotation is over", &[("TrustedKeys", "B"), ("SigningKey", "B"), ("KeySpecA", "ECC_NIST_P256")]),
    ("existing key is trusted", &[("TrustedKeys", "A,Existing"), ("ExistingPublicKeyId", "K2EXAMPLE")]),
    (
        "existing key signs, and A is trusted",
        &[
            ("SigningKey", "Existing"),
            ("TrustedKeys", "A,Existing"),
            ("ExistingPublicKeyId", "K2EXAMPLE"),
            ("ExistingPrivateKeySecret", SECRET),
        ],
    ),
    (
        "B signs, and the existing key is trusted",
        &[
            ("SigningKey", "B"),
            ("TrustedKeys", "B,Existing"),
            ("ExistingPublicKeyId", "K2EXAMPLE"),
            ("ExistingPrivateKeySecret", SECRET),
        ],
    ),
    (
        "existing key alone",
        &[
            ("SigningKey", "Existing"),
            ("TrustedKeys", "Existing"),
            ("ExistingPublicKeyId", "K2EXAMPLE"),
            ("ExistingPrivateKeySecret", SECRET),
            ("HashAlgorithm", "SHA1"),
        ],
    ),
    (
        "other hosts",
        &[
            ("SignedHosts", SIGNED_HOSTS),
            ("SignedHostsKmsKeyArns", KMS_KEY),
            ("SignedHostsSecretArns", SECRET),
        ],
    ),
    // Who may watch
    ("shared secret", &[("JwtSecretArn", SECRET)]),
    (
        "Plone, not asked",
        &[
            ("PloneJwtKeysArn", SECRET),
            ("PloneTokenTimeoutSeconds", "43201"),
            ("PloneTicketKeysArn", OTHER_SECRET),
        ],
    ),
    (
        "Django",
        &[("DjangoKeysArn", SECRET), ("DjangoFormat", "timestamp"), ("SimplejwtKeysArn", OTHER_SECRET)],
    ),
    ("public keys", &[("JwtPublicKey", PUBLIC_KEY), ("SimplejwtPublicKey", PUBLIC_KEY)]),
    ("JWK set", &[("JwtJwks", JWKS), ("JwtAlgorithm", "EdDSA")]),
    (
        "viewers of everybody",
        &[
            ("JwtAuthorizedParties", "https://www.example.com"),
            ("JwtTokenUse", "id"),
            ("JwtType", "at+jwt"),
            ("JwtJwksUrl", "https://id.example.com/keys"),
            ("JwtIssuers", r#"[{"issuer": "https://id.example.org", "audience": "video"}]"#),
            ("PloneSite", "https://plone.example.com"),
            ("PloneTicketTimeoutSeconds", "7201"),
            ("DjangoKeysArn", SECRET),
            ("DjangoMaxAgeSeconds", "901"),
            ("DjangoAudience", "video.example.org"),
            ("SimplejwtKeysArn", OTHER_SECRET),
            ("SimplejwtAlgorithm", "HS256"),
            ("SimplejwtIssuer", "api"),
            ("SimplejwtAudience", "viewers"),
            ("SimplejwtUserIdClaim", "sub"),
            ("SimplejwtTokenType", "sliding"),
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
            DOMAIN,
            ("CertificateArn", CERTIFICATE),
            ("CookieDomain", "example.com"),
            ("CookieSameSite", "None"),
            ("CookiePartitioned", "true"),
            ("CookieLifetime", "policy"),
            ("CookieTtlSeconds", "3601"),
            ("UrlTtlSeconds", "21601"),
            ("CommonAssets", r#"["/video/ads/*"]"#),
            ("MaxPlaylistBytes", "1048576"),
        ],
    ),
    // Operation
    (
        "operation",
        &[
            ("AccessLogs", "true"),
            ("AlarmTopicArn", "arn:aws:sns:us-east-1:123456789012:alarms"),
            ("LogRetentionDays", "7"),
            ("Tracing", "Active"),
            ("ReservedConcurrency", "50"),
            ("AuthRateLimit", "10"),
            ("AuthBurstLimit", "20"),
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
            ("TrustedKeys", "A,B"),
            ("ExistingPublicKeyId", "K2EXAMPLE"),
            ("ExistingPrivateKeySecret", SECRET),
            ("SignedHosts", SIGNED_HOSTS),
            ("SignedHostsKmsKeyArns", KMS_KEY),
            ("SignedHostsSecretArns", SECRET),
            ("PloneJwtKeysArn", SECRET),
            ("PloneTicketKeysArn", OTHER_SECRET),
            ("DjangoKeysArn", THIRD_SECRET),
            ("SimplejwtKeysArn", OTHER_SECRET),
            ("AccessLogs", "true"),
            ("AlarmTopicArn", "arn:aws:sns:us-east-1:123456789012:alarms"),
            ("ReservedConcurrency", "1"),
        ],
    ),
];
