//! Which pages may call: against cross-site request forgery.
//!
//! A browser adds `Origin` to every POST and DELETE, and no page can change it. A form on a page with
//! `Referrer-Policy: no-referrer` posts `Origin: null`, and so does a sandboxed frame. Anybody can make such a page, so
//! this rule refuses it. It does not apply to preflights: the CORS headers of their answer say what is allowed.
//!
//! <https://fetch.spec.whatwg.org/#origin-header>

use http::{HeaderMap, HeaderName, header};
use usher_runtime::ViewerOrigin;

use crate::Cors;

/// Who added the credential to a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Authority {
    /// The browser, which adds cookies to the requests of every page.
    Ambient,
    /// The caller, by a bearer token; or the request needs no credential.
    Explicit,
}

/// Why a request is refused, whatever its credential.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum OriginRefusal {
    /// A page of another origin.
    #[error("pages of this origin may not call here: it is neither this host's own nor an allowed one")]
    Foreign,
    /// A cookie, and no header that names the page.
    #[error("with a cookie as credential, a browser must say which page asks: there is no Origin header")]
    Unknown,
}

/// Judges a request to `own` by its `Origin` and `Sec-Fetch-Site`.
pub(crate) fn check(
    headers: &HeaderMap,
    own: &ViewerOrigin,
    cors: &Cors,
    authority: Authority,
) -> Result<(), OriginRefusal> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) if own.is_named_by(origin) || cors.allows(origin) => Ok(()),
        (Some(_), _) => Err(OriginRefusal::Foreign),
        (None, _) if authority == Authority::Explicit || is_same_origin(headers) => Ok(()),
        (None, _) => Err(OriginRefusal::Unknown),
    }
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(SEC_FETCH_SITE).iter();
    values.next().is_some_and(|value| value == "same-origin") && values.next().is_none()
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use usher_runtime::{Settings, Viewer, ViewerHost, ViewerProtocol};

    use super::*;
    use crate::cors::read_origins;

    const HOST: &str = "cdn.example.com";
    const OWN: &str = "https://cdn.example.com";
    const ALLOWED: &str = "https://app.example.com";

    fn judge_at(
        protocol: ViewerProtocol,
        host: &str,
        headers: &[(&str, &str)],
        authority: Authority,
    ) -> Result<(), OriginRefusal> {
        let look_up = |name: &str| (name == "ALLOWED_ORIGINS").then(|| ALLOWED.to_owned());
        let cors = Cors::new(read_origins(&mut Settings::new(&look_up))).expect("origins");
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            map.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        let viewer = HeaderMap::from_iter([(Viewer::HOST, HeaderValue::from_str(host).expect("a value"))]);
        let viewer = Viewer::from_headers(&viewer, &ViewerHost::Header).expect("a host");
        check(&map, &ViewerOrigin::of(&viewer, protocol), &cors, authority)
    }

    #[test]
    fn a_page_of_this_host_or_of_an_allowed_origin_may_call_and_no_other() {
        let admitted = Ok(());
        let foreign = Err(OriginRefusal::Foreign);
        let rows = [
            (vec![OWN], admitted),
            (vec!["https://CDN.example.com"], admitted),
            (vec![ALLOWED], admitted),
            (vec!["https://APP.example.com"], foreign),
            (vec!["https://app.example.com/"], foreign),
            (vec!["https://app.example.com:8443"], foreign),
            (vec!["https://app.example.com.evil.test"], foreign),
            (vec!["https://evil.test/https://app.example.com"], foreign),
            (vec!["https://example.com"], foreign),
            (vec!["http://app.example.com"], foreign),
            (vec!["http://cdn.example.com"], foreign),
            (vec!["https://cdn.example.com:443"], foreign),
            (vec!["https://cdn.example.com.evil.test"], foreign),
            (vec!["cdn.example.com"], foreign),
            (vec!["null"], foreign),
            (vec!["*"], foreign),
            (vec![""], foreign),
            (vec!["https://cdn.example.com, https://evil.test"], foreign),
            (vec!["https://cdn.example.com,https://cdn.example.com"], foreign),
            (vec![OWN, "https://evil.test"], foreign),
            (vec!["https://evil.test", OWN], foreign),
            (vec![OWN, OWN], foreign),
        ];
        for (origins, verdict) in rows {
            // The credential makes no difference, nor does what else the browser says.
            for authority in [Authority::Ambient, Authority::Explicit] {
                let mut headers: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).collect();
                assert_eq!(
                    judge_at(ViewerProtocol::Https, HOST, &headers, authority),
                    verdict,
                    "{origins:?}"
                );
                headers.push(("sec-fetch-site", "same-origin"));
                assert_eq!(
                    judge_at(ViewerProtocol::Https, HOST, &headers, authority),
                    verdict,
                    "{origins:?}"
                );
            }
        }
    }

    #[test]
    fn without_an_origin_a_cookie_counts_only_on_the_browsers_word() {
        use Authority::{Ambient, Explicit};
        let unknown = Err(OriginRefusal::Unknown);
        let rows = [
            (vec![], Explicit, Ok(())),
            (vec!["cross-site"], Explicit, Ok(())),
            (vec![], Ambient, unknown),
            (vec!["same-origin"], Ambient, Ok(())),
            (vec!["same-site"], Ambient, unknown),
            (vec!["cross-site"], Ambient, unknown),
            (vec!["none"], Ambient, unknown),
            (vec!["Same-Origin"], Ambient, unknown),
            (vec![""], Ambient, unknown),
            (vec!["same-origin, cross-site"], Ambient, unknown),
            (vec!["same-origin", "cross-site"], Ambient, unknown),
            (vec!["cross-site", "same-origin"], Ambient, unknown),
        ];
        for (sites, authority, verdict) in rows {
            let headers: Vec<_> = sites.iter().map(|site| ("sec-fetch-site", *site)).collect();
            assert_eq!(judge_at(ViewerProtocol::Https, HOST, &headers, authority), verdict, "{sites:?}");
        }
    }

    #[test]
    fn the_own_origin_has_the_viewers_protocol_and_port() {
        use ViewerProtocol::{Http, Https};
        let foreign = Err(OriginRefusal::Foreign);
        let rows = [
            (Http, "127.0.0.1:8080", "http://127.0.0.1:8080", Ok(())),
            (Http, "[::1]:8080", "http://[::1]:8080", Ok(())),
            (Http, "LOCALHOST:8080", "http://localhost:8080", Ok(())),
            (Http, "localhost:8080", "http://127.0.0.1:8080", foreign),
            (Http, "localhost:8080", "http://localhost:3000", foreign),
            (Http, "localhost:8080", "http://localhost", foreign),
            (Http, "localhost:8080", "https://localhost:8080", foreign),
            (Https, "cdn.example.com:8443", "https://cdn.example.com:8443", Ok(())),
            (Https, "cdn.example.com:8443", "https://cdn.example.com", foreign),
        ];
        for (protocol, host, origin, verdict) in rows {
            let headers = [("origin", origin)];
            assert_eq!(judge_at(protocol, host, &headers, Authority::Ambient), verdict, "{host} {origin}");
        }
    }
}
