//! JSON documents beside the playlists: an interstitial's asset list, a steering manifest. What they are made
//! of is told in [`document`](crate::document); here is what becomes of them in a request.

use std::{borrow::Borrow, cell::RefCell};

use cloudfront_signing::Grant;
use url::Url;
use usher_runtime::Asset;

use crate::{
    Host, HostGrants, Life, Need, Style, Survey,
    document::{CloneParameters, DocumentError, Rewritten, rewrite},
    host::{HostAsset, asset_of},
    rewrite::{Facts, Kind, Left, Reference, References, Summary},
    survey::note,
};

/// A document, and where it lies.
#[derive(Clone, Copy)]
pub(crate) struct SideDocument<'a> {
    pub(crate) json: &'a [u8],
    pub(crate) url: &'a Url,
    pub(crate) hosts: &'a [Host],
    pub(crate) style: Style,
}

impl SideDocument<'_> {
    /// The grants that it needs.
    pub(crate) fn survey(&self) -> Result<Survey, DocumentError> {
        let needs = RefCell::new(Vec::new());
        let wanted = |asset: HostAsset<'_>| {
            note(&mut needs.borrow_mut(), self.hosts, asset, Life::Session, HostGrants::LIMIT);
        };
        let mut references = References::new(self.url);
        let mut sign = |uri: &str| {
            let note_it = |reference: &Reference<'_>| {
                wanted(asset_of(self.hosts, reference)?);
                Err::<&str, _>(Left::OutOfScope)
            };
            // What it comes to is asked again once there are grants.
            let _ = references.sign(uri, Kind::Document, note_it);
            None
        };
        let mut clone_parameters = |host: &str| {
            self.clone_asset(host).into_iter().for_each(&wanted);
            None
        };
        rewrite(self.json, 0, &mut sign, &mut clone_parameters)?;
        Ok(Survey { facts: Facts::default(), needs: needs.into_inner() })
    }

    /// The document with a grant for each need of its survey, in their order; `None` where it is neither of
    /// the two.
    pub(crate) fn resign<G: Borrow<Grant>>(
        &self,
        needs: &[Need],
        grants: &[G],
        generation: u64,
    ) -> Result<Option<(Rewritten, Summary)>, DocumentError> {
        let query = |asset: HostAsset<'_>| {
            let need = needs.iter().position(|need| need.is_for(asset, Life::Session));
            need.and_then(|need| grants.get(need)).map(|grant| grant.borrow().query())
        };
        let mut summary = Summary::default();
        let mut references = References::new(self.url);
        let mut sign = |uri: &str| {
            let parameters = |reference: &Reference<'_>| {
                let query = query(asset_of(self.hosts, reference)?).ok_or(Left::OutOfScope)?;
                let kept = self.style.kept_parameter().filter(|_| reference.kind == Kind::Playlist);
                Ok(kept.map_or_else(|| query.to_owned(), |kept| format!("{kept}&{query}")))
            };
            let signed = references.sign(uri, Kind::Document, parameters);
            summary.count(signed.as_ref().map(|_| ()).map_err(|reason| *reason));
            signed.ok().map(|signed| signed.to_string())
        };
        let mut clone_parameters = |host: &str| {
            if !self.hosts.iter().any(|ours| is_named(ours, host)) {
                return Some(CloneParameters::Withheld);
            }
            let query = self.clone_asset(host).and_then(query);
            query.map(|query| CloneParameters::Signed(query.to_owned()))
        };
        let rewritten = rewrite(self.json, generation, &mut sign, &mut clone_parameters)?;
        Ok(rewritten.map(|rewritten| (rewritten, summary)))
    }

    /// What the parameters of a pathway clone on a host of ours must cover: the folder that the document lies
    /// in, which is its asset's. A document beside the assets tells nothing about those of the clone.
    fn clone_asset(&self, host: &str) -> Option<HostAsset<'_>> {
        let index = self.hosts.iter().position(|ours| is_named(ours, host))?;
        let asset = self.hosts.get(index)?.scope.asset(self.url.path())?;
        matches!(asset, Asset::Folder(_)).then_some(HostAsset { host: index, asset })
    }
}

/// `HOST` is a name without a port.
fn is_named(host: &Host, name: &str) -> bool {
    let origin = Url::parse(&host.origin);
    origin.is_ok_and(|origin| origin.host_str().is_some_and(|host| host.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use cloudfront_signing::{HashAlgorithm, KeyPairId, Policy, Statement, UnixTime, UrlPattern};
    use usher_runtime::Scope;

    use super::*;

    fn host(origin: &str) -> Host {
        let scope = Scope::new("/video/*", 1).expect("a scope");
        Host { written: origin.to_owned(), origin: origin.to_owned(), scope }
    }

    fn grant(resource: &str) -> Grant {
        let pattern = UrlPattern::new(resource).expect("a pattern");
        let policy = Policy::new(pattern, UnixTime::new(1_790_000_000).expect("seconds")).expect("a policy");
        let id = KeyPairId::new("K1").expect("an id");
        Grant::new(Statement::from(policy), id, HashAlgorithm::Sha256, b"signature")
    }

    /// The resources that are needed, and the document with their grants.
    fn resign(json: &str, path: &str, style: Style) -> (Vec<String>, Option<(String, String)>) {
        let hosts = [host("https://h.example:8443"), host("https://cdn.example")];
        let url = Url::parse(&format!("https://h.example:8443{path}")).expect("a URL");
        let document = SideDocument { json: json.as_bytes(), url: &url, hosts: &hosts, style };
        let needs = document.survey().expect("JSON").needs;
        let resources: Vec<_> = needs.iter().map(|need| need.resource.clone()).collect();
        let grants: Vec<_> = resources.iter().map(|resource| grant(resource)).collect();
        let resigned = document.resign(&needs, &grants, 7).expect("JSON").map(|(rewritten, summary)| {
            (String::from_utf8(rewritten.json).expect("UTF-8"), summary.to_string())
        });
        (resources, resigned)
    }

    #[test]
    fn an_asset_list_is_signed_by_the_assets_in_it() {
        let json = r#"{"ASSETS":[{"URI":"https://h.example:8443/video/a/a.m3u8","DURATION":1},
            {"URI":"https://cdn.example/video/b/b.mp4"},{"URI":"https://ads.example/video/c/c.m3u8"},
            {"URI":"https://h.example:8443/other/d.m3u8"}]}"#;
        let (a, b) = ("https://h.example:8443/video/a/*", "https://cdn.example/video/b/*");
        let expected = json
            .replace("a.m3u8", &format!("a.m3u8?usher-style=define&{}", grant(a).query()))
            .replace("b.mp4", &format!("b.mp4?{}", grant(b).query()));
        let summary = "2 signed, 2 left: 1 on another host, 1 outside of the scope".to_owned();
        assert_eq!(
            resign(json, "/video/m/ads.json", Style::Define),
            (vec![a.to_owned(), b.to_owned()], Some((expected, summary)))
        );
    }

    #[test]
    fn a_clone_on_our_host_gets_what_covers_the_folder_of_its_manifest() {
        let json = |id: &str, parameters: &str| {
            format!(
                r#"{{"VERSION":1,"PATHWAY-PRIORITY":["{id}","base"],"PATHWAY-CLONES":[{{"BASE-ID":"base","ID":"{id}","URI-REPLACEMENT":{{"HOST":"H.EXAMPLE"{parameters}}}}}]}}"#
            )
        };
        let style = Style::Inline { asked_for: false };
        let resource = "https://h.example:8443/video/m/*";
        let (needs, resigned) = resign(&json("c", ""), "/video/m/steering.json", style);
        assert_eq!(needs, [resource]);
        let signed = resigned.expect("a steering manifest").0;
        let signed: serde_json::Value = serde_json::from_str(&signed).expect("JSON");
        let query = grant(resource).query().to_owned();
        let parameters: serde_json::Map<_, _> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let parameters = format!(r#","PARAMS":{}"#, serde_json::Value::from(parameters));
        let expected: serde_json::Value =
            serde_json::from_str(&json("c-usher-7", &parameters)).expect("JSON");
        assert_eq!(signed, expected);

        // Beside the assets, it would get a grant for itself alone.
        let beside = json("c", "");
        let untouched = Some((beside.clone(), "0 signed, 0 left".to_owned()));
        assert_eq!(resign(&beside, "/video/steering.json", style), (Vec::new(), untouched));
    }

    #[test]
    fn what_is_neither_needs_nothing() {
        for json in ["{}", "[]", r#"{"chapters":[{"uri":"https://h.example:8443/video/a/a.jpg"}]}"#] {
            assert_eq!(resign(json, "/video/m/data.json", Style::Define), (Vec::new(), None), "{json}");
        }
    }
}
