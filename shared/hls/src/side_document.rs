//! JSON documents that playlists refer to, signed by a plan: an interstitial's asset list, a steering manifest.
//! [`document`](crate::document) describes their form.

use std::{borrow::Borrow, cell::RefCell};

use cloudfront_signing::Grant;
use url::Url;

use crate::{
    Asset, Assets, Host, PolicyCopies, ReferenceKind, References, RewriteCounts, SigningPlan, Style,
    document::{CloneParameters, DocumentError, Rewritten, rewrite},
    nested_parameters,
};

/// A document and its URL.
#[derive(Clone, Copy)]
pub struct SideDocument<'a> {
    /// The document.
    pub json: &'a [u8],
    /// The URL that the player requests.
    pub url: &'a Url,
    /// The style of the references in it.
    pub style: Style,
}

impl SideDocument<'_> {
    /// Finds the assets that it refers to.
    ///
    /// # Errors
    /// [`DocumentError`]: the document cannot be parsed with certainty.
    pub fn scan(&self, assets: &mut Assets) -> Result<(), DocumentError> {
        let assets = RefCell::new(assets);
        let mut references = self.references();
        let mut sign = |uri: &str| {
            // `resign` asks for the outcome again when the grants are known.
            let _ = references.place(uri, ReferenceKind::Document, |one| assets.borrow_mut().number(one));
            None
        };
        let mut clone_parameters = |host: &str| {
            let _ = self.clone_asset(&mut assets.borrow_mut(), host);
            None
        };
        rewrite(self.json, &mut sign, &mut clone_parameters)?;
        Ok(())
    }

    /// The document with a grant for each resource that the plan requires, in their order; `None` if it is
    /// neither of the two.
    ///
    /// # Errors
    /// [`DocumentError`]: the document cannot be parsed with certainty.
    pub fn resign<G: Borrow<Grant>>(
        &self,
        assets: &mut Assets,
        plan: &SigningPlan,
        grants: &[G],
    ) -> Result<Option<(Rewritten, RewriteCounts)>, DocumentError> {
        let assets = RefCell::new(assets);
        let grant =
            |asset: usize| plan.grant(asset).ok().and_then(|grant| grants.get(grant)).map(Borrow::borrow);
        let mut counts = RewriteCounts::default();
        let mut references = self.references();
        let mut sign = |uri: &str| {
            let place = references.place(uri, ReferenceKind::Document, |one| {
                let asset = assets.borrow_mut().number(one)?;
                plan.grant(asset).map(|_| asset)
            });
            counts.count(place.as_ref().map(drop).map_err(|reason| *reason), 1);
            let place = place.ok()?;
            let grant: &Grant = grant(place.target)?;
            let query = grant.query();
            Some(place.with(&if place.kind.is_nested() {
                nested_parameters(query, grant, self.style, PolicyCopies::Carried)
            } else {
                query.to_owned()
            }))
        };
        let mut clone_parameters = |host: &str| {
            let mut assets = assets.borrow_mut();
            if !assets.hosts().iter().any(|ours| is_named(ours, host)) {
                return Some(CloneParameters::Withheld);
            }
            let grant: &Grant = self.clone_asset(&mut assets, host).and_then(grant)?;
            Some(CloneParameters::Signed(nested_parameters(
                grant.query(),
                grant,
                self.style,
                PolicyCopies::Carried,
            )))
        };
        let rewritten = rewrite(self.json, &mut sign, &mut clone_parameters)?;
        Ok(rewritten.map(|rewritten| (rewritten, counts)))
    }

    fn references(&self) -> References {
        References::new(self.url, self.style.kept_parameter())
    }

    /// The asset that the parameters of a pathway clone on one of our hosts must cover: the asset of the folder
    /// that contains the document. A document above the asset folders does not say which assets the clone
    /// holds.
    fn clone_asset(&self, assets: &mut Assets, host: &str) -> Option<usize> {
        let index = assets.hosts().iter().position(|ours| is_named(ours, host))?;
        let tree = assets.hosts().get(index)?.tree.clone();
        let asset = tree.asset(self.url.path())?;
        if matches!(asset, Asset::Folder(_)) { assets.number_of(index, asset).ok() } else { None }
    }
}

/// Compares without the port: `HOST` is a name.
fn is_named(host: &Host, name: &str) -> bool {
    let origin = Url::parse(&host.origin);
    origin.is_ok_and(|origin| origin.host_str().is_some_and(|host| host.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use cloudfront_signing::{CustomPolicy, HashAlgorithm, KeyPairId, Policy, UnixTime, UrlPattern};

    use super::*;
    use crate::{AssetTree, Authority, Permission, ViewerPolicy};

    fn host(origin: &str) -> Host {
        let tree = AssetTree::new("/video/*", 1).expect("a tree");
        Host { written: origin.to_owned(), origin: origin.to_owned(), tree }
    }

    fn time(seconds: u64) -> UnixTime {
        UnixTime::new(seconds).expect("seconds")
    }

    fn grant(resource: &str) -> Grant {
        let pattern = UrlPattern::new(resource).expect("a pattern");
        let policy = CustomPolicy::new(pattern, time(1_790_000_000)).expect("a policy");
        let id = KeyPairId::new("K1").expect("an id");
        Grant::new(Policy::from(policy), id, HashAlgorithm::Sha256, b"signature")
    }

    /// The resources that are signed for a viewer with this resource, and the document with their grants.
    fn resign_for(
        resource: &str,
        json: &str,
        path: &str,
        style: Style,
    ) -> (Vec<String>, Option<(String, String)>) {
        let url = Url::parse(&format!("https://h.example:8443{path}")).expect("a URL");
        let document = SideDocument { json: json.as_bytes(), url: &url, style };
        let mut assets = Assets::new(vec![host("https://h.example:8443"), host("https://cdn.example")]);
        document.scan(&mut assets).expect("JSON");
        let (expires, now) = (time(1_790_000_000), time(1_789_999_000));
        let policy = ViewerPolicy::Custom { resource: resource.to_owned(), expires };
        let authority = Authority::new(&policy, url.as_str(), now).expect("an authority");
        let permission = Permission { authority: &authority, common_assets: &[], own_resource: None };
        let plan = SigningPlan::new(&assets, permission);
        let resources: Vec<_> = plan.grants.iter().map(|grant| grant.resource.to_string()).collect();
        let grants: Vec<_> = resources.iter().map(|resource| grant(resource)).collect();
        let resigned = document.resign(&mut assets, &plan, &grants).expect("JSON");
        let resigned = resigned.map(|(rewritten, counts)| {
            (String::from_utf8(rewritten.json).expect("UTF-8"), counts.to_string())
        });
        (resources, resigned)
    }

    fn resign(json: &str, path: &str, style: Style) -> (Vec<String>, Option<(String, String)>) {
        resign_for("https://h.example:8443/video/*", json, path, style)
    }

    #[test]
    fn an_asset_list_is_signed_by_the_assets_in_it() {
        let json = r#"{"ASSETS":[{"URI":"https://h.example:8443/video/a/a.m3u8","DURATION":1},
            {"URI":"https://cdn.example/video/b/b.mp4"},{"URI":"https://ads.example/video/c/c.m3u8"},
            {"URI":"https://h.example:8443/other/d.m3u8"}]}"#;
        let (a, b) = ("https://h.example:8443/video/a/*", "https://cdn.example/video/b/*");
        let nested = |resource| {
            nested_parameters(grant(resource).query(), &grant(resource), Style::Define, PolicyCopies::Carried)
        };
        let signed_b = json.replace("b.mp4", &format!("b.mp4?{}", nested(b)));
        let expected = signed_b.replace("a.m3u8", &format!("a.m3u8?{}", nested(a)));
        let counts = "2 signed, 2 left: 1 on another host, 1 outside of the scope".to_owned();
        assert_eq!(
            resign(json, "/video/m/ads.json", Style::Define),
            (vec![a.to_owned(), b.to_owned()], Some((expected, counts)))
        );
        // The assets of another host in the settings are signed for every viewer.
        let counts = "1 signed, 3 left: 1 not covered by the viewer's policy, 1 on another host, \
                      1 outside of the scope";
        assert_eq!(
            resign_for("https://h.example:8443/video/m/*", json, "/video/m/ads.json", Style::Define),
            (vec![b.to_owned()], Some((signed_b, counts.to_owned())))
        );
    }

    #[test]
    fn a_clone_on_our_host_gets_what_covers_the_folder_of_its_manifest() {
        let json = |parameters: &str| {
            format!(
                r#"{{"VERSION":1,"PATHWAY-PRIORITY":["c","base"],"PATHWAY-CLONES":[{{"BASE-ID":"base","ID":"c","URI-REPLACEMENT":{{"HOST":"H.EXAMPLE"{parameters}}}}}]}}"#
            )
        };
        let style = Style::Inline { asked_for: false };
        let resource = "https://h.example:8443/video/m/*";
        let (needs, resigned) = resign(&json(""), "/video/m/steering.json", style);
        assert_eq!(needs, [resource]);
        let signed = resigned.expect("a steering manifest").0;
        let signed: serde_json::Value = serde_json::from_str(&signed).expect("JSON");
        let query =
            nested_parameters(grant(resource).query(), &grant(resource), style, PolicyCopies::Carried);
        let parameters: serde_json::Map<_, _> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let parameters = format!(r#","PARAMS":{}"#, serde_json::Value::from(parameters));
        let expected: serde_json::Value = serde_json::from_str(&json(&parameters)).expect("JSON");
        assert_eq!(signed, expected);

        // Above the asset folders, a grant would cover the document alone.
        let untouched = Some((json(""), "0 signed, 0 left".to_owned()));
        assert_eq!(resign(&json(""), "/video/steering.json", style), (Vec::new(), untouched));
    }

    #[test]
    fn what_is_neither_needs_nothing() {
        for json in ["{}", "[]", r#"{"chapters":[{"uri":"https://h.example:8443/video/a/a.jpg"}]}"#] {
            assert_eq!(resign(json, "/video/m/data.json", Style::Define), (Vec::new(), None), "{json}");
        }
    }
}
