//! What the distribution does with a request, path by path.

use std::fmt;

use serde_json::{Value, json};
use usher_cloudformation::Stack;

use super::{
    origins::{Origin, origin},
    text::{ALL_VIEWER, ALL_VIEWER_EXCEPT_HOST_HEADER, CACHING_DISABLED, CACHING_OPTIMIZED},
};
use crate::resources::{items, referred, resources};

/// A cache behavior of a distribution.
pub(super) struct Behavior<'a> {
    distribution: &'a str,
    /// `None` for the default cache behavior.
    pub(super) pattern: Option<&'a str>,
    pub(super) whole: &'a Value,
    pub(super) origins: &'a Value,
}

impl<'a> Behavior<'a> {
    /// All of them, in the order in which CloudFront tries them.
    pub(super) fn all(stack: &'a Stack) -> Vec<Self> {
        let distributions = resources(stack, "AWS::CloudFront::Distribution");
        let of_one = distributions.map(|distribution| {
            let (id, config) = (distribution.id, distribution.property("DistributionConfig"));
            let origins = &config["Origins"];
            let ordered = items(&config["CacheBehaviors"]).iter().map(move |whole| {
                let pattern = Some(whole["PathPattern"].as_str().unwrap_or_default());
                Behavior { distribution: id, pattern, whole, origins }
            });
            let whole = &config["DefaultCacheBehavior"];
            ordered.chain([Behavior { distribution: id, pattern: None, whole, origins }])
        });
        of_one.flatten().collect()
    }

    pub(super) fn origin(&self, stack: &'a Stack) -> Origin<'a> {
        let all = items(self.origins).iter();
        let found = all.clone().find(|one| one["Id"] == self.whole["TargetOriginId"]);
        found.map_or(Origin::Missing, |found| origin(stack, found))
    }

    /// Whether a path below /video may match: the text before the first wildcard must fit.
    pub(super) fn is_for_video(&self) -> bool {
        let Some(pattern) = self.pattern else { return true };
        let fixed = pattern.split(['*', '?']).next().unwrap_or_default();
        let fixed = fixed.trim_start_matches('/');
        fixed.starts_with("video") || "video/".starts_with(fixed)
    }

    /// Whether every viewer needs a signature of a key in the template.
    fn is_signed(&self, stack: &Stack) -> bool {
        let groups = items(&self.whole["TrustedKeyGroups"]);
        let is_ours = |group| referred(stack, group, "AWS::CloudFront::KeyGroup").is_some();
        !groups.is_empty() && groups.iter().all(is_ours) && self.whole["TrustedSigners"].is_null()
    }

    /// Whether it is one of `PublicPaths`.
    pub(super) fn is_public(&self, stack: &Stack) -> bool {
        self.pattern.is_some_and(|pattern| public_paths(stack).contains(&pattern))
    }

    fn asks_a_function(&self, stack: &Stack) -> bool {
        matches!(self.origin(stack), Origin::Api(_) | Origin::FunctionUrl)
    }
}

impl fmt::Display for Behavior<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pattern {
            Some(pattern) => write!(f, "{}: the behavior {pattern}", self.distribution),
            None => write!(f, "{}: the default behavior", self.distribution),
        }
    }
}

/// A sentence for each cache behavior that is wrong.
pub(super) fn each(stack: &Stack, wrong: impl Fn(&Behavior<'_>) -> bool, what: &str) -> Vec<String> {
    let all = Behavior::all(stack);
    all.iter().filter(|behavior| wrong(behavior)).map(|behavior| format!("{behavior} {what}")).collect()
}

pub(super) fn video_is_signed(stack: &Stack) -> Vec<String> {
    let wrong = |behavior: &Behavior<'_>| {
        behavior.pattern.is_some()
            && behavior.is_for_video()
            && !behavior.is_signed(stack)
            && !behavior.is_public(stack)
    };
    each(stack, wrong, "is for /video and has no TrustedKeyGroups of this template")
}

/// What everybody may get is in the bucket and is cached. The manifests come first, so that none of them is public.
pub(super) fn public_paths_are_open(stack: &Stack) -> Vec<String> {
    let all = Behavior::all(stack);
    let mut refused = Vec::new();
    for path in public_paths(stack) {
        let at = all.iter().position(|one| one.pattern == Some(path));
        let Some((at, behavior)) = at.and_then(|at| Some((at, all.get(at)?))) else {
            refused.push(format!("no behavior is for {path} of PublicPaths"));
            continue;
        };
        let is_open = ["TrustedKeyGroups", "TrustedSigners", "FunctionAssociations", "OriginRequestPolicyId"];
        if !matches!(behavior.origin(stack), Origin::Bucket)
            || behavior.whole["CachePolicyId"] != CACHING_OPTIMIZED
            || is_open.iter().any(|member| !behavior.whole[*member].is_null())
        {
            refused.push(format!("{behavior} does not hand out files of the bucket to everybody"));
        }
        if all.iter().skip(at).any(|later| later.asks_a_function(stack)) {
            refused.push(format!("{behavior} comes before those of manifests"));
        }
    }
    refused
}

fn public_paths(stack: &Stack) -> Vec<&str> {
    let given = stack.parameter("PublicPaths").and_then(Value::as_str).unwrap_or_default();
    given.split(',').filter(|path| !path.is_empty()).collect()
}

pub(super) fn default_is_signed_or_leads_to_the_web_site(stack: &Stack) -> Vec<String> {
    let wrong = |behavior: &Behavior<'_>| {
        let given = stack.parameter("WebsiteDomainName").and_then(Value::as_str).unwrap_or_default();
        let is_site = matches!(behavior.origin(stack), Origin::Site(host) if host == given);
        behavior.pattern.is_none() && !behavior.is_signed(stack) && !is_site
    };
    each(stack, wrong, "has no TrustedKeyGroups of this template, and leads to no web site that was given")
}

pub(super) fn viewers_come_by_https(stack: &Stack) -> Vec<String> {
    let wrong = |behavior: &Behavior<'_>| {
        let policy = behavior.whole["ViewerProtocolPolicy"].as_str();
        !matches!(policy, Some("https-only" | "redirect-to-https"))
    };
    each(stack, wrong, "lets viewers come without TLS")
}

/// CloudFront uses the first that matches.
pub(super) fn first_match_is_the_closest(stack: &Stack) -> Vec<String> {
    let all = Behavior::all(stack);
    let mut refused = Vec::new();
    for (at, later) in all.iter().enumerate() {
        for earlier in all.iter().take(at) {
            let hides = |earlier: &str, later: &str| match earlier.strip_suffix('*') {
                Some(fixed) if !fixed.contains(['*', '?']) => later.starts_with(fixed),
                _ => earlier == later,
            };
            if let (Some(earlier), Some(pattern)) = (earlier.pattern, later.pattern)
                && hides(earlier, pattern)
            {
                refused.push(format!("{later} is never reached, behind {earlier}"));
            }
        }
    }
    refused
}

/// An answer of the API is for one viewer. Playlists are for all viewers who may watch the same: a new value that
/// changes their bytes must be added here.
pub(super) fn nobody_gets_what_is_somebody_elses(stack: &Stack) -> Vec<String> {
    let key = json!({
        "EnableAcceptEncodingBrotli": false,
        "EnableAcceptEncodingGzip": true,
        "CookiesConfig": {"CookieBehavior": "none"},
        "HeadersConfig": {
            "HeaderBehavior": "whitelist",
            "Headers": [
                "x-viewer-host",
                "x-viewer-credential",
                "x-viewer-resource",
                "x-viewer-expires",
                "x-viewer-policy-copy",
            ],
        },
        "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": ["usher-style"]},
    });
    // CloudFront adds these headers. As answers say no-store, it keeps nothing.
    let location = json!({
        "EnableAcceptEncodingBrotli": false,
        "EnableAcceptEncodingGzip": false,
        "CookiesConfig": {"CookieBehavior": "none"},
        "HeadersConfig": {
            "HeaderBehavior": "whitelist",
            "Headers": ["CloudFront-Viewer-Country", "CloudFront-Viewer-ASN"],
        },
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    });
    let wrong = |behavior: &Behavior<'_>| {
        let (key, longest) = match behavior.origin(stack) {
            Origin::Api(_) => (&location, 1),
            Origin::FunctionUrl => (&key, 300),
            _ => return false,
        };
        let id = &behavior.whole["CachePolicyId"];
        referred(stack, id, "AWS::CloudFront::CachePolicy").is_none_or(|policy| {
            let config = policy.property("CachePolicyConfig");
            let ttls = ["MinTTL", "DefaultTTL", "MaxTTL"].map(|name| &config[name]);
            config["ParametersInCacheKeyAndForwardedToOrigin"] != *key
                || ttls != [&json!(0), &json!(0), &json!(longest)]
        })
    };
    each(stack, wrong, "caches what a function answers for somebody else")
}

/// The viewer-request function must round as the signing function does: otherwise each viewer has a separate
/// playlist in the cache.
pub(super) fn both_functions_have_one_bucket(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for function in resources(stack, "AWS::CloudFront::Function") {
        let code = function.property("FunctionCode").as_str().unwrap_or_default();
        let seconds = code.split("BUCKET_SECONDS = ").nth(1).and_then(|rest| rest.split(';').next());
        for signing in resources(stack, "AWS::Serverless::Function") {
            let bucket = &signing.property("Environment")["Variables"]["EXPIRY_BUCKET_SECONDS"];
            let is_same = bucket.is_null() || seconds == Some(bucket.to_string().trim_matches('"'));
            if !is_same {
                refused.push(format!("{}: its bucket is not that of {}", function.id, signing.id));
            }
        }
    }
    refused
}

/// By default, CloudFront keeps an error for ten seconds and returns it to every viewer.
pub(super) fn errors_are_for_one_viewer(stack: &Stack) -> Vec<String> {
    let mut refused = Vec::new();
    for distribution in resources(stack, "AWS::CloudFront::Distribution") {
        let told = items(&distribution.property("DistributionConfig")["CustomErrorResponses"]);
        let cached = [404, 414, 500, 501, 502, 503, 504]
            .into_iter()
            .filter(|code| !told.contains(&json!({"ErrorCode": code, "ErrorCachingMinTTL": 0})));
        refused.extend(cached.map(|code| format!("{}: an error {code} is cached", distribution.id)));
    }
    refused
}

/// API Gateway and Lambda find the function by their own host name, and CloudFront's signature covers it.
pub(super) fn functions_are_found_by_their_own_host(stack: &Stack) -> Vec<String> {
    let named = json!({
        "CookiesConfig": {"CookieBehavior": "none"},
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["CloudFront-Viewer-Address"]},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    });
    let wrong = |behavior: &Behavior<'_>| {
        let id = &behavior.whole["OriginRequestPolicyId"];
        match behavior.origin(stack) {
            Origin::Api(_) => *id != ALL_VIEWER_EXCEPT_HOST_HEADER,
            Origin::FunctionUrl => {
                let policy = referred(stack, id, "AWS::CloudFront::OriginRequestPolicy");
                let mut config = policy
                    .map(|policy| policy.property("OriginRequestPolicyConfig").clone())
                    .unwrap_or_default();
                if let Some(members) = config.as_object_mut() {
                    members.remove("Name");
                }
                config != named
            }
            _ => false,
        }
    };
    each(stack, wrong, "does not forward what a function needs, or forwards the viewer's Host")
}

/// Otherwise a viewer could set the headers that tell a function who the viewer is.
pub(super) fn functions_believe_the_viewer_request_function(stack: &Stack) -> Vec<String> {
    let wrong = |behavior: &Behavior<'_>| {
        let sets_headers = |association: &Value| {
            association["EventType"] == "viewer-request"
                && referred(stack, &association["FunctionARN"], "AWS::CloudFront::Function").is_some()
        };
        behavior.asks_a_function(stack)
            && !items(&behavior.whole["FunctionAssociations"]).iter().any(sets_headers)
    };
    each(stack, wrong, "passes on headers that the viewer-request function did not set")
}

/// Pages differ by viewer, and contain the host name that the viewer requested.
pub(super) fn web_site_is_never_cached(stack: &Stack) -> Vec<String> {
    let is_site = |behavior: &Behavior<'_>| matches!(behavior.origin(stack), Origin::Site(_));
    let cached = |behavior: &Behavior<'_>| behavior.whole["CachePolicyId"] != CACHING_DISABLED;
    let unlike = |behavior: &Behavior<'_>| behavior.whole["OriginRequestPolicyId"] != ALL_VIEWER;
    let all_methods = json!(["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]);
    let reads = |behavior: &Behavior<'_>| behavior.whole["AllowedMethods"] != all_methods;
    let mut refused = each(stack, |one| is_site(one) && cached(one), "caches the pages of the web site");
    refused.extend(each(
        stack,
        |one| is_site(one) && unlike(one),
        "does not forward what the web site needs",
    ));
    refused.extend(each(
        stack,
        |one| is_site(one) && reads(one),
        "does not let viewers write to the web site",
    ));
    refused
}

/// A file that somebody else put into the bucket must not run as a page of the site, whatever its type.
pub(super) fn videos_run_nothing(stack: &Stack) -> Vec<String> {
    let policy = resources(stack, "AWS::CloudFront::ResponseHeadersPolicy").next();
    let id = policy.as_ref().map(|policy| json!({"Ref": policy.id})).unwrap_or_default();
    let wrong = |behavior: &Behavior<'_>| {
        let is_video = behavior.pattern.is_some() && behavior.is_for_video();
        behavior.whole["ResponseHeadersPolicyId"]
            != if is_video || behavior.is_public(stack) { id.clone() } else { Value::Null }
    };
    let mut refused = each(stack, wrong, "has not the response headers policy that it should have");
    let Some(policy) = policy else { return refused };
    let headers = &policy.property("ResponseHeadersPolicyConfig")["SecurityHeadersConfig"];
    let has_domain = stack.parameter("DomainName").is_some_and(|name| name != "");
    let one_year = json!({
        "AccessControlMaxAgeSec": 31_536_000, "IncludeSubdomains": false, "Preload": false, "Override": true,
    });
    let csp = json!({"ContentSecurityPolicy": "sandbox; default-src 'none'", "Override": true});
    for (header, expected) in [
        ("ContentTypeOptions", json!({"Override": true})),
        ("ContentSecurityPolicy", csp),
        ("StrictTransportSecurity", if has_domain { one_year } else { Value::Null }),
    ] {
        if headers[header] != expected {
            refused.push(format!("{}: {header} is not what it should be", policy.id));
        }
    }
    refused
}

/// If a player is on another origin, that origin is allowed, and no other.
pub(super) fn other_origins_may_play(stack: &Stack) -> Vec<String> {
    let list = |name: &str| stack.parameter(name).and_then(Value::as_str).unwrap_or_default();
    let given = ["AllowedOrigins", "CastReceiverOrigins"].map(list);
    let given: Vec<&str> =
        given.into_iter().flat_map(|list| list.split(',')).filter(|one| !one.is_empty()).collect();
    let mut refused = Vec::new();
    for policy in resources(stack, "AWS::CloudFront::ResponseHeadersPolicy") {
        let cors = &policy.property("ResponseHeadersPolicyConfig")["CorsConfig"];
        if given.is_empty() {
            if !cors.is_null() {
                refused.push(format!("{}: it allows other origins, and none was given", policy.id));
            }
            continue;
        }
        if cors["AccessControlAllowOrigins"]["Items"] != json!(given) {
            refused.push(format!("{}: it allows other origins than those that were given", policy.id));
        }
        match (list("AllowedOrigins"), &cors["AccessControlAllowCredentials"]) {
            ("", Value::Bool(true)) => refused.push(format!("{}: cast receivers need no cookies", policy.id)),
            ("", _) | (_, Value::Bool(true)) => {}
            _ => refused.push(format!("{}: browsers would send no cookies", policy.id)),
        }
    }
    refused
}

/// Viewers of the countries that were given, and no others.
pub(super) fn countries_are_those_that_were_given(stack: &Stack) -> Vec<String> {
    let given = stack.parameter("GeoRestriction").and_then(Value::as_str).unwrap_or_default();
    let expected = given.split_once(' ').map_or(Value::Null, |(kind, countries)| {
        let countries: Vec<&str> = countries.split(',').collect();
        json!({"GeoRestriction": {"RestrictionType": kind, "Locations": countries}})
    });
    let mut refused = Vec::new();
    for distribution in resources(stack, "AWS::CloudFront::Distribution") {
        if distribution.property("DistributionConfig")["Restrictions"] != expected {
            refused.push(format!("{}: Restrictions are not those that were given", distribution.id));
        }
    }
    refused
}

/// A web ACL can filter a flood of requests, if the deployment has one.
pub(super) fn requests_pass_the_web_acl(stack: &Stack) -> Vec<String> {
    let given = stack.parameter("WebAclArn").filter(|arn| *arn != "").unwrap_or(&Value::Null);
    let mut refused = Vec::new();
    for distribution in resources(stack, "AWS::CloudFront::Distribution") {
        if distribution.property("DistributionConfig")["WebACLId"] != *given {
            refused.push(format!("{}: WebACLId is not WebAclArn", distribution.id));
        }
    }
    refused
}
