//! Which headers a function sees, and which it may change.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html#function-restrictions-headers>

/// "Disallowed headers aren't exposed and can't be added by edge functions."
pub(super) fn is_disallowed(name: &str) -> bool {
    DISALLOWED.contains(&name) || DISALLOWED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A function can read them in a viewer request, but must not add, change or delete them.
pub(super) const READ_ONLY: [&str; 4] = ["content-length", "host", "transfer-encoding", "via"];

const DISALLOWED: [&str; 25] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "upgrade",
    "x-accel-buffering",
    "x-accel-charset",
    "x-accel-limit-rate",
    "x-accel-redirect",
    "x-amzn-auth",
    "x-amzn-cf-billing",
    "x-amzn-cf-id",
    "x-amzn-cf-xff",
    "x-amzn-errortype",
    "x-amzn-fle-profile",
    "x-amzn-header-count",
    "x-amzn-header-order",
    "x-amzn-lambda-integration-tag",
    "x-amzn-requestid",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
];

const DISALLOWED_PREFIXES: [&str; 2] = ["x-amz-cf-", "x-edge-"];
