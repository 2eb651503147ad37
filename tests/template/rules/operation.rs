//! Logs end, alarms reach somebody, and the dashboard can be drawn.

use serde_json::{Value, json};
use usher_cloudformation::Stack;

use super::functions::{functions, variables};
use crate::{
    environment::deployed,
    resources::{Resource, referred, resources},
};

/// The log line of the functions when KMS throttles them, as a CloudWatch filter pattern.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>
pub(crate) const THROTTLED: &str = r#""answers ThrottlingException""#;

pub(super) fn logs_end(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in functions(stack) {
        let logging = function.property("LoggingConfig");
        if referred(stack, &logging["LogGroup"], "AWS::Logs::LogGroup").is_none() {
            refused.push(format!("{}: it logs into no log group of this template", function.id));
        }
        if logging["LogFormat"] != "JSON" {
            refused.push(format!("{}: it logs no JSON", function.id));
        }
    }
    for group in resources(stack, "AWS::Logs::LogGroup") {
        if group.property("RetentionInDays") != 30 {
            refused.push(format!("{}: it does not keep logs for 30 days", group.id));
        }
    }
    refused
}

/// CloudFront logs requests only if somebody wants the logs, and only for as many days.
pub(super) fn access_logs_are_those_that_were_wanted(stack: &Stack) -> Vec<String> {
    let days = stack.parameter("AccessLogDays").filter(|days| **days != "0");
    let mut refused = Vec::new();
    for distribution in resources(stack, "AWS::CloudFront::Distribution") {
        let logging = &distribution.property("DistributionConfig")["Logging"];
        let bucket = referred(stack, logging, "AWS::S3::Bucket");
        let expires = bucket.as_ref().map(|bucket| &bucket.property("LifecycleConfiguration")["Rules"][0]);
        if expires.map(|rule| &rule["ExpirationInDays"]) != days {
            refused.push(format!("{}: its access logs do not end after AccessLogDays", distribution.id));
        }
    }
    refused
}

pub(super) fn alarms_reach_the_topic(stack: &Stack) -> Vec<String> {
    let topic = stack.parameter("AlarmTopicArn").filter(|topic| **topic != "");
    let actions = topic.map(|topic| json!([topic])).unwrap_or_default();
    let is_mute = |alarm: &Resource<'_>| *alarm.property("AlarmActions") != actions;
    let alarms = resources(stack, "AWS::CloudWatch::Alarm").filter(is_mute);
    alarms.map(|alarm| format!("{}: AlarmActions is not AlarmTopicArn", alarm.id)).collect()
}

/// Whether viewers wait for the function; the deployment itself watches a function that it calls.
fn signs(function: &Resource<'_>) -> bool {
    variables(function).contains_key("KEY_PAIR_ID")
}

/// Errors, throttles and duration of the functions for which viewers wait, and what the edge sees.
pub(super) fn what_can_go_wrong_has_an_alarm(stack: &Stack) -> Vec<String> {
    let watches = |metric: &str, id: &str| {
        resources(stack, "AWS::CloudWatch::Alarm").any(|alarm| {
            let dimensions = alarm.property("Dimensions").as_array();
            let mut dimensions = dimensions.into_iter().flatten();
            alarm.property("MetricName") == metric && dimensions.any(|one| one["Value"] == json!({"Ref": id}))
        })
    };
    let mut refused = Vec::new();
    for (kind, metrics) in [
        (FUNCTION, ["Errors", "Throttles", "Duration"].as_slice()),
        ("AWS::Serverless::HttpApi", &["5xx"]),
        ("AWS::CloudFront::Distribution", &["5xxErrorRate"]),
    ] {
        let watched = resources(stack, kind).filter(|one| kind != FUNCTION || signs(one));
        for id in watched.map(|resource| resource.id) {
            let missing = metrics.iter().filter(|metric| !watches(metric, id));
            refused.extend(missing.map(|metric| format!("{id}: no alarm for {metric}")));
        }
    }
    for function in functions(stack).filter(|function| !function.property("FunctionUrlConfig").is_null()) {
        if !watches("Url5xxCount", function.id) {
            refused.push(format!("{}: no alarm for Url5xxCount", function.id));
        }
    }
    refused
}

/// A metric filter for each function that signs, and one alarm for what they count together.
pub(super) fn throttles_of_kms_are_counted(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    let alarms = resources(stack, "AWS::CloudWatch::Alarm");
    let counted: Vec<(&Value, &Value)> =
        alarms.map(|alarm| (alarm.property("Namespace"), alarm.property("MetricName"))).collect();
    for filter in resources(stack, "AWS::Logs::MetricFilter") {
        if filter.property("FilterPattern") != THROTTLED {
            refused.push(format!("{}: FilterPattern is not {THROTTLED}, as functions log it", filter.id));
        }
        let metric = &filter.property("MetricTransformations")[0];
        if !counted.contains(&(&metric["MetricNamespace"], &metric["MetricName"])) {
            refused.push(format!("{}: no alarm for what it counts", filter.id));
        }
    }
    for function in functions(stack).filter(signs) {
        let group = &function.property("LoggingConfig")["LogGroup"];
        if !resources(stack, "AWS::Logs::MetricFilter").any(|filter| filter.property("LogGroupName") == group)
        {
            refused.push(format!("{}: nobody counts what KMS refuses it", function.id));
        }
    }
    refused
}

pub(super) fn dashboard_is_json(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for dashboard in resources(stack, "AWS::CloudWatch::Dashboard") {
        let body: Result<Value, _> = serde_json::from_str(&deployed(dashboard.property("DashboardBody")));
        let widgets = body.ok().and_then(|body| Some(body["widgets"].as_array()?.len()));
        if widgets.unwrap_or_default() == 0 {
            refused.push(format!("{}: DashboardBody is no JSON with widgets", dashboard.id));
        }
    }
    refused
}

/// CloudFront's resources, and dashboards, belong to no region: two stacks with one name would conflict.
pub(super) fn names_are_of_one_stack(stack: &Stack) -> Vec<String> {
    let names = [
        ("AWS::CloudFront::Function", "/Name"),
        ("AWS::CloudFront::KeyGroup", "/KeyGroupConfig/Name"),
        ("AWS::CloudFront::OriginAccessControl", "/OriginAccessControlConfig/Name"),
        ("AWS::CloudFront::PublicKey", "/PublicKeyConfig/Name"),
        ("AWS::CloudFront::ResponseHeadersPolicy", "/ResponseHeadersPolicyConfig/Name"),
        ("AWS::CloudWatch::Dashboard", "/DashboardName"),
    ];
    let mut refused = Vec::new();
    for (kind, place) in names {
        for resource in resources(stack, kind) {
            let name = resource.whole["Properties"].pointer(place).and_then(Value::as_str);
            if !name.is_some_and(|name| name.starts_with("usher-us-east-1")) {
                refused.push(format!("{}: its name has not both the stack and the region", resource.id));
            }
        }
    }
    refused
}

const FUNCTION: &str = "AWS::Serverless::Function";
