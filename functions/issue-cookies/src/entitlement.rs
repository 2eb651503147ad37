//! What a viewer may watch: from claims to resources.
//!
//! A claim must not widen a resource: a `*` or `?` in it would be a wildcard, and a `/` another folder. So a claim gives
//! one plain path segment, or the viewer gets nothing.

use std::borrow::Cow;

use hls_rewrite::{AssetTree, FolderPattern};
use serde::Deserialize;
use serde_json::{Map, Value};
use usher_runtime::{InvalidSetting, Settings, all_valid};

use crate::{Subject, authenticators::UniqueClaims};

/// The rules that give resources to viewers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entitlements {
    rules: Vec<Rule>,
    tree: AssetTree,
}

/// Why a viewer gets nothing: for the log.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotEntitled {
    /// A claim that a rule needs is missing, or is neither a plain path segment nor a list of them.
    #[error("the claim {0} is missing, or is not one plain path segment")]
    Claim(String),
    /// No rule gives the viewer anything.
    #[error("no rule gives the viewer a resource")]
    Nothing,
    /// The site names something that no rule gives the viewer, or a part of an asset.
    #[error("the site names a path that no rule gives the viewer, or one deeper than SCOPE_DEPTH")]
    Path,
    /// More than fit into the cookies of one answer, or more than any viewer has.
    #[error("the rules give the viewer too many resources")]
    TooMany,
}

impl Entitlements {
    /// Reads `ENTITLEMENTS`, a JSON array. Each entry is a template such as `"/video/{tenant}/*"`, in which
    /// `{tenant}` stands for that claim, or for each of its values; or an object such as
    /// `{"resource": "/video/premium/*", "if": {"groups": "premium"}}`, for viewers who have that value
    /// among those of the claim. Without the setting, every viewer may watch all of `tree`.
    pub(crate) fn read(settings: &mut Settings<'_>, tree: &AssetTree) -> Result<Self, InvalidSetting> {
        let Some(text) = settings.optional(NAME) else {
            return Ok(Self { rules: vec![Rule::everything(tree)], tree: tree.clone() });
        };
        let Ok(entries) = serde_json::from_str::<Vec<Entry>>(&text) else {
            return Err(settings.invalid(format!(r#"{NAME} must be a JSON array of {ENTRIES}"#)));
        };
        if entries.is_empty() {
            return Err(settings.invalid(format!("{NAME} is empty: nobody could watch anything")));
        }
        let rules = entries.into_iter().enumerate().map(|(at, entry)| {
            Rule::new(entry, tree).map_err(|problem| settings.invalid(format!("{NAME}[{at}]: {problem}")))
        });
        Ok(Self { rules: all_valid(rules)?, tree: tree.clone() })
    }

    /// The viewer's resources as path patterns, such as `/video/tenant-a/*`. None is within another: a browser would send
    /// the cookies of both, and AWS does not document which of them CloudFront reads.
    ///
    /// # Errors
    /// [`NotEntitled`]
    pub(crate) fn resources(&self, subject: &Subject) -> Result<Vec<FolderPattern>, NotEntitled> {
        let mut resources = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.is_for(subject)) {
            resources.extend(rule.fill(subject)?);
            if resources.len() > LIMIT {
                return Err(NotEntitled::TooMany);
            }
        }
        if let Some(paths) = &subject.paths {
            resources = self.narrowed(&resources, paths)?;
        }
        // A pattern within another is longer than the other.
        resources.sort_by_key(|resource| resource.folder().len());
        let mut apart: Vec<FolderPattern> = Vec::new();
        for resource in resources {
            if !apart.iter().any(|wider| wider.contains(&resource)) {
                apart.push(resource);
            }
        }
        if apart.is_empty() { Err(NotEntitled::Nothing) } else { Ok(apart) }
    }

    /// Whether the viewer may watch the asset of `path`, which is within the tree.
    ///
    /// # Errors
    /// [`NotEntitled`]
    pub(crate) fn permits(&self, subject: &Subject, path: &str) -> Result<(), NotEntitled> {
        let resources = self.resources(subject)?;
        resources.iter().any(|one| one.covers(path)).then_some(()).ok_or(NotEntitled::Nothing)
    }

    /// The paths that the site itself names, if each of them is within what the rules give.
    fn narrowed(
        &self,
        resources: &[FolderPattern],
        paths: &[String],
    ) -> Result<Vec<FolderPattern>, NotEntitled> {
        if paths.len() > LIMIT {
            return Err(NotEntitled::TooMany);
        }
        let path = |path: &String| {
            let folder = path.strip_prefix('/').unwrap_or(path).strip_suffix("/*")?;
            let path = folder.split('/').all(is_plain_segment).then(|| folder_of(folder.split('/')))??;
            let is_given = resources.iter().any(|resource| resource.contains(&path));
            (is_given && self.tree.is_of_whole_assets(path.pattern())).then_some(path)
        };
        paths.iter().map(path).collect::<Option<_>>().ok_or(NotEntitled::Path)
    }
}

/// A rule as the setting has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Template(String),
    Conditional(Conditional),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditional {
    resource: String,
    #[serde(rename = "if")]
    conditions: UniqueClaims,
}

/// A folder for each viewer who meets the conditions.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Rule {
    folder: Vec<Segment>,
    conditions: Map<String, Value>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Segment {
    Claim(String),
    Fixed(String),
}

impl Rule {
    fn everything(tree: &AssetTree) -> Self {
        let folder = tree.root().folder().split_terminator('/').skip(1);
        let folder = folder.map(|segment| Segment::Fixed(segment.to_owned())).collect();
        Self { folder, conditions: Map::new() }
    }

    fn new(entry: Entry, tree: &AssetTree) -> Result<Self, String> {
        let (template, conditions) = match entry {
            Entry::Template(template) => (template, Map::new()),
            Entry::Conditional(Conditional { resource, conditions }) => (resource, conditions.0),
        };
        if !conditions.values().all(Value::is_string) {
            return Err("each value of its if must be a text".to_owned());
        }
        let folder = folder(&template).filter(|(_, example)| tree.covers(example.pattern()));
        let (folder, example) = folder.ok_or_else(|| {
            format!(
                "the resource must lie in {} and end with /*, with no other wildcard, and with each \
                 claim a whole segment, as in /video/{{tenant}}/*",
                tree.root()
            )
        })?;
        if !tree.is_of_whole_assets(example.pattern()) {
            return Err(
                "the resource lies deeper than SCOPE_DEPTH, and a playlist is signed for the whole folder \
                        at that depth: raise SCOPE_DEPTH"
                    .to_owned(),
            );
        }
        Ok(Self { folder, conditions })
    }

    fn is_for(&self, subject: &Subject) -> bool {
        self.conditions
            .iter()
            .all(|(claim, value)| find(subject, claim).is_some_and(|claim| values(&claim).contains(value)))
    }

    /// One path for each value of each claim.
    fn fill(&self, subject: &Subject) -> Result<Vec<FolderPattern>, NotEntitled> {
        let mut folders: Vec<Vec<String>> = vec![Vec::new()];
        for segment in &self.folder {
            let segments = match segment {
                Segment::Fixed(text) => vec![text.clone()],
                Segment::Claim(name) => {
                    plain_segments(subject, name).ok_or_else(|| NotEntitled::Claim(name.clone()))?
                }
            };
            if folders.len() * segments.len() > LIMIT {
                return Err(NotEntitled::TooMany);
            }
            let longer = |folder: &Vec<String>| {
                let folder = folder.clone();
                segments
                    .iter()
                    .map(move |segment| [folder.as_slice(), std::slice::from_ref(segment)].concat())
            };
            folders = folders.iter().flat_map(longer).collect();
        }
        let patterns = folders.iter().map(|folder| folder_of(folder.iter().map(String::as_str)));
        // A name that is too long for any policy.
        patterns.collect::<Option<_>>().ok_or(NotEntitled::Nothing)
    }
}

/// The segments of a template, and a folder that it could give; nothing if that is no folder.
fn folder(template: &str) -> Option<(Vec<Segment>, FolderPattern)> {
    let segments = template.strip_prefix('/')?.strip_suffix("/*")?.split('/');
    let claim = |text: &str| {
        let name = text.strip_prefix('{')?.strip_suffix('}')?;
        let is_name = !name.is_empty() && !name.contains(['{', '}']);
        is_name.then(|| Segment::Claim(name.to_owned()))
    };
    let folder: Vec<Segment> =
        segments.map(|text| claim(text).unwrap_or_else(|| Segment::Fixed(text.to_owned()))).collect();
    let example = folder_of(folder.iter().map(|segment| match segment {
        Segment::Claim(_) => "claim",
        Segment::Fixed(text) => text.as_str(),
    }))?;
    let is_plain = !example.folder().contains(['{', '}']) && !example.folder().contains("//");
    is_plain.then_some((folder, example))
}

/// The folder with these names, from the root on.
fn folder_of<'s>(segments: impl IntoIterator<Item = &'s str>) -> Option<FolderPattern> {
    let segments = segments.into_iter().flat_map(|segment| [segment, "/"]);
    format!("/{}*", segments.collect::<String>()).parse().ok()
}

/// A claim by its name, or by the names of the objects around it, with dots between: `realm_access.roles`.
/// Two authenticators may have viewers of the same name, so `authenticator` is a claim too.
fn find<'s>(subject: &'s Subject, name: &str) -> Option<Cow<'s, Value>> {
    if name == "authenticator" {
        return Some(Cow::Owned(subject.authenticator.into()));
    }
    let nested = || {
        let (outer, inner) = name.split_once('.')?;
        inner.split('.').try_fold(subject.claims.get(outer)?, |value: &Value, name| value.get(name))
    };
    subject.claims.get(name).or_else(nested).map(Cow::Borrowed)
}

/// The one value, or the several of a list.
fn values(claim: &Value) -> &[Value] {
    match claim {
        Value::Array(values) => values,
        value => std::slice::from_ref(value),
    }
}

/// The values of a claim, if each is a plain segment.
fn plain_segments(subject: &Subject, name: &str) -> Option<Vec<String>> {
    let segment = |value: &Value| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) if number.is_u64() => number.to_string(),
            _ => return None,
        };
        is_plain_segment(&text).then_some(text)
    };
    let claim = find(subject, name)?;
    values(&claim).iter().map(segment).collect()
}

fn is_plain_segment(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=SEGMENT_LIMIT).contains(&text.len()) && text.bytes().all(is_plain) && text != "." && text != ".."
}

const NAME: &str = "ENTITLEMENTS";
const ENTRIES: &str = r#"templates such as "/video/{tenant}/*", and of objects such as {"resource":"/video/premium/*","if":{"groups":"premium"}}"#;

/// Names of folders are shorter, and up to four cookies contain each.
const SEGMENT_LIMIT: usize = 128;
/// Viewers have fewer. Several claims in one template give every combination of their values.
const LIMIT: usize = 64;

#[cfg(test)]
mod tests;
