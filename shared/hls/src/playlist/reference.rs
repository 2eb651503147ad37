//! One reference: where it points, and where in it the parameters go.

use std::borrow::Cow;

use url::Url;

use super::{
    Reference, ReferenceKind, SkipReason,
    location::{Base, Location},
    query,
    variables::Variables,
};

/// Resolves references, and finds where their parameters go.
pub struct References {
    base: Base,
    pub(super) variables: Variables,
    /// A parameter that references to playlists and documents receive; it replaces one of the same name.
    nested: Option<&'static str>,
}

/// A reference that can receive parameters, in parts.
#[derive(Debug)]
pub struct InsertionPoint<'t, T> {
    /// The caller's name for what the reference points at.
    pub target: T,
    /// What the reference points at, as far as the playlist says.
    pub kind: ReferenceKind,
    /// The reference up to where the parameters go, without those that they replace.
    pub head: Cow<'t, str>,
    /// `?`, `&`, or nothing if the head ends with one of them.
    pub separator: &'static str,
    /// What follows the parameters.
    pub fragment: &'t str,
}

impl<T> InsertionPoint<'_, T> {
    /// The whole reference with its parameters.
    #[must_use]
    pub fn with(&self, parameters: &str) -> String {
        [&*self.head, self.separator, parameters, self.fragment].concat()
    }
}

impl References {
    /// References are relative to `url`. Those to playlists and documents also receive `nested`, a query parameter.
    #[must_use]
    pub fn new(url: &Url, nested: Option<&'static str>) -> Self {
        Self { base: Base::new(url), variables: Variables::default(), nested }
    }

    /// Where parameters go in `text`; `find` returns the target of the reference.
    ///
    /// # Errors
    /// Why the reference stays as it is: the reason that `find` returns, or one of this function.
    pub fn place<'t, T: PartialEq>(
        &mut self,
        text: &'t str,
        kind: ReferenceKind,
        mut find: impl FnMut(&Reference<'_>) -> Result<T, SkipReason>,
    ) -> Result<InsertionPoint<'t, T>, SkipReason> {
        let mut find = |Location { origin, path }: Location<'_>, has_query: bool| {
            let kind = if names_manifest(path) { ReferenceKind::Playlist } else { kind };
            let target = find(&Reference { kind, origin, path, has_query })?;
            // After the check of the host, since other hosts have other rules.
            if is_other_playlist(path) { Err(SkipReason::NotResigned) } else { Ok((target, kind)) }
        };
        if let Some(location) = self.base.resolve_plain(text) {
            let (target, kind) = find(location, false)?;
            return Ok(InsertionPoint {
                target,
                kind,
                head: Cow::Borrowed(text),
                separator: "?",
                fragment: "",
            });
        }
        let (text, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
        if text.contains("{$") {
            return self.place_with_variables(text, fragment, find);
        }
        if text.is_empty() {
            return Err(SkipReason::Itself);
        }
        if is_ambiguous(text) {
            return Err(SkipReason::Ambiguous);
        }
        let mark = text.find('?');
        let (path, _) = text.split_at(mark.unwrap_or(text.len()));
        let (target, kind) = self.find(path, mark.is_some(), &mut find)?;
        let nested = self.nested.filter(|_| kind.is_nested());
        let head = query::without(text, mark.map(|mark| mark + 1), |one| query::is_replaced(one, nested));
        let separator = match mark {
            None => "?",
            Some(mark) if head.len() == mark + 1 || head.ends_with('&') => "",
            Some(_) => "&",
        };
        Ok(InsertionPoint { target, kind, head, separator, fragment })
    }

    /// Browsers read a `\` in a path as a `/`, other players as a character of a name. The reference is signed
    /// only if both readings have the same target.
    fn find<T: PartialEq>(
        &mut self,
        path: &str,
        has_query: bool,
        find: &mut impl FnMut(Location<'_>, bool) -> Result<(T, ReferenceKind), SkipReason>,
    ) -> Result<(T, ReferenceKind), SkipReason> {
        let mut one = |path: &str| find(self.base.resolve(path)?, has_query);
        let found = one(path);
        if path.contains('\\') && one(&path.replace('\\', "%5C")) != found {
            return Err(SkipReason::Ambiguous);
        }
        found
    }

    /// As [`Self::place`], for a reference with variables: they are expanded only to find where it points, and
    /// stay in the text.
    fn place_with_variables<'t, T: PartialEq>(
        &mut self,
        text: &'t str,
        fragment: &'t str,
        mut find: impl FnMut(Location<'_>, bool) -> Result<(T, ReferenceKind), SkipReason>,
    ) -> Result<InsertionPoint<'t, T>, SkipReason> {
        let variables = &self.variables;
        let query_start = variables.query_start(text);
        let unsigned =
            query::without(text, query_start, |one| query::is_replaced(one, None) || variables.is_ours(one));
        let expanded = variables.expand(&unsigned);
        let (path, query) = expanded.split_once('?').unwrap_or((&expanded, ""));
        if expanded.is_empty() {
            return Err(SkipReason::Itself);
        }
        // Only a variable can contain this `#`, and the `#` would cut off the parameters.
        if is_ambiguous(&expanded) || expanded.contains('#') {
            return Err(SkipReason::Ambiguous);
        }
        // An undefined variable in the query changes neither the host nor the path.
        if path.contains("{$") || variables.names_ours(query) {
            return Err(SkipReason::UnknownVariable);
        }
        // Parameters inside a variable cannot be replaced without breaking its other uses.
        if query.split('&').any(|one| query::is_replaced(one, None)) {
            return Err(SkipReason::SignedByVariable);
        }
        let (path, has_query) = (path.to_owned(), expanded.contains('?'));
        let (target, kind) = self.find(&path, has_query, &mut find)?;
        let (variables, nested) = (&self.variables, self.nested.filter(|_| kind.is_nested()));
        let head = query::without(text, query_start, |one| {
            query::is_replaced(one, nested) || variables.is_ours(one)
        });
        // Only the first `?` begins a query; a later one is a part of the query.
        let has_empty_query =
            head.strip_suffix('?').is_some_and(|path| !variables.expand(path).contains('?'));
        let separator = match query_start {
            None => "?",
            Some(_) if head.ends_with('&') || has_empty_query => "",
            Some(_) => "&",
        };
        Ok(InsertionPoint { target, kind, head, separator, fragment })
    }
}

/// Browsers remove tabs, line ends and outer blanks, other players do not: the host is uncertain.
fn is_ambiguous(text: &str) -> bool {
    text.contains(char::is_control) || text.trim().len() < text.len()
}

/// Whether `resign-manifest` signs what is at this path: a playlist or an MPD.
fn names_manifest(path: &str) -> bool {
    path.ends_with(".m3u8") || path.ends_with(".mpd")
}

/// Whether a path names a playlist or MPD that the distribution's cache behaviors `*.m3u8` and `*.mpd` do not match.
fn is_other_playlist(path: &str) -> bool {
    // This runs for every segment of a playlist: most end otherwise.
    if !matches!(path.as_bytes().last(), Some(b'8' | b'u' | b'U' | b'd' | b'D')) {
        return false;
    }
    let ends_with = |extension: &str| {
        let start = path.len().checked_sub(extension.len());
        let end = start.and_then(|start| path.as_bytes().get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(extension.as_bytes()))
    };
    let is_manifest = ends_with(".m3u8") || ends_with(".mpd");
    (is_manifest && !names_manifest(path)) || ends_with(".m3u")
}
