//! Steering manifests: the clones, their parameters and their names.

use cloudfront_signing::RESERVED_PARAMETERS;
use url::form_urlencoded;

use super::{
    CloneParameters, DocumentError, Rewriter, UriForm,
    object::{JsonObject, array, string},
    splice::quoted,
};
use crate::policy_copy::copy_of;

impl<'j> Rewriter<'j, '_> {
    pub(super) fn steering_manifest(&mut self, members: &JsonObject<'j>) -> Result<(), DocumentError> {
        if let Some(uri) = members.get("RELOAD-URI") {
            self.uri(uri, UriForm::Relative);
        }
        let clones = members.get("PATHWAY-CLONES").and_then(array).unwrap_or_default();
        for clone in clones.into_iter().filter_map(JsonObject::read) {
            self.pathway_clone(&clone.unambiguous()?)?;
        }
        Ok(())
    }

    fn pathway_clone(&mut self, clone: &JsonObject<'j>) -> Result<(), DocumentError> {
        let Some(replacement) = clone.object("URI-REPLACEMENT")? else { return Ok(()) };
        let params = replacement.object("PARAMS")?;
        let parameters = self.parameters_for_host(&replacement);
        if parameters == Some(CloneParameters::Withheld) {
            self.withhold_signature(&replacement, params.as_ref());
        }
        let are_all_ours = self.replaced_uris_are_ours(&replacement)?;
        if let Some(CloneParameters::Signed(query)) = parameters
            && are_all_ours
        {
            self.set_parameters(&replacement, params.as_ref(), &query);
        }
        Ok(())
    }

    fn parameters_for_host(&mut self, replacement: &JsonObject<'j>) -> Option<CloneParameters> {
        let host = replacement.get("HOST").filter(|host| host.get() != "null")?;
        // hls.js also accepts `["other.example"]` as a name.
        let name = string(host).unwrap_or_else(|| host.get().to_owned());
        // To hls.js an empty host is no host; to Media3 it is an error.
        if name.is_empty() { None } else { (self.clone_parameters)(&name) }
    }

    /// Signs the URIs of a clone. Returns whether all of them got our parameters.
    fn replaced_uris_are_ours(&mut self, replacement: &JsonObject<'j>) -> Result<bool, DocumentError> {
        let mut are_ours = true;
        for name in ["PER-VARIANT-URIS", "PER-RENDITION-URIS"] {
            match replacement.object(name)? {
                None => are_ours &= replacement.get(name).is_none(),
                Some(uris) => {
                    for uri in uris.values() {
                        are_ours &= self.uri(uri, UriForm::Absolute);
                    }
                }
            }
        }
        Ok(are_ours)
    }

    fn set_parameters(&mut self, replacement: &JsonObject<'j>, params: Option<&JsonObject<'j>>, query: &str) {
        let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let is_replaced =
            |name: &str| RESERVED_PARAMETERS.contains(&name) || parameters.iter().any(|(new, _)| new == name);
        let added = parameters.iter().map(|(name, value)| member(name, value));
        self.write_params(replacement, params, is_replaced, added);
    }

    /// Only a string is certain to replace our signature: players may ignore any other type.
    fn withhold_signature(&mut self, replacement: &JsonObject<'j>, params: Option<&JsonObject<'j>>) {
        let is_missing =
            |name: &String| params.and_then(|params| params.get(name)).and_then(string).is_none();
        let missing: Vec<_> =
            [SIGNATURE.to_owned(), copy_of(SIGNATURE)].into_iter().filter(is_missing).collect();
        if !missing.is_empty() {
            let added = missing.iter().map(|name| member(name, ""));
            self.write_params(replacement, params, |name| missing.iter().any(|one| one == name), added);
        }
    }

    /// Adds `added` after those members of `PARAMS` that it does not replace. `PARAMS` that is no object is
    /// replaced.
    fn write_params(
        &mut self,
        replacement: &JsonObject<'j>,
        params: Option<&JsonObject<'j>>,
        is_replaced: impl Fn(&str) -> bool,
        added: impl IntoIterator<Item = String>,
    ) {
        let members = params.into_iter().flat_map(JsonObject::members);
        let kept = members.filter(|(name, _)| !name.is_some_and(&is_replaced));
        let all: Vec<_> = kept.map(|(_, member)| member.to_owned()).chain(added).collect();
        let object = format!("{{{}}}", all.join(","));
        if let Some(value) = replacement.get("PARAMS") {
            self.splice.value(value, object);
        } else if let Some(last) = replacement.values().last() {
            self.splice.behind(last, format!(",{}:{object}", quoted("PARAMS")));
        }
    }
}

fn member(name: &str, value: &str) -> String {
    format!("{}:{}", quoted(name), quoted(value))
}

/// The parameter without which the others are useless; so is the copy of it.
const SIGNATURE: &str = "Signature";
