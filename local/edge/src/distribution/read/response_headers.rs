//! The response headers policy of a cache behavior.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use usher_cloudformation::Stack;

use super::{Reader, parsed};
use crate::{
    cors::Cors,
    response_headers::{ResponseHeaders, SecurityHeader},
};

impl Reader<'_> {
    pub(super) fn response_headers(&mut self, id: &Value) -> Result<Arc<ResponseHeaders>, String> {
        if id.is_null() {
            return Ok(Arc::default());
        }
        let policy = id.get("Ref").and_then(Value::as_str).and_then(|id| self.deployed.stack().resource(id));
        let config = policy
            .and_then(|policy| policy.pointer("/Properties/ResponseHeadersPolicyConfig"))
            .ok_or_else(|| format!("the response headers policy {id} is not in the template"))?;
        let config: Config = parsed(config, "ResponseHeadersPolicyConfig")?;
        self.note("", &config.others);
        if let Some(cors) = &config.cors_config {
            self.note("CorsConfig.", &cors.others);
        }
        self.note("SecurityHeadersConfig.", &config.security_headers_config.others);
        let security = config.security_headers_config.headers()?;
        Ok(Arc::new(ResponseHeaders { cors: config.cors_config.map(Cors::from), security }))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    cors_config: Option<CorsConfig>,
    #[serde(rename = "Name")]
    _name: Value,
    #[serde(default)]
    security_headers_config: SecurityHeadersConfig,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CorsConfig {
    access_control_allow_credentials: Value,
    access_control_allow_headers: Items,
    access_control_allow_methods: Items,
    access_control_allow_origins: Items,
    #[serde(default)]
    access_control_expose_headers: Items,
    #[serde(default)]
    access_control_max_age_sec: Value,
    origin_override: Value,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Items {
    #[serde(default)]
    items: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecurityHeadersConfig {
    #[serde(default)]
    content_security_policy: Option<ContentSecurityPolicy>,
    #[serde(default)]
    content_type_options: Option<ContentTypeOptions>,
    #[serde(default)]
    strict_transport_security: Option<StrictTransportSecurity>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContentSecurityPolicy {
    content_security_policy: String,
    r#override: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContentTypeOptions {
    r#override: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StrictTransportSecurity {
    access_control_max_age_sec: Value,
    #[serde(default)]
    include_subdomains: Value,
    #[serde(default)]
    preload: Value,
    r#override: Value,
}

impl From<CorsConfig> for Cors {
    fn from(config: CorsConfig) -> Self {
        Self {
            allow_credentials: is_true(&config.access_control_allow_credentials),
            allow_headers: config.access_control_allow_headers.items,
            allow_methods: config.access_control_allow_methods.items,
            allow_origins: config.access_control_allow_origins.items,
            expose_headers: config.access_control_expose_headers.items,
            max_age_seconds: Stack::text(&config.access_control_max_age_sec),
            origin_override: is_true(&config.origin_override),
        }
    }
}

impl SecurityHeadersConfig {
    /// Each header as CloudFront writes it.
    fn headers(&self) -> Result<Vec<SecurityHeader>, String> {
        let policy = self.content_security_policy.as_ref().map(|config| {
            let value = config.content_security_policy.clone();
            (header::CONTENT_SECURITY_POLICY, value, &config.r#override)
        });
        let options = self
            .content_type_options
            .as_ref()
            .map(|config| (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned(), &config.r#override));
        let transport = self.strict_transport_security.as_ref().map(|config| {
            let seconds = Stack::text(&config.access_control_max_age_sec).unwrap_or_default();
            let flag = |value, text| if is_true(value) { text } else { "" };
            let subdomains = flag(&config.include_subdomains, "; includeSubDomains");
            let value = format!("max-age={seconds}{subdomains}{}", flag(&config.preload, "; preload"));
            (header::STRICT_TRANSPORT_SECURITY, value, &config.r#override)
        });
        let all = [policy, options, transport].into_iter().flatten();
        all.map(|(name, value, overrides)| security_header(name, &value, is_true(overrides))).collect()
    }
}

fn security_header(name: HeaderName, value: &str, origin_override: bool) -> Result<SecurityHeader, String> {
    let value =
        HeaderValue::from_str(value).map_err(|_| format!("{name} cannot have the value {value:?}"))?;
    Ok(SecurityHeader { name, value, origin_override })
}

fn is_true(value: &Value) -> bool {
    Stack::text(value).is_some_and(|text| text == "true")
}
