//! Values for parameters that the template rejects before anything is created, and similar values that it accepts.

use crate::{
    TEMPLATE,
    parameter_sets::{CERTIFICATE, DOMAIN, PUBLIC_KEY, ParameterSet, SECRET, set},
    rules::refusals,
    template,
};

/// The error of a deployment with these values. If there is none, everything else must be correct, so that this
/// is also the place for whatever would keep a function from starting.
fn told(set: ParameterSet) -> String {
    let stack = template().with_parameters(set.overrides.iter().map(|(name, value)| (name, value)));
    match stack.expect("a stack").check_rules() {
        Ok(()) => refusals(TEMPLATE, &[set]).into_iter().collect(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn somebody_must_vouch_for_viewers() {
    let nobody = "template.yaml: set JwtIssuer, PloneSite, DjangoKeysArn or another parameter that says whose viewers \
                  may watch (rule SomebodyVouchesForViewers)";
    let rows: [(&[(&str, &str)], &str); 11] = [
        (&[], nobody),
        (&[DOMAIN, ("CertificateArn", CERTIFICATE)], nobody),
        (&[("PloneTicketTimeoutSeconds", "600")], nobody),
        (&[("JwtIssuer", "https://id.example.com"), ("JwtAudience", "video")], ""),
        (&[("JwtIssuers", r#"[{"issuer": "https://id.example.com", "audience": "video"}]"#)], ""),
        (&[("PloneSite", "https://plone.example.com")], ""),
        (&[("PloneJwtKeysArn", SECRET)], ""),
        (&[("PloneTicketKeysArn", SECRET)], ""),
        (&[("DjangoKeysArn", SECRET)], ""),
        (&[("SimplejwtKeysArn", SECRET)], ""),
        (&[("SimplejwtPublicKey", PUBLIC_KEY)], ""),
    ];
    for (overrides, expected) in rows {
        let overrides =
            overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let row = ParameterSet { name: String::new(), overrides };
        assert_eq!(told(row), expected, "{expected}");
    }
}

#[test]
fn parameters_go_together() {
    let site = ("PloneSite", "https://plone.example.com");
    let website = "www.example.com";
    let rows: [(&[(&str, &str)], &str); 52] = [
        (&[("JwtAudience", "")], JWT),
        (&[("JwtAudience", ""), ("JwtAuthorizedParties", "https://www.example.com")], ""),
        (&[("JwtIssuer", ""), ("JwtAudience", ""), ("JwtAuthorizedParties", "tv"), site], JWT),
        (&[("JwtIssuer", ""), site], JWT),
        (&[("JwtIssuer", ""), ("JwtAudience", ""), ("JwtSecretArn", SECRET), site], JWT),
        (&[("JwtIssuer", ""), ("JwtAudience", ""), ("JwtPublicKey", PUBLIC_KEY), site], JWT),
        (&[("JwtIssuer", ""), ("JwtAudience", ""), ("JwtJwks", "{}"), site], JWT),
        (&[("JwtIssuer", ""), ("JwtAudience", ""), ("JwtJwksUrl", "https://id.example.com"), site], JWT),
        (&[("JwtIssuer", ""), ("JwtAudience", ""), site], ""),
        (&[site, ("PloneJwtKeysArn", SECRET)], PLONE),
        (&[site, ("PloneTicketKeysArn", SECRET)], PLONE),
        (&[("SimplejwtKeysArn", SECRET), ("SimplejwtPublicKey", PUBLIC_KEY)], SIMPLEJWT),
        (&[("GeoRestrictionType", "blacklist")], COUNTRIES),
        (&[("GeoRestrictionLocations", "DE")], COUNTRIES),
        (&[("GeoRestrictionType", "blacklist"), ("GeoRestrictionLocations", "DE")], ""),
        (&[("GeoRestrictionType", "whitelist"), ("GeoRestrictionLocations", "DE,AT")], ""),
        (&[("DjangoKeysArn", SECRET), ("DjangoFormat", "timestamp"), ("DjangoAudience", "video")], DJANGO),
        (&[("DjangoKeysArn", SECRET), ("DjangoFormat", "timestamp")], ""),
        (&[("CookiePartitioned", "true")], PARTITIONED),
        (&[("CookiePartitioned", "true"), ("CookieSameSite", "Strict")], PARTITIONED),
        (&[("CookiePartitioned", "true"), ("CookieSameSite", "None")], ""),
        (&[PAGES, RECEIVERS, ("CookieSameSite", "None")], CREDENTIALS),
        (&[PAGES, RECEIVERS, ("CookieSameSite", "None"), ("CookiePartitioned", "true")], ""),
        (&[PAGES, RECEIVERS, ("CookieSameSite", "Strict")], ""),
        (&[PAGES, RECEIVERS], ""),
        (&[PAGES, ("CookieSameSite", "None")], ""),
        (&[RECEIVERS, ("CookieSameSite", "None")], ""),
        (&[("CookieDomain", "example.com")], COOKIE_DOMAIN),
        (&[("CookieDomain", "example.com"), DOMAIN, ("CertificateArn", CERTIFICATE)], ""),
        (&[DOMAIN], CERTIFICATE_TOO),
        (&[("CertificateArn", CERTIFICATE)], CERTIFICATE_TOO),
        (&[("HostedZoneId", "Z1")], ZONE),
        (&[("HostedZoneId", "Z1"), DOMAIN, ("CertificateArn", CERTIFICATE)], ""),
        (&[("WebsiteDomainName", website)], ""),
        (&[("WebsiteDomainName", DOMAIN.1), DOMAIN, ("CertificateArn", CERTIFICATE)], WEBSITE),
        (&[("TrustedKeys", "B")], SLOT_A),
        (&[("TrustedKeys", "B,Existing"), EXISTING_ID], SLOT_A),
        (&[("TrustedKeys", "Existing"), EXISTING_ID], SLOT_A),
        (&[("TrustedKeys", "A,B")], ""),
        (&[("TrustedKeys", "A,Existing"), EXISTING_ID], ""),
        (&[("TrustedKeys", "A,Existing")], EXISTING_PUBLIC),
        (&[("SigningKey", "B")], SLOT_B),
        (&[("SigningKey", "B"), ("TrustedKeys", "A,Existing"), EXISTING_ID], SLOT_B),
        (&[("SigningKey", "B"), ("TrustedKeys", "A,B")], ""),
        (&[("SigningKey", "B"), ("TrustedKeys", "B,Existing"), EXISTING_ID], ""),
        (&[EXISTING_SIGNS, EXISTING_ID, EXISTING_SECRET], EXISTING),
        (&[EXISTING_SIGNS, ("TrustedKeys", "A,B"), EXISTING_SECRET], EXISTING),
        (&[EXISTING_SIGNS, ("TrustedKeys", "A,Existing"), EXISTING_ID], EXISTING_PRIVATE),
        (&[EXISTING_SIGNS, ("TrustedKeys", "B,Existing"), EXISTING_SECRET], EXISTING_PUBLIC),
        (&[("HashAlgorithm", "SHA1")], SHA1),
        (&[("HashAlgorithm", "SHA1"), ("SigningKey", "B"), ("TrustedKeys", "B")], SHA1),
        (
            &[
                ("HashAlgorithm", "SHA1"),
                EXISTING_SIGNS,
                ("TrustedKeys", "Existing"),
                EXISTING_ID,
                EXISTING_SECRET,
            ],
            "",
        ),
    ];
    for (overrides, expected) in rows {
        let told = told(set("", overrides));
        assert_eq!(told.trim_start_matches("template.yaml: "), expected, "{overrides:?}");
    }
}

#[test]
fn values_of_another_form_are_refused() {
    let rows = [
        ("AllowedOrigins", "https://*.example.com"),
        ("AllowedOrigins", "https://www.example.com/"),
        ("AllowedOrigins", "https://www.example.com, https://app.example.com"),
        ("AllowedOrigins", "http://www.example.com"),
        ("AllowedOrigins", "capacitor://localhost/"),
        ("AllowedOrigins", "http://localhost.example.com"),
        ("CastReceiverOrigins", "*"),
        ("CertificateArn", "arn:aws:acm:eu-central-1:123456789012:certificate/12345678"),
        ("DomainName", "*.example.com"),
        ("DomainName", "Video.example.com"),
        ("DomainName", "https://video.example.com"),
        ("DomainName", "localhost"),
        ("ExistingPrivateKeySecret", "-----BEGIN PRIVATE KEY-----"),
        ("ExistingPublicKeyId", "-----BEGIN PUBLIC KEY-----"),
        ("HostedZoneId", "example.com"),
        ("JwtJwksUrl", "http://id.example.com/jwks"),
        ("JwtPublicKey", "-----BEGIN RSA PUBLIC KEY-----"),
        ("GeoRestrictionLocations", "DE, AT"),
        ("GeoRestrictionLocations", "de"),
        ("GeoRestrictionType", "DE"),
        ("JwtSecretArn", "correct horse battery staple"),
        ("PloneSite", "http://plone.example.com"),
        ("PloneSite", "https://admin:secret@plone.example.com"),
        ("SignedHostsKmsKeyArns", "*"),
        ("SignedHostsKmsKeyArns", "arn:aws:kms:us-east-1:123456789012:key/1,"),
        ("SignedHostsSecretArns", "arn:aws:secretsmanager:*:*:secret:*"),
        ("WebAclArn", "arn:aws:wafv2:eu-central-1:123456789012:global/webacl/videos/12345678"),
        ("WebAclArn", "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/videos/12345678"),
        ("WebAclArn", "12345678-1234-1234-1234-123456789012"),
        ("WebsiteDomainName", "https://www.example.com"),
    ];
    for (name, value) in rows {
        let refused = template().with_parameters([(name, value)]).map_or("refused", |_| "taken");
        assert_eq!(refused, "refused", "{name}={value}");
    }
}

const JWT: &str = "JwtIssuer goes with JwtAudience or JwtAuthorizedParties, and its keys belong to them (rule \
                   WhatGoesTogether)";
const PLONE: &str = "set PloneSite, or the ARNs of its keys, not both (rule WhatGoesTogether)";
const SIMPLEJWT: &str = "set SimplejwtKeysArn or SimplejwtPublicKey, not both (rule WhatGoesTogether)";
const DJANGO: &str = "DjangoAudience is for DjangoFormat dumps (rule WhatGoesTogether)";
const COUNTRIES: &str = "GeoRestrictionLocations is for GeoRestrictionType whitelist or blacklist, set both (rule WhatGoesTogether)";
const PARTITIONED: &str = "CookiePartitioned is for CookieSameSite None (rule WhatGoesTogether)";
const PAGES: (&str, &str) = ("AllowedOrigins", "https://www.example.com");
const RECEIVERS: (&str, &str) = ("CastReceiverOrigins", "https://www.gstatic.com");
const CREDENTIALS: &str = "with CookieSameSite None pages of CastReceiverOrigins could read videos by the cookies of \
                           AllowedOrigins, set CookiePartitioned too (rule WhatGoesTogether)";
const COOKIE_DOMAIN: &str = "CookieDomain is a domain of DomainName, set both (rule WhatGoesTogether)";
const CERTIFICATE_TOO: &str =
    "DomainName and CertificateArn go together, set both or neither (rule DomainAndCertificateGoTogether)";
const ZONE: &str = "HostedZoneId is for DomainName, set both (rule DomainAndCertificateGoTogether)";
const WEBSITE: &str = "WebsiteDomainName is the site's own server, not the name by which viewers reach the \
                       distribution (rule DomainAndCertificateGoTogether)";
const SLOT_A: &str = "SigningKey is A, so A must be among TrustedKeys (rule TheKeyThatSignsIsTrusted)";
const SLOT_B: &str = "SigningKey is B, so B must be among TrustedKeys (rule TheKeyThatSignsIsTrusted)";
const EXISTING: &str =
    "SigningKey is Existing, so Existing must be among TrustedKeys (rule TheKeyThatSignsIsTrusted)";
const EXISTING_PRIVATE: &str =
    "SigningKey is Existing, so ExistingPrivateKeySecret must be set (rule TheKeyThatSignsIsTrusted)";
const EXISTING_PUBLIC: &str =
    "Existing is among TrustedKeys, so ExistingPublicKeyId must be set (rule TheKeyThatSignsIsTrusted)";
const EXISTING_SIGNS: (&str, &str) = ("SigningKey", "Existing");
const EXISTING_ID: (&str, &str) = ("ExistingPublicKeyId", "K1");
const EXISTING_SECRET: (&str, &str) = ("ExistingPrivateKeySecret", SECRET);
const SHA1: &str =
    "KMS does not sign with SHA1, only an existing key pair does (rule TheKeyThatSignsIsTrusted)";
