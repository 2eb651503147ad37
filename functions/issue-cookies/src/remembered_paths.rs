//! A cookie that remembers for which folders this browser has cookies.
//!
//! A browser sends a cookie to its own path only, so neither sign-out nor the next viewer's sign-in sees
//! those under `/video/tenant-a/`; and whose they were stands in a credential that may be gone by then.
//! Nothing depends on this cookie but which cookies its own browser forgets.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use cloudfront_signing::{CookieAttributes, clear_cookies};
use cookie::Cookie;
use hls_rewrite::AssetTree;
use usher_runtime::Problem;

/// The folders that a request's cookie names, such as `/video/tenant-a/`; nothing without the cookie. What
/// does not lie in `scope` was not written here.
pub(crate) fn read(request: &ApiGatewayV2httpRequest, scope: &AssetTree) -> Option<Vec<String>> {
    let cookies = request.cookies.iter().flatten().filter_map(|pair| Cookie::parse(pair.as_str()).ok());
    let value = cookies.filter(|cookie| cookie.name() == NAME).find_map(|cookie| cookie.value_raw())?;
    let is_ours = |folder: &&str| {
        let pattern = format!("{folder}*");
        folder.len() <= FOLDER_LIMIT && AssetTree::new(&pattern, 0).is_ok() && scope.covers(&pattern)
    };
    Some(value.split(SEPARATOR).filter(is_ours).take(LIMIT).map(str::to_owned).collect())
}

/// Gives the attributes of cookies for a path.
pub(crate) type Attributes<'a> = &'a dyn Fn(&str) -> Result<CookieAttributes, Problem>;

/// Clears what this browser has of `before` and is not among `paths`, such as `/video/tenant-a/*`, and
/// remembers what it has from now on. Where every viewer has the same cookies there is nothing to remember.
///
/// # Errors
/// As `attributes`.
pub(crate) fn replace(
    cookies: &mut Vec<String>,
    paths: &[String],
    before: Option<Vec<String>>,
    scope: &AssetTree,
    attributes: Attributes<'_>,
) -> Result<(), Problem> {
    let everything = scope.everything();
    if before.is_none() && *paths == [everything.as_str()] {
        return Ok(());
    }
    let kept: Vec<String> = paths.iter().map(|path| path.trim_end_matches('*').to_owned()).collect();
    // Who comes without the cookie may have those of a viewer who may watch everything.
    let mut stale = before.unwrap_or_else(|| vec![everything.trim_end_matches('*').to_owned()]);
    stale.retain(|folder| !kept.contains(folder));
    let left = clear(cookies, stale, attributes)?;
    remember(cookies, &kept, &left, attributes)
}

/// Clears what this browser has of `before`, and of the whole scope.
///
/// # Errors
/// As `attributes`.
pub(crate) fn forget(
    cookies: &mut Vec<String>,
    before: Option<Vec<String>>,
    scope: &AssetTree,
    attributes: Attributes<'_>,
) -> Result<(), Problem> {
    let is_remembered = before.is_some();
    let everything = scope.everything().trim_end_matches('*').to_owned();
    let mut folders = before.unwrap_or_default();
    folders.retain(|folder| *folder != everything);
    folders.insert(0, everything);
    let left = clear(cookies, folders, attributes)?;
    if is_remembered { remember(cookies, &[], &left, attributes) } else { Ok(()) }
}

/// Clears the cookies of as many folders as there is room for; the others' turn comes with the next answer.
fn clear(
    cookies: &mut Vec<String>,
    folders: Vec<String>,
    attributes: Attributes<'_>,
) -> Result<Vec<String>, Problem> {
    let mut left = Vec::new();
    for folder in folders {
        let cleared = clear_cookies(&attributes(&folder)?);
        if length(cookies) + length(&cleared) <= ROOM {
            cookies.extend(cleared);
        } else {
            left.push(folder);
        }
    }
    Ok(left)
}

/// All of `kept`, and of `left` what does not make the cookie too long.
fn remember(
    cookies: &mut Vec<String>,
    kept: &[String],
    left: &[String],
    attributes: Attributes<'_>,
) -> Result<(), Problem> {
    let mut value = kept.join(SEPARATOR);
    for folder in left {
        if value.len() + folder.len() < VALUE_LIMIT {
            let separator = if value.is_empty() { "" } else { SEPARATOR };
            value = format!("{value}{separator}{folder}");
        }
    }
    let attributes = attributes(PATH)?;
    cookies.push(match value.as_str() {
        "" => attributes.clear_cookie(NAME),
        value => attributes.set_cookie(NAME, value, REMEMBERED_SECONDS),
    });
    Ok(())
}

/// How many bytes of `Set-Cookie` these are.
pub(crate) fn length(cookies: &[String]) -> usize {
    cookies.iter().map(String::len).sum()
}

const NAME: &str = "usher-paths";
/// Where a browser sends it to.
const PATH: &str = "/auth/cookies";
/// No `:` stands in a folder: entitlements make plain segments.
const SEPARATOR: &str = ":";
/// More than the cookie can hold.
const LIMIT: usize = 64;
/// A folder of some segments, each of the length that entitlements take.
const FOLDER_LIMIT: usize = 512;
/// API Gateway takes 10,240 bytes of headers. So many of `Set-Cookie` leave room for this cookie and for the
/// rest, names of headers included.
pub(crate) const ROOM: usize = 8_000;
/// Longer where the folders are that were set just now: there are few of them then.
const VALUE_LIMIT: usize = 800;
/// Where cookies outlive the browser's session, this one outlives them: no setting lets them live longer
/// than a year.
const REMEMBERED_SECONDS: u64 = 31_536_000;
