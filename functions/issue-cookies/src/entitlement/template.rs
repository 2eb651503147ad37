//! Templates: folders with the names of claims in place of segments.

use std::borrow::Cow;

use hls_rewrite::FolderPattern;
use serde_json::Value;

use super::{Facts, LIMIT, NotEntitled, claim_name::ClaimName, folder_of};

/// A folder for each viewer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Template(Vec<Segment>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Segment {
    Claim(ClaimName),
    Fixed(String),
}

/// Why a text is no template.
pub(super) enum TemplateError {
    /// A sentence about the name of a claim.
    Claim(String),
    /// The text is no folder, or a claim is no whole segment of it.
    Form,
}

impl Template {
    /// Every folder is a template.
    pub(super) fn of_folder(folder: &FolderPattern) -> Self {
        let segments = folder.folder().split_terminator('/').skip(1);
        Self(segments.map(|segment| Segment::Fixed(segment.to_owned())).collect())
    }

    /// The template, and a folder that it could give.
    pub(super) fn parse(text: &str) -> Result<(Self, FolderPattern), TemplateError> {
        let mut rest = text.strip_prefix('/').ok_or(TemplateError::Form)?;
        let mut segments = Vec::new();
        while rest != "*" {
            let (segment, following) = Segment::read(rest)?;
            segments.push(segment);
            rest = following.strip_prefix('/').ok_or(TemplateError::Form)?;
        }
        let names = segments.iter().map(|segment| match segment {
            Segment::Claim(_) => "claim",
            Segment::Fixed(text) => text,
        });
        let example = folder_of(names).ok_or(TemplateError::Form)?;
        Ok((Self(segments), example))
    }

    pub(super) fn claims(&self) -> impl Iterator<Item = &ClaimName> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Claim(name) => Some(name),
            Segment::Fixed(_) => None,
        })
    }

    /// One folder for each value of each claim.
    pub(super) fn fill(&self, viewer: Facts<'_>) -> Result<Vec<FolderPattern>, NotEntitled> {
        let mut folders: Vec<Vec<String>> = vec![Vec::new()];
        for segment in &self.0 {
            let names = match segment {
                Segment::Fixed(text) => vec![text.clone()],
                Segment::Claim(name) => {
                    plain_segments(name, viewer).ok_or_else(|| NotEntitled::Claim(name.to_string()))?
                }
            };
            if folders.len() * names.len() > LIMIT {
                return Err(NotEntitled::TooMany);
            }
            let longer = |folder: &Vec<String>| {
                let folder = folder.clone();
                names.iter().map(move |name| [folder.as_slice(), std::slice::from_ref(name)].concat())
            };
            folders = folders.iter().flat_map(longer).collect();
        }
        let patterns = folders.iter().map(|folder| folder_of(folder.iter().map(String::as_str)));
        // A name that is too long for any policy.
        patterns.collect::<Option<_>>().ok_or(NotEntitled::Nothing)
    }

    /// Whether one of the viewer's folders covers `path`.
    pub(super) fn covers(&self, path: &str, viewer: Facts<'_>) -> Result<(), NotEntitled> {
        let mut names = path.strip_prefix('/').ok_or(NotEntitled::Nothing)?.split('/');
        let pairs: Option<Vec<(&Segment, &str)>> =
            self.0.iter().map(|segment| Some((segment, names.next()?))).collect();
        // The folder itself covers nothing but what is below it.
        let pairs = pairs.filter(|_| names.next().is_some()).ok_or(NotEntitled::Nothing)?;
        let fixed = |(segment, name): &(&Segment, &str)| match segment {
            Segment::Claim(_) => true,
            Segment::Fixed(text) => text == name,
        };
        if !pairs.iter().all(fixed) {
            return Err(NotEntitled::Nothing);
        }
        for (segment, name) in pairs {
            if let Segment::Claim(claim) = segment {
                has_segment(claim, viewer, name)?;
            }
        }
        Ok(())
    }
}

impl Segment {
    /// The first segment of a text, and what follows it.
    fn read(text: &str) -> Result<(Self, &str), TemplateError> {
        if let Some(claim) = text.strip_prefix('{') {
            let (name, following) = claim.split_once('}').ok_or(TemplateError::Form)?;
            if name.is_empty() || name.contains('{') {
                return Err(TemplateError::Form);
            }
            return Ok((Self::Claim(ClaimName::parse(name).map_err(TemplateError::Claim)?), following));
        }
        let (fixed, following) = text.split_at(text.find('/').unwrap_or(text.len()));
        if fixed.is_empty() || fixed.contains(['{', '}']) {
            return Err(TemplateError::Form);
        }
        Ok((Self::Fixed(fixed.to_owned()), following))
    }
}

/// Whether `segment` is one of the claim's plain values.
fn has_segment(claim: &ClaimName, viewer: Facts<'_>, segment: &str) -> Result<(), NotEntitled> {
    let unusable = || NotEntitled::Claim(claim.to_string());
    let values = claim.values(viewer).ok_or_else(unusable)?;
    let mut is_usable = values.is_empty();
    for plain in values.iter().filter_map(plain_segment) {
        if plain == segment {
            return Ok(());
        }
        is_usable = true;
    }
    Err(if is_usable { NotEntitled::Nothing } else { unusable() })
}

/// The values of a claim, if each is a plain segment.
fn plain_segments(claim: &ClaimName, viewer: Facts<'_>) -> Option<Vec<String>> {
    let values = claim.values(viewer)?;
    values.iter().map(|value| plain_segment(value).map(Cow::into_owned)).collect()
}

fn plain_segment(value: &Value) -> Option<Cow<'_, str>> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) if number.is_u64() => Cow::Owned(number.to_string()),
        _ => return None,
    };
    is_plain_segment(&text).then_some(text)
}

pub(super) fn is_plain_segment(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=SEGMENT_LIMIT).contains(&text.len()) && text.bytes().all(is_plain) && text != "." && text != ".."
}

/// Names of folders are shorter, and up to four cookies contain each.
const SEGMENT_LIMIT: usize = 128;
