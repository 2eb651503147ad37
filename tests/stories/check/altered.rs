//! A proxy changes one thing in the messages between viewer and deployment: the check names it.

use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::{
    check,
    front::{Passing, before},
    named::{NO_COOKIE, NO_URL, NOT_LOOKED_UP, NOT_SERVED, lines, named},
    options,
};
use crate::house::House;

#[tokio::test]
async fn what_a_proxy_changes_in_cookies_is_named() {
    let house = House::open().await;
    for (what, change, expected) in changed_cookies() {
        let front = before(&house, move |passing| set_cookies(passing, change)).await;
        assert_eq!(named(&check(&options(&front.url)).await, &front.url), expected, "{what}");
    }
}

pub(super) type ChangeLine = fn(&str) -> String;

fn changed_cookies() -> [(&'static str, ChangeLine, Vec<String>); 7] {
    let bad = |what: &str| format!("Wrong cookies: {what}: Hash-Algorithm, Key-Pair-Id, Policy, Signature");
    let kept = |path: &str| {
        format!(
            "Wrong sign-out: CloudFront-Policy of {path} stays; CloudFront-Signature of {path} stays; \
             CloudFront-Key-Pair-Id of {path} stays; and 1 more"
        )
    };
    [
        (
            "another key is trusted",
            |line| {
                if line.starts_with("CloudFront-Key-Pair-Id=") {
                    KEY_ELSEWHERE.to_owned()
                } else {
                    line.to_owned()
                }
            },
            lines(&[
                &[
                    "Wrong playlist: 403 InvalidKey (the key pair id \"KOTHER\" is in no key group that is trusted here)",
                ],
                &NOT_SERVED,
                &NOT_LOOKED_UP,
            ]),
        ),
        (
            "another key signs",
            |line| line.replace("CloudFront-Signature=", "CloudFront-Signature=AAAA"),
            lines(&[
                &[
                    "Wrong playlist: 403 AccessDenied (the signature does not fit: the URL, the policy or the signature \
                   was changed, or another key signed it)",
                ],
                &NOT_SERVED,
                &NOT_LOOKED_UP,
            ]),
        ),
        ("not Secure", |line| line.replace("; Secure", ""), lines(&[&[&bad("without Secure")]])),
        ("not HttpOnly", |line| line.replace("; HttpOnly", ""), lines(&[&[&bad("without HttpOnly")]])),
        (
            "a domain",
            |line| format!("{line}; Domain=example.com"),
            lines(&[&[&bad("for a domain, not for the host alone"), &kept("/video/")]]),
        ),
        (
            "another path",
            |line| line.replace("Path=/video/", "Path=/films/"),
            lines(&[
                &["Wrong cookies: none goes to /video/clock-ts/master.m3u8"],
                &["Unknown policy: there is no policy for this playlist"],
                &["Wrong one film: no policy goes to /video/clock-ts/master.m3u8"],
                &NO_COOKIE,
                &[&kept("/films/")],
            ]),
        ),
        (
            "no signature",
            |line| line.replace("CloudFront-Signature=", "Other="),
            lines(&[
                &["Wrong cookies: there is no CloudFront-Signature"],
                &["Wrong playlist: 403 MalformedSignature (the Signature is missing or empty)"],
                &NOT_SERVED,
                &NOT_LOOKED_UP,
            ]),
        ),
    ]
}

/// Changes the cookies that are set.
pub(super) fn set_cookies(passing: Passing<'_>, change: ChangeLine) {
    let Passing::Answer { method: &Method::POST, headers, .. } = passing else { return };
    let lines: Vec<String> =
        headers.get_all(header::SET_COOKIE).iter().map(|line| change(line.to_str().unwrap())).collect();
    headers.remove(header::SET_COOKIE);
    for line in lines {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(&line).unwrap());
    }
}

#[tokio::test]
async fn what_a_proxy_changes_in_headers_is_named() {
    let is_auth = |path: &str| path.starts_with("/auth/");
    let every = |what: &str, end: &str| {
        let each =
            ["answer without a credential", "answer with cookies", "answer with the cookies of one film"];
        format!("Wrong auth caching: {}; and 2 more", each.map(|one| format!("{what}{one}{end}")).join("; "))
    };
    let rows: [Changed; 9] = [
        (is_auth, "cache-control", "max-age=60", every("Cache-Control of the ", " is max-age=60")),
        (is_auth, "x-cache", "Hit from cloudfront", every("the ", " came out of CloudFront's cache")),
        (is_auth, "www-authenticate", "", "Wrong challenge: there is no WWW-Authenticate".to_owned()),
        (
            |path| path.ends_with("/master.m3u8"),
            "cache-control",
            "max-age=60",
            "Wrong playlist caching: Cache-Control of /video/clock-ts/master.m3u8 is max-age=60".to_owned(),
        ),
        (
            |path| path.ends_with("/master.m3u8"),
            "content-type",
            "text/plain",
            "Wrong playlist: Content-Type is \"text/plain\"".to_owned(),
        ),
        (
            |path| path.ends_with("360p/segment000.ts"),
            "content-type",
            "text/plain",
            "Wrong content types: /video/clock-ts/360p/segment000.ts is \"text/plain\" and not video/mp2t"
                .to_owned(),
        ),
        (
            |path| path.ends_with(".ts"),
            "access-control-allow-origin",
            "*",
            "Wrong foreign origin: a segment allows every origin".to_owned(),
        ),
        (
            |path| path.ends_with(".ts"),
            "cache-control",
            "max-age=3600, s-maxage=31536000",
            "Right segment caching: CloudFront and browsers may keep segments".to_owned(),
        ),
        (
            |path| path == "/video/clock-ts/master.m3u8",
            "date",
            "Mon, 21 Sep 2026 14:14:21 GMT",
            "Wrong clock: this machine is 61 seconds behind".to_owned(),
        ),
    ];
    let house = House::open().await;
    for (of, name, value, expected) in rows {
        let front = before(&house, move |passing| {
            let Passing::Answer { path, headers, .. } = passing else { return };
            let name = HeaderName::from_static(name);
            match value {
                _ if !of(path) => None,
                "" => headers.remove(name),
                value => headers.insert(name, HeaderValue::from_static(value)),
            };
        });
        let front = front.await;
        assert_eq!(named(&check(&options(&front.url)).await, &front.url), [expected], "{name}: {value}");
    }
}

/// The paths, the header, its new value, and what the check names.
type Changed = (fn(&str) -> bool, &'static str, &'static str, String);

type Change = fn(Passing<'_>);

#[tokio::test]
async fn what_a_proxy_loses_is_named() {
    let rows: [(&str, Change, Vec<String>); 5] = [
        (
            "ranges",
            |passing| {
                if let Passing::Request(parts) = passing {
                    parts.headers.remove(header::RANGE);
                }
            },
            lines(&[&["Wrong range: 200, and the whole segment"]]),
        ),
        (
            "cookies",
            |passing| {
                if let Passing::Request(parts) = passing {
                    parts.headers.remove(header::COOKIE);
                }
            },
            lines(&[
                &[
                    "Wrong playlist: 403 MissingKey (the request is not signed: neither its URL nor its cookies name a \
                   key pair id)",
                ],
                &NOT_SERVED,
                &NOT_LOOKED_UP,
            ]),
        ),
        (
            "parameters of segments",
            |passing| {
                if let Passing::Request(parts) = passing
                    && parts.uri.path().ends_with(".ts")
                    && !parts.headers.contains_key(header::COOKIE)
                {
                    parts.uri = parts.uri.path().parse().unwrap();
                }
            },
            lines(&[&[
                "Wrong signed segment: 403 MissingKey (the request is not signed: neither its URL nor its \
                       cookies name a key pair id)",
            ]]),
        ),
        (
            "the end of a sign-out",
            |passing| {
                let Passing::Answer { method: &Method::DELETE, headers, .. } = passing else { return };
                let first = headers.get(header::SET_COOKIE).unwrap().clone();
                headers.insert(header::SET_COOKIE, first);
            },
            lines(&[&[
                "Wrong sign-out: CloudFront-Signature of /video/ stays; CloudFront-Key-Pair-Id of /video/ stays; \
                 CloudFront-Hash-Algorithm of /video/ stays",
            ]]),
        ),
        (
            "signed URLs",
            |passing| {
                let Passing::Answer { path: "/auth/urls", status, .. } = passing else { return };
                *status = StatusCode::BAD_GATEWAY;
            },
            lines(&[&["Wrong signed url: 502 application/json"], &NO_URL]),
        ),
    ];
    let house = House::open().await;
    for (what, change, expected) in rows {
        let front = before(&house, change).await;
        assert_eq!(named(&check(&options(&front.url)).await, &front.url), expected, "{what}");
    }
}

const KEY_ELSEWHERE: &str = "CloudFront-Key-Pair-Id=KOTHER; Path=/video/; Secure; HttpOnly; SameSite=Lax";
