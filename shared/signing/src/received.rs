//! A policy as a request contains it: read for its conditions, never written again.

use crate::{IpRange, PolicyProblem, UnixTime, json::Json};

/// The conditions of a policy that a request contains.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceivedPolicy {
    /// What it covers; without one, everything that the key signs for.
    pub resource: Option<String>,
    /// `DateLessThan`
    pub date_less_than: UnixTime,
    /// `DateGreaterThan`, exclusive.
    pub date_greater_than: Option<UnixTime>,
    /// `IpAddress`
    pub ip_address: Option<IpRange>,
}

impl ReceivedPolicy {
    /// Reads a policy's JSON.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, PolicyProblem> {
        let document = serde_json::from_slice(json)
            .map_err(|error| PolicyProblem::NotJson { line: error.line(), column: error.column() })?;
        let [statements] = members("the policy", document, ["Statement"])?;
        let [resource, condition] =
            members("Statement", one(required("Statement", statements)?)?, ["Resource", "Condition"])?;
        let [date_less_than, date_greater_than, ip_address] = members(
            "Condition",
            required("Condition", condition)?,
            ["DateLessThan", "DateGreaterThan", "IpAddress"],
        )?;
        Ok(Self {
            resource: resource.map(|resource| text("Resource", resource)).transpose()?,
            date_less_than: time("DateLessThan", required("DateLessThan", date_less_than)?)?,
            date_greater_than: date_greater_than.map(|opens| time("DateGreaterThan", opens)).transpose()?,
            ip_address: ip_address.map(range).transpose()?,
        })
    }
}

fn time(name: &'static str, value: Json) -> Result<UnixTime, PolicyProblem> {
    let [seconds] = members(name, value, ["AWS:EpochTime"])?;
    let Json::Number(seconds) = required("AWS:EpochTime", seconds)? else {
        return Err(PolicyProblem::WrongType("AWS:EpochTime"));
    };
    UnixTime::new(seconds).map_err(|_| PolicyProblem::Milliseconds(seconds))
}

fn range(value: Json) -> Result<IpRange, PolicyProblem> {
    let [source] = members("IpAddress", value, ["AWS:SourceIp"])?;
    let source = text("AWS:SourceIp", required("AWS:SourceIp", source)?)?;
    IpRange::parse_cidr(&source).ok_or(PolicyProblem::IpAddress(source))
}

fn one(statements: Json) -> Result<Json, PolicyProblem> {
    let Json::Array(statements) = statements else { return Err(PolicyProblem::WrongType("Statement")) };
    <[Json; 1]>::try_from(statements)
        .map(|[statement]| statement)
        .map_err(|statements| PolicyProblem::Statements(statements.len()))
}

fn text(name: &'static str, value: Json) -> Result<String, PolicyProblem> {
    if let Json::Text(text) = value { Ok(text) } else { Err(PolicyProblem::WrongType(name)) }
}

fn required(name: &'static str, value: Option<Json>) -> Result<Json, PolicyProblem> {
    value.ok_or(PolicyProblem::Missing(name))
}

/// The members of an object by their names: each at most once, and no others.
fn members<const N: usize>(
    object: &'static str,
    value: Json,
    names: [&'static str; N],
) -> Result<[Option<Json>; N], PolicyProblem> {
    let Json::Object(members) = value else { return Err(PolicyProblem::WrongType(object)) };
    let mut found = [const { None }; N];
    for (name, value) in members {
        let known = names.iter().zip(&mut found).find(|(known, _)| **known == name);
        let (known, place) = known.ok_or(PolicyProblem::Unknown(name))?;
        if place.replace(value).is_some() {
            return Err(PolicyProblem::Repeated(known));
        }
    }
    Ok(found)
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
        use PolicyProblem::{
            IpAddress, Milliseconds, Missing, NotJson, Repeated, Statements, Unknown, WrongType,
        };
        let rows = [
            ("", NotJson { line: 1, column: 0 }),
            ("{}", Missing("Statement")),
            (r#"{"Statement":[]}"#, Statements(0)),
            (
                r#"{"Statement":[{"Resource":null,"Condition":{"DateLessThan":{"AWS:EpochTime":20}}}]}"#,
                WrongType("Resource"),
            ),
            (
                r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20},"IpAddress":null}}]}"#,
                WrongType("IpAddress"),
            ),
            (r#"{"Statement":[{"Condition":{}}]}"#, Missing("DateLessThan")),
            (
                r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":"20"}}}]}"#,
                WrongType("AWS:EpochTime"),
            ),
            (
                r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":-1}}}]}"#,
                WrongType("AWS:EpochTime"),
            ),
            (
                r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20.0}}}]}"#,
                WrongType("AWS:EpochTime"),
            ),
            (
                r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":1790000000000}}}]}"#,
                Milliseconds(1_790_000_000_000),
            ),
            (
                r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20}}},{"Condition":{"DateLessThan":{"AWS:EpochTime":20}}}]}"#,
                Statements(2),
            ),
            (
                r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20},"DateLessThan":{"AWS:EpochTime":30}}}]}"#,
                Repeated("DateLessThan"),
            ),
            (
                r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20},"IpAddress":{"AWS:SourceIp":"::1/128"}}}]}"#,
                IpAddress("::1/128".to_owned()),
            ),
            (
                r#"{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20},"IpAddress":{"AWS:SourceIp":"192.0.2.1"}}}]}"#,
                IpAddress("192.0.2.1".to_owned()),
            ),
            (
                r#"{"Version":1,"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":20}}}]}"#,
                Unknown("Version".to_owned()),
            ),
        ];
        for (json, problem) in rows {
            assert_eq!(ReceivedPolicy::parse(json.as_bytes()), Err(problem), "{json}");
        }
    }
}
