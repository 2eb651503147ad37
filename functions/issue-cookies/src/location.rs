//! Where the viewer is, as CloudFront says: the country, and the network by its number.
//!
//! CloudFront finds both by the viewer's address. Only the origin secret proves that CloudFront wrote the headers.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html>

use http::{HeaderMap, HeaderName};

/// A country and a network. What CloudFront does not say is unknown, and meets no condition.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Location {
    country: Option<String>,
    asn: Option<u32>,
}

impl Location {
    /// The headers of a request. One that appears twice, or that CloudFront would not write, says nothing.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let single = |name: HeaderName| {
            let mut values = headers.get_all(name).iter();
            values.next().filter(|_| values.next().is_none())?.to_str().ok()
        };
        Self::new(single(COUNTRY), single(ASN))
    }

    /// A country by its code of two letters, such as `DE`, and the number of an autonomous system.
    #[must_use]
    pub fn new(country: Option<&str>, asn: Option<&str>) -> Self {
        let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        Self {
            country: country.filter(|code| is_country(code)).map(str::to_owned),
            asn: asn.filter(is_number).and_then(|number| number.parse().ok()),
        }
    }

    /// The country, if it is known.
    #[must_use]
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// The number of the autonomous system, if it is known.
    #[must_use]
    pub fn asn(&self) -> Option<u32> {
        self.asn
    }
}

/// Whether a text is a code of ISO 3166-1 alpha-2, as CloudFront writes it.
pub(crate) fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

const ASN: HeaderName = HeaderName::from_static("cloudfront-viewer-asn");
const COUNTRY: HeaderName = HeaderName::from_static("cloudfront-viewer-country");

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_cloudfront_would_not_write_says_nothing() {
        let rows = [
            (vec![], None, None),
            (vec![(COUNTRY, "DE"), (ASN, "3320")], Some("DE"), Some(3_320)),
            (vec![(COUNTRY, "DE")], Some("DE"), None),
            (vec![(COUNTRY, "DE"), (COUNTRY, "AT"), (ASN, "1"), (ASN, "1")], None, None),
            (vec![(COUNTRY, "DE,AT"), (ASN, "1,2")], None, None),
            (vec![(COUNTRY, "de"), (ASN, "AS3320")], None, None),
            (vec![(COUNTRY, "DEU"), (ASN, "-1")], None, None),
            (vec![(COUNTRY, ""), (ASN, "")], None, None),
            (vec![(COUNTRY, " D"), (ASN, "+1")], None, None),
            (vec![(COUNTRY, "D1"), (ASN, "1.0")], None, None),
            (vec![(COUNTRY, "*"), (ASN, "4294967296")], None, None),
            (vec![(ASN, "4294967295")], None, Some(u32::MAX)),
        ];
        for (sent, country, asn) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in &sent {
                headers.append(name, HeaderValue::from_static(value));
            }
            let location = Location::of(&headers);
            assert_eq!((location.country(), location.asn()), (country, asn), "{sent:?}");
        }
    }
}
