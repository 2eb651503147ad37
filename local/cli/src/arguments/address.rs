//! Where `usher serve` listens: a port of this machine alone, or an address with a port.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// `8080`, `localhost:8080`, `127.0.0.1:8080`, `0.0.0.0:8080` or `[::1]:8080`.
pub(super) fn parse_address(text: &str) -> Result<SocketAddr, &'static str> {
    let (host, port) = text.rsplit_once(':').unwrap_or(("localhost", text));
    if host.eq_ignore_ascii_case("localhost") && port.bytes().all(|byte| byte.is_ascii_digit()) {
        let port = port.parse().map_err(|_| "a port is a number from 0 to 65535")?;
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse().map_err(
        |_| "it is neither a port such as 8080, nor an address such as localhost:8080 or 0.0.0.0:8080",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_port_or_has_one() {
        let rows = [
            ("8080", Some("127.0.0.1:8080")),
            ("0", Some("127.0.0.1:0")),
            ("localhost:8080", Some("127.0.0.1:8080")),
            ("LocalHost:1", Some("127.0.0.1:1")),
            ("127.0.0.1:8080", Some("127.0.0.1:8080")),
            ("0.0.0.0:8080", Some("0.0.0.0:8080")),
            ("[::1]:8080", Some("[::1]:8080")),
            ("", None),
            ("65536", None),
            ("-1", None),
            (":8080", None),
            ("localhost", None),
            ("localhost:", None),
            ("127.0.0.1", None),
            ("::1", None),
            ("http://localhost:8080", None),
            ("laptop.local:8080", None),
        ];
        for (text, expected) in rows {
            let expected = expected.map(|address| address.parse().expect("an address"));
            assert_eq!(parse_address(text).ok(), expected, "{text}");
        }
    }
}
