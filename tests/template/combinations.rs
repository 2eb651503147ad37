//! Values for parameters that the template rejects before anything is created, and similar values that it accepts.

use crate::{
    TEMPLATE,
    parameter_sets::{CERTIFICATE, DOMAIN, ISSUERS, ParameterSet, SECRET, set},
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
    let nobody = "template.yaml: set JwtIssuers, Plone, Django or Simplejwt to say whose viewers may watch, in the file \
                  of parameters that usher init writes (rule SomebodyVouchesForViewers)";
    let rows: [(&[(&str, &str)], &str); 7] = [
        (&[], nobody),
        (&[DOMAIN, ("CertificateArn", CERTIFICATE)], nobody),
        (&[VIEWER_SECRET], nobody),
        (&[("JwtIssuers", ISSUERS)], ""),
        (&[("Plone", r#"{"site": "https://plone.example.com"}"#)], ""),
        (&[VIEWER_SECRET, ("Django", r#"{"keys": "django"}"#)], ""),
        (&[VIEWER_SECRET, ("Simplejwt", r#"{"keys": "simplejwt"}"#)], ""),
    ];
    for (overrides, expected) in rows {
        let overrides =
            overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let row = ParameterSet { name: String::new(), overrides };
        assert_eq!(told(row), expected, "{expected}");
    }
}

/// No rule of a template can look into JSON. The function does, when it starts.
#[test]
fn json_that_cannot_be_used_is_told_by_the_function() {
    let rows: [(&[(&str, &str)], &str); 7] = [
        (
            &[("Django", r#"{"keys": "django"}"#)],
            "DJANGO: keys is the name of a member of VIEWER_SECRET_ARN, which is missing",
        ),
        (
            &[(
                "JwtIssuers",
                r#"[{"issuer": "https://id.example.com", "audience": "video", "secret": "site"}]"#,
            )],
            "JWT_ISSUERS[0]: secret is the name of a member of VIEWER_SECRET_ARN, which is missing",
        ),
        (&[VIEWER_SECRET, ("Django", r#"{"format": "dumps"}"#)], "DJANGO must have keys"),
        (
            &[VIEWER_SECRET, ("Plone", r#"{"site": "https://plone.example.com", "ticket_keys": "tickets"}"#)],
            "PLONE: site and ticket_keys are both set: Usher either asks the site or uses its keys",
        ),
        (&[("Plone", "{}")], "PLONE must have site, jwt_keys or ticket_keys"),
        (&[("Simplejwt", "{keys: simplejwt}")], "SIMPLEJWT must be a JSON object"),
        (
            &[("Simplejwt", r#"{"keys": ["simplejwt"]}"#)],
            "SIMPLEJWT: keys must be a text or a number; SIMPLEJWT must have keys or public_key",
        ),
    ];
    for (overrides, expected) in rows {
        let expected = format!("IssueCookiesFunction: the configuration cannot be used: {expected}");
        assert_eq!(told(set("", overrides)), expected, "{overrides:?}");
    }
}

#[test]
fn parameters_go_together() {
    let website = "www.example.com";
    let rows: [(&[(&str, &str)], &str); 27] = [
        (&[PAGES, RECEIVERS, ("CookieSameSite", "None")], CREDENTIALS),
        (&[PAGES, RECEIVERS, ("CookieSameSite", "NonePartitioned")], ""),
        (&[PAGES, RECEIVERS, ("CookieSameSite", "Strict")], ""),
        (&[PAGES, RECEIVERS], ""),
        (&[PAGES, ("CookieSameSite", "None")], ""),
        (&[RECEIVERS, ("CookieSameSite", "None")], ""),
        (&[DOMAIN], CERTIFICATE_TOO),
        (&[("CertificateArn", CERTIFICATE)], CERTIFICATE_TOO),
        (&[("HostedZoneId", "Z1")], ZONE),
        (&[("HostedZoneId", "Z1"), DOMAIN, ("CertificateArn", CERTIFICATE)], ""),
        (&[("WebsiteDomainName", website)], ""),
        (&[("WebsiteDomainName", DOMAIN.1), DOMAIN, ("CertificateArn", CERTIFICATE)], WEBSITE),
        (&[("SignedHosts", "[]")], HOSTS),
        (&[("SignedHostsKeyArns", SECRET)], HOSTS),
        (&[("KeyPhase", "B")], ""),
        (&[("KeyPhase", "A+B")], ""),
        (&[("KeyPhase", "B+A")], ""),
        (&[("KeyPhase", "A+Existing")], EXISTING_PUBLIC),
        (&[("KeyPhase", "B+Existing")], EXISTING_PUBLIC),
        (&[("KeyPhase", "A+Existing"), EXISTING_ID], ""),
        (&[("KeyPhase", "B+Existing"), EXISTING_ID], ""),
        (&[("KeyPhase", "Existing"), EXISTING_ID], EXISTING_PRIVATE),
        (&[("KeyPhase", "Existing+A"), EXISTING_ID], EXISTING_PRIVATE),
        (&[("KeyPhase", "Existing+B"), EXISTING_ID], EXISTING_PRIVATE),
        (&[("KeyPhase", "Existing"), EXISTING_SECRET], EXISTING_PUBLIC),
        (&[("KeyPhase", "Existing"), EXISTING_ID, EXISTING_SECRET], ""),
        (&[("KeyPhase", "Existing+B"), EXISTING_ID, EXISTING_SECRET], ""),
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
        ("CookieSameSite", "None; Partitioned"),
        ("Django", "correct horse battery staple"),
        ("GeoRestriction", "DE,AT"),
        ("GeoRestriction", "whitelist"),
        ("GeoRestriction", "whitelist DE, AT"),
        ("GeoRestriction", "blacklist ru"),
        ("JwtIssuers", r#"{"issuer": "https://id.example.com", "audience": "video"}"#),
        ("JwtIssuers", "https://id.example.com"),
        ("KeyPhase", "B+B"),
        ("KeyPhase", "A,B"),
        ("Plone", "https://plone.example.com"),
        ("PublicPaths", "/video/*"),
        ("PublicPaths", "/video/*.m3u8"),
        ("PublicPaths", "/video/trailer/*.mp4"),
        ("PublicPaths", "/video/*.jpg*"),
        ("PublicPaths", "/*"),
        ("PublicPaths", "/public*"),
        ("PublicPaths", "*.jpg"),
        ("PublicPaths", "/public/*,/video/*"),
        ("PublicPaths", "/public/*, /video/*.jpg"),
        ("PublicPaths", "/public/a/*,/public/b/*,/public/c/*,/public/d/*"),
        ("Simplejwt", "-----BEGIN PUBLIC KEY-----"),
        ("SignedHostsKeyArns", "*"),
        ("SignedHostsKeyArns", "arn:aws:kms:us-east-1:123456789012:key/1,"),
        ("SignedHostsKeyArns", "arn:aws:secretsmanager:*:*:secret:*"),
        ("ViewerSecretArn", "correct horse battery staple"),
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

const VIEWER_SECRET: (&str, &str) = ("ViewerSecretArn", SECRET);
const PAGES: (&str, &str) = ("AllowedOrigins", "https://www.example.com");
const RECEIVERS: (&str, &str) = ("CastReceiverOrigins", "https://www.gstatic.com");
const CREDENTIALS: &str = "with CookieSameSite None pages of CastReceiverOrigins could read videos by the cookies of \
                           AllowedOrigins, set NonePartitioned (rule WhatGoesTogether)";
const HOSTS: &str =
    "SignedHostsKeyArns has the ARNs of all keys in SignedHosts, set both or neither (rule WhatGoesTogether)";
const CERTIFICATE_TOO: &str =
    "DomainName and CertificateArn go together, set both or neither (rule DomainAndCertificateGoTogether)";
const ZONE: &str = "HostedZoneId is for DomainName, set both (rule DomainAndCertificateGoTogether)";
const WEBSITE: &str = "WebsiteDomainName is the site's own server, not the name by which viewers reach the \
                       distribution (rule DomainAndCertificateGoTogether)";
const EXISTING_PRIVATE: &str =
    "KeyPhase lets Existing sign, so ExistingPrivateKeySecret must be set (rule TheExistingKeyIsThere)";
const EXISTING_PUBLIC: &str =
    "KeyPhase names Existing, so ExistingPublicKeyId must be set (rule TheExistingKeyIsThere)";
const EXISTING_ID: (&str, &str) = ("ExistingPublicKeyId", "K1");
const EXISTING_SECRET: (&str, &str) = ("ExistingPrivateKeySecret", SECRET);
