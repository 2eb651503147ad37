//! The style `define`: the parameters once, for all segments (ISO/IEC 23009-1, Annex I.2).
//!
//! dash.js and shaka-player add `queryString` to each request for a segment if `queryTemplate` is `$querypart$`. Both
//! find the property in the `MPD` element, shaka-player only if its child has a prefix. It is an `EssentialProperty`:
//! a player that does not know the scheme must not play.

use quick_xml::escape::escape;

/// The property with the parameters of a grant, for an MPD whose elements have this prefix.
pub(crate) fn description(prefix: &str, parameters: &str) -> String {
    let parameters = escape(parameters);
    format!(
        "<{prefix}EssentialProperty schemeIdUri=\"{SCHEME}\" xmlns:up=\"{NAMESPACE}\"><up:UrlQueryInfo \
         queryTemplate=\"{QUERY_PART}\" queryString=\"{parameters}\"/></{prefix}EssentialProperty>"
    )
}

pub(crate) const SCHEME: &str = "urn:mpeg:dash:urlparam:2014";
const NAMESPACE: &str = "urn:mpeg:dash:schema:urlparam:2014";
pub(crate) const QUERY_PART: &str = "$querypart$";
