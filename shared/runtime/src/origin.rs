//! Origins of pages, as browsers write them.
//!
//! <https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin>

use std::{fmt, str::FromStr};

use url::{Host, Url};

use hls_rewrite::is_viewer_host;

use crate::ViewerProtocol;

/// The origin of a page that may call from elsewhere, exactly as a browser writes it into `Origin`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    serialized: String,
    protocol: Option<ViewerProtocol>,
    host: String,
}

/// Why a text is no origin that can be allowed: a predicate, without what it is said of.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// No scheme and host of a page.
    #[error("is not an origin such as https://app.example.com (neither a * nor null can stand for one)")]
    Form,
    /// A page that anybody on its way could have changed.
    #[error("is http, which is allowed for localhost and loopback addresses only: write https")]
    Plaintext,
    /// What a browser would send is another text; nothing but the same text matches.
    #[error("must be written as a browser sends it: {0}")]
    Spelling(String),
}

impl Origin {
    /// The text that stands in `Origin`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.serialized
    }

    /// How the page came, if it came over the network. An app brings its pages along, and shows them in a web view under a
    /// scheme of its choice, such as `capacitor`.
    #[must_use]
    pub fn protocol(&self) -> Option<ViewerProtocol> {
        self.protocol
    }

    /// The host of the page, without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError::Form)?;
        let protocol: Option<ViewerProtocol> = url.scheme().parse().ok();
        let host = url.host().ok_or(OriginError::Form)?;
        let serialized = match protocol {
            Some(_) => url.origin().ascii_serialization(),
            None if url.is_special() => return Err(OriginError::Form),
            None => of_app(&url, &host),
        };
        // Else a * would pass: URLs may have it in their host.
        if !serialized.split_once("://").is_some_and(|(_, authority)| is_viewer_host(authority)) {
            return Err(OriginError::Form);
        }
        if protocol == Some(ViewerProtocol::Http) && !is_loopback(&host) {
            return Err(OriginError::Plaintext);
        }
        if serialized != text {
            return Err(OriginError::Spelling(serialized));
        }
        Ok(Self { serialized, protocol, host: host.to_string() })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.serialized)
    }
}

/// The origin of a page in a web view: to the standard, no URL with such a scheme has an origin, but web views send it.
fn of_app(url: &Url, host: &Host<&str>) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), host.to_string().to_ascii_lowercase())
}

/// The hosts that browsers trust without TLS.
///
/// <https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy>
#[must_use]
pub fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_as_a_browser_writes_it() {
        use ViewerProtocol::{Http, Https};
        let rows = [
            ("https://app.example.com", Https, "app.example.com"),
            ("https://app.example.com:8443", Https, "app.example.com"),
            ("https://xn--bcher-kva.example", Https, "xn--bcher-kva.example"),
            ("https://192.0.2.7", Https, "192.0.2.7"),
            ("https://[2001:db8::1]:8443", Https, "[2001:db8::1]"),
            ("https://localhost", Https, "localhost"),
            ("http://localhost:3000", Http, "localhost"),
            ("http://site.localhost", Http, "site.localhost"),
            ("http://127.0.0.1:8080", Http, "127.0.0.1"),
            ("http://[::1]:8080", Http, "[::1]"),
        ];
        for (text, protocol, host) in rows {
            let origin =
                Origin { serialized: text.to_owned(), protocol: Some(protocol), host: host.to_owned() };
            assert_eq!(text.parse(), Ok(origin));
        }
    }

    #[test]
    fn an_origin_of_an_app_is_taken_as_its_web_view_writes_it() {
        let rows = [
            ("capacitor://localhost", "localhost"),
            ("ionic://localhost", "localhost"),
            ("tauri://localhost", "localhost"),
            ("app://localhost:3000", "localhost"),
            ("capacitor://app.example.com", "app.example.com"),
            ("com.example.app://bundle", "bundle"),
        ];
        for (text, host) in rows {
            let origin = Origin { serialized: text.to_owned(), protocol: None, host: host.to_owned() };
            assert_eq!(text.parse(), Ok(origin));
        }
    }

    #[test]
    fn what_no_browser_would_send_is_refused() {
        use OriginError::{Form, Plaintext};
        let spelling = |text: &str| OriginError::Spelling(text.to_owned());
        let rows = [
            ("", Form),
            ("*", Form),
            ("null", Form),
            ("app.example.com", Form),
            ("app.example.com:443", Form),
            ("//app.example.com", Form),
            ("https://", Form),
            ("https://*.example.com", Form),
            ("https://app.example.*", Form),
            ("https://app.example.com:*", Form),
            ("https://app.example.com:99999", Form),
            ("https://a$.example.com", Form),
            ("https://*@", Form),
            ("ftp://app.example.com", Form),
            ("wss://app.example.com", Form),
            ("file:///index.html", Form),
            ("capacitor://*", Form),
            ("capacitor:localhost", Form),
            ("capacitor://", Form),
            ("capacitor:///index.html", Form),
            ("ws://localhost", Form),
            ("data:text/html,x", Form),
            ("blob:https://app.example.com/1", Form),
            ("http://app.example.com", Plaintext),
            ("http://localhost.example.com", Plaintext),
            ("http://notlocalhost", Plaintext),
            ("http://192.0.2.7", Plaintext),
            ("http://*.localhost", Form),
            ("https://app.example.com/", spelling("https://app.example.com")),
            ("https://app.example.com/player?a#b", spelling("https://app.example.com")),
            ("https://app.example.com:443", spelling("https://app.example.com")),
            ("https://App.Example.com", spelling("https://app.example.com")),
            ("HTTPS://app.example.com", spelling("https://app.example.com")),
            ("https:app.example.com", spelling("https://app.example.com")),
            ("https:\\\\app.example.com", spelling("https://app.example.com")),
            (" https://app.example.com", spelling("https://app.example.com")),
            ("https://app.example\t.com", spelling("https://app.example.com")),
            ("https://anna:secret@app.example.com", spelling("https://app.example.com")),
            ("https://b\u{fc}cher.example", spelling("https://xn--bcher-kva.example")),
            ("http://localhost:80", spelling("http://localhost")),
            ("http://127.1:8080", spelling("http://127.0.0.1:8080")),
            ("http://[0:0:0:0:0:0:0:1]", spelling("http://[::1]")),
            ("capacitor://localhost/", spelling("capacitor://localhost")),
            ("capacitor://anna:secret@localhost", spelling("capacitor://localhost")),
            ("Capacitor://LocalHost", spelling("capacitor://localhost")),
        ];
        for (text, error) in rows {
            assert_eq!(text.parse::<Origin>(), Err(error), "{text:?}");
        }
    }
}
