//! A cookie that remembers for which folders this browser has cookies.
//!
//! A browser sends a cookie to its own path only, so neither a sign-out nor the next viewer's sign-in sees the cookies
//! of `/video/tenant-a/`. The credential that led to them may be gone by then. This cookie decides only which cookies
//! its own browser forgets.
//!
//! A viewer who asks for one asset at a time collects cookies: as many as one answer can clear. Of more, the oldest
//! are cleared. The cookie also says whose they are, so that the next viewer's first request clears them.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use aws_lc_rs::digest::{SHA256, digest};
use cloudfront_signing::{CookieAttributes, clear_cookies};
use cookie::Cookie;
use hls_rewrite::{Asset, AssetTree, FolderPattern};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::Subject;

/// What a request's cookie says.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Remembered {
    /// Whose cookies these are, if they are for one asset each.
    owner: Option<String>,
    /// The paths of the cookies, such as `/video/tenant-a/`, the latest first.
    paths: Vec<String>,
    /// The paths of cookies that must be cleared.
    stale: Vec<String>,
}

/// What the cookie of a request remembers; nothing without the cookie. This function never writes a path outside of
/// `tree`, so it ignores one.
pub(crate) fn read(request: &ApiGatewayV2httpRequest, tree: &AssetTree) -> Option<Remembered> {
    let cookies = request.cookies.iter().flatten().filter_map(|pair| Cookie::parse(pair.as_str()).ok());
    let value = cookies.filter(|cookie| cookie.name() == NAME).find_map(|cookie| cookie.value_raw())?;
    let mut remembered = Remembered::default();
    for entry in value.split(SEPARATOR).take(LIMIT) {
        let (paths, path) = match entry.strip_prefix(STALE) {
            Some(path) => (&mut remembered.stale, path),
            None => (&mut remembered.paths, entry),
        };
        let path = percent_decode_str(path).decode_utf8_lossy();
        if is_path(&path, tree) {
            paths.push(path.into_owned());
        } else if let Some(owner) = entry.strip_prefix(OWNER) {
            remembered.owner = Some(owner.to_owned());
        }
    }
    Some(remembered)
}

/// Gives the attributes of cookies for a path.
pub(crate) type Attributes<'a> = &'a dyn Fn(&str) -> CookieAttributes;

/// Clears the cookies of `before` that are not for one of `paths`, such as `/video/tenant-a/*`, and remembers those that
/// this browser has from now on. Where every viewer has the same cookies, there is nothing to remember.
pub(crate) fn replace(
    cookies: &mut Vec<String>,
    paths: &[FolderPattern],
    before: Option<Remembered>,
    tree: &AssetTree,
    attributes: Attributes<'_>,
) {
    let root = tree.root();
    if before.is_none() && paths == std::slice::from_ref(root) {
        return;
    }
    let paths: Vec<String> = paths.iter().map(|path| path.folder().to_owned()).collect();
    // Without this cookie, the browser may have the cookies of a viewer who may watch everything.
    let mut stale = before.map_or_else(|| vec![root.folder().to_owned()], Remembered::into_paths);
    stale.retain(|path| !paths.contains(path));
    let stale = clear(cookies, stale, attributes);
    remember(cookies, &Remembered { owner: None, paths, stale }, attributes);
}

/// Remembers that `subject` has cookies for `path` from now on, such as `/video/my-film/`, beside those for other
/// assets. Clears another viewer's cookies, and those that a browser would send together with these.
pub(crate) fn add(
    cookies: &mut Vec<String>,
    path: &str,
    subject: &Subject,
    before: Option<Remembered>,
    tree: &AssetTree,
    attributes: Attributes<'_>,
) {
    let owner = Some(owner(subject));
    // Without this cookie, the browser may have cookies for everything.
    let before = before.unwrap_or_else(|| Remembered {
        stale: vec![tree.root().folder().to_owned()],
        ..Remembered::default()
    });
    let is_the_same = before.owner == owner;
    let (mut paths, mut stale) = (vec![path.to_owned()], before.stale);
    let mut room = CLEARABLE.saturating_sub(cleared_length(path, attributes));
    for other in before.paths.into_iter().filter(|other| other != path) {
        let length = cleared_length(&other, attributes);
        let is_sent_together = other.starts_with(path) || path.starts_with(&other);
        if is_the_same && !is_sent_together && length <= room {
            room -= length;
            paths.push(other);
        } else {
            // All that is older than this, too.
            room = 0;
            stale.push(other);
        }
    }
    stale.retain(|other| !paths.contains(other));
    let stale = clear(cookies, stale, attributes);
    remember(cookies, &Remembered { owner, paths, stale }, attributes);
}

/// Clears the cookies of `before`, and those of the whole tree.
pub(crate) fn forget(
    cookies: &mut Vec<String>,
    before: Option<Remembered>,
    tree: &AssetTree,
    attributes: Attributes<'_>,
) {
    let is_remembered = before.is_some();
    let root = tree.root().folder();
    let mut paths = before.map(Remembered::into_paths).unwrap_or_default();
    paths.retain(|path| path != root);
    paths.insert(0, root.to_owned());
    let stale = clear(cookies, paths, attributes);
    let remembered = Remembered { stale, ..Remembered::default() };
    if is_remembered {
        remember(cookies, &remembered, attributes);
    }
}

impl Remembered {
    fn into_paths(self) -> Vec<String> {
        [self.paths, self.stale].concat()
    }
}

/// Whether cookies can have been set for this path: a folder of the tree, or a file that is an asset alone.
fn is_path(path: &str, tree: &AssetTree) -> bool {
    let folder: Result<FolderPattern, _> = format!("{path}*").parse();
    let is_folder = folder.is_ok_and(|folder| tree.covers(folder.pattern()));
    path.len() <= PATH_LIMIT && (is_folder || tree.asset(path) == Some(Asset::File(path)))
}

/// Clears the cookies of as many paths as there is room for, and gives the others, for the next answer.
fn clear(cookies: &mut Vec<String>, paths: Vec<String>, attributes: Attributes<'_>) -> Vec<String> {
    let mut left = Vec::new();
    for path in paths {
        let cleared = clear_cookies(&attributes(&path));
        if length(cookies) + length(&cleared) <= ROOM {
            cookies.extend(cleared);
        } else {
            left.push(path);
        }
    }
    left
}

/// Remembers all paths, and as many of those to be cleared as the cookie has room for.
fn remember(
    cookies: &mut Vec<String>,
    Remembered { owner, paths, stale }: &Remembered,
    attributes: Attributes<'_>,
) {
    let owner = owner.iter().map(|owner| format!("{OWNER}{owner}"));
    let mut value = owner.chain(paths.iter().map(|path| encoded(path))).collect::<Vec<_>>().join(SEPARATOR);
    for path in stale.iter().map(|path| encoded(path)) {
        if value.len() + path.len() < VALUE_LIMIT {
            let separator = if value.is_empty() { "" } else { SEPARATOR };
            value = format!("{value}{separator}{STALE}{path}");
        }
    }
    let attributes = attributes(PATH);
    cookies.push(match value.as_str() {
        "" => attributes.clear_cookie(NAME),
        value => attributes.set_cookie(NAME, value),
    });
}

fn encoded(path: &str) -> String {
    utf8_percent_encode(path, ENCODED).to_string()
}

/// A viewer's mark: it says whether two requests have the same viewer, and not who it is.
fn owner(subject: &Subject) -> String {
    let digest = digest(&SHA256, format!("{}\0{}", subject.authenticator, subject.id).as_bytes());
    base16ct::lower::encode_string(digest.as_ref().get(..OWNER_BYTES).unwrap_or_default())
}

fn cleared_length(path: &str, attributes: Attributes<'_>) -> usize {
    length(&clear_cookies(&attributes(path)))
}

/// How many bytes of `Set-Cookie` these are.
pub(crate) fn length(cookies: &[String]) -> usize {
    cookies.iter().map(String::len).sum()
}

const NAME: &str = "usher-paths";
/// Where a browser sends it.
const PATH: &str = "/auth/cookies";
const SEPARATOR: &str = ":";
/// What a path may contain, and a value of this cookie may not, apart from the separator.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%').add(b',').add(b':').add(b';');
/// Before the viewer's mark. Paths begin with a slash.
const OWNER: &str = "~";
/// Before a path whose cookies must be cleared.
const STALE: &str = "!";
const OWNER_BYTES: usize = 6;
/// More than the cookie can hold.
const LIMIT: usize = 64;
/// A folder of some segments, each as long as entitlements allow.
const PATH_LIMIT: usize = 512;
/// API Gateway allows 10,240 bytes of headers. So many bytes of `Set-Cookie` leave room for this cookie and for the
/// other headers, with their names.
pub(crate) const ROOM: usize = 8_000;
/// What clears the cookies of all assets fits into one answer, with the cookies of the next one: nine folders with names
/// of ten characters.
const CLEARABLE: usize = 5_000;
/// The folders of this answer may make it longer: there are few of them.
const VALUE_LIMIT: usize = 800;
