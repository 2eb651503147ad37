//! What to open, printed when the edge is up.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

use anstyle::Style;
use url::Url;
use usher_edge::{Options, Running};
use usher_runtime::ViewerProtocol;

/// Addresses and names, a line each.
pub(super) struct Card {
    protocol: ViewerProtocol,
    address: SocketAddr,
    /// The web site, under the edge's address.
    site: Option<Url>,
    media: String,
    viewers: Vec<String>,
    demo_is_off: bool,
}

impl Card {
    pub(super) fn new(running: &Running, options: &Options) -> Self {
        let plural = if running.films == 1 { "" } else { "s" };
        let media = options.media.canonicalize().unwrap_or_else(|_| options.media.clone());
        Self {
            protocol: running.protocol(),
            address: running.address,
            site: options.website.clone(),
            media: format!("{}, {} film{plural}", media.display(), running.films),
            viewers: running.vouchers.iter().map(|voucher| words(voucher)).collect(),
            demo_is_off: !options.has_demo(),
        }
    }

    /// The URL of the player page, for a browser on this machine.
    pub(super) fn player(&self) -> String {
        self.url(self.here(), "player")
    }

    fn url(&self, address: SocketAddr, page: &str) -> String {
        format!("{}://{address}/__usher/{page}", self.protocol)
    }

    fn here(&self) -> SocketAddr {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.address.port())
    }

    /// Where another device in the network finds the edge, if it listens for one.
    fn phone(&self) -> Option<SocketAddr> {
        let ip = self.address.ip();
        let ip = if ip.is_unspecified() { network_address(ip)? } else { ip };
        (!ip.to_canonical().is_loopback()).then(|| SocketAddr::new(ip, self.address.port()))
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site = self
            .site
            .as_ref()
            .map(|site| ("Your site", format!("{}://{}/ from {site}", self.protocol, self.here())));
        let mut rows = Vec::from_iter(site);
        rows.extend([
            ("Player", self.player()),
            ("Inspector", self.url(self.here(), "")),
            ("Media", self.media.clone()),
        ]);
        rows.extend(self.phone().map(|phone| ("Phone", self.url(phone, "player"))));
        let labels = std::iter::once("Viewers").chain(std::iter::repeat(""));
        rows.extend(labels.zip(self.viewers.iter().cloned()));
        if self.demo_is_off {
            let off = format!(
                "the demo sign-in is off, since others can reach {}: --demo switches it on",
                self.address
            );
            rows.push(("", off));
        }
        writeln!(f)?;
        for (label, value) in rows {
            writeln!(f, "  {BOLD}{label:<11}{BOLD:#}{value}")?;
        }
        Ok(())
    }
}

/// The demo's issuer is nobody's name for it.
fn words(voucher: &str) -> String {
    match voucher.strip_prefix("tokens of urn:usher:demo ") {
        Some(_) => "everybody, by the demo sign-in".to_owned(),
        None => voucher.to_owned(),
    }
}

/// The address of this machine in its network. Nothing is sent: the system only chooses the way to an address, here one
/// of those for documentation (RFC 5737, RFC 3849).
fn network_address(unspecified: IpAddr) -> Option<IpAddr> {
    let elsewhere: IpAddr = match unspecified {
        IpAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 1).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    };
    let socket = UdpSocket::bind((unspecified, 0)).ok()?;
    socket.connect((elsewhere, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

const BOLD: Style = Style::new().bold();

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn card(address: &str, site: Option<&str>, demo_is_off: bool) -> String {
        let viewers =
            ["tokens of https://login.example.com/ for films", "tokens of urn:usher:demo for usher"];
        let card = Card {
            protocol: ViewerProtocol::Http,
            address: address.parse().expect("an address"),
            site: site.map(|site| site.parse().expect("a URL")),
            media: "/films, 2 films".to_owned(),
            viewers: viewers.map(words).to_vec(),
            demo_is_off,
        };
        strip_str(&card.to_string()).to_string()
    }

    #[test]
    fn a_card_says_what_to_open_and_who_may_sign_in() {
        let expected = "
  Player     http://127.0.0.1:8080/__usher/player
  Inspector  http://127.0.0.1:8080/__usher/
  Media      /films, 2 films
  Viewers    tokens of https://login.example.com/ for films
             everybody, by the demo sign-in
";
        assert_eq!(card("127.0.0.1:8080", None, false), expected);
        let expected = "
  Your site  http://192.0.2.7:8080/ from http://127.0.0.1:8000/
  Player     http://192.0.2.7:8080/__usher/player
  Inspector  http://192.0.2.7:8080/__usher/
  Media      /films, 2 films
  Phone      http://192.0.2.7:8080/__usher/player
  Viewers    tokens of https://login.example.com/ for films
             everybody, by the demo sign-in
             the demo sign-in is off, since others can reach 192.0.2.7:8080: --demo switches it on
";
        assert_eq!(card("192.0.2.7:8080", Some("http://127.0.0.1:8000"), true), expected);
        // On every address, a browser on this machine takes loopback.
        let first = card("0.0.0.0:8080", None, false);
        assert_eq!(first.lines().nth(1), Some("  Player     http://127.0.0.1:8080/__usher/player"));
    }
}
