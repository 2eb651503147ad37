//! The host that a viewer requests, which policies name.

use std::net::Ipv6Addr;

/// Whether a `Host` is a host name or address, with or without a port: a `/`, `?` or `*` in it would move the
/// border between host and path in signed and verified URLs.
#[must_use]
pub fn is_viewer_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let Some((address, port)) = rest.split_once(']') else { return false };
            if address.parse::<Ipv6Addr>().is_err() {
                return false;
            }
            ("address", port)
        }
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_name = (1..=253).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    is_name && is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for host in ["localhost", "127.0.0.1:8080", "[::1]:8080", "[::1]", "d111111abcdef8.cloudfront.net"] {
            assert!(is_viewer_host(host), "{host}");
        }
    }
}
