//! A policy as a request brought it: read for its conditions, never written again.

use ipnet::Ipv4Net;
use serde::Deserialize;

use crate::{UnixTime, policy::parse_ip_range};

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
        let time = |seconds| UnixTime::new(seconds).map_err(|error| error.to_string());
        let ip_address = match statement.condition.ip_address {
            None => None,
            // CloudFront wants a range; a bare address, which signers complete, is not one.
            Some(IpAddress { source_ip }) => match parse_ip_range(&source_ip) {
                Some(range) if source_ip.contains('/') => Some(range),
                _ => {
                    return Err(format!(
                        "{source_ip:?} is not an IPv4 CIDR such as 192.0.2.0/24"
                    ));
                }
            },
        };
        Ok(Self {
            resource: statement.resource,
            date_less_than: time(statement.condition.date_less_than.seconds)?,
            date_greater_than: statement
                .condition
                .date_greater_than
                .map(|condition| time(condition.seconds))
                .transpose()?,
            ip_address,
        })
    }
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
    #[serde(rename = "Resource")]
    resource: Option<String>,
    #[serde(rename = "Condition")]
    condition: Condition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    #[serde(rename = "DateLessThan")]
    date_less_than: EpochTime,
    #[serde(rename = "DateGreaterThan")]
    date_greater_than: Option<EpochTime>,
    #[serde(rename = "IpAddress")]
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
