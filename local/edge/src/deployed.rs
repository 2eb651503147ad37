//! A stack as a laptop runs it: what its resources are here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{EdgeError, bucket::random_hex, distribution::Target};
use usher_cloudformation::Stack;

/// A stack with the secrets that AWS would have generated for it.
pub(super) struct Deployed<'a> {
    stack: &'a Stack,
    secrets: BTreeMap<String, String>,
}

/// A setting in a function's environment.
#[derive(Eq, PartialEq)]
pub(super) enum Setting {
    /// It names a resource that does not exist on a laptop.
    Resource,
    /// It refers to a secret in AWS.
    Secret,
    /// It refers to a secret that the stack generates. Here, this process generated it.
    OwnSecret(String),
    /// A text.
    Text(String),
}

impl<'a> Deployed<'a> {
    pub(super) fn new(stack: &'a Stack) -> Result<Self, EdgeError> {
        let mut secrets = BTreeMap::new();
        for (id, secret) in of_type(stack, "AWS::SecretsManager::Secret") {
            if secret.pointer("/Properties/GenerateSecretString").is_some() {
                secrets.insert(id.to_owned(), random_hex()?);
            }
        }
        Ok(Self { stack, secrets })
    }

    pub(super) fn stack(&self) -> &Stack {
        self.stack
    }

    pub(super) fn of_type(&self, kind: &'a str) -> impl Iterator<Item = (&str, &Value)> {
        of_type(self.stack, kind)
    }

    /// The ids of the keys with which the functions sign.
    pub(super) fn key_pair_ids(&self) -> Vec<&Value> {
        let functions = self.of_type("AWS::Serverless::Function");
        functions
            .filter_map(|(_, function)| function.pointer("/Properties/Environment/Variables/KEY_PAIR_ID"))
            .collect()
    }

    /// The types of resources that are not modelled here, some more than once.
    pub(super) fn types_not_modelled(&self) -> impl Iterator<Item = &str> {
        let types = self.stack.resources().filter_map(|(_, resource)| resource.get("Type")?.as_str());
        types.filter(|kind| !MODELLED_TYPES.contains(kind))
    }

    /// The settings in a function's environment, with those that all functions have. If the template has the
    /// ARN of a secret as `NAME_ARN`, this has the secret itself as `NAME`: a laptop has no Secrets Manager.
    pub(super) fn environment(&self, function: &str) -> BTreeMap<String, Setting> {
        let variables =
            |of: &'a Value, at: &str| of.pointer(at).and_then(Value::as_object).into_iter().flatten();
        let globals = variables(self.stack.globals(), "/Function/Environment/Variables");
        let resource = self.stack.resources().find(|(_, resource)| function_name(resource) == Some(function));
        let own = resource.map(|(_, resource)| variables(resource, "/Properties/Environment/Variables"));
        let all = globals.chain(own.into_iter().flatten());
        let here = |(name, value): (&String, &Value)| match name.strip_suffix("_ARN") {
            Some(secret) => (secret.to_owned(), self.secret(value)),
            None => (name.clone(), self.setting(value)),
        };
        all.map(here).collect()
    }

    /// The secret that an ARN names.
    fn secret(&self, arn: &Value) -> Setting {
        match arn.get("Ref").and_then(Value::as_str).map(|id| self.secrets.get(id)) {
            Some(Some(secret)) => Setting::OwnSecret(secret.clone()),
            None if arn == "" => Setting::Text(String::new()),
            _ => Setting::Secret,
        }
    }

    /// A text that is known here, including the stack's own secrets.
    pub(super) fn text(&self, value: &Value) -> Option<String> {
        match self.setting(value) {
            Setting::Text(text) | Setting::OwnSecret(text) => Some(text),
            Setting::Resource | Setting::Secret => None,
        }
    }

    fn setting(&self, value: &Value) -> Setting {
        if let Some(text) = Stack::text(value) {
            return if text.contains("{{resolve:") { Setting::Secret } else { Setting::Text(text) };
        }
        match self.own_secret(value) {
            Some(secret) => Setting::OwnSecret(secret.clone()),
            None if value.to_string().contains("{{resolve:") => Setting::Secret,
            None => Setting::Resource,
        }
    }

    /// `{{resolve:secretsmanager:${Secret}:SecretString}}`, evaluated.
    fn own_secret(&self, value: &Value) -> Option<&String> {
        let [start, secret, end] = value.pointer("/Fn::Join/1")?.as_array()?.as_slice() else { return None };
        let whole = end.as_str()?.strip_suffix("}}")?.trim_matches(':');
        let is_reference = start == "{{resolve:secretsmanager:" && ["", "SecretString"].contains(&whole);
        self.secrets.get(secret.get("Ref")?.as_str()?).filter(|_| is_reference)
    }

    /// What an origin's domain name leads to, by the resources in it.
    pub(super) fn target(&self, domain_name: &Value) -> Option<Target> {
        let mut references = Vec::new();
        logical_ids(domain_name, &mut references);
        references.into_iter().find_map(|id| {
            let resource = self.stack.resource(id);
            match resource.and_then(|resource| resource.get("Type")?.as_str()) {
                Some("AWS::S3::Bucket") => Some(Target::Bucket),
                Some("AWS::Serverless::HttpApi") => self.function_behind_api(id),
                // For a function with a FunctionUrlConfig, SAM creates the resource `…Url`.
                _ => target_of_function(self.stack.resource(id.strip_suffix("Url")?)?),
            }
        })
    }

    fn function_behind_api(&self, api: &str) -> Option<Target> {
        let is_api = |event: &Value| event.pointer("/Properties/ApiId/Ref").is_some_and(|id| id == api);
        let (_, function) = self.stack.resources().find(|(_, resource)| {
            let events = resource.pointer("/Properties/Events").and_then(Value::as_object);
            events.is_some_and(|events| events.values().any(is_api))
        })?;
        target_of_function(function)
    }
}

fn of_type<'a>(stack: &'a Stack, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    stack.resources().filter(move |(_, resource)| resource.get("Type").is_some_and(|of| of == kind))
}

fn target_of_function(resource: &Value) -> Option<Target> {
    match function_name(resource)? {
        "issue-cookies" => Some(Target::IssueCookies),
        "resign-manifest" => Some(Target::ResignManifest),
        _ => None,
    }
}

/// The binary of the workspace for a function.
fn function_name(resource: &Value) -> Option<&str> {
    let binary = resource.pointer("/Metadata/BuildProperties/Binary").and_then(Value::as_str);
    binary.or_else(|| {
        let folder = resource.pointer("/Properties/CodeUri")?.as_str()?;
        folder.trim_end_matches('/').rsplit('/').next()
    })
}

/// The logical ids that an evaluated value refers to, at any depth.
fn logical_ids<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| logical_ids(value, found)),
        Value::Object(members) => {
            for (name, value) in members {
                match name.as_str() {
                    "Ref" => found.extend(value.as_str()),
                    "Fn::GetAtt" => found.extend(value.get(0).and_then(Value::as_str)),
                    _ => logical_ids(value, found),
                }
            }
        }
        _ => {}
    }
}

const MODELLED_TYPES: [&str; 11] = [
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::KeyGroup",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::OriginRequestPolicy",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::Serverless::Function",
    "AWS::Serverless::HttpApi",
];

#[cfg(test)]
mod tests {
    use super::*;
    use usher_cloudformation::Template;

    const TEMPLATE: &str = r#"
Globals: {Function: {Environment: {Variables: {LEVEL: info, SHARED: a}}}}
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Generated: {Type: AWS::SecretsManager::Secret, Properties: {GenerateSecretString: {PasswordLength: 64}}}
  Written: {Type: AWS::SecretsManager::Secret}
  Function:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: issue-cookies}}
    Properties:
      CodeUri: .
      Environment:
        Variables:
          SHARED: b
          NUMBER: 300
          BUCKET: !Ref Bucket
          OWN_BY_NAME_ARN: !Ref Generated
          WRITTEN_BY_NAME_ARN: !Ref Written
          THEIRS_ARN: arn:aws:secretsmanager:us-east-1:000000000000:secret:theirs-AbCdEf
          NONE_ARN: ""
          OWN: !Sub "{{resolve:secretsmanager:${Generated}:SecretString}}"
          OWN_SHORTER: !Sub "{{resolve:secretsmanager:${Generated}}}"
          OWN_MEMBER: !Sub "{{resolve:secretsmanager:${Generated}:SecretString:password}}"
          WRITTEN: !Sub "{{resolve:secretsmanager:${Written}:SecretString}}"
          ELSEWHERE: "{{resolve:ssm:/x}}"
"#;

    #[test]
    fn a_function_has_the_settings_of_the_template() {
        let template = Template::parse("t", TEMPLATE).expect("a template");
        let stack = template.with_parameters([("", ""); 0]).expect("a stack");
        let deployed = Deployed::new(&stack).expect("secrets");
        let mut environment = deployed.environment("issue-cookies");
        let generated = deployed.secrets.get("Generated").expect("a secret").clone();
        assert_eq!(generated.len(), 40);
        let mut is = |name: &str, expected: Setting| {
            assert!(environment.remove(name) == Some(expected), "{name}");
        };
        is("SHARED", Setting::Text("b".to_owned()));
        is("LEVEL", Setting::Text("info".to_owned()));
        is("NUMBER", Setting::Text("300".to_owned()));
        is("BUCKET", Setting::Resource);
        is("OWN_BY_NAME", Setting::OwnSecret(generated.clone()));
        is("WRITTEN_BY_NAME", Setting::Secret);
        is("THEIRS", Setting::Secret);
        is("NONE", Setting::Text(String::new()));
        is("OWN", Setting::OwnSecret(generated.clone()));
        is("OWN_SHORTER", Setting::OwnSecret(generated));
        is("OWN_MEMBER", Setting::Secret);
        is("WRITTEN", Setting::Secret);
        is("ELSEWHERE", Setting::Secret);
        assert_eq!(environment.len(), 0);
        assert_eq!(deployed.environment("resign-manifest").len(), 2);
    }
}
