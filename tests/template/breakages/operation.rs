//! Logs, alarms and the dashboard.

use super::{Breakage, each_is_refused};

#[test]
fn what_nobody_would_see_is_refused() {
    each_is_refused(&BREAKAGES, &["operation"]);
}

const BREAKAGES: [Breakage; 14] = [
    (
        "a name that a stack in another region has, too",
        "  PublicKeyA:",
        r#"Name: !Sub "${AWS::StackName}-${AWS::Region}-a""#,
        r#"Name: !Sub "${AWS::StackName}-a""#,
        &["PublicKeyA: its name has not both the stack and the region"],
    ),
    (
        "a log that Lambda makes and keeps for ever",
        "  IssueCookiesFunction:",
        ", LogGroup: !Ref IssueCookiesLogs",
        "",
        &[
            "IssueCookiesFunction: it logs into no log group of this template",
            "IssueCookiesFunction: nobody counts what KMS refuses it",
        ],
    ),
    (
        "a log that CloudWatch cannot search",
        "  ResignManifestFunction:\n",
        "LogFormat: JSON",
        "LogFormat: Text",
        &["ResignManifestFunction: it logs no JSON"],
    ),
    (
        "a log for ever",
        "  PublishKeyLogs:",
        "Properties: {RetentionInDays: 30}",
        "Properties: {LogGroupClass: STANDARD}",
        &["PublishKeyLogs: it does not keep logs for 30 days"],
    ),
    (
        "access logs for another time",
        "  LogBucket:",
        "ExpirationInDays: !Ref AccessLogDays",
        "ExpirationInDays: 30",
        &["Distribution: its access logs do not end after AccessLogDays"],
    ),
    (
        "an alarm that nobody hears",
        "  KmsThrottles:\n",
        "AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]",
        "ActionsEnabled: false",
        &["KmsThrottles: AlarmActions is not AlarmTopicArn"],
    ),
    (
        "throttles that nobody sees",
        "  IssueCookiesThrottles:",
        "MetricName: Throttles",
        "MetricName: Invocations",
        &["IssueCookiesFunction: no alarm for Throttles"],
    ),
    (
        "an alarm for the other function",
        "  ResignManifestDuration:",
        "!Ref ResignManifestFunction",
        "!Ref IssueCookiesFunction",
        &["ResignManifestFunction: no alarm for Duration"],
    ),
    (
        "a URL that fails unseen",
        "  ManifestUrl5xx:",
        "Url5xxCount",
        "Url4xxCount",
        &["ResignManifestFunction: no alarm for Url5xxCount"],
    ),
    ("an API that fails unseen", "  AuthApi5xx:", "5xx\n", "4xx\n", &["AuthApi: no alarm for 5xx"]),
    (
        "an edge that fails unseen",
        "  Distribution5xxRate:",
        "MetricName: 5xxErrorRate",
        "MetricName: 4xxErrorRate",
        &["Distribution: no alarm for 5xxErrorRate"],
    ),
    (
        "a pattern that matches nothing",
        "  ResignManifestKmsThrottles:",
        r#"'"answers ThrottlingException"'"#,
        "ThrottledException",
        &[
            r#"ResignManifestKmsThrottles: FilterPattern is not "answers ThrottlingException", as functions log it"#,
        ],
    ),
    (
        "a metric without an alarm",
        "  ResignManifestKmsThrottles:",
        "MetricName: KmsThrottles",
        "MetricName: KmsThrottle",
        &["ResignManifestKmsThrottles: no alarm for what it counts"],
    ),
    (
        "a dashboard that is no JSON",
        "DashboardBody:",
        r#""widgets""#,
        "widgets",
        &["Dashboard: DashboardBody is no JSON with widgets"],
    ),
];
