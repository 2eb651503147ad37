//! The values of `Host` that the edge accepts.
//!
//! A page on the Internet can point its own name to 127.0.0.1 and then read, within its own origin, what a
//! laptop serves (DNS rebinding). For that it needs a name, and `Host` contains that name.

use std::net::{IpAddr, SocketAddr};

use hls_rewrite::is_viewer_host;
use http::{HeaderMap, StatusCode, header};
use url::Host;
use usher_runtime::is_loopback;

/// Loopback, the address on which the edge listens, and the names in its options.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    listen: IpAddr,
    named: Vec<Host>,
}

/// Why the edge does not answer a request.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct WrongHost {
    pub(super) status: StatusCode,
    /// One sentence that says what to do.
    pub(super) sentence: String,
}

impl Hosts {
    pub(super) fn new(listen: SocketAddr, named: Vec<Host>) -> Self {
        Self { listen: listen.ip().to_canonical(), named }
    }

    /// The same names at another address.
    pub(super) fn at(&self, listen: SocketAddr) -> Self {
        Self::new(listen, self.named.clone())
    }

    /// The `Host` of a request, with its port. There must be exactly one.
    pub(super) fn of(&self, headers: &HeaderMap) -> Result<String, WrongHost> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            // The host becomes part of the URL that signatures cover: `Host: h/video/a` must not turn `/b` into
            // `/video/a/b`.
            (Some(host), None) => host.to_str().ok().filter(|host| is_viewer_host(host)),
            _ => None,
        };
        let Some(host) = host else {
            return Err(WrongHost { status: StatusCode::BAD_REQUEST, sentence: NO_HOST.to_owned() });
        };
        let name = without_port(host);
        if Host::parse(name).is_ok_and(|host| self.is_known(&host)) {
            return Ok(host.to_owned());
        }
        let sentence = format!(
            "usher serve does not answer requests for the host {name}: a page on the Internet could use a name of its \
             own to read what is here. If this is your name for this machine, start it with --host {name}"
        );
        Err(WrongHost { status: StatusCode::MISDIRECTED_REQUEST, sentence })
    }

    fn is_known(&self, host: &Host) -> bool {
        let (borrowed, address): (Host<&str>, Option<IpAddr>) = match host {
            Host::Domain(name) => (Host::Domain(name), None),
            Host::Ipv4(address) => (Host::Ipv4(*address), Some(IpAddr::V4(*address))),
            Host::Ipv6(address) => (Host::Ipv6(*address), Some(IpAddr::V6(*address))),
        };
        // Nobody can make a name out of an address, so DNS rebinding does not apply.
        let is_listened_on = address
            .is_some_and(|address| self.listen.is_unspecified() || address.to_canonical() == self.listen);
        is_loopback(&borrowed) || is_listened_on || self.named.contains(host)
    }
}

/// The name or the address of a `Host`.
pub(super) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    }
}

const NO_HOST: &str = "the request must have one Host: a name or an address, with or without a port";

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// The hosts among `asked` that the edge answers.
    fn answered(listen: &str, named: &[&str], asked: &[&'static str]) -> Vec<&'static str> {
        let named = named.iter().map(|name| Host::parse(name).expect("a host")).collect();
        let hosts = Hosts::new(format!("{listen}:8080").parse().expect("an address"), named);
        let is_answered = |host: &&'static str| {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            hosts.of(&headers) == Ok((*host).to_owned())
        };
        asked.iter().copied().filter(is_answered).collect()
    }

    const LOOPBACK: [&str; 8] = [
        "localhost",
        "localhost:8080",
        "LOCALHOST",
        "video.localhost:8080",
        "127.0.0.1",
        "127.0.0.1:9",
        "127.1.2.3:8080",
        "[::1]:8080",
    ];
    const ADDRESSES: [&str; 3] = ["192.0.2.7:8080", "192.0.2.8", "[2001:db8::1]"];
    const NAMES: [&str; 7] = [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "notlocalhost",
        "127.0.0.1.evil.example",
        "laptop.local:8080",
        "256.0.0.1",
    ];

    #[test]
    fn loopback_is_answered_and_no_other_name() {
        let asked = [&LOOPBACK[..], &ADDRESSES, &NAMES].concat();
        assert_eq!(answered("127.0.0.1", &[], &asked), LOOPBACK);
        assert_eq!(answered("[::1]", &[], &asked), LOOPBACK);
    }

    #[test]
    fn the_address_that_is_listened_on_is_answered() {
        let asked = [&LOOPBACK[..], &ADDRESSES, &NAMES].concat();
        assert_eq!(answered("192.0.2.7", &[], &asked), [&LOOPBACK[..], &["192.0.2.7:8080"]].concat());
    }

    #[test]
    fn on_every_address_each_address_is_answered_and_no_name() {
        let asked = [&LOOPBACK[..], &ADDRESSES, &NAMES].concat();
        for listen in ["0.0.0.0", "[::]"] {
            assert_eq!(answered(listen, &[], &asked), [&LOOPBACK[..], &ADDRESSES].concat(), "{listen}");
        }
    }

    #[test]
    fn a_name_that_was_given_is_answered() {
        let asked = [&LOOPBACK[..], &ADDRESSES, &NAMES].concat();
        let expected = [&LOOPBACK[..], &["laptop.local:8080"]].concat();
        assert_eq!(answered("127.0.0.1", &["Laptop.local"], &asked), expected);
    }

    #[test]
    fn the_refusal_says_what_to_do() {
        let hosts = Hosts::new("127.0.0.1:8080".parse().expect("an address"), Vec::new());
        let refused = |host: &[&'static str]| {
            let lines = host.iter().map(|host| (header::HOST, HeaderValue::from_static(host)));
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(name, value);
            }
            let WrongHost { status, sentence } = hosts.of(&headers).expect_err("a refusal");
            (status.as_u16(), sentence)
        };
        for hosts in [&[][..], &["localhost", "localhost"], &["localhost/video"], &["*"], &[""]] {
            assert_eq!(refused(hosts), (400, NO_HOST.to_owned()), "{hosts:?}");
        }
        let sentence = "usher serve does not answer requests for the host evil.example: a page on the Internet could \
                        use a name of its own to read what is here. If this is your name for this machine, start it \
                        with --host evil.example";
        assert_eq!(refused(&["evil.example:8080"]), (421, sentence.to_owned()));
    }
}
