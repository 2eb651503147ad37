//! The cache policy and the origin request policy of a cache behavior.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Reader, parsed};
use crate::{
    cache::CachePolicy,
    selection::{Parameters, Selection},
};

impl Reader<'_> {
    pub(super) fn cache_policy(&mut self, id: &Value) -> Result<Arc<CachePolicy>, String> {
        match id.as_str() {
            Some(CACHING_DISABLED) => return Ok(Arc::default()),
            Some(CACHING_OPTIMIZED) => return Ok(Arc::new(CachePolicy::optimized())),
            _ => {}
        }
        let config = self.of_template(id, "CachePolicyConfig").ok_or_else(|| {
            format!("the cache policy {id} cannot run here: use CachingDisabled, CachingOptimized, or one of the template")
        })?;
        let config: CacheConfig = parsed(config, "CachePolicyConfig")?;
        self.note("CachePolicyConfig.", &config.others);
        let named = config.parameters_in_cache_key_and_forwarded_to_origin;
        self.note("ParametersInCacheKeyAndForwardedToOrigin.", &named.parameters.others);
        Ok(Arc::new(CachePolicy {
            parameters: named.parameters.read()?,
            gzip: named.enable_accept_encoding_gzip == Value::Bool(true),
            brotli: named.enable_accept_encoding_brotli == Value::Bool(true),
            min_ttl: seconds(&config.min_ttl)?,
            default_ttl: seconds(&config.default_ttl)?,
            max_ttl: seconds(&config.max_ttl)?,
        }))
    }

    pub(super) fn origin_request_policy(&mut self, id: &Value) -> Result<Option<Arc<Parameters>>, String> {
        let all = |headers| {
            Ok(Some(Arc::new(Parameters { headers, cookies: Selection::All, query_strings: Selection::All })))
        };
        match id.as_str() {
            None if id.is_null() => return Ok(None),
            Some(ALL_VIEWER) => return all(Selection::All),
            Some(ALL_VIEWER_EXCEPT_HOST_HEADER) => return all(Selection::AllExcept(vec!["host".to_owned()])),
            _ => {}
        }
        let config = self.of_template(id, "OriginRequestPolicyConfig").ok_or_else(|| {
            format!(
                "the origin request policy {id} cannot run here: use AllViewer, AllViewerExceptHostHeader, \
                 or one of the template"
            )
        })?;
        let config: ParametersConfig = parsed(config, "OriginRequestPolicyConfig")?;
        let others = config.others.iter().filter(|(name, _)| *name != "Name");
        self.note(
            "OriginRequestPolicyConfig.",
            &others.map(|(name, value)| (name.clone(), value.clone())).collect(),
        );
        config.read().map(|parameters| Some(Arc::new(parameters)))
    }

    fn of_template(&self, id: &Value, config: &str) -> Option<&Value> {
        let policy = self.deployed.stack().resource(id.get("Ref")?.as_str()?)?;
        policy.pointer(&format!("/Properties/{config}"))
    }

    /// How many seconds errors are kept at least; error pages are not modelled.
    pub(super) fn error_ttls(&mut self, responses: &[Value]) -> Result<BTreeMap<u16, u64>, String> {
        let mut ttls = BTreeMap::new();
        for response in responses {
            let response: ErrorConfig = parsed(response, "CustomErrorResponses")?;
            self.note("CustomErrorResponses.", &response.others);
            if !response.error_caching_min_ttl.is_null() {
                ttls.insert(response.error_code, seconds(&response.error_caching_min_ttl)?);
            }
        }
        Ok(ttls)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CacheConfig {
    #[serde(rename = "DefaultTTL")]
    default_ttl: Value,
    #[serde(rename = "MaxTTL")]
    max_ttl: Value,
    #[serde(rename = "MinTTL")]
    min_ttl: Value,
    #[serde(rename = "Name")]
    _name: Value,
    parameters_in_cache_key_and_forwarded_to_origin: KeyConfig,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyConfig {
    #[serde(default)]
    enable_accept_encoding_brotli: Value,
    enable_accept_encoding_gzip: Value,
    #[serde(flatten)]
    parameters: ParametersConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ParametersConfig {
    cookies_config: CookiesConfig,
    headers_config: HeadersConfig,
    query_strings_config: QueryStringsConfig,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CookiesConfig {
    cookie_behavior: String,
    #[serde(default)]
    cookies: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HeadersConfig {
    header_behavior: String,
    #[serde(default)]
    headers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueryStringsConfig {
    query_string_behavior: String,
    #[serde(default)]
    query_strings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorConfig {
    error_code: u16,
    #[serde(default, rename = "ErrorCachingMinTTL")]
    error_caching_min_ttl: Value,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl ParametersConfig {
    fn read(self) -> Result<Parameters, String> {
        Ok(Parameters {
            headers: selection(&self.headers_config.header_behavior, self.headers_config.headers)?,
            cookies: selection(&self.cookies_config.cookie_behavior, self.cookies_config.cookies)?,
            query_strings: selection(
                &self.query_strings_config.query_string_behavior,
                self.query_strings_config.query_strings,
            )?,
        })
    }
}

fn selection(behavior: &str, names: Vec<String>) -> Result<Selection, String> {
    match behavior {
        "none" => Ok(Selection::None),
        "all" | "allViewer" => Ok(Selection::All),
        "whitelist" => Ok(Selection::Only(names)),
        "allExcept" => Ok(Selection::AllExcept(names)),
        _ => Err(format!("the behavior {behavior:?} of a policy cannot run here")),
    }
}

/// Parameters of a template are text.
fn seconds(value: &Value) -> Result<u64, String> {
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text).ok_or_else(|| format!("{value} is no number of seconds"))
}

// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const CACHING_OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";

// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";
const ALL_VIEWER_EXCEPT_HOST_HEADER: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
