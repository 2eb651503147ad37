//! A cookie that remembers for which paths cookies were set.
//!
//! A browser sends a cookie to its own path only, so sign-out does not see those under
//! `/video/tenant-a/`; and whose they were stands in a credential that may be gone by then. Nothing
//! depends on this cookie but which cookies its own browser forgets.

use cloudfront_signing::CookieAttributes;
use cookie::Cookie;
use usher_runtime::Scope;

/// The name of the cookie.
pub(crate) const NAME: &str = "usher-paths";
/// Where it is sent to.
pub(crate) const PATH: &str = "/auth/cookies";

/// The `Set-Cookie` value that remembers the folders of `resources`, such as `/video/tenant-a/*`.
pub(crate) fn remember(resources: &[String], attributes: &CookieAttributes) -> String {
    let folders: Vec<&str> = resources.iter().map(|resource| resource.trim_end_matches('*')).collect();
    attributes.set_cookie(NAME, &folders.join(SEPARATOR))
}

/// The folders that the cookie among `cookies` names, without `scope`'s own. What does not lie in `scope`
/// was not written here.
pub(crate) fn remembered(cookies: &[String], scope: &Scope) -> Vec<String> {
    let cookies = cookies.iter().filter_map(|pair| Cookie::parse(pair.as_str()).ok());
    let value = cookies.filter(|cookie| cookie.name() == NAME).find_map(|cookie| cookie.value_raw());
    let is_ours = |folder: &&str| {
        let pattern = format!("{folder}*");
        Scope::new(&pattern, 0).is_ok() && scope.covers(&pattern) && pattern != scope.everything()
    };
    let folders = value.unwrap_or_default().split(SEPARATOR).filter(is_ours);
    folders.take(LIMIT).map(str::to_owned).collect()
}

/// No `:` stands in a folder: entitlements make plain segments.
const SEPARATOR: &str = ":";
/// Each takes five lines of `Set-Cookie` to clear.
const LIMIT: usize = 8;
