//! Steering manifests: the clones, their parameters and their names.

use std::collections::BTreeMap;

use cloudfront_signing::RESERVED_PARAMETERS;
use serde_json::value::RawValue;
use url::form_urlencoded;

use super::{
    CloneParameters, Place, Rewriter,
    object::{Object, array, string},
    splice::quoted,
};

/// Names of clones, as written and as they are from now on.
type Renamed = BTreeMap<String, String>;

impl<'j> Rewriter<'j, '_> {
    pub(super) fn steering_manifest(&mut self, members: &Object<'j>) {
        if let Some(uri) = members.get("RELOAD-URI") {
            self.uri(uri, Place::Relative);
        }
        let clones = members.get("PATHWAY-CLONES").and_then(array).unwrap_or_default();
        let clones: Vec<_> = clones.into_iter().filter_map(Object::read).collect();
        let mut renamed = Renamed::new();
        for clone in &clones {
            self.pathway_clone(clone, &mut renamed);
        }
        let priority = members.get("PATHWAY-PRIORITY").and_then(array).unwrap_or_default();
        let bases = clones.iter().filter_map(|clone| clone.get("BASE-ID"));
        for name in priority.into_iter().chain(bases) {
            self.rename(name, &renamed);
        }
    }

    fn pathway_clone(&mut self, clone: &Object<'j>, renamed: &mut Renamed) {
        let id = clone.get("ID").and_then(|value| Some((value, string(value)?)));
        let replacement = clone.get("URI-REPLACEMENT").and_then(Object::read);
        let (Some((id_value, id)), Some(replacement)) = (id, replacement) else { return };

        let (ours, others) = self.replaced_uris(&replacement);
        let signed = self.parameters(&replacement, others == 0);
        if signed || ours > 0 {
            let new = in_generation(&id, self.generation);
            renamed.insert(id, new);
            self.rename(id_value, renamed);
        }
    }

    /// How many URIs a clone has that got our parameters, and how many others it may have.
    fn replaced_uris(&mut self, replacement: &Object<'j>) -> (usize, usize) {
        let (mut ours, mut others) = (0, 0);
        for value in
            ["PER-VARIANT-URIS", "PER-RENDITION-URIS"].iter().filter_map(|name| replacement.get(name))
        {
            let Some(uris) = Object::read(value) else {
                others += 1;
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
        (ours, others)
    }

    /// Whether the clone's `PARAMS` hold a signature of ours.
    fn parameters(&mut self, replacement: &Object<'j>, all_ours: bool) -> bool {
        // An empty host is none to hls.js, and an error to Media3.
        let host = replacement.get("HOST").and_then(string).filter(|host| !host.is_empty());
        let Some(host) = host else { return false };
        let signed = match (self.clone_parameters)(&host) {
            Some(CloneParameters::Signed(query)) if all_ours => self.set_parameters(replacement, &query),
            Some(CloneParameters::Withheld) => {
                self.withhold_signature(replacement);
                false
            }
            _ => false,
        };
        if signed {
            self.signed += 1;
        } else {
            self.left += 1;
        }
        signed
    }

    fn set_parameters(&mut self, replacement: &Object<'j>, query: &str) -> bool {
        let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let is_replaced =
            |name: &str| RESERVED_PARAMETERS.contains(&name) || parameters.iter().any(|(new, _)| new == name);
        let added = parameters.iter().map(|(name, value)| member(name, value));
        self.write_params(replacement, is_replaced, added)
    }

    fn withhold_signature(&mut self, replacement: &Object<'j>) {
        let params = replacement.get("PARAMS").and_then(Object::read);
        if params.is_none_or(|params| params.get(SIGNATURE).is_none()) {
            self.write_params(replacement, |_| false, [member(SIGNATURE, "")]);
        }
    }

    /// Puts `added` behind those members of `PARAMS` that are not replaced. Nothing is done where it is
    /// no object, and players would pass over it or stop.
    fn write_params(
        &mut self,
        replacement: &Object<'j>,
        is_replaced: impl Fn(&str) -> bool,
        added: impl IntoIterator<Item = String>,
    ) -> bool {
        let object = |members: Vec<String>| format!("{{{}}}", members.join(","));
        if let Some(value) = replacement.get("PARAMS") {
            let Some(params) = Object::read(value) else { return false };
            let kept = params.members().filter(|(name, _)| !is_replaced(name));
            let kept = kept.map(|(_, member)| member.to_owned());
            self.splice.value(value, object(kept.chain(added).collect()));
        } else if let Some(last) = replacement.values().last() {
            let params = object(added.into_iter().collect());
            self.splice.behind(last, format!(",{}:{params}", quoted("PARAMS")));
        }
        true
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
