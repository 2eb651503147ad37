//! Rules, then claims, then a path, divided by line breaks: no rules panic, and a path is permitted exactly if one of the
//! viewer's resources covers it.
#![no_main]

use fuzz::{
    Location,
    credentials::fields,
    entitlement::{Entitlements, Facts},
    subject,
};
use hls_rewrite::AssetTree;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let [rules, claims, path] = fields(text);
    let Some(subject) = subject(claims) else { return };
    let location = Location::new(Some("DE"), Some("3320"));
    let viewer = Facts { subject: &subject, location: &location };
    let tree = AssetTree::new("/video/*", 2).expect("a tree");
    let Ok(entitlements) = Entitlements::parse(rules, tree) else { return };
    let verdict = entitlements.permits(viewer, path).is_ok();
    entitlements.explain(viewer);
    if let Ok(resources) = entitlements.resources(viewer) {
        assert!(resources.iter().all(|resource| resource.folder().starts_with("/video/")));
        assert_eq!(resources.iter().any(|resource| resource.covers(path)), verdict);
    }
});
