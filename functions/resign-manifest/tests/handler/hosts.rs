//! Playlists that refer to other hosts: the function signs only for configured hosts, with their own keys.

use cloudfront_signing::{HashAlgorithm, KeyPairId};

use crate::{
    bucket::Bucket,
    function::{Function, HOST, get, grant, grant_of, served, with_credential},
};

const HOSTS: &str = r#"[
    {"origin": "https://a.example", "key_pair_id": "KA", "kms_key_id": "a"},
    {"origin": "http://b.example:8080", "key_pair_id": "KB", "kms_key_id": "b", "resource_path": "/films/*",
     "scope_depth": 0}
]"#;

const PLAYLIST: &str = "#EXTM3U\n\
    #EXTINF:4,\nown.ts\n\
    #EXTINF:4,\nhttps://a.example/video/m/a.ts\n\
    #EXTINF:4,\nhttps://a.example:443/video/m/also-a.ts\n\
    #EXTINF:4,\nhttp://b.example:8080/films/m/b.ts\n\
    #EXTINF:4,\nhttp://b.example:8080/video/m/outside.ts\n\
    #EXTINF:4,\nhttp://b.example/films/m/other-port.ts\n\
    #EXTINF:4,\nhttp://a.example/video/m/other-protocol.ts\n\
    #EXTINF:4,\nhttps://a.example.evil.test/video/m/other-host.ts\n\
    #EXT-X-ENDLIST\n";

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    bucket.put("video/m/p.m3u8", PLAYLIST);
    bucket
}

fn id(id: &str) -> KeyPairId {
    KeyPairId::new(id).unwrap()
}

#[tokio::test]
async fn each_host_that_is_configured_is_signed_with_its_own_key_and_no_other_is() {
    let bucket = bucket().await;
    let function = Function::with(bucket.client(), &[("SIGNED_HOSTS", HOSTS)]);
    let a = grant_of(id("KA"), "https://a.example/video/m/*", HashAlgorithm::Sha256);
    let b = grant_of(id("KB"), "http://b.example:8080/films/*", HashAlgorithm::Sha256);
    let signed = [("/own.ts", grant("/video/m/*")), ("/a.ts", a.clone()), ("/also-a.ts", a), ("/b.ts", b)]
        .iter()
        .fold(PLAYLIST.replace("own.ts", "./own.ts"), |text, (name, grant)| {
            text.replace(&format!("{name}\n"), &format!("{name}?{}\n", grant.query()))
        })
        .replace("./own.ts", "own.ts");
    let event = with_credential(get("/video/m/p.m3u8", ""), Some("url"));
    assert_eq!(function.answer(event.clone()).await, served(&signed));
    assert_eq!(function.signed(), 3);
    function.answer(event).await;
    assert_eq!(function.signed(), 3);
}

#[tokio::test]
async fn the_viewers_own_host_is_signed_with_its_own_key_even_if_it_is_configured_as_another() {
    let bucket = bucket().await;
    let own = format!(r#"[{{"origin": "https://{HOST}", "key_pair_id": "KA", "kms_key_id": "a"}}]"#);
    let function = Function::with(bucket.client(), &[("SIGNED_HOSTS", &own)]);
    let signed = PLAYLIST.replace("own.ts", &format!("own.ts?{}", grant("/video/m/*").query()));
    let event = with_credential(get("/video/m/p.m3u8", ""), Some("url"));
    assert_eq!(function.answer(event).await, served(&signed));
}
