//! The function signs nothing beyond the viewer's policy: attacks, and the two ways in which the function learns
//! the policy.

use cloudfront_signing::Grant;
use hls_rewrite::policy_copy;
use serde_json::{Value, json};

use crate::{
    bucket::Bucket,
    function::{
        Answer, EXPIRES, Function, HOST, NOW, get, grant, grant_until, head, nested, parts, playlist_headers,
        problem, served, with_credential, with_header, with_method, with_policy,
    },
};

/// What the author of asset `a` writes, with references that a viewer of asset `a` alone must not get signed.
const HOSTILE: &str = "#EXTM3U\n\
    #EXT-X-SESSION-DATA:DATA-ID=\"x\",URI=\"/video/premium/poster.json\"\n\
    #EXTINF:31536000,\n\
    /video/b/secret.ts\n\
    #EXTINF:4,\n\
    own.ts\n\
    #EXTINF:4,\n\
    ../ads/ad.ts\n\
    #EXT-X-ENDLIST\n";

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    bucket.put("video/a/p.m3u8", HOSTILE);
    bucket
}

fn resource(path: &str) -> String {
    format!("https://{HOST}{path}")
}

/// The event of a viewer with a signed URL and this policy.
fn by_url(path: &str, query: &str, policy: Option<&str>, expires: Option<u64>) -> Value {
    with_policy(with_credential(get(path, query), Some("url")), policy, expires)
}

/// The event if the distribution saw only the copy of the viewer's signature.
fn blind(path: &str, copy: &str) -> Value {
    with_header(with_policy(with_credential(get(path, ""), None), None, None), "x-viewer-policy-copy", copy)
}

/// The hostile playlist with its expected signatures.
fn signed(own: Option<&Grant>, others: &[(&str, &Grant)]) -> Answer {
    let own = own.map(|grant| ("own.ts", grant));
    let text = own.iter().chain(others).fold(HOSTILE.to_owned(), |text, (name, grant)| {
        text.replace(name, &format!("{name}?{}", grant.query()))
    });
    served(&text)
}

/// A playlist as it is in the bucket, for a viewer whose copy is not admitted: CloudFront must not keep it for
/// others.
fn not_admitted(playlist: &str) -> Answer {
    (parts(200, &playlist_headers("max-age=0, s-maxage=0")), playlist.to_owned())
}

fn forbidden(problem_type: &str, detail: &str) -> Answer {
    problem(403, problem_type, detail, json!({}))
}

#[tokio::test]
async fn a_playlist_opens_nothing_that_its_viewer_may_not_watch() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let event = by_url("/video/a/p.m3u8", "", Some(&resource("/video/a/*")), Some(EXPIRES));
    assert_eq!(function.answer(event).await, signed(Some(&grant("/video/a/*")), &[]));
    assert_eq!(function.signed(), 1);
}

#[tokio::test]
async fn what_is_signed_ends_with_the_viewers_policy_rounded_down_where_there_is_time() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (expires, ends) in [
        (NOW + 60, NOW + 60),
        (NOW + 600, NOW + 400),
        (NOW + 7_200, NOW + 7_000),
        (NOW + 7_000, NOW + 7_000),
        (NOW + 31_536_000, NOW + 31_535_800),
    ] {
        let event = by_url("/video/a/p.m3u8", "", Some(&resource("/video/a/*")), Some(expires));
        let (_, body) = function.answer(event).await;
        let expected = signed(Some(&grant_until("/video/a/*", ends)), &[]).1;
        assert_eq!(body, expected, "{}", expires - NOW);
    }
}

#[tokio::test]
async fn a_viewer_of_everything_gets_everything_on_the_viewers_host() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for everything in [resource("/video/*"), "*".to_owned(), resource("/*"), format!("*://{HOST}/video/*")] {
        let event = by_url("/video/a/p.m3u8", "", Some(&everything), Some(EXPIRES));
        let text = signed(
            Some(&grant("/video/a/*")),
            &[("secret.ts", &grant("/video/b/*")), ("ad.ts", &grant("/video/ads/*"))],
        );
        let document = format!("poster.json?{}", nested(&grant("/video/premium/*")));
        let expected = served(&text.1.replace("poster.json", &document));
        assert_eq!(function.answer(event).await, expected, "{everything}");
    }
}

#[tokio::test]
async fn what_every_viewer_may_get_is_signed_for_the_time_of_the_viewers_policy() {
    let bucket = bucket().await;
    let function = Function::with(bucket.client(), &[("COMMON_ASSETS", r#"["/video/ads/*"]"#)]);
    let event = by_url("/video/a/p.m3u8", "", Some(&resource("/video/a/*")), Some(EXPIRES));
    let expected = signed(Some(&grant("/video/a/*")), &[("ad.ts", &grant("/video/ads/*"))]);
    assert_eq!(function.answer(event).await, expected);
}

#[tokio::test]
async fn a_canned_policy_is_for_the_asset_that_was_asked_for() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let event = by_url("/video/a/p.m3u8", "", None, Some(EXPIRES));
    assert_eq!(function.answer(event).await, signed(Some(&grant("/video/a/*")), &[]));
}

#[tokio::test]
async fn a_custom_policy_for_a_part_of_an_asset_opens_no_more_of_it() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for narrow in ["/video/a/p.m3u8", "/video/a/p.*", "/video/a/*.m3u8"] {
        let event = by_url("/video/a/p.m3u8", "", Some(&resource(narrow)), Some(EXPIRES));
        assert_eq!(function.answer(event).await, signed(None, &[]), "{narrow}");
    }
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn a_request_that_the_viewers_policy_does_not_cover_is_forbidden() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let other = forbidden("policy-other-path", "the viewer's policy does not cover this path");
    for policy in
        [resource("/video/b/*"), resource("/video/a/other.m3u8"), "https://other.example/*".to_owned()]
    {
        for credential in ["cookies", "url"] {
            for style in ["", "usher-style=plain", "usher-style=inline"] {
                let event = with_policy(get("/video/a/p.m3u8", style), Some(&policy), Some(EXPIRES));
                let event = with_credential(event, Some(credential));
                assert_eq!(function.answer(event.clone()).await, other, "{policy} {credential} {style}");
                let answer = function.answer(with_method(event, "HEAD")).await;
                assert_eq!(answer, head(other.clone()));
            }
        }
    }
    let event = by_url("/video/a/p.m3u8", "", Some(&resource("/video/a/*")), Some(NOW));
    assert_eq!(function.answer(event).await, forbidden("policy-ended", "the viewer's policy has ended"));
}

#[tokio::test]
async fn the_copy_of_the_policy_counts_as_much_as_the_policy() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for (path, answer) in [("/video/a/*", signed(Some(&grant("/video/a/*")), &[]))] {
        let copy = policy_copy(&grant(path));
        let seen = by_url("/video/a/p.m3u8", "", Some(&resource(path)), Some(EXPIRES));
        assert_eq!(function.answer(seen).await, answer);
        assert_eq!(function.answer(blind("/video/a/p.m3u8", &copy)).await, answer);
    }
    let other = policy_copy(&grant("/video/b/*"));
    // The copy is not for this asset: the verifier denies it, so the function knows nothing of the viewer.
    assert_eq!(function.answer(blind("/video/a/p.m3u8", &other)).await, not_admitted(HOSTILE));
}

#[tokio::test]
async fn what_the_distribution_saw_goes_before_the_copy() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let everything = policy_copy(&grant("/video/*"));
    let event = by_url("/video/a/p.m3u8", "", Some(&resource("/video/a/*")), Some(EXPIRES));
    let event = with_header(event, "x-viewer-policy-copy", &everything);
    assert_eq!(function.answer(event).await, signed(Some(&grant("/video/a/*")), &[]));
}

#[tokio::test]
async fn a_copy_that_cloudfront_would_refuse_counts_as_none() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let good = policy_copy(&grant("/video/a/*"));
    let signature = good.split('&').find(|pair| pair.starts_with("usher-Signature=")).unwrap().to_owned();
    let policy = policy_copy(&grant("/video/*")).split('&').next().unwrap().to_owned();
    let expired = policy_copy(&grant_until("/video/a/*", NOW));
    for copy in [
        expired,
        good.replace("usher-Policy=", "usher-Policy=AA"),
        good.replace("SHA256", "SHA1"),
        good.replace("K2JCJMDEHXQW5F", "KOTHER"),
        good.replace(&signature, "usher-Signature="),
        format!("{good}&{signature}"),
        format!("{policy}&{}", good.split_once('&').unwrap().1),
        format!("{good}&usher-Expires={EXPIRES}"),
        "usher-Policy".to_owned(),
    ] {
        assert_eq!(function.answer(blind("/video/a/p.m3u8", &copy)).await, not_admitted(HOSTILE), "{copy}");
    }
    assert_eq!(function.signed(), 0);
}

#[tokio::test]
async fn a_copy_signed_by_the_key_of_before_is_admitted_while_that_key_is_trusted() {
    let bucket = bucket().await;
    let trusted = r#"[{"key_pair_id": "KBEFORE", "kms_key_id": "b"}]"#;
    let before = crate::function::grant_of(
        cloudfront_signing::KeyPairId::new("KBEFORE").unwrap(),
        &resource("/video/a/*"),
        cloudfront_signing::HashAlgorithm::Sha256,
    );
    let event = blind("/video/a/p.m3u8", &policy_copy(&before));
    let function = Function::with(bucket.client(), &[("TRUSTED_SIGNERS", trusted)]);
    assert_eq!(function.answer(event.clone()).await, signed(Some(&grant("/video/a/*")), &[]));
    assert_eq!(Function::new(bucket.client()).answer(event).await, not_admitted(HOSTILE));
}

#[tokio::test]
async fn without_the_public_key_a_copy_cannot_be_judged() {
    let bucket = bucket().await;
    let function = Function::without_key(bucket.client());
    let event = blind("/video/a/p.m3u8", &policy_copy(&grant("/video/a/*")));
    let (parts, _) = function.answer(event).await;
    assert_eq!(parts["statusCode"], 503);
}

/// Each request uses the parameters from the playlist before: no signature lives longer than the first.
#[tokio::test]
async fn nobody_goes_on_by_the_parameters_of_the_playlist_before() {
    let bucket = bucket().await;
    bucket.put("video/a/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmaster.m3u8\n");
    let function = Function::new(bucket.client());
    let mut query = policy_copy(&grant_until("/video/*", NOW + 3_599));
    for later in [0, 1_000, 2_000, 3_000] {
        function.set_time(NOW + later);
        let (_, body) = function.answer(blind("/video/a/master.m3u8", &query)).await;
        let reference = body.lines().last().unwrap();
        let ends = grant_until("/video/a/*", NOW + 3_400);
        assert_eq!(reference.split_once('?').unwrap().1, nested(&ends), "{later}");
        query = policy_copy(&ends);
    }
    function.set_time(NOW + 3_400);
    let answer = function.answer(blind("/video/a/master.m3u8", &query)).await;
    assert_eq!(answer, not_admitted("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmaster.m3u8\n"));
}

#[tokio::test]
async fn a_hundred_viewers_of_one_film_in_one_bucket_cost_one_signature() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    for viewer in 0..100 {
        // Each viewer has a policy that ends in another second.
        let expires = EXPIRES + viewer * 2;
        let event = by_url("/video/a/p.m3u8", "", Some(&resource("/video/a/*")), Some(expires));
        let event = with_header(event, "cloudfront-viewer-address", &format!("198.51.100.{viewer}:46532"));
        assert_eq!(function.answer(event).await, signed(Some(&grant("/video/a/*")), &[]), "{viewer}");
    }
    assert_eq!(function.signed(), 1);
}

#[tokio::test]
async fn a_live_playlist_is_signed_until_the_policy_ends_and_no_longer() {
    let bucket = Bucket::new().await;
    let playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:89485,\ns.ts\n";
    bucket.put("video/a/live.m3u8", playlist);
    let function = Function::new(bucket.client());
    let event = by_url("/video/a/live.m3u8", "", Some(&resource("/video/a/*")), Some(NOW + 60));
    let ends = grant_until("/video/a/*", NOW + 60);
    let expected = served(&playlist.replace("s.ts", &format!("s.ts?{}", ends.query())));
    assert_eq!(function.answer(event.clone()).await, expected);
    function.set_time(NOW + 60);
    assert_eq!(function.answer(event).await, forbidden("policy-ended", "the viewer's policy has ended"));
}
