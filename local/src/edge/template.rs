//! The deployment's template, read for what the edge runs: the distribution's behaviours, their origins,
//! and the functions' settings.
//!
//! YAML's short tags (`!Ref`, `!GetAtt`) become CloudFormation's long form (`{"Ref": …}`) first, so that
//! the rest is plain JSON.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON object takes any member, and a JSON value answers null for one it does not have"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use saphyr::{LoadableYamlNode as _, YamlOwned};
use serde_json::{Map, Value, json};

use super::{
    EdgeError,
    distribution::{Behavior, Distribution, Origin},
};

/// A template in CloudFormation's long form.
pub(super) struct Template {
    path: PathBuf,
    document: Value,
}

impl Template {
    pub(super) fn read(path: &Path) -> Result<Self, EdgeError> {
        let text =
            fs::read_to_string(path).map_err(|source| EdgeError::File { path: path.to_owned(), source })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, EdgeError> {
        let problem = |problem: String| EdgeError::Template { path: path.to_owned(), problem };
        let documents = YamlOwned::load_from_str(text).map_err(|error| problem(error.to_string()))?;
        let document = documents.first().ok_or_else(|| problem("it is empty".to_owned()))?;
        Ok(Self { path: path.to_owned(), document: long_form(document) })
    }

    /// The distribution with its behaviours, in the order in which they are tried.
    pub(super) fn distribution(&self) -> Result<Distribution, EdgeError> {
        let config = self
            .resources()
            .find(|(_, resource)| resource["Type"] == "AWS::CloudFront::Distribution")
            .map(|(_, resource)| &resource["Properties"]["DistributionConfig"])
            .ok_or_else(|| self.problem("it has no AWS::CloudFront::Distribution"))?;
        let origins = self.list(config, "Origins")?;
        let origins: BTreeMap<&str, &Value> =
            origins.filter_map(|origin| Some((origin["Id"].as_str()?, &origin["DomainName"]))).collect();
        let behaviors = self.list(config, "CacheBehaviors")?.map(|behavior| {
            let pattern = behavior["PathPattern"]
                .as_str()
                .ok_or_else(|| self.problem("a cache behaviour has no PathPattern"))?;
            self.behavior(Some(pattern), behavior, &origins)
        });
        Ok(Distribution {
            behaviors: behaviors.collect::<Result<_, EdgeError>>()?,
            default: self.behavior(None, &config["DefaultCacheBehavior"], &origins)?,
        })
    }

    fn behavior(
        &self,
        pattern: Option<&str>,
        behavior: &Value,
        origins: &BTreeMap<&str, &Value>,
    ) -> Result<Behavior, EdgeError> {
        let id = behavior["TargetOriginId"].as_str().unwrap_or_default();
        let domain_name =
            origins.get(id).ok_or_else(|| self.problem(&format!("there is no origin {id:?}")))?;
        let mut allowed_methods: Vec<String> =
            self.list(behavior, "AllowedMethods")?.filter_map(Value::as_str).map(str::to_owned).collect();
        if allowed_methods.is_empty() {
            allowed_methods = vec!["GET".to_owned(), "HEAD".to_owned()];
        }
        Ok(Behavior {
            path_pattern: pattern.map(str::to_owned),
            origin: self.origin(id, domain_name)?,
            restricted: self.list(behavior, "TrustedKeyGroups")?.next().is_some()
                || self.list(behavior, "TrustedSigners")?.next().is_some(),
            allowed_methods,
            viewer_request_function: self
                .list(behavior, "FunctionAssociations")?
                .any(|association| association["EventType"] == "viewer-request"),
        })
    }

    /// A list that may be absent. Anything but a list, an `!If` say, cannot be told from an empty one by
    /// who does not deploy: that must not turn a restricted behaviour into an open one.
    fn list<'a>(
        &self,
        of: &'a Value,
        name: &str,
    ) -> Result<impl Iterator<Item = &'a Value> + use<'a>, EdgeError> {
        match of.get(name) {
            None | Some(Value::Array(_)) => Ok(of[name].as_array().into_iter().flatten()),
            Some(_) => Err(self.problem(&format!("{name} must be a list, without functions, to run here"))),
        }
    }

    /// The settings in a function's environment, with what the template itself says of each: texts, numbers,
    /// and parameters with a default.
    pub(super) fn environment(&self, function: &str) -> BTreeMap<String, Option<String>> {
        let variables = self
            .resources()
            .find(|(_, resource)| self.function_name(resource) == Some(function))
            .map(|(_, resource)| &resource["Properties"]["Environment"]["Variables"]);
        let entries = variables.and_then(Value::as_object).into_iter().flatten();
        entries.map(|(name, value)| (name.clone(), self.text(value))).collect()
    }

    fn text(&self, value: &Value) -> Option<String> {
        let value = match value["Ref"].as_str() {
            Some(parameter) => self.document["Parameters"][parameter].get("Default")?,
            None => value,
        };
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// What an origin's domain name stands for, by the resources that it refers to.
    fn origin(&self, id: &str, domain_name: &Value) -> Result<Origin, EdgeError> {
        let mut references = Vec::new();
        logical_ids(domain_name, &mut references);
        let known = references.iter().find_map(|reference| {
            let resource = &self.document["Resources"][reference.as_str()];
            match resource["Type"].as_str() {
                Some("AWS::S3::Bucket") => Some(Origin::Bucket),
                Some("AWS::Serverless::HttpApi") => self.function_behind_api(reference),
                // SAM makes the resource `…Url` of a function with a FunctionUrlConfig.
                _ => self.origin_of_function(&self.document["Resources"][reference.strip_suffix("Url")?]),
            }
        });
        known.ok_or_else(|| {
            self.problem(&format!(
                "the origin {id:?} is none that runs here: a bucket, the issue-cookies API, or the resign-manifest URL"
            ))
        })
    }

    fn function_behind_api(&self, api: &str) -> Option<Origin> {
        let (_, function) = self.resources().find(|(_, resource)| {
            let events = resource["Properties"]["Events"].as_object().into_iter().flatten();
            let mut apis = events.map(|(_, event)| &event["Properties"]["ApiId"]["Ref"]);
            apis.any(|referenced| referenced == api)
        })?;
        self.origin_of_function(function)
    }

    fn origin_of_function(&self, resource: &Value) -> Option<Origin> {
        match self.function_name(resource)? {
            "issue-cookies" => Some(Origin::IssueCookies),
            "resign-manifest" => Some(Origin::ResignManifest),
            _ => None,
        }
    }

    /// Which of the workspace's binaries a function is.
    fn function_name<'a>(&self, resource: &'a Value) -> Option<&'a str> {
        let binary = resource["Metadata"]["BuildProperties"]["Binary"].as_str();
        binary
            .or_else(|| resource["Properties"]["CodeUri"].as_str()?.trim_end_matches('/').rsplit('/').next())
    }

    fn resources(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.document["Resources"].as_object().into_iter().flatten()
    }

    fn problem(&self, problem: &str) -> EdgeError {
        EdgeError::Template { path: self.path.clone(), problem: problem.to_owned() }
    }
}

/// The logical ids that a value refers to, by `Ref`, `Fn::GetAtt` and `Fn::Sub`, at any depth.
fn logical_ids(value: &Value, found: &mut Vec<String>) {
    let id = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
    match value {
        Value::Array(values) => values.iter().for_each(|value| logical_ids(value, found)),
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value.as_str()) {
                    ("Ref" | "Fn::GetAtt", Some(text)) => found.push(id(text)),
                    ("Fn::Sub", Some(text)) => {
                        let variables = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
                        found.extend(variables.map(id));
                    }
                    _ => logical_ids(value, found),
                }
            }
        }
        _ => {}
    }
}

fn long_form(node: &YamlOwned) -> Value {
    match node {
        YamlOwned::Tagged(tag, node) => {
            let name = match tag.suffix.as_str() {
                "Ref" | "Condition" => tag.suffix.clone(),
                function => format!("Fn::{function}"),
            };
            json!({ name: long_form(node) })
        }
        YamlOwned::Sequence(nodes) => nodes.iter().map(long_form).collect(),
        YamlOwned::Mapping(members) => {
            let named = members.iter().map(|(name, node)| (scalar(name), long_form(node)));
            let object: Map<String, Value> =
                named.filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value))).collect();
            Value::from(object)
        }
        scalar_node => scalar(scalar_node),
    }
}

fn scalar(node: &YamlOwned) -> Value {
    if let Some(text) = node.as_str() {
        Value::from(text)
    } else if let Some(number) = node.as_integer() {
        Value::from(number)
    } else if let Some(truth) = node.as_bool() {
        Value::from(truth)
    } else {
        Value::Null
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Result<Template, EdgeError> {
        Template::parse(Path::new("template.yaml"), text)
    }

    #[test]
    fn the_deployed_template_runs_here() {
        let template = template(include_str!("../../../template.yaml")).expect("a template");
        let distribution = template.distribution().expect("a distribution");
        let seen: Vec<_> = distribution
            .behaviors
            .iter()
            .chain([&distribution.default])
            .map(|behavior| {
                (behavior.name(), behavior.origin, behavior.restricted, behavior.viewer_request_function)
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("/auth/*", Origin::IssueCookies, false, true),
                ("/video/*.m3u8", Origin::ResignManifest, true, true),
                ("/video/*.json", Origin::ResignManifest, true, true),
                ("/video/*", Origin::Bucket, true, false),
                ("Default (*)", Origin::Bucket, true, false),
            ]
        );
        let environment = template.environment("issue-cookies");
        let setting = |name: &str| environment.get(name).cloned();
        assert_eq!(setting("RESOURCE_PATH"), Some(Some("/video/*".to_owned())));
        assert_eq!(setting("COOKIE_TTL_SECONDS"), Some(Some("3600".to_owned())));
        assert_eq!(setting("KMS_KEY_ID"), Some(None));
        assert_eq!(setting("BUCKET"), None);
    }

    #[test]
    fn what_cannot_run_here_is_said() {
        let rows = [
            (
                "Resources: {B: {Type: AWS::S3::Bucket}, D: {Type: AWS::CloudFront::Distribution, Properties: \
                 {DistributionConfig: {Origins: [{Id: a, DomainName: !GetAtt B.DomainName}], \
                 DefaultCacheBehavior: {TargetOriginId: a, TrustedKeyGroups: !If [A, [k], []]}}}}}",
                "template.yaml: TrustedKeyGroups must be a list, without functions, to run here",
            ),
            ("Resources: {}", "template.yaml: it has no AWS::CloudFront::Distribution"),
            ("", "template.yaml: it is empty"),
            (
                "Resources: {D: {Type: AWS::CloudFront::Distribution, Properties: {DistributionConfig: \
                 {Origins: [{Id: a, DomainName: example.com}], DefaultCacheBehavior: {TargetOriginId: a}}}}}",
                "template.yaml: the origin \"a\" is none that runs here: a bucket, the issue-cookies API, or \
                 the resign-manifest URL",
            ),
            (
                "Resources: {D: {Type: AWS::CloudFront::Distribution, Properties: {DistributionConfig: \
                 {DefaultCacheBehavior: {TargetOriginId: a}}}}}",
                "template.yaml: there is no origin \"a\"",
            ),
        ];
        for (text, sentence) in rows {
            let error = template(text).and_then(|template| template.distribution().map(drop));
            assert_eq!(error.expect_err("it cannot run").to_string(), sentence);
        }
    }
}
