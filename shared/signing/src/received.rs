//! A policy as a request brought it: read for its conditions, never written again.

use ipnet::Ipv4Net;
use serde::{Deserialize, Deserializer};

use crate::UnixTime;

/// The conditions of a policy that came with a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceivedPolicy {
    /// What it covers; without one, everything that the key signs for.
    pub resource: Option<String>,
    /// `DateLessThan`
    pub date_less_than: UnixTime,
    /// `DateGreaterThan`, exclusive.
    pub date_greater_than: Option<UnixTime>,
    /// `IpAddress`
    pub ip_address: Option<Ipv4Net>,
}

impl ReceivedPolicy {
    /// Reads a policy's JSON; the error says in words what is wrong with it.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let [statement] = document.statement;
        let condition = statement.condition;
        let time = |seconds| UnixTime::new(seconds).map_err(|error| error.to_string());
        // CloudFront wants a range; a bare address, which signers complete, is not one.
        let range = |address: IpAddress| {
            let text = address.source_ip;
            text.parse().map_err(|_| format!("{text:?} is not an IPv4 CIDR such as 192.0.2.0/24"))
        };
        Ok(Self {
            resource: statement.resource,
            date_less_than: time(condition.date_less_than.seconds)?,
            date_greater_than: condition.date_greater_than.map(|opens| time(opens.seconds)).transpose()?,
            ip_address: condition.ip_address.map(range).transpose()?,
        })
    }
}

/// A member that may be left out, but is not `null`: a limit that is nothing must not be taken for none.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "Statement")]
    statement: [Statement; 1],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Resource", default, deserialize_with = "present")]
    resource: Option<String>,
    #[serde(rename = "Condition")]
    condition: Condition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    #[serde(rename = "DateLessThan")]
    date_less_than: EpochTime,
    #[serde(rename = "DateGreaterThan", default, deserialize_with = "present")]
    date_greater_than: Option<EpochTime>,
    #[serde(rename = "IpAddress", default, deserialize_with = "present")]
    ip_address: Option<IpAddress>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EpochTime {
    #[serde(rename = "AWS:EpochTime")]
    seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IpAddress {
    #[serde(rename = "AWS:SourceIp")]
    source_ip: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_member_order_are_free() {
        let json = r#"{ "Statement": [{ "Condition": { "IpAddress": {"AWS:SourceIp":"192.0.2.0/24"},
            "DateLessThan": {"AWS:EpochTime": 20} }, "Resource": "http://h/*" }] }"#;
        assert_eq!(
            ReceivedPolicy::parse(json.as_bytes()),
            Ok(ReceivedPolicy {
                resource: Some("http://h/*".to_owned()),
                date_less_than: UnixTime::new(20).expect("seconds"),
                date_greater_than: None,
                ip_address: Some("192.0.2.0/24".parse().expect("a range")),
            })
        );
    }

    #[test]
    fn what_cloudfront_does_not_take_is_malformed() {
        let rows = [
            "",
            "{}",
            r#"{"Statement":[]}"#,
            r#"{"Statement":[{"Resource":null,"Condition":{"DateLessThan":{"AWS:EpochTime":20}}}]}"#,
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20},"IpAddress":null}}]}"#,
            r#"{"Statement":[{"Condition":{}}]}"#,
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":"20"}}}]}"#,
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":-1}}}]}"#,
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":1790000000000}}}]}"#,
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20}}},{"Condition":{"DateLessThan":{"AWS:EpochTime":20}}}]}"#,
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20},"DateLessThan":{"AWS:EpochTime":30}}}]}"#,
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20},"IpAddress":{"AWS:SourceIp":"::1/128"}}}]}"#,
            r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20},"IpAddress":{"AWS:SourceIp":"192.0.2.1"}}}]}"#,
        ];
        for json in rows {
            assert!(ReceivedPolicy::parse(json.as_bytes()).is_err(), "{json}");
        }
    }
}
