//! One rule: a template, and the conditions for it.

use hls_rewrite::{AssetTree, FolderPattern, Preview};
use serde_json::{Map, Value};

use super::{
    Facts, NotEntitled,
    condition::Condition,
    template::{Template, TemplateError},
    unique_names::UniqueNames,
};

/// What viewers may do with the resource of a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Get a URL for one file in it: `"download": true`.
    Download,
    /// Watch the beginning, at most for so long: `"preview_seconds": 60`.
    Preview(Preview),
    /// Watch all of it.
    Watch,
}

/// A folder for each viewer who meets the conditions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Rule {
    /// As the setting has it.
    text: String,
    template: Template,
    purpose: Purpose,
    /// All of them must hold.
    conditions: Vec<Condition>,
}

impl Rule {
    pub(super) fn everything(tree: &AssetTree) -> Self {
        let root = tree.root();
        let (text, template) = (format!("\"{root}\""), Template::of_folder(root));
        Self { text, template, purpose: Purpose::Watch, conditions: Vec::new() }
    }

    /// Reads a template such as `"/video/{tenant}/*"`, or an object such as
    /// `{"resource": "/video/premium/*", "if": {"groups": "premium"}}`. An object may also have `download` or
    /// `preview_seconds`, and then need not have `if`.
    ///
    /// # Errors
    /// A sentence for each problem.
    pub(super) fn parse(text: &str, tree: &AssetTree) -> Result<Self, Vec<String>> {
        let UniqueNames(entry) = serde_json::from_str(text).map_err(|error| vec![error.to_string()])?;
        let members = match entry {
            Value::Object(members) => members,
            template @ Value::String(_) => {
                Map::from_iter([("resource".to_owned(), template), ("if".to_owned(), Map::new().into())])
            }
            _ => {
                return Err(vec![format!(
                    "it must be a template such as {TEMPLATE}, or an object with {MEMBERS}"
                )]);
            }
        };
        let (mut conditions, mut problems) = (Vec::new(), Vec::new());
        let template = match members.get("resource") {
            Some(Value::String(template)) => read_template(template, tree),
            _ => Err(format!("resource must be a template such as {TEMPLATE}")),
        };
        let template = template.map_err(|problem| problems.push(problem));
        let purpose = purpose(&members).map_err(|problem| problems.push(problem));
        match members.get("if") {
            None if matches!(purpose, Ok(Purpose::Download | Purpose::Preview(_))) => {}
            Some(Value::Object(named)) => {
                for (name, value) in named {
                    match Condition::parse(name, value) {
                        Ok(condition) => conditions.push(condition),
                        Err(problem) => problems.push(problem),
                    }
                }
            }
            _ => problems.push(format!("if must be an object such as {CONDITIONS}")),
        }
        let unknown = members
            .keys()
            .filter(|name| !["download", "if", "preview_seconds", "resource"].contains(&name.as_str()));
        problems.extend(unknown.map(|name| format!("there is no {name}, only {MEMBERS}")));
        match (template, purpose) {
            (Ok(template), Ok(purpose)) if problems.is_empty() => {
                Ok(Self { text: text.to_owned(), template, purpose, conditions })
            }
            _ => Err(problems),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn purpose(&self) -> Purpose {
        self.purpose
    }

    pub(super) fn asks_for_location(&self) -> bool {
        let mut claims = self.template.claims().chain(self.conditions.iter().map(Condition::claim));
        claims.any(|claim| claim.is_country() || claim.is_asn())
    }

    /// The first condition that the viewer does not meet.
    pub(super) fn unmet(&self, viewer: Facts<'_>) -> Option<&Condition> {
        self.conditions.iter().find(|condition| !condition.is_met(viewer))
    }

    /// The folders for a viewer who meets the conditions.
    pub(super) fn fill(&self, viewer: Facts<'_>) -> Result<Vec<FolderPattern>, NotEntitled> {
        self.template.fill(viewer)
    }

    /// Whether one of these folders covers `path`.
    pub(super) fn gives(&self, viewer: Facts<'_>, path: &str) -> Result<(), NotEntitled> {
        self.template.covers(path, viewer)
    }
}

/// # Errors
/// A sentence.
fn purpose(members: &Map<String, Value>) -> Result<Purpose, String> {
    match (members.get("download"), members.get("preview_seconds")) {
        (None, None) => Ok(Purpose::Watch),
        (Some(Value::Bool(true)), None) => Ok(Purpose::Download),
        (Some(_), None) => Err("download must be true, or left out".to_owned()),
        (None, Some(seconds)) => {
            let preview = seconds.as_u64().and_then(Preview::new).map(Purpose::Preview);
            preview.ok_or_else(|| format!("preview_seconds must be a number from 1 to {}", Preview::LONGEST))
        }
        (Some(_), Some(_)) => Err("a rule has download or preview_seconds, not both".to_owned()),
    }
}

fn read_template(text: &str, tree: &AssetTree) -> Result<Template, String> {
    let outside = || {
        format!(
            "the resource must lie in {} and end with /*, with no other wildcard, and with each claim a whole \
             segment, as in /video/{{tenant}}/*",
            tree.root()
        )
    };
    let (template, example) = Template::parse(text).map_err(|error| match error {
        TemplateError::Claim(problem) => problem,
        TemplateError::Form => outside(),
    })?;
    if !tree.covers(example.pattern()) {
        return Err(outside());
    }
    if !tree.is_of_whole_assets(example.pattern()) {
        return Err("the resource lies deeper than SCOPE_DEPTH, and a playlist is signed for the whole folder at that \
                    depth: raise SCOPE_DEPTH"
            .to_owned());
    }
    Ok(template)
}

const CONDITIONS: &str = r#"{"groups":"premium"}"#;
const MEMBERS: &str = "resource, if, download and preview_seconds";
const TEMPLATE: &str = r#""/video/{tenant}/*""#;
