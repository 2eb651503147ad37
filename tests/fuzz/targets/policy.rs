//! Policies as bytes, correctly signed: the verifier admits exactly what the policy says.
#![no_main]

use fuzz::{NOW, judge, reference};

libfuzzer_sys::fuzz_target!(|policy: &[u8]| {
    let url = "https://h/video/a.ts?x=1";
    if let Ok(admitted) = judge(policy, url) {
        let policy = admitted.policy;
        assert!(policy.resource.is_none_or(|resource| reference::covers(&resource, url)));
        assert!(policy.date_greater_than.is_none_or(|opens| opens < *NOW) && *NOW < policy.date_less_than);
        assert_eq!(policy.ip_address, None);
    }
});
