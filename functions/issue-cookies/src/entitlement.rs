//! What a viewer may watch: from claims to resources. `docs/entitlements.md` describes the language.
//!
//! A claim must not widen a resource: a `*` or `?` in it would be a wildcard, and a `/` another folder. So a claim gives
//! plain path segments, or nothing.

mod claim_name;
mod condition;
mod rule;
mod template;
mod unique_names;

use hls_rewrite::{AssetTree, FolderPattern, Preview};
use serde_json::value::RawValue;

pub use self::rule::Purpose;
use self::{rule::Rule, template::is_plain_segment};
use crate::{Location, Subject};

/// The rules that give resources to viewers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entitlements {
    rules: Vec<Rule>,
    tree: AssetTree,
}

/// What rules can ask about a viewer.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who the viewer is.
    pub subject: &'a Subject,
    /// Where the viewer is.
    pub location: &'a Location,
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

/// What one rule gives a viewer: for people.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation<'e> {
    /// The rule, as the setting has it.
    pub rule: &'e str,
    /// What the rule gives.
    pub purpose: Purpose,
    /// Its resources, or why there are none.
    pub outcome: Result<Vec<FolderPattern>, WhyNot>,
}

/// Why a rule gives a viewer nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WhyNot {
    /// The viewer does not meet a condition.
    #[error("the condition {condition} is not met: the claim is {found}")]
    Condition {
        /// The condition, as the setting has it.
        condition: String,
        /// The claim's value in JSON, or that there is none.
        found: String,
    },
    /// The resource cannot be filled in.
    #[error(transparent)]
    Resource(#[from] NotEntitled),
}

impl Entitlements {
    /// Every viewer may watch all of `tree`.
    #[must_use]
    pub fn everything(tree: AssetTree) -> Self {
        Self { rules: vec![Rule::everything(&tree)], tree }
    }

    /// Reads the rules from a JSON array.
    ///
    /// # Errors
    /// A sentence for each problem.
    pub fn parse(text: &str, tree: AssetTree) -> Result<Self, Vec<String>> {
        let entries: Vec<&RawValue> = serde_json::from_str(text)
            .map_err(|error| vec![format!("{NAME} must be a JSON array of {ENTRIES}: {error}")])?;
        if entries.is_empty() {
            return Err(vec![format!("{NAME} is empty: nobody could watch anything")]);
        }
        let (mut rules, mut problems) = (Vec::new(), Vec::new());
        for (at, entry) in entries.into_iter().enumerate() {
            match Rule::parse(entry.get(), &tree) {
                Ok(rule) => rules.push(rule),
                Err(sentences) => {
                    problems.extend(sentences.iter().map(|sentence| format!("{NAME}[{at}]: {sentence}")));
                }
            }
        }
        if problems.is_empty() { Ok(Self { rules, tree }) } else { Err(problems) }
    }

    /// Whether a rule asks where the viewer is.
    #[must_use]
    pub fn ask_for_location(&self) -> bool {
        self.rules.iter().any(Rule::asks_for_location)
    }

    /// Whether the viewer may watch the asset of `path`, a path in the tree without a query. This lists nothing, so it
    /// has no limit.
    ///
    /// # Errors
    /// [`NotEntitled`]
    pub fn permits(&self, viewer: Facts<'_>, path: &str) -> Result<(), NotEntitled> {
        self.permits_for(Purpose::Watch, viewer, path)
    }

    /// Whether the viewer may download the file at `path`, a path as for [`permits`](Self::permits).
    ///
    /// # Errors
    /// [`NotEntitled`]
    pub fn permits_download(&self, viewer: Facts<'_>, path: &str) -> Result<(), NotEntitled> {
        self.permits_for(Purpose::Download, viewer, path)
    }

    /// How much of `wanted` the viewer may watch of the playlist at `path`, a path as for [`permits`](Self::permits).
    /// Who may watch all of it may also watch its beginning.
    ///
    /// # Errors
    /// [`NotEntitled`]
    pub fn preview(&self, viewer: Facts<'_>, path: &str, wanted: Preview) -> Result<Preview, NotEntitled> {
        let Err(refusal) = self.permits(viewer, path) else { return Ok(wanted) };
        let previews = self.rules.iter().filter_map(|rule| match rule.purpose() {
            Purpose::Preview(preview) => Some(preview),
            _ => None,
        });
        let given = previews.filter(|one| self.permits_for(Purpose::Preview(*one), viewer, path).is_ok());
        given.max().map(|longest| longest.min(wanted)).ok_or(refusal)
    }

    fn permits_for(&self, purpose: Purpose, viewer: Facts<'_>, path: &str) -> Result<(), NotEntitled> {
        let Some(paths) = &viewer.subject.paths else { return self.give(purpose, viewer, path) };
        let mut refusal = NotEntitled::Nothing;
        for named in paths.iter().filter_map(|path| named_folder(path)).filter(|named| named.covers(path)) {
            match self.give(purpose, viewer, named.folder()) {
                Ok(()) if self.tree.is_of_whole_assets(named.pattern()) => return Ok(()),
                Err(error @ NotEntitled::Claim(_)) => refusal = error,
                _ => refusal = NotEntitled::Path,
            }
        }
        Err(refusal)
    }

    /// Whether a rule gives the viewer everything at `path`, which is a file or a folder.
    fn give(&self, purpose: Purpose, viewer: Facts<'_>, path: &str) -> Result<(), NotEntitled> {
        let mut refusal = NotEntitled::Nothing;
        let rules = self.rules.iter().filter(|rule| rule.purpose() == purpose);
        for rule in rules.filter(|rule| rule.unmet(viewer).is_none()) {
            match rule.gives(viewer, path) {
                Ok(()) => return Ok(()),
                Err(NotEntitled::Nothing) => {}
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// The viewer's resources as path patterns, such as `/video/tenant-a/*`. None is within another: a browser would send
    /// the cookies of both, and AWS does not document which of them CloudFront reads.
    ///
    /// # Errors
    /// [`NotEntitled`]
    pub fn resources(&self, viewer: Facts<'_>) -> Result<Vec<FolderPattern>, NotEntitled> {
        let mut resources = Vec::new();
        let watched = self.rules.iter().filter(|rule| rule.purpose() == Purpose::Watch);
        for rule in watched.filter(|rule| rule.unmet(viewer).is_none()) {
            resources.extend(rule.fill(viewer)?);
            if resources.len() > LIMIT {
                return Err(NotEntitled::TooMany);
            }
        }
        if let Some(paths) = &viewer.subject.paths {
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

    /// The paths that the site itself names, if each of them is within what the rules give.
    fn narrowed(
        &self,
        resources: &[FolderPattern],
        paths: &[String],
    ) -> Result<Vec<FolderPattern>, NotEntitled> {
        if paths.len() > LIMIT {
            return Err(NotEntitled::TooMany);
        }
        let is_given = |named: &FolderPattern| resources.iter().any(|resource| resource.contains(named));
        let usable = |path: &String| {
            named_folder(path)
                .filter(|named| is_given(named) && self.tree.is_of_whole_assets(named.pattern()))
        };
        paths.iter().map(usable).collect::<Option<_>>().ok_or(NotEntitled::Path)
    }

    /// What each rule gives the viewer, and why not more.
    pub fn explain(&self, viewer: Facts<'_>) -> Vec<Explanation<'_>> {
        let explain = |rule| Explanation {
            rule: Rule::text(rule),
            purpose: rule.purpose(),
            outcome: match rule.unmet(viewer) {
                Some(condition) => Err(condition.why_not(viewer)),
                None => rule.fill(viewer).map_err(WhyNot::from),
            },
        };
        self.rules.iter().map(explain).collect()
    }
}

/// A path that a site names for its viewer, such as `/video/a/*`, with or without the slash before it.
fn named_folder(path: &str) -> Option<FolderPattern> {
    let folder = path.strip_prefix('/').unwrap_or(path).strip_suffix("/*")?;
    folder.split('/').all(is_plain_segment).then(|| folder_of(folder.split('/')))?
}

/// The folder with these names, from the root on.
fn folder_of<'s>(segments: impl IntoIterator<Item = &'s str>) -> Option<FolderPattern> {
    let segments = segments.into_iter().flat_map(|segment| [segment, "/"]);
    format!("/{}*", segments.collect::<String>()).parse().ok()
}

const NAME: &str = "ENTITLEMENTS";
const ENTRIES: &str = r#"templates such as "/video/{tenant}/*", and of objects such as {"resource":"/video/premium/*","if":{"groups":"premium"}}"#;

/// Viewers have fewer. Several claims in one template give every combination of their values.
const LIMIT: usize = 64;

#[cfg(test)]
mod tests;
