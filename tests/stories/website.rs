//! A web site behind the edge: player and video on the site's own origin.

use std::collections::BTreeMap;

use axum::{Json, Router, body::Bytes, extract::Request, http::StatusCode, response::IntoResponse};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::house::{House, xml};

/// A site that answers with the request that it received.
async fn site() -> String {
    let say = async |request: Request| {
        let (parts, body) = request.into_parts();
        let headers: BTreeMap<String, String> = parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let body: Bytes = axum::body::to_bytes(body, 1_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let said = json!({
            "method": parts.method.as_str(), "target": parts.uri.to_string(), "headers": headers, "body": body,
        });
        ([("x-site", "yes"), ("keep-alive", "timeout=5"), ("set-cookie", "session=1")], Json(said))
            .into_response()
    };
    let sign_in =
        async || (StatusCode::FOUND, [("location", "/elsewhere"), ("set-cookie", "a=b")], "").into_response();
    let app = Router::new().route("/sign-in", axum::routing::any(sign_in)).fallback(say);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

async fn house_before(site: &str) -> House {
    House::with_options(|options| options.website = Some(site.parse().unwrap())).await
}

#[tokio::test]
async fn the_site_gets_what_is_nobody_elses() {
    let site = site().await;
    let house = house_before(&site).await;
    let request =
        house.request("POST", "/a%20b/c?d=e&f").header("cookie", "CloudFront-Signature=s; session=1");
    let request =
        request.header("authorization", "Basic eDp5").header("connection", "x-hop").header("x-hop", "1");
    let answer = request.header("x-forwarded-proto", "https").body("body").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-site"], "yes");
    assert_eq!(answer.headers()["set-cookie"], "session=1");
    assert_eq!(answer.headers().get("keep-alive"), None);
    let said: Value = answer.json().await.unwrap();
    assert_eq!(
        said,
        json!({
            "method": "POST",
            "target": "/a%20b/c?d=e&f",
            "body": "body",
            "headers": {
                "accept": "*/*",
                "authorization": "Basic eDp5",
                "content-length": "4",
                "cookie": "session=1",
                // Not the site's own host: it must write its links for the host that the viewer requested.
                "host": house.url.trim_start_matches("http://"),
                "via": "1.1 local.cloudfront.net (CloudFront)",
                "x-forwarded-for": "127.0.0.1",
            },
        })
    );
}

#[tokio::test]
async fn the_first_page_is_the_sites_and_the_edges_own_stay_beside() {
    let house = house_before(&site().await).await;
    let from_site = async |path: &str| {
        let answer = house.get(path).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("x-site"))
    };
    assert_eq!(from_site("/").await, (200, true));
    assert_eq!(from_site("/videos").await, (200, true));
    assert_eq!(from_site("/__usher/player").await, (200, false));
    assert_eq!(from_site("/__usher/").await, (200, false));
    assert_eq!(from_site("/__usher/nothing").await, (404, false));
    assert_eq!(from_site("/auth/nothing").await, (404, false));
    let without = House::open().await;
    let pages =
        [without.get("/").send().await.unwrap(), without.get("/__usher/player").send().await.unwrap()];
    let [root, player] = pages.map(async |page| page.text().await.unwrap());
    assert_eq!(root.await, player.await);
}

#[tokio::test]
async fn video_is_private_on_the_sites_origin() {
    let house = house_before(&site().await).await;
    let path = "/video/clock-ts/master.m3u8";
    let answer = house.get(path).send().await.unwrap();
    assert_eq!(
        (answer.status(), answer.text().await.unwrap()),
        (StatusCode::FORBIDDEN, xml("MissingKey", "Missing Key-Pair-Id query parameter or cookie value"))
    );
    let cookies = house.cookies().await;
    assert_eq!(house.get(path).header("cookie", cookies).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_redirect_is_the_viewers_to_follow() {
    let house = house_before(&site().await).await;
    let answer = house.request("POST", "/sign-in").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(
        (&answer.headers()["location"], &answer.headers()["set-cookie"]),
        (&"/elsewhere".parse().unwrap(), &"a=b".parse().unwrap())
    );
}

#[tokio::test]
async fn bodies_flow_in_both_directions() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It sends the first half of a body before it has the second.
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"first") {
            seen.push(socket.read_u8().await.unwrap());
        }
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfirst").await.unwrap();
        let mut rest = [0; 6];
        socket.read_exact(&mut rest).await.unwrap();
        socket.write_all(&rest).await.unwrap();
    });
    let house = house_before(&url).await;
    let address = house.url.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /upload HTTP/1.1\r\nHost: {address}\r\nContent-Length: 11\r\n\r\nfirst");
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\nfirst") {
        seen.push(socket.read_u8().await.unwrap());
    }
    socket.write_all(b"second").await.unwrap();
    let mut rest = [0; 6];
    socket.read_exact(&mut rest).await.unwrap();
    assert_eq!(&rest, b"second");
}

#[tokio::test]
async fn a_site_that_does_not_answer_is_a_bad_gateway() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let answer = house_before(&format!("http://{closed}")).await.get("/").send().await.unwrap();
    assert_eq!(
        (answer.status(), answer.text().await.unwrap().as_str()),
        (StatusCode::BAD_GATEWAY, "the web site does not answer")
    );
}
