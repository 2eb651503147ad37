//! Steering manifests: the clones, their parameters and their names.

use std::collections::BTreeMap;

use cloudfront_signing::RESERVED_PARAMETERS;
use serde_json::value::RawValue;
use url::form_urlencoded;

use super::{
    CloneParameters, DocumentError, Place, Rewriter,
    object::{Object, array, string},
    splice::quoted,
};

/// Names of clones, as written and as they are from now on.
type Renamed = BTreeMap<String, String>;

impl<'j> Rewriter<'j, '_> {
    pub(super) fn steering_manifest(&mut self, members: &Object<'j>) -> Result<(), DocumentError> {
        if let Some(uri) = members.get("RELOAD-URI") {
            self.uri(uri, Place::Relative);
        }
        let clones = members.get("PATHWAY-CLONES").and_then(array).unwrap_or_default();
        let clones = clones.into_iter().filter_map(Object::read).map(Object::unambiguous);
        let clones = clones.collect::<Result<Vec<_>, _>>()?;
        let mut renamed = Renamed::new();
        for clone in &clones {
            self.pathway_clone(clone, &mut renamed)?;
        }
        let priority = members.get("PATHWAY-PRIORITY").and_then(array).unwrap_or_default();
        let bases = clones.iter().filter_map(|clone| clone.get("BASE-ID"));
        for name in priority.into_iter().chain(bases) {
            self.rename(name, &renamed);
        }
        Ok(())
    }

    fn pathway_clone(&mut self, clone: &Object<'j>, renamed: &mut Renamed) -> Result<(), DocumentError> {
        let Some(replacement) = clone.object("URI-REPLACEMENT")? else { return Ok(()) };
        let params = replacement.object("PARAMS")?;
        let parameters = self.parameters_for_host(&replacement);
        if parameters == Some(CloneParameters::Withheld) {
            self.withhold_signature(&replacement, params.as_ref());
        }
        let id = clone.get("ID").and_then(|value| Some((value, string(value)?)));
        let Some((id_value, id)) = id else { return Ok(()) };

        let (mut ours, others) = self.replaced_uris(&replacement)?;
        if let Some(CloneParameters::Signed(query)) = parameters
            && others == 0
        {
            self.set_parameters(&replacement, params.as_ref(), &query);
            ours += 1;
        }
        if ours > 0 {
            let new = in_generation(&id, self.generation);
            renamed.insert(id, new);
            self.rename(id_value, renamed);
        }
        Ok(())
    }

    fn parameters_for_host(&mut self, replacement: &Object<'j>) -> Option<CloneParameters> {
        let host = replacement.get("HOST").filter(|host| host.get() != "null")?;
        // To hls.js, `["other.example"]` is a name, too.
        let name = string(host).unwrap_or_else(|| host.get().to_owned());
        // An empty host is none to hls.js, and an error to Media3.
        if name.is_empty() { None } else { (self.clone_parameters)(&name) }
    }

    /// How many URIs a clone has that got our parameters, and how many others it may have.
    fn replaced_uris(&mut self, replacement: &Object<'j>) -> Result<(usize, usize), DocumentError> {
        let (mut ours, mut others) = (0, 0);
        for name in ["PER-VARIANT-URIS", "PER-RENDITION-URIS"] {
            let Some(uris) = replacement.object(name)? else {
                others += usize::from(replacement.get(name).is_some());
                continue;
            };
            for uri in uris.values() {
                if self.uri(uri, Place::Absolute) {
                    ours += 1;
                } else {
                    others += 1;
                }
            }
        }
        Ok((ours, others))
    }

    fn set_parameters(&mut self, replacement: &Object<'j>, params: Option<&Object<'j>>, query: &str) {
        let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let is_replaced =
            |name: &str| RESERVED_PARAMETERS.contains(&name) || parameters.iter().any(|(new, _)| new == name);
        let added = parameters.iter().map(|(name, value)| member(name, value));
        self.write_params(replacement, params, is_replaced, added);
    }

    /// Only a text is sure to take the place of ours: players may pass over anything else.
    fn withhold_signature(&mut self, replacement: &Object<'j>, params: Option<&Object<'j>>) {
        let theirs = params.and_then(|params| params.get(SIGNATURE)).and_then(string);
        if theirs.is_none() {
            self.write_params(replacement, params, |name| name == SIGNATURE, [member(SIGNATURE, "")]);
        }
    }

    /// Puts `added` behind those members of `PARAMS` that are not replaced, or in the place of `PARAMS` that
    /// is no object.
    fn write_params(
        &mut self,
        replacement: &Object<'j>,
        params: Option<&Object<'j>>,
        is_replaced: impl Fn(&str) -> bool,
        added: impl IntoIterator<Item = String>,
    ) {
        let members = params.into_iter().flat_map(Object::members);
        let kept = members.filter(|(name, _)| !name.is_some_and(&is_replaced));
        let all: Vec<_> = kept.map(|(_, member)| member.to_owned()).chain(added).collect();
        let object = format!("{{{}}}", all.join(","));
        if let Some(value) = replacement.get("PARAMS") {
            self.splice.value(value, object);
        } else if let Some(last) = replacement.values().last() {
            self.splice.behind(last, format!(",{}:{object}", quoted("PARAMS")));
        }
    }

    fn rename(&mut self, value: &'j RawValue, renamed: &Renamed) {
        let Some(old) = string(value) else { return };
        if let Some(new) = renamed.get(&old) {
            self.splice.string(value, &old, new);
        }
    }
}

fn member(name: &str, value: &str) -> String {
    format!("{}:{}", quoted(name), quoted(value))
}

/// `id` in a generation, which takes the place of an earlier one. Pathway names are made of letters,
/// digits, `.`, `-` and `_`.
fn in_generation(id: &str, generation: u64) -> String {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let stem = match id.rsplit_once(GENERATION) {
        Some((stem, number)) if is_number(number) => stem,
        _ => id,
    };
    format!("{stem}{GENERATION}{generation}")
}

const GENERATION: &str = "-usher-";
const SIGNATURE: &str = "Signature";
