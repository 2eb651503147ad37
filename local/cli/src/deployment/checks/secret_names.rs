//! A key of viewers in place of its name: parameters stand in a file, and everybody who may read the function's
//! configuration sees them.

use crate::deployment::{Deployment, Finding, SECRET_PARAMETER, secret_members};

const NAME: &str = "secret name";

/// Nothing, if what parameters name could be names. Never the text: it may be a key.
pub(super) fn check(deployment: &Deployment) -> Option<Finding> {
    let members = secret_members(&deployment.parameters);
    let key = members.iter().find(|member| member.name.len() >= SHORTEST_KEY)?;
    Some(Finding::wrong(
        NAME,
        format!("{} has what looks like a key itself", key.parameter),
        format!("write the name of its member in the secret of {SECRET_PARAMETER}, and use another key"),
    ))
}

/// In bytes. No key of viewers is shorter.
const SHORTEST_KEY: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_place_of_its_name_is_not_printed() {
        let found = |secret: &str| {
            let issuers =
                format!(r#"[{{"issuer": "https://i.example", "audience": "video", "secret": "{secret}"}}]"#);
            let parameters = vec![("JwtIssuers".to_owned(), issuers)];
            check(&Deployment { parameters, ..Deployment::default() })
        };
        let wrong = Finding::wrong(
            NAME,
            "JwtIssuers has what looks like a key itself",
            "write the name of its member in the secret of ViewerSecretArn, and use another key",
        );
        assert_eq!(found("jwt"), None);
        assert_eq!(found(&"a".repeat(31)), None);
        assert_eq!(found(&"a".repeat(32)), Some(wrong));
    }
}
