//! The answers to the questions of `usher init`, and the parameters of the template that they mean.

use serde_json::Value;

/// How the issuers of Cognito's user pools begin.
const COGNITO: &str = "https://cognito-idp.";

/// What stands in the file for the ARN of a secret that does not exist yet. The template's pattern refuses it.
pub(crate) const PLACEHOLDER: &str = "the ARN of the secret";

/// All answers but the region, which is no parameter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Answers {
    pub(crate) viewers: Viewers,
    /// The ARN of the secret that verifies viewers, if they need one and it exists.
    pub(crate) secret_arn: Option<String>,
    pub(crate) player: Player,
    pub(crate) domain: Option<Domain>,
}

/// Whose viewers may watch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Viewers {
    /// A user pool of Amazon Cognito.
    Cognito { user_pool: String, client: String },
    /// A site that signs a value for each viewer.
    Django { audience: String },
    /// Any provider with a discovery document. Without an algorithm, RS256.
    OpenId { issuer: String, audience: String, algorithm: Option<&'static str> },
    /// A site that signs tokens with a secret.
    OwnTokens { issuer: String, audience: String },
    /// A site that Usher asks about each viewer.
    Plone { site: String },
    /// Django REST framework.
    Simplejwt,
}

/// Where the player is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Player {
    /// On pages of the site that is behind the distribution, whose own server has this name.
    BehindDistribution { website: String },
    /// In apps and on devices, by signed URLs.
    Devices,
    /// On pages of this origin, on a site of its own.
    OtherSite { origin: String },
    /// On pages of this origin, on the same site as the distribution.
    SameSite { origin: String },
}

/// The distribution's own name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Domain {
    pub(crate) name: String,
    pub(crate) certificate_arn: String,
    /// Nothing, if its DNS is not in Route 53.
    pub(crate) hosted_zone: Option<String>,
}

type Parameters = Vec<(String, String)>;

impl Answers {
    /// The parameters that do not have their defaults, in the order of the questions.
    pub(crate) fn parameters(&self) -> Parameters {
        let mut parameters = self.viewers.parameters();
        if self.viewers.need_secret() {
            let arn = self.secret_arn.as_deref().unwrap_or(PLACEHOLDER);
            parameters.push((SECRET_PARAMETER.to_owned(), arn.to_owned()));
        }
        parameters.extend(self.player.parameters());
        parameters.extend(self.domain.iter().flat_map(Domain::parameters));
        parameters
    }
}

impl Viewers {
    /// The parameters that say whose viewers they are, without the secret.
    pub(crate) fn parameters(&self) -> Parameters {
        let (name, value) = match self {
            Self::Cognito { user_pool, client } => {
                let region = self.region().unwrap_or_default();
                let issuer = format!("{COGNITO}{region}.amazonaws.com/{user_pool}");
                ("JwtIssuers", issuers(&[("issuer", &issuer), ("audience", client), ("token_use", "access")]))
            }
            Self::Django { audience } => ("Django", object(&[("keys", "django"), ("audience", audience)])),
            Self::OpenId { issuer, audience, algorithm } => {
                let mut members = vec![("issuer", issuer.as_str()), ("audience", audience)];
                members.extend(algorithm.map(|algorithm| ("algorithm", algorithm)));
                ("JwtIssuers", issuers(&members))
            }
            Self::OwnTokens { issuer, audience } => {
                ("JwtIssuers", issuers(&[("issuer", issuer), ("audience", audience), ("secret", "jwt")]))
            }
            Self::Plone { site } => ("Plone", object(&[("site", site)])),
            Self::Simplejwt => ("Simplejwt", object(&[("keys", "simplejwt")])),
        };
        vec![(name.to_owned(), value)]
    }

    /// That of the user pool.
    pub(crate) fn region(&self) -> Option<&str> {
        if let Self::Cognito { user_pool, .. } = self { user_pool.split('_').next() } else { None }
    }

    /// Whether a secret verifies these viewers.
    pub(crate) fn need_secret(&self) -> bool {
        !secret_members(&self.parameters()).is_empty()
    }
}

impl Player {
    fn parameters(&self) -> Parameters {
        let parameters: &[(&str, &str)] = match self {
            Self::BehindDistribution { website } => &[("WebsiteDomainName", website)],
            Self::Devices => &[],
            Self::OtherSite { origin } => {
                &[("AllowedOrigins", origin), ("CookieSameSite", "NonePartitioned")]
            }
            Self::SameSite { origin } => &[("AllowedOrigins", origin)],
        };
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}

impl Domain {
    fn parameters(&self) -> Parameters {
        let Self { name, certificate_arn, hosted_zone } = self;
        let zone = hosted_zone.iter().map(|zone| ("HostedZoneId", zone));
        let parameters = [("DomainName", name), ("CertificateArn", certificate_arn)].into_iter().chain(zone);
        parameters.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }
}

/// The name of an issuer, if it is a user pool of Cognito.
pub(crate) fn cognito_issuer(issuer: &Value) -> Option<&str> {
    issuer.get("issuer")?.as_str().filter(|name| name.starts_with(COGNITO))
}

fn issuers(members: &[(&str, &str)]) -> String {
    format!("[{}]", object(members))
}

/// A JSON object whose members keep their order.
fn object(members: &[(&str, &str)]) -> String {
    let members =
        members.iter().map(|(name, value)| format!("{}: {}", Value::from(*name), Value::from(*value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

/// A text that the secret of [`SECRET_PARAMETER`] must have: the parameter that names it, its name, and what it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SecretMember {
    pub(crate) parameter: String,
    pub(crate) name: String,
    pub(crate) what: &'static str,
}

/// The texts that parameters name.
pub(crate) fn secret_members(parameters: &[(String, String)]) -> Vec<SecretMember> {
    let mut found = Vec::new();
    for (parameter, value) in parameters {
        let json = serde_json::from_str(value).unwrap_or_default();
        let objects = match &json {
            Value::Array(objects) => objects.iter().collect(),
            other => vec![other],
        };
        for (_, member, what) in SECRETS.iter().filter(|(of, ..)| of == parameter) {
            let names = objects.iter().filter_map(|object| object.get(member)?.as_str());
            found.extend(names.map(|name| SecretMember {
                parameter: parameter.clone(),
                name: name.to_owned(),
                what,
            }));
        }
    }
    found
}

/// The parameter for the secret that verifies viewers.
pub(crate) const SECRET_PARAMETER: &str = "ViewerSecretArn";

/// The members of parameters that name a text of the secret, and what that text is.
const SECRETS: [(&str, &str, &str); 5] = [
    ("JwtIssuers", "secret", "the secret with which your site signs, of 32 bytes or more"),
    ("Plone", "jwt_keys", "what derived_keys.py of the recipe for Plone prints for tokens"),
    ("Plone", "ticket_keys", "what derived_keys.py of the recipe for Plone prints for tickets"),
    ("Django", "keys", "what `python manage.py video_key` prints"),
    ("Simplejwt", "keys", "the SIGNING_KEY in hexadecimal, which must not be the SECRET_KEY"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:viewers-AbCdEf";

    fn parameters(
        viewers: Viewers,
        secret_arn: Option<&str>,
        player: Player,
        domain: Option<Domain>,
    ) -> Parameters {
        Answers { viewers, secret_arn: secret_arn.map(str::to_owned), player, domain }.parameters()
    }

    fn owned(parameters: &[(&str, &str)]) -> Parameters {
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_kind_of_viewers_is_one_parameter_and_its_secret_another() {
        let text = str::to_owned;
        let (issuer, audience) = (text("https://id.example.com/"), text("video"));
        let rows: [(Viewers, &[(&str, &str)]); 7] = [
            (
                Viewers::Plone { site: text("https://www.example.com/Plone") },
                &[("Plone", r#"{"site": "https://www.example.com/Plone"}"#)],
            ),
            (
                Viewers::Django { audience: audience.clone() },
                &[("Django", r#"{"keys": "django", "audience": "video"}"#), ("ViewerSecretArn", ARN)],
            ),
            (Viewers::Simplejwt, &[("Simplejwt", r#"{"keys": "simplejwt"}"#), ("ViewerSecretArn", ARN)]),
            (
                Viewers::Cognito {
                    user_pool: text("eu-central-1_AbCdEfGhI"),
                    client: text("1example23456789"),
                },
                &[(
                    "JwtIssuers",
                    r#"[{"issuer": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI", "audience": "1example23456789", "token_use": "access"}]"#,
                )],
            ),
            (
                Viewers::OpenId { issuer: issuer.clone(), audience: audience.clone(), algorithm: None },
                &[("JwtIssuers", r#"[{"issuer": "https://id.example.com/", "audience": "video"}]"#)],
            ),
            (
                Viewers::OpenId {
                    issuer: issuer.clone(),
                    audience: audience.clone(),
                    algorithm: Some("ES256"),
                },
                &[(
                    "JwtIssuers",
                    r#"[{"issuer": "https://id.example.com/", "audience": "video", "algorithm": "ES256"}]"#,
                )],
            ),
            (
                Viewers::OwnTokens { issuer, audience },
                &[
                    (
                        "JwtIssuers",
                        r#"[{"issuer": "https://id.example.com/", "audience": "video", "secret": "jwt"}]"#,
                    ),
                    ("ViewerSecretArn", ARN),
                ],
            ),
        ];
        for (viewers, expected) in rows {
            assert_eq!(parameters(viewers, Some(ARN), Player::Devices, None), owned(expected));
        }
    }

    #[test]
    fn a_secret_that_does_not_exist_yet_has_a_placeholder() {
        let given = parameters(Viewers::Simplejwt, None, Player::Devices, None);
        assert_eq!(given.last(), Some(&("ViewerSecretArn".to_owned(), PLACEHOLDER.to_owned())));
    }

    #[test]
    fn the_players_place_and_the_domain_are_their_own_parameters() {
        let (origin, text) = ("https://www.example.com".to_owned(), str::to_owned);
        let certificate_arn = text("arn:aws:acm:us-east-1:123456789012:certificate/1-2");
        let domain = |hosted_zone: Option<&str>| {
            let hosted_zone = hosted_zone.map(text);
            Some(Domain {
                name: text("video.example.com"),
                certificate_arn: certificate_arn.clone(),
                hosted_zone,
            })
        };
        let of_domain = [
            ("DomainName", "video.example.com"),
            ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/1-2"),
        ];
        let rows = [
            (Player::Devices, None, vec![]),
            (
                Player::BehindDistribution { website: text("origin.example.com") },
                None,
                vec![("WebsiteDomainName", "origin.example.com")],
            ),
            (
                Player::SameSite { origin: origin.clone() },
                domain(None),
                [&[("AllowedOrigins", "https://www.example.com")], &of_domain[..]].concat(),
            ),
            (
                Player::OtherSite { origin },
                domain(Some("Z1EXAMPLE")),
                [
                    &[("AllowedOrigins", "https://www.example.com"), ("CookieSameSite", "NonePartitioned")],
                    &of_domain[..],
                    &[("HostedZoneId", "Z1EXAMPLE")],
                ]
                .concat(),
            ),
        ];
        for (player, domain, expected) in rows {
            let viewers = Viewers::Plone { site: text("https://p.example") };
            let expected = [&[("Plone", r#"{"site": "https://p.example"}"#)], expected.as_slice()].concat();
            assert_eq!(parameters(viewers, None, player, domain), owned(&expected));
        }
    }

    #[test]
    fn what_stands_in_json_is_escaped() {
        let viewers = Viewers::Django { audience: "a\"b\\c".to_owned() };
        assert_eq!(
            viewers.parameters(),
            owned(&[("Django", r#"{"keys": "django", "audience": "a\"b\\c"}"#)])
        );
    }
}
