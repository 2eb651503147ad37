//! The distribution of a stack.
//!
//! Collects the properties that it does not model, so that nothing in the template is ignored silently.

mod policies;
mod response_headers;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use http::{HeaderName, HeaderValue, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Behavior, Distribution, Origin, Target, ViewerProtocolPolicy};
use crate::{deployed::Deployed, functions::ViewerFunction, selection::Parameters};

impl Distribution {
    /// Reads the distribution. `website` is where the site runs, whatever its domain name in AWS.
    pub(crate) fn read(deployed: &Deployed<'_>, website: Option<&str>) -> Result<Self, String> {
        let (_, resource) = deployed
            .of_type("AWS::CloudFront::Distribution")
            .next()
            .ok_or("it has no AWS::CloudFront::Distribution")?;
        let config = resource.pointer("/Properties/DistributionConfig").unwrap_or(&Value::Null);
        let config: DistributionConfig = parsed(config, "the distribution")?;
        let mut reader = Reader {
            deployed,
            website,
            origins: BTreeMap::new(),
            functions: BTreeMap::new(),
            not_modelled: BTreeSet::new(),
        };
        reader.note("", &config.others);
        if config.enabled != Value::Bool(true) {
            reader.not_modelled.insert("Enabled".to_owned());
        }
        for origin in &config.origins {
            reader.read_origin(origin)?;
        }
        let behaviors = config.cache_behaviors.iter().map(|behavior| {
            let pattern = behavior.get("PathPattern").and_then(Value::as_str);
            reader.behavior(Some(pattern.ok_or("a cache behavior has no PathPattern")?), behavior)
        });
        let behaviors = behaviors.collect::<Result<_, String>>()?;
        let default = reader.behavior(None, &config.default_cache_behavior)?;
        let error_ttls = reader.error_ttls(&config.custom_error_responses)?;
        reader.not_modelled.extend(deployed.types_not_modelled().map(str::to_owned));
        Ok(Self { behaviors, default, error_ttls, not_modelled: reader.not_modelled.into_iter().collect() })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DistributionConfig {
    #[serde(default)]
    cache_behaviors: Vec<Value>,
    #[serde(default)]
    custom_error_responses: Vec<Value>,
    default_cache_behavior: Value,
    #[serde(default)]
    enabled: Value,
    #[serde(default)]
    origins: Vec<Value>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OriginConfig {
    id: String,
    domain_name: Value,
    #[serde(default)]
    custom_origin_config: Option<CustomOriginConfig>,
    #[serde(default)]
    origin_access_control_id: Value,
    #[serde(default)]
    origin_custom_headers: Vec<CustomHeader>,
    #[serde(default)]
    s3_origin_config: Map<String, Value>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CustomOriginConfig {
    origin_protocol_policy: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CustomHeader {
    header_name: String,
    header_value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BehaviorConfig {
    target_origin_id: String,
    viewer_protocol_policy: String,
    #[serde(default = "get_and_head")]
    allowed_methods: Vec<String>,
    #[serde(default)]
    cache_policy_id: Value,
    #[serde(default)]
    compress: Value,
    #[serde(default)]
    function_associations: Vec<FunctionAssociation>,
    #[serde(default)]
    origin_request_policy_id: Value,
    #[serde(default, rename = "PathPattern")]
    _path_pattern: Value,
    #[serde(default)]
    response_headers_policy_id: Value,
    #[serde(default)]
    trusted_key_groups: Vec<Value>,
    #[serde(default)]
    trusted_signers: Vec<Value>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FunctionAssociation {
    event_type: String,
    #[serde(rename = "FunctionARN")]
    function_arn: Value,
}

struct Reader<'a> {
    deployed: &'a Deployed<'a>,
    website: Option<&'a str>,
    origins: BTreeMap<String, Arc<Origin>>,
    functions: BTreeMap<String, Option<Arc<ViewerFunction>>>,
    not_modelled: BTreeSet<String>,
}

impl Reader<'_> {
    fn note(&mut self, prefix: &str, others: &Map<String, Value>) {
        let names = others.keys().filter(|name| *name != "Comment");
        self.not_modelled.extend(names.map(|name| format!("{prefix}{name}")));
    }

    fn read_origin(&mut self, value: &Value) -> Result<(), String> {
        let origin: OriginConfig = parsed(value, "an origin")?;
        self.note("", &origin.others);
        let identity = origin.s3_origin_config.get("OriginAccessIdentity").and_then(Value::as_str);
        let has_identity = identity.is_some_and(|identity| !identity.is_empty());
        if has_identity {
            self.not_modelled.insert("OriginAccessIdentity".to_owned());
        }
        let mut others = origin.s3_origin_config.clone();
        others.remove("OriginAccessIdentity");
        self.note("S3OriginConfig.", &others);
        if let Some(custom) = &origin.custom_origin_config {
            self.note("CustomOriginConfig.", &custom.others);
        }
        let at = |problem| format!("the origin {:?} {problem}", origin.id);
        let target = self.target(&origin.domain_name, origin.custom_origin_config.as_ref()).map_err(at)?;
        let custom_headers = origin.origin_custom_headers.iter().map(|header| self.custom_header(header));
        let custom_headers = custom_headers.collect::<Result<_, String>>().map_err(at)?;
        let access_control = !origin.origin_access_control_id.is_null();
        let answers_strangers = matches!(target, Target::IssueCookies | Target::Website(_));
        if !(access_control || has_identity || answers_strangers) {
            return Err(at(
                "has no OriginAccessControlId, so AWS would refuse what CloudFront asks of it".to_owned()
            ));
        }
        self.origins.insert(origin.id.clone(), Arc::new(Origin { target, custom_headers, access_control }));
        Ok(())
    }

    /// A domain name without a reference to a resource is a web site's.
    fn target(&self, domain_name: &Value, config: Option<&CustomOriginConfig>) -> Result<Target, String> {
        let Some(name) = domain_name.as_str() else {
            return self.deployed.target(domain_name).ok_or_else(|| {
                "cannot run here: use a bucket, the issue-cookies API, the resign-manifest URL, or a web site"
                    .to_owned()
            });
        };
        let is_http = config.is_some_and(|config| config.origin_protocol_policy == "http-only");
        let in_aws = || format!("{}://{name}", if is_http { "http" } else { "https" });
        Ok(Target::Website(self.website.map_or_else(in_aws, str::to_owned)))
    }

    fn custom_header(&self, header: &CustomHeader) -> Result<(HeaderName, HeaderValue), String> {
        let name = HeaderName::try_from(&header.header_name).ok();
        let value =
            self.deployed.text(&header.header_value).and_then(|text| HeaderValue::try_from(text).ok());
        let (name, mut value) = name
            .zip(value)
            .ok_or_else(|| format!("gets a header {:?} whose value is not known here", header.header_name))?;
        value.set_sensitive(true);
        Ok((name, value))
    }

    fn behavior(&mut self, pattern: Option<&str>, value: &Value) -> Result<Behavior, String> {
        let name = format!("the behavior {}", pattern.unwrap_or("Default (*)"));
        let behavior: BehaviorConfig = parsed(value, &name)?;
        self.note("", &behavior.others);
        let id = &behavior.target_origin_id;
        let origin =
            self.origins.get(id).cloned().ok_or_else(|| format!("{name}: there is no origin {id:?}"))?;
        let at = |problem: String| format!("{name}: {problem}");
        let cache = self.cache_policy(&behavior.cache_policy_id).map_err(at)?;
        let origin_request = self.origin_request_policy(&behavior.origin_request_policy_id).map_err(at)?;
        // Each of them finds the resource by its own host name, as S3 does in a signed request.
        let passes_host = |parameters: &Arc<Parameters>| parameters.headers.takes_header(&header::HOST);
        if origin_request.as_ref().is_some_and(passes_host) && !matches!(origin.target, Target::Website(_)) {
            return Err(at(format!(
                "its origin request policy passes the viewer's Host, by which {} is not found",
                origin.target.name()
            )));
        }
        let response_headers = self.response_headers(&behavior.response_headers_policy_id).map_err(at)?;
        Ok(Behavior {
            path_pattern: pattern.map(str::to_owned),
            restricted: !(behavior.trusted_key_groups.is_empty() && behavior.trusted_signers.is_empty()),
            trusts_signing_key: self.trusts_signing_key(&behavior.trusted_key_groups),
            allowed_methods: behavior.allowed_methods,
            viewer_protocol: viewer_protocol_policy(&behavior.viewer_protocol_policy).map_err(at)?,
            cache,
            compress: behavior.compress == Value::Bool(true),
            origin_request,
            viewer_request_function: self
                .viewer_request_function(&behavior.function_associations)
                .map_err(at)?,
            response_headers,
            origin,
        })
    }

    /// Whether one of the groups contains the key with which the functions sign. True if that is unknown, such
    /// as for a group or a function that is not in the template.
    fn trusts_signing_key(&mut self, groups: &[Value]) -> bool {
        let signing = self.deployed.key_pair_ids();
        let stack = self.deployed.stack();
        let of_template = groups.iter().filter_map(|group| {
            let group = stack.resource(group.get("Ref")?.as_str()?)?;
            group.pointer("/Properties/KeyGroupConfig/Items")?.as_array()
        });
        let of_template: Vec<&Vec<Value>> = of_template.collect();
        if of_template.len() < groups.len() {
            self.not_modelled.insert("a key group of elsewhere".to_owned());
            return true;
        }
        groups.is_empty()
            || signing.is_empty()
            || of_template.iter().copied().flatten().any(|id| signing.contains(&id))
    }

    /// The function for viewer requests, if its code is in the template.
    fn viewer_request_function(
        &mut self,
        associations: &[FunctionAssociation],
    ) -> Result<Option<Arc<ViewerFunction>>, String> {
        let mut found = None;
        for association in associations {
            let id = association.function_arn.pointer("/Fn::GetAtt/0").and_then(Value::as_str);
            let function = id.and_then(|id| Some((id, self.deployed.stack().resource(id)?)));
            match function {
                Some((id, function)) if association.event_type == "viewer-request" => {
                    found = self.function(id, function)?;
                }
                _ => drop(self.not_modelled.insert(format!("a {} function", association.event_type))),
            }
        }
        Ok(found)
    }

    /// Reads a function once, even if several cache behaviors use it.
    fn function(&mut self, id: &str, resource: &Value) -> Result<Option<Arc<ViewerFunction>>, String> {
        if let Some(function) = self.functions.get(id) {
            return Ok(function.clone());
        }
        let properties = resource.get("Properties").unwrap_or(&Value::Null);
        let function = ViewerFunction::read(id, properties, &mut self.not_modelled)?.map(Arc::new);
        self.functions.insert(id.to_owned(), function.clone());
        Ok(function)
    }
}

fn viewer_protocol_policy(name: &str) -> Result<ViewerProtocolPolicy, String> {
    match name {
        "allow-all" => Ok(ViewerProtocolPolicy::AllowAll),
        "https-only" => Ok(ViewerProtocolPolicy::HttpsOnly),
        "redirect-to-https" => Ok(ViewerProtocolPolicy::RedirectToHttps),
        _ => Err(format!("there is no ViewerProtocolPolicy {name:?}")),
    }
}

fn parsed<T: DeserializeOwned>(value: &Value, name: &str) -> Result<T, String> {
    T::deserialize(value).map_err(|error| format!("{name}: {error}"))
}

fn get_and_head() -> Vec<String> {
    ["GET", "HEAD"].map(str::to_owned).into()
}

#[cfg(test)]
mod tests;
