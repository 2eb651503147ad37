//! What a viewer may watch: from claims to resources.
//!
//! What goes into a resource must not move its borders: a `*` or `?` in a claim would be a wildcard, a `/`
//! another folder. So a claim gives one plain path segment, or the viewer gets nothing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use usher_runtime::{Scope, Settings};

use crate::Subject;

/// The rules that give resources to viewers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entitlements {
    rules: Vec<Rule>,
}

/// Why a viewer gets nothing: for the log.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotEntitled {
    /// A claim that a rule needs is missing, or is not one plain path segment, or a list of such.
    #[error("the claim {0} is missing, or is not one plain path segment")]
    Claim(String),
    /// No rule gives the viewer anything.
    #[error("no rule gives the viewer a resource")]
    Nothing,
    /// The site says that the viewer may watch something that no rule gives.
    #[error("the site names a path that no rule gives the viewer")]
    Path,
    /// More than cookies can carry.
    #[error("the rules give the viewer more than {LIMIT} resources")]
    TooMany,
}

impl Entitlements {
    /// Reads `ENTITLEMENTS`, a JSON array. Each entry is a template such as `"/video/{tenant}/*"`, in which
    /// `{tenant}` stands for that claim, or for each of its values; or an object such as
    /// `{"resource": "/video/premium/*", "if": {"groups": "premium"}}`, for viewers who have that value
    /// among those of the claim. Without the setting, every viewer may watch all of `scope`.
    pub(crate) fn read(settings: &mut Settings<'_>, scope: &Scope) -> Option<Self> {
        let Some(text) = settings.optional(NAME) else {
            let rule = Rule::new(&Entry::Template(scope.everything()), scope)?;
            return Some(Self { rules: vec![rule] });
        };
        let Ok(entries) = serde_json::from_str::<Vec<Entry>>(&text) else {
            settings.problem(format!(r#"{NAME} must be a JSON array of {ENTRIES}"#));
            return None;
        };
        if entries.is_empty() {
            settings.problem(format!("{NAME} is empty: nobody could watch anything"));
        }
        let rules = entries.iter().enumerate().map(|(at, entry)| {
            let rule = Rule::new(entry, scope);
            if rule.is_none() {
                let everything = scope.everything();
                settings.problem(format!(
                    "{NAME}[{at}]: the resource must lie in {everything} and end with /*, with no other \
                     wildcard, and with each claim a whole segment, as in /video/{{tenant}}/*"
                ));
            }
            rule
        });
        // All of them are read before the first that is wrong ends it, so that all problems are told.
        let rules: Vec<Option<Rule>> = rules.collect();
        Some(Self { rules: rules.into_iter().collect::<Option<_>>()? })
    }

    /// The viewer's resources as path patterns, such as `/video/tenant-a/*`. None lies within another: a
    /// browser would send the cookies of both, and which of them CloudFront reads is not documented.
    ///
    /// # Errors
    /// [`NotEntitled`]
    pub(crate) fn resources(&self, subject: &Subject) -> Result<Vec<String>, NotEntitled> {
        let mut resources = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.is_for(subject)) {
            resources.extend(rule.fill(subject)?);
        }
        if let Some(paths) = &subject.paths {
            resources = narrowed(paths, &resources)?;
        }
        // Whatever lies within another is longer than that.
        resources.sort_by_key(String::len);
        let mut apart: Vec<String> = Vec::new();
        for resource in resources {
            if !apart.iter().any(|wider| covers(wider, &resource)) {
                apart.push(resource);
            }
        }
        match apart.len() {
            0 => Err(NotEntitled::Nothing),
            1..=LIMIT => Ok(apart),
            _ => Err(NotEntitled::TooMany),
        }
    }
}

/// Whether everything that the path pattern `inner` covers, `outer` covers too; both end with `/*`.
pub(crate) fn covers(outer: &str, inner: &str) -> bool {
    outer.strip_suffix('*').is_some_and(|folder| inner.starts_with(folder))
}

/// A rule as it is written.
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
    conditions: BTreeMap<String, String>,
}

/// A folder for each viewer who meets the conditions.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Rule {
    folder: Vec<Segment>,
    conditions: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Segment {
    Claim(String),
    Fixed(String),
}

impl Rule {
    fn new(entry: &Entry, scope: &Scope) -> Option<Self> {
        let (template, conditions) = match entry {
            Entry::Template(template) => (template, BTreeMap::new()),
            Entry::Conditional(Conditional { resource, conditions }) => (resource, conditions.clone()),
        };
        let segments = template.strip_prefix('/')?.strip_suffix("/*")?.split('/');
        let claim = |text: &str| {
            let name = text.strip_prefix('{')?.strip_suffix('}')?;
            let is_name = !name.is_empty() && !name.contains(['{', '}']);
            is_name.then(|| Segment::Claim(name.to_owned()))
        };
        let folder: Vec<Segment> =
            segments.map(|text| claim(text).unwrap_or_else(|| Segment::Fixed(text.to_owned()))).collect();
        let example = pattern(folder.iter().map(|segment| match segment {
            Segment::Claim(_) => "claim",
            Segment::Fixed(text) => text,
        }));
        let is_usable = Scope::new(&example, 0).is_ok()
            && scope.covers(&example)
            && !example.contains(['{', '}'])
            && !example.contains("//");
        is_usable.then_some(Self { folder, conditions })
    }

    fn is_for(&self, subject: &Subject) -> bool {
        self.conditions.iter().all(|(claim, value)| {
            let claim = find(subject, claim);
            claim.is_some_and(|claim| values(claim).iter().any(|one| one.as_str() == Some(value)))
        })
    }

    /// One path for each value of each claim.
    fn fill(&self, subject: &Subject) -> Result<Vec<String>, NotEntitled> {
        let mut folders: Vec<Vec<String>> = vec![Vec::new()];
        for segment in &self.folder {
            let segments = match segment {
                Segment::Fixed(text) => vec![text.clone()],
                Segment::Claim(name) => {
                    plain_segments(subject, name).ok_or_else(|| NotEntitled::Claim(name.clone()))?
                }
            };
            if folders.len() * segments.len() > FOLDERS_LIMIT {
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
        Ok(folders.iter().map(|folder| pattern(folder.iter().map(String::as_str))).collect())
    }
}

/// What the site itself says the viewer may watch, if each of it lies in what the rules give.
fn narrowed(paths: &[String], resources: &[String]) -> Result<Vec<String>, NotEntitled> {
    let path = |path: &String| {
        let folder = path.strip_prefix('/').unwrap_or(path).strip_suffix("/*")?;
        let path = folder.split('/').all(is_plain_segment).then(|| pattern(folder.split('/')))?;
        resources.iter().any(|resource| covers(resource, &path)).then_some(path)
    };
    paths.iter().map(path).collect::<Option<_>>().ok_or(NotEntitled::Path)
}

fn pattern<'s>(folder: impl Iterator<Item = &'s str>) -> String {
    let mut pattern = String::new();
    for segment in folder {
        pattern.push('/');
        pattern.push_str(segment);
    }
    pattern.push_str("/*");
    pattern
}

/// A claim by its name, or by the names of the objects around it, with dots between: `realm_access.roles`.
fn find<'s>(subject: &'s Subject, name: &str) -> Option<&'s Value> {
    subject.claims.get(name).or_else(|| {
        let (outer, inner) = name.split_once('.')?;
        inner.split('.').try_fold(subject.claims.get(outer)?, |value, name| value.get(name))
    })
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
    values(find(subject, name)?).iter().map(segment).collect()
}

fn is_plain_segment(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && text.bytes().all(is_plain) && text != "." && text != ".."
}

const NAME: &str = "ENTITLEMENTS";
const ENTRIES: &str = r#"templates such as "/video/{tenant}/*", and of objects such as {"resource":"/video/premium/*","if":{"groups":"premium"}}"#;

/// The cookies for each take some 900 bytes, and API Gateway answers with 10,240 bytes of headers at most.
const LIMIT: usize = 8;
/// Several claims in one template give every combination of their values.
const FOLDERS_LIMIT: usize = 64;

#[cfg(test)]
mod tests;
