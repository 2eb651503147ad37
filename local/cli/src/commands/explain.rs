//! `usher explain`: the verifier's decision, for people and for programs.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON object takes any member, and a JSON value answers null for one it does not have"
)]

use cloudfront_signing::{
    Admitted, Check, Denial, ReceivedPolicy, Request, SignatureLocation, UnixTime, Verifier,
};
use serde_json::{Value, json};
use usher_runtime::system_clock;

use super::{InputError, Outcome, input};
use crate::arguments::{Explain, ExplainOutput};

pub(super) fn run(arguments: &Explain) -> Result<Outcome, InputError> {
    let keys = arguments.public_key.iter().map(|(id, file)| Ok((id.clone(), input::public_key(file)?)));
    let verifier = Verifier::new(keys.collect::<Result<Vec<_>, InputError>>()?);
    let now = arguments.now.unwrap_or_else(|| system_clock()());
    let decide = |url: &str| {
        let request = Request::new(url).cookie_header(&arguments.cookie);
        let request = match arguments.ip_address {
            Some(address) => request.viewer_address(address),
            None => request,
        };
        verifier.verify(&request, now)
    };
    let (url, mut warnings) = without_fragment(&arguments.url);
    let mut decision = decide(url);
    if decision.is_err()
        && let Some((unescaped, warning)) = unescaped(url)
    {
        decision = decide(&unescaped);
        warnings.push(warning);
    }
    let text = match arguments.output {
        ExplainOutput::Json => to_json(&decision, now).to_string(),
        ExplainOutput::Text => to_text(&decision, now),
    };
    Ok(Outcome { warnings, refused: decision.is_err(), ..Outcome::line(text) })
}

/// What a client sends of a URL.
fn without_fragment(url: &str) -> (&str, Vec<String>) {
    match url.split_once('#') {
        Some((sent, _)) => {
            let at = sent.len();
            (
                sent,
                vec![format!(
                    "clients do not send the fragment, from byte {at} of the URL on: it is left out here"
                )],
            )
        }
        None => (url, Vec::new()),
    }
}

/// The URL of a text that was copied from HTML or JSON.
fn unescaped(url: &str) -> Option<(String, String)> {
    let (escape, language) =
        [("&amp;", "HTML"), ("\\u0026", "JSON")].into_iter().find(|(escape, _)| url.contains(escape))?;
    let at = url.find(escape)?;
    let warning = format!(
        "the URL has {escape} at byte {at}, as {language} writes &: it is read as & here, and a client must send &"
    );
    Some((url.replace(escape, "&"), warning))
}

fn to_json(decision: &Result<Admitted, Box<Denial>>, now: UnixTime) -> Value {
    let policy = match decision {
        Ok(admitted) => Some(&admitted.policy),
        Err(denial) => denial.policy.as_ref(),
    };
    let denial = decision.as_ref().err();
    json!({
        "admitted": decision.is_ok(),
        "code": denial.map(|denial| denial.code().as_str()),
        "message": denial.map(|denial| denial.code().message()),
        "reason": denial.map(|denial| denial.reason.to_string()),
        "policy": policy.map(policy_json),
        "expires_in": policy.map(|policy| seconds_between(now, policy.date_less_than)),
    })
}

/// The policy as AWS writes one.
fn policy_json(policy: &ReceivedPolicy) -> Value {
    let mut condition = json!({"DateLessThan": {"AWS:EpochTime": policy.date_less_than.seconds()}});
    if let Some(opens) = policy.date_greater_than {
        condition["DateGreaterThan"] = json!({"AWS:EpochTime": opens.seconds()});
    }
    if let Some(range) = policy.ip_address {
        condition["IpAddress"] = json!({"AWS:SourceIp": range.to_string()});
    }
    let mut statement = json!({"Condition": condition});
    if let Some(resource) = &policy.resource {
        statement["Resource"] = json!(resource);
    }
    json!({"Statement": [statement]})
}

fn to_text(decision: &Result<Admitted, Box<Denial>>, now: UnixTime) -> String {
    let mut lines = Vec::new();
    let policy = match decision {
        Ok(admitted) => {
            lines.push("admitted".to_owned());
            lines.push(format!(
                "by:       {} of key pair {}",
                name(admitted.signature_location),
                admitted.key_pair_id
            ));
            Some(&admitted.policy)
        }
        Err(denial) => {
            lines.push(format!("refused:  {}", denial.code().as_str()));
            lines.push(format!("message:  {}", denial.code().message()));
            lines.push(format!("reason:   {}", denial.reason));
            lines.extend(denial.signature_location.map(|location| format!("by:       {}", name(location))));
            denial.policy.as_ref()
        }
    };
    lines.extend(policy.into_iter().flat_map(|policy| policy_lines(policy, now)));
    lines.push("checked in this order:".to_owned());
    let refused = decision.as_ref().err().map(|denial| denial.reason.check());
    for (check, is_passed) in Check::made(refused) {
        lines.push(format!("  {:<44}{}", check.question(), if is_passed { "yes" } else { "no" }));
    }
    lines.join("\n")
}

fn name(location: SignatureLocation) -> &'static str {
    match location {
        SignatureLocation::Cookies => "signed cookies",
        SignatureLocation::Url => "a signed URL",
    }
}

fn policy_lines(policy: &ReceivedPolicy, now: UnixTime) -> Vec<String> {
    let left = seconds_between(now, policy.date_less_than);
    let mut lines = vec![
        format!("resource: {}", policy.resource.as_deref().unwrap_or("everything that this key signs for")),
        format!("until:    {}, {left} seconds from {now}", policy.date_less_than),
    ];
    lines.extend(policy.date_greater_than.map(|opens| format!("after:    {opens}")));
    lines.extend(policy.ip_address.map(|range| format!("from:     {range}")));
    lines
}

fn seconds_between(now: UnixTime, then: UnixTime) -> i64 {
    // Times are before the year 5138, so the difference fits.
    then.seconds().cast_signed() - now.seconds().cast_signed()
}
