//! A cookie that remembers for which folders this browser has cookies.
//!
//! A browser sends a cookie to its own path only, so neither sign-out nor the next viewer's sign-in sees
//! those under `/video/tenant-a/`; and whose they were stands in a credential that may be gone by then.
//! Nothing depends on this cookie but which cookies its own browser forgets.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use cloudfront_signing::{CookieAttributes, clear_cookies};
use cookie::Cookie;
use usher_runtime::{Problem, Scope};

/// The name of the cookie.
pub(crate) const NAME: &str = "usher-paths";
/// Where it is sent to.
pub(crate) const PATH: &str = "/auth/cookies";

/// The folders that a request's cookie names, such as `/video/tenant-a/`; nothing without the cookie. What
/// does not lie in `scope` was not written here.
pub(crate) fn read(request: &ApiGatewayV2httpRequest, scope: &Scope) -> Option<Vec<String>> {
    let cookies = request.cookies.iter().flatten().filter_map(|pair| Cookie::parse(pair.as_str()).ok());
    let value = cookies.filter(|cookie| cookie.name() == NAME).find_map(|cookie| cookie.value_raw())?;
    let is_ours = |folder: &&str| {
        let pattern = format!("{folder}*");
        Scope::new(&pattern, 0).is_ok() && scope.covers(&pattern)
    };
    Some(value.split(SEPARATOR).filter(is_ours).take(LIMIT).map(str::to_owned).collect())
}

/// Clears what this browser has of `before` and is not among `paths`, such as `/video/tenant-a/*`, and
/// remembers what it has from now on. Where every viewer has the same cookies there is nothing to remember.
///
/// # Errors
/// As `attributes`, which gives those of cookies for a path.
pub(crate) fn write(
    cookies: &mut Vec<String>,
    paths: &[String],
    before: Option<Vec<String>>,
    scope: &Scope,
    attributes: &dyn Fn(&str) -> Result<CookieAttributes, Problem>,
) -> Result<(), Problem> {
    let everything = scope.everything();
    if before.is_none() && *paths == [everything.as_str()] {
        return Ok(());
    }
    // Who comes without the cookie may have those of a viewer who may watch everything.
    let before = before.unwrap_or_else(|| vec![everything.trim_end_matches('*').to_owned()]);
    let mut folders: Vec<&str> = paths.iter().map(|path| path.trim_end_matches('*')).collect();
    for folder in &before {
        if folders.contains(&folder.as_str()) {
            continue;
        }
        let cleared = clear_cookies(&attributes(folder)?);
        let length: usize = cookies.iter().chain(&cleared).map(String::len).sum();
        if length <= ROOM {
            cookies.extend(cleared);
        } else {
            // It is remembered, and its turn comes with the next renewal.
            folders.push(folder);
        }
    }
    cookies.push(attributes(PATH)?.set_cookie(NAME, &folders.join(SEPARATOR)));
    Ok(())
}

/// No `:` stands in a folder: entitlements make plain segments.
const SEPARATOR: &str = ":";
/// More than one answer can set.
const LIMIT: usize = 16;
/// How many bytes of `Set-Cookie` leave room for this cookie, too.
const ROOM: usize = 7_500;
