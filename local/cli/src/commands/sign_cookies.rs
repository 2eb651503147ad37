//! `usher sign-cookies`

use cloudfront_signing::CannedPolicy;
use serde_json::{Map, Value};

use super::{InputError, Outcome, input};
use crate::arguments::{CookieOutput, SignCookies};

pub(super) fn run(arguments: &SignCookies) -> Result<Outcome, InputError> {
    let (signer, mut warnings) = input::signer(&arguments.key)?;
    let conditions = &arguments.conditions;
    warnings.extend(input::past(conditions));
    let grant = if conditions.are_canned() && !arguments.resource.contains('*') {
        signer.sign(CannedPolicy::new(&input::url(&arguments.resource)?, conditions.date_less_than))?
    } else {
        signer.sign(input::policy(input::pattern(&arguments.resource)?, conditions)?)?
    };
    let text = match arguments.output {
        CookieOutput::Json => {
            let cookies = grant.cookies().into_iter();
            let object: Map<String, Value> =
                cookies.map(|(name, value)| (name.as_str().to_owned(), value.into())).collect();
            Value::from(object).to_string()
        }
        CookieOutput::SetCookie => {
            let lines: Vec<String> =
                grant.set_cookies().iter().map(|cookie| format!("Set-Cookie: {cookie}")).collect();
            lines.join("\n")
        }
    };
    Ok(Outcome { warnings, ..Outcome::line(text) })
}
