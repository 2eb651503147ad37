//! A cookie that remembers for which folders this browser has cookies.
//!
//! A browser sends a cookie to its own path only, so neither a sign-out nor the next viewer's sign-in sees the cookies
//! of `/video/tenant-a/`. The credential that led to them may be gone by then. This cookie decides only which cookies
//! its own browser forgets.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use cloudfront_signing::{CookieAttributes, clear_cookies};
use cookie::Cookie;
use hls_rewrite::{AssetTree, FolderPattern};

use crate::refusal::Refusal;

/// The folders that a request's cookie names, such as `/video/tenant-a/`; nothing without the cookie. This function
/// never writes a folder outside of `tree`, so it ignores one.
pub(crate) fn read(request: &ApiGatewayV2httpRequest, tree: &AssetTree) -> Option<Vec<String>> {
    let cookies = request.cookies.iter().flatten().filter_map(|pair| Cookie::parse(pair.as_str()).ok());
    let value = cookies.filter(|cookie| cookie.name() == NAME).find_map(|cookie| cookie.value_raw())?;
    let is_ours = |folder: &&str| {
        let pattern: Result<FolderPattern, _> = format!("{folder}*").parse();
        folder.len() <= FOLDER_LIMIT && pattern.is_ok_and(|pattern| tree.covers(pattern.pattern()))
    };
    Some(value.split(SEPARATOR).filter(is_ours).take(LIMIT).map(str::to_owned).collect())
}

/// Gives the attributes of cookies for a path.
pub(crate) type Attributes<'a> = &'a dyn Fn(&str) -> Result<CookieAttributes, Refusal>;

/// Clears the cookies of `before` that are not for one of `paths`, such as `/video/tenant-a/*`, and remembers those that
/// this browser has from now on. Where every viewer has the same cookies, there is nothing to remember.
///
/// # Errors
/// As `attributes`.
pub(crate) fn replace(
    cookies: &mut Vec<String>,
    paths: &[FolderPattern],
    before: Option<Vec<String>>,
    tree: &AssetTree,
    attributes: Attributes<'_>,
) -> Result<(), Refusal> {
    let root = tree.root();
    if before.is_none() && paths == std::slice::from_ref(root) {
        return Ok(());
    }
    let kept: Vec<String> = paths.iter().map(|path| path.folder().to_owned()).collect();
    // Without this cookie, the browser may have the cookies of a viewer who may watch everything.
    let mut stale = before.unwrap_or_else(|| vec![root.folder().to_owned()]);
    stale.retain(|folder| !kept.contains(folder));
    let left = clear(cookies, stale, attributes)?;
    remember(cookies, &kept, &left, attributes)
}

/// Clears the cookies of `before`, and those of the whole tree.
///
/// # Errors
/// As `attributes`.
pub(crate) fn forget(
    cookies: &mut Vec<String>,
    before: Option<Vec<String>>,
    tree: &AssetTree,
    attributes: Attributes<'_>,
) -> Result<(), Refusal> {
    let is_remembered = before.is_some();
    let root = tree.root().folder();
    let mut folders = before.unwrap_or_default();
    folders.retain(|folder| folder != root);
    folders.insert(0, root.to_owned());
    let left = clear(cookies, folders, attributes)?;
    if is_remembered { remember(cookies, &[], &left, attributes) } else { Ok(()) }
}

/// Clears the cookies of as many folders as there is room for, and gives the others, for the next answer.
fn clear(
    cookies: &mut Vec<String>,
    folders: Vec<String>,
    attributes: Attributes<'_>,
) -> Result<Vec<String>, Refusal> {
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

/// Remembers all of `kept`, and as many of `left` as the cookie has room for.
fn remember(
    cookies: &mut Vec<String>,
    kept: &[String],
    left: &[String],
    attributes: Attributes<'_>,
) -> Result<(), Refusal> {
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
/// Where a browser sends it.
const PATH: &str = "/auth/cookies";
/// No folder contains a `:`, since entitlements make plain segments.
const SEPARATOR: &str = ":";
/// More than the cookie can hold.
const LIMIT: usize = 64;
/// A folder of some segments, each as long as entitlements allow.
const FOLDER_LIMIT: usize = 512;
/// API Gateway allows 10,240 bytes of headers. So many bytes of `Set-Cookie` leave room for this cookie and for the
/// other headers, with their names.
pub(crate) const ROOM: usize = 8_000;
/// The folders of this answer may make it longer: there are few of them.
const VALUE_LIMIT: usize = 800;
/// This cookie outlives those that outlive the browser's session: no setting lets them last longer than a year.
const REMEMBERED_SECONDS: u64 = 31_536_000;
