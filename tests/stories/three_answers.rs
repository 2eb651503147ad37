//! The three answers of the old articles: the bucket, the edge without a signature, the edge with one.

use reqwest::StatusCode;

use crate::house::{House, START, denial, xml};

const PLAYLIST: &str = "/video/clock-ts/master.m3u8";

#[tokio::test]
async fn the_bucket_refuses_whoever_comes_without_a_signature() {
    let house = House::open().await;
    for path in ["/usher-media/video/clock-ts/master.m3u8", "/usher-media/nothing", "/", "/another-bucket/x"]
    {
        let answer = house.get(&format!("{}{path}", house.bucket_url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(
            answer.text().await.unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code><Message>Access \
             Denied</Message><RequestId>USHER-LOCAL-BUCKET</RequestId></Error>"
        );
    }
}

#[tokio::test]
async fn the_edge_misses_the_key_of_an_unsigned_request() {
    let house = House::open().await;
    for path in [PLAYLIST, "/video/clock-ts/360p/key.bin", "/nothing", "/video/nothing.ts"] {
        let answer = house.get(path).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/xml");
        assert_eq!(
            denial(answer).await,
            (
                StatusCode::FORBIDDEN,
                Some(
                    "the request is not signed: neither its URL nor its cookies name a key pair id"
                        .to_owned()
                ),
                xml("MissingKey", "Missing Key-Pair-Id query parameter or cookie value"),
            )
        );
    }
}

#[tokio::test]
async fn with_the_cookies_it_serves_until_they_expire() {
    let house = House::open().await;
    let cookies = house.cookies().await;
    let ask = async || house.get(PLAYLIST).header("cookie", &cookies).send().await.unwrap();
    assert_eq!(ask().await.status(), StatusCode::OK);
    // An hour, rounded down to a bucket of five minutes.
    house.set_time(START + 3_399);
    assert_eq!(ask().await.status(), StatusCode::OK);
    house.set_time(START + 3_400);
    assert_eq!(
        denial(ask().await).await,
        (
            StatusCode::FORBIDDEN,
            Some(
                "it expired at 2026-09-21T15:10:00Z (1790003400), and now it is 2026-09-21T15:10:00Z (1790003400)"
                    .to_owned()
            ),
            xml("AccessDenied", "Access denied"),
        )
    );
}

#[tokio::test]
async fn a_signed_url_that_expired_is_refused_though_the_cookies_are_good() {
    let house = House::open().await;
    let cookies = house.cookies().await;
    let url = format!("{PLAYLIST}?Expires=1&Signature=AAAA&Key-Pair-Id=K0");
    let answer = house.get(&url).header("cookie", &cookies).send().await.unwrap();
    assert_eq!(denial(answer).await.2, xml("InvalidKey", "Unknown Key"));
}
