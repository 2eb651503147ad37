//! Issuers whose tokens are not as those of others.

use crate::deployment::{Deployment, Finding, cognito_issuer};

const NAME: &str = "issuer";

/// Nothing, if the tokens that a page sends are those that the function takes.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>
pub(super) fn check(deployment: &Deployment) -> Option<Finding> {
    let issuers = deployment.issuers();
    let mut others = issuers.iter().filter(|issuer| issuer.get("token_use").is_none());
    let issuer = others.find_map(cognito_issuer)?;
    Some(Finding::warning(
        NAME,
        format!("{issuer} has no token_use, so its ID tokens open the videos, and its access tokens do not"),
        "add \"token_use\": \"access\"",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_tokens_of_cognito_need_their_own_setting() {
        let found = |issuers: &str| {
            let parameters = vec![("JwtIssuers".to_owned(), issuers.to_owned())];
            check(&Deployment { parameters, ..Deployment::default() })
        };
        let pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI";
        let other = r#"{"issuer": "https://id.example.com", "audience": "video"}"#;
        let warning = Finding::warning(
            NAME,
            format!(
                "{pool} has no token_use, so its ID tokens open the videos, and its access tokens do not"
            ),
            "add \"token_use\": \"access\"",
        );
        assert_eq!(found(&format!(r#"[{other}, {{"issuer": "{pool}", "audience": "1"}}]"#)), Some(warning));
        assert_eq!(found(&format!(r#"[{{"issuer": "{pool}", "token_use": "access"}}]"#)), None);
        assert_eq!(found(&format!("[{other}]")), None);
        assert_eq!(found("no JSON"), None);
    }
}
