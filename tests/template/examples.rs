//! The examples of deploy/, which `sam deploy` takes by `parameter_overrides = "file://deploy/plone.yaml"`.

use usher_cloudformation::{Stack, Template};

use crate::parameter_sets::ParameterSet;

/// Each file: one parameter per member.
pub(crate) fn all() -> Vec<ParameterSet> {
    FILES.iter().map(|(name, text)| example(name, text)).collect()
}

fn example(name: &str, text: &str) -> ParameterSet {
    let file = Template::parse(name, text).expect("YAML");
    let members = file.document().as_object().expect("names and values").iter();
    let overrides = members.map(|(name, value)| (name.clone(), Stack::text(value).expect("a text")));
    ParameterSet { name: name.to_owned(), overrides: overrides.collect() }
}

const FILES: [(&str, &str); 5] = [
    ("auth0.yaml", include_str!("../../deploy/auth0.yaml")),
    ("cognito.yaml", include_str!("../../deploy/cognito.yaml")),
    ("django.yaml", include_str!("../../deploy/django.yaml")),
    ("keycloak.yaml", include_str!("../../deploy/keycloak.yaml")),
    ("plone.yaml", include_str!("../../deploy/plone.yaml")),
];
