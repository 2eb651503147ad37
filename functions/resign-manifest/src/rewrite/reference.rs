//! One reference: where it points, and where in it the parameters go.

use std::{borrow::Cow, fmt};

use url::Url;

use super::{
    Kind, Left, Reference,
    location::{Base, Location},
    query,
    variables::Variables,
};

/// Knows where references point and where their parameters go.
pub struct References {
    base: Base,
    pub(super) variables: Variables,
}

/// A reference that receives parameters, in the parts that it is written in.
pub struct Signed<'t, S> {
    /// The reference up to where the parameters go, without those that they replace.
    pub head: Cow<'t, str>,
    /// `?`, `&`, or nothing where one of them is there.
    pub separator: &'static str,
    /// What is added.
    pub parameters: S,
    /// What stands behind them.
    pub fragment: &'t str,
}

impl References {
    /// References are relative to `url`.
    #[must_use]
    pub fn new(url: &Url) -> Self {
        Self { base: Base::new(url), variables: Variables::default() }
    }

    /// Puts the parameters into `text` that `sign` answers for it.
    ///
    /// # Errors
    /// Why it has to be left as it is: for a reason of `sign`'s or of this function's own.
    pub fn sign<'t, S: AsRef<str>>(
        &mut self,
        text: &'t str,
        place: Kind,
        sign: impl FnOnce(&Reference<'_>) -> Result<S, Left>,
    ) -> Result<Signed<'t, S>, Left> {
        let ask = |Location { origin, path }: Location<'_>| {
            let kind = if names_a_playlist(path) { Kind::Playlist } else { place };
            sign(&Reference { kind, origin, path })
        };
        if let Some(location) = self.base.resolve_plain(text) {
            let parameters = ask(location)?;
            return Ok(Signed { head: Cow::Borrowed(text), separator: "?", parameters, fragment: "" });
        }
        let (text, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
        if text.contains("{$") {
            return self.sign_with_variables(text, fragment, ask);
        }
        if text.is_empty() {
            return Err(Left::Itself);
        }
        if is_ambiguous(text) {
            return Err(Left::Ambiguous);
        }
        let mark = text.find('?');
        let (path, _) = text.split_at(mark.unwrap_or(text.len()));
        let parameters = ask(self.base.resolve(path)?)?;
        let head =
            query::without(text, mark.map(|mark| mark + 1), |one| is_replaced(one, parameters.as_ref()));
        let separator = match mark {
            None => "?",
            Some(mark) if head.len() == mark + 1 || head.ends_with('&') => "",
            Some(_) => "&",
        };
        Ok(Signed { head, separator, parameters, fragment })
    }

    /// As [`Self::sign`], for a reference in which variables stand: they are expanded to learn where it
    /// points, and stay in the text.
    fn sign_with_variables<'t, S: AsRef<str>>(
        &mut self,
        text: &'t str,
        fragment: &'t str,
        ask: impl FnOnce(Location<'_>) -> Result<S, Left>,
    ) -> Result<Signed<'t, S>, Left> {
        let variables = &self.variables;
        let query_start = variables.query_start(text);
        let unsigned =
            query::without(text, query_start, |one| query::is_reserved(one) || variables.is_ours(one));
        let expanded = variables.expand(&unsigned);
        let (path, query) = expanded.split_once('?').unwrap_or((&expanded, ""));
        if expanded.is_empty() {
            return Err(Left::Itself);
        }
        // A `#` can come only out of a variable, and would cut off what is added.
        if is_ambiguous(&expanded) || expanded.contains('#') {
            return Err(Left::Ambiguous);
        }
        // An undefined variable in the query changes neither the host nor the path.
        if path.contains("{$") || variables.names_ours(query) {
            return Err(Left::UnknownVariable);
        }
        // Parameters inside a variable cannot be replaced without breaking its other uses.
        if query.split('&').any(query::is_reserved) {
            return Err(Left::SignedByVariable);
        }
        let parameters = ask(self.base.resolve(path)?)?;
        let head = query::without(text, query_start, |one| {
            is_replaced(one, parameters.as_ref()) || variables.is_ours(one)
        });
        // Only the first `?` begins a query; a later one is a part of it.
        let has_empty_query =
            head.strip_suffix('?').is_some_and(|path| !variables.expand(path).contains('?'));
        let separator = match query_start {
            None => "?",
            Some(_) if head.ends_with('&') || has_empty_query => "",
            Some(_) => "&",
        };
        Ok(Signed { head, separator, parameters, fragment })
    }
}

impl<S: AsRef<str>> fmt::Display for Signed<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, separator, parameters, fragment } = self;
        write!(f, "{head}{separator}{}{fragment}", parameters.as_ref())
    }
}

/// Whether a parameter gives way to those that are added.
fn is_replaced(parameter: &str, added: &str) -> bool {
    query::is_reserved(parameter)
        || (!parameter.is_empty() && added.split('&').any(|added| query::same_name(parameter, added)))
}

/// Browsers take `\` for `/` and drop tabs and outer blanks, other players do not: the host is in doubt.
fn is_ambiguous(text: &str) -> bool {
    let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'[' | b']'..=b'~'));
    let blank = |byte: Option<u8>| byte == Some(b' ');
    if printable {
        return blank(text.bytes().next()) || blank(text.bytes().last());
    }
    text.contains(|c: char| c.is_control() || c == '\\') || text.trim_ascii().len() < text.len()
}

fn names_a_playlist(path: &str) -> bool {
    let ends_with = |extension: &str| {
        let start = path.len().checked_sub(extension.len());
        let end = start.and_then(|start| path.as_bytes().get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(extension.as_bytes()))
    };
    ends_with(".m3u8") || ends_with(".m3u")
}
