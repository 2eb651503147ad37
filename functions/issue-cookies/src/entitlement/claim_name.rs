//! The names of claims, and where each looks for its values.

use std::{borrow::Cow, fmt, slice};

use serde_json::{Map, Value};

use super::Facts;

/// Names a claim, in a condition or in a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ClaimName {
    text: String,
    source: Source,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Source {
    /// CloudFront, by the viewer's address: no token can say this.
    Asn,
    /// This function. Two authenticators may have viewers of the same name.
    Authenticator,
    /// The same as `Asn`.
    Country,
    /// A claim of this name, or the names of the objects around it with dots between: `realm_access.roles`.
    Dotted,
    /// A JSON Pointer (RFC 6901): the name of the claim, and a pointer into it.
    Pointer { first: String, rest: String },
}

impl ClaimName {
    /// # Errors
    /// A sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let source = match text {
            "" => return Err("the name of a claim is empty".to_owned()),
            "@asn" => Source::Asn,
            "@country" => Source::Country,
            "authenticator" | "/authenticator" => Source::Authenticator,
            _ if text.starts_with('@') => {
                return Err(format!(
                    "there is no {text}, only @country and @asn; a claim of that name is /{text}"
                ));
            }
            _ => match text.strip_prefix('/') {
                Some(pointer) => pointed(pointer).ok_or_else(|| {
                    format!("{text} is no JSON Pointer: write ~0 for ~ and ~1 for / in a name")
                })?,
                None => Source::Dotted,
            },
        };
        Ok(Self { text: text.to_owned(), source })
    }

    /// Whether values are countries.
    pub(super) fn is_country(&self) -> bool {
        self.source == Source::Country
    }

    /// Whether values are numbers of networks.
    pub(super) fn is_asn(&self) -> bool {
        self.source == Source::Asn
    }

    /// The one value, or the several of a list; nothing if the viewer does not have the claim, or if it is `null`.
    pub(super) fn values<'a>(&self, Facts { subject, location }: Facts<'a>) -> Option<Cow<'a, [Value]>> {
        let one = |value: Value| Some(Cow::Owned(vec![value]));
        let value = match &self.source {
            Source::Asn => return one(location.asn()?.into()),
            Source::Authenticator => return one(subject.authenticator.into()),
            Source::Country => return one(location.country()?.into()),
            Source::Dotted => dotted(&subject.claims, &self.text)?,
            Source::Pointer { first, rest } => subject.claims.get(first)?.pointer(rest)?,
        };
        match value {
            Value::Null => None,
            Value::Array(values) => Some(Cow::Borrowed(values)),
            Value::String(text) if self.is_list_of_words() => {
                Some(text.split(' ').filter(|word| !word.is_empty()).map(Value::from).collect())
            }
            value => Some(Cow::Borrowed(slice::from_ref(value))),
        }
    }

    /// RFC 8693 writes scopes as one text with spaces between; Entra ID calls them `scp`.
    fn is_list_of_words(&self) -> bool {
        matches!(self.text.as_str(), "scope" | "scp" | "/scope" | "/scp")
    }
}

impl fmt::Display for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a JSON Pointer without its first slash names.
fn pointed(pointer: &str) -> Option<Source> {
    let is_escape = |text: &str| text.starts_with(['0', '1']);
    if !pointer.split('~').skip(1).all(is_escape) {
        return None;
    }
    let end = pointer.find('/').unwrap_or(pointer.len());
    let (first, rest) = pointer.split_at(end);
    // In this order: ~01 is the text ~1.
    let first = first.replace("~1", "/").replace("~0", "~");
    Some(Source::Pointer { first, rest: rest.to_owned() })
}

fn dotted<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    let nested = || {
        let (outer, inner) = name.split_once('.')?;
        inner.split('.').try_fold(claims.get(outer)?, |value: &Value, name| value.get(name))
    };
    claims.get(name).or_else(nested)
}
