//! The cases of docs/entitlements.md, read from the page.

use super::*;

const PAGE: &str = include_str!("../../../../../docs/entitlements.md");

/// The rows of the table: case, rules, claims, what the viewer may watch.
fn rows() -> Vec<[&'static str; 4]> {
    let section = PAGE.split("\n## Common cases\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells =
        |line: &'static str| -> Vec<_> { line.trim_matches('|').split(" | ").map(str::trim).collect() };
    lines
        .map(|line| cells(line).try_into().unwrap_or_else(|_| panic!("a row has four cells: {line}")))
        .collect()
}

fn code(cell: &str) -> &str {
    let code = cell.strip_prefix('`').and_then(|code| code.strip_suffix('`'));
    code.unwrap_or_else(|| panic!("no code: {cell}"))
}

#[test]
fn each_case_of_the_page_gives_what_it_says() {
    let rows = rows();
    assert_eq!(rows.len(), 24);
    for [case, rules, claims, watches] in rows {
        let mut claims: Value = serde_json::from_str(code(claims)).unwrap();
        // What CloudFront says is no claim.
        let members = claims.as_object_mut().unwrap();
        let country = members.remove("@country");
        let asn = members.remove("@asn").map(|number| number.to_string());
        let location = Location::new(country.as_ref().and_then(Value::as_str), asn.as_deref());
        let entitlements = read_at(1, code(rules)).unwrap_or_else(|error| panic!("{case}: {error}"));
        let subject = subject(&claims);
        let resources = written(entitlements.resources(Facts { subject: &subject, location: &location }));
        let expected = match watches {
            "nothing" => None,
            all => Some(all.split(", ").map(|one| code(one).to_owned()).collect::<Vec<_>>()),
        };
        assert_eq!(resources.ok(), expected, "{case}");
    }
}
