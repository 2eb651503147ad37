//! The template with values for its parameters, and the functions' settings.

use std::collections::BTreeMap;

use usher_cloudformation::{Stack, Template};
use usher_runtime::ViewerProtocol;

use super::{
    EdgeError, LookUp, Options,
    bucket::BUCKET,
    deployed::{Deployed, Setting},
    distribution::Distribution,
    identity_provider::IdentityProvider,
    signing_key::LocalSigningKey,
};

/// The resources that CloudFormation would create. No parameter has to say whose viewers may watch, because the
/// environment may.
pub(super) fn stack(options: &Options) -> Result<Stack, EdgeError> {
    let template = Template::read(&options.template)?;
    let mut parameters: BTreeMap<String, String> = options.parameter_overrides.iter().cloned().collect();
    if options.website.is_some() {
        // Its name in AWS does not matter here.
        parameters.entry("WebsiteDomainName".to_owned()).or_insert_with(|| "website.invalid".to_owned());
    }
    if template.document().pointer("/Parameters/JwtIssuers").is_some() {
        parameters.entry(ISSUERS_PARAMETER.to_owned()).or_insert_with(|| "[]".to_owned());
    }
    let stack = template.with_parameters(parameters)?;
    stack.check_rules()?;
    Ok(stack)
}

pub(super) fn distribution(options: &Options, deployed: &Deployed<'_>) -> Result<Distribution, EdgeError> {
    let website = options.website.as_ref().map(|url| url.origin().ascii_serialization());
    Distribution::read(deployed, website.as_deref())
        .map_err(|problem| EdgeError::Distribution { path: options.template.clone(), problem })
}

/// The viewers of the demo identity provider, if it is on, may watch, together with those that the environment
/// or a parameter names.
pub(super) fn issuers(
    options: &Options,
    look_up: LookUp<'_>,
    identity_provider: Option<&IdentityProvider>,
) -> String {
    let parameter = || {
        let mut overrides = options.parameter_overrides.iter().rev();
        overrides.find(|(name, _)| name == ISSUERS_PARAMETER).map(|(_, value)| value.clone())
    };
    let others = look_up(ISSUERS).or_else(parameter);
    match identity_provider {
        Some(identity_provider) => identity_provider.among(others.as_deref()),
        None => others.unwrap_or_default(),
    }
}

/// Where the functions' settings come from: first the substitutes for a deployment, then the environment, then
/// the template.
pub(super) struct FunctionSettings<'a> {
    deployed: &'a Deployed<'a>,
    local: BTreeMap<&'static str, String>,
    look_up: LookUp<'a>,
    protocol: ViewerProtocol,
    port: u16,
}

impl<'a> FunctionSettings<'a> {
    pub(super) fn new(
        deployed: &'a Deployed<'a>,
        look_up: LookUp<'a>,
        key: &LocalSigningKey,
        issuers: String,
        (protocol, port): (ViewerProtocol, u16),
    ) -> Self {
        let local = BTreeMap::from([
            ("KEY_PAIR_ID", key.id.to_string()),
            ("KMS_KEY_ID", String::new()),
            ("PRIVATE_KEY_SECRET_ID", String::new()),
            ("PRIVATE_KEY_FILE", key.private_key_file.display().to_string()),
            ("VIEWER_PROTOCOL", protocol.to_string()),
            ("BUCKET", BUCKET.to_owned()),
            (ISSUERS, issuers),
        ]);
        Self { deployed, local, look_up, protocol, port }
    }

    /// The environment overrides the template, and has the settings that a template never sets, such as `JWT_ISSUER`. A
    /// laptop has no Secrets Manager, so no setting names a secret there.
    pub(super) fn of(&self, function: &str) -> Result<impl Fn(&str) -> Option<String> + use<'a>, EdgeError> {
        let mut settings = BTreeMap::new();
        for (name, of_template) in self.deployed.environment(function) {
            let elsewhere = || (self.look_up)(&name);
            let value = match of_template {
                // The distribution sends the same secret, and does not read the environment.
                Setting::OwnSecret(secret) => Some(secret),
                Setting::Resource => elsewhere(),
                Setting::Secret => Some(elsewhere().ok_or_else(|| EdgeError::Secret(name.clone()))?),
                Setting::Text(text) => Some(elsewhere().unwrap_or_else(|| self.here(&name, text))),
            };
            settings.extend(value.map(|value| (name, value)));
        }
        settings.extend(self.local.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let look_up = self.look_up;
        Ok(move |name: &str| match settings.get(name) {
            Some(value) => Some(value.clone()),
            None if name.ends_with("_ARN") => None,
            None => look_up(name),
        })
    }

    /// A host name of the user gets the edge's port here.
    fn here(&self, name: &str, value: String) -> String {
        let default_port = match self.protocol {
            ViewerProtocol::Http => 80,
            ViewerProtocol::Https => 443,
        };
        let is_host = name == "VIEWER_HOST" && !value.is_empty() && self.port != default_port;
        if is_host { format!("{value}:{}", self.port) } else { value }
    }
}

/// The demo identity provider is added to the issuers in it.
const ISSUERS: &str = "JWT_ISSUERS";

/// The template's parameter for the same value.
const ISSUERS_PARAMETER: &str = "JwtIssuers";
