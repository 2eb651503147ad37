//! `usher init`: a few questions, and the files for `sam deploy`.

use usher_cloudformation::Template;

use super::{
    InputError, Outcome,
    doctor::{examined, runtime, samconfig, template},
};
use crate::{
    arguments::Init,
    deployment::{
        Deployment, Draft, Overrides, PLACEHOLDER, Questions, QuestionsError, Regions, SAMCONFIG,
        SECRET_PARAMETER, SamConfig, Written, judge, next_steps, parameter_file_text, secret_members,
    },
};

pub(super) fn run(arguments: &Init) -> Result<Outcome, InputError> {
    let template = template()?;
    let questions = if arguments.set.is_empty() { Some(Questions::new(&template)?) } else { None };
    let (parameters, region) = match (&questions, &arguments.region) {
        (Some(questions), region) => {
            let before = samconfig()?;
            let chosen = region.as_deref().or_else(|| before.as_ref()?.region());
            let of_shell = of_shell();
            runtime()?.block_on(questions.ask(Regions { chosen, of_shell: of_shell.as_deref() }))?
        }
        (None, region) => (set(arguments), region.clone().unwrap_or_default()),
    };
    let deployment =
        Deployment { stack_name: Some(arguments.name.clone()), region: Some(region.clone()), parameters };
    let problems: Vec<String> =
        judge(&template, &deployment).problems().map(|problem| problem.found().to_owned()).collect();
    if !problems.is_empty() {
        return Err(InputError::new(problems.join("; ")));
    }

    let drafts = drafts(&template, &arguments.name, &region, &deployment)?;
    let replaced: Vec<&Draft> = drafts.iter().filter(|draft| draft.replaces()).collect();
    if !replaced.is_empty() && !arguments.replace {
        consent(questions.as_ref(), &arguments.name, &replaced)?;
    }
    let mut lines = Vec::new();
    for draft in &drafts {
        let path = draft.path();
        let written =
            draft.write().map_err(|error| InputError::new(format!("{path} cannot be written: {error}")))?;
        lines.push(match written {
            Written::New => format!("wrote {path}"),
            Written::Unchanged => format!("{path} is as it was"),
        });
    }
    let findings = examined(&template, &deployment)?;
    lines.extend([String::new(), findings.to_string(), String::new()]);
    lines.push(next_steps(program(), &arguments.name, &region, &deployment));
    // That the secret comes later is no mistake.
    let refused = findings.0.iter().any(|finding| finding.is_wrong() && !finding.is_placeholder());
    Ok(Outcome { refused, ..Outcome::line(lines.join("\n")) })
}

/// How the user has run this: Cargo sets the variable for a program that it runs.
fn program() -> &'static str {
    if std::env::var_os("CARGO").is_some() { "cargo run --" } else { "usher" }
}

/// The region that AWS's own programs use in this shell.
fn of_shell() -> Option<String> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| std::env::var(name).ok())
}

/// The parameters of the command line; if they need a secret that is not among them, with a placeholder.
fn set(arguments: &Init) -> Vec<(String, String)> {
    let mut parameters = arguments.set.clone();
    let has_secret = parameters.iter().any(|(name, _)| name == SECRET_PARAMETER);
    if !has_secret && !secret_members(&parameters).is_empty() {
        parameters.push((SECRET_PARAMETER.to_owned(), PLACEHOLDER.to_owned()));
    }
    parameters
}

fn drafts(
    template: &Template,
    name: &str,
    region: &str,
    deployment: &Deployment,
) -> Result<[Draft; 2], InputError> {
    let file = Deployment::parameter_file(name);
    let beside = |path: &str, text: String| {
        Draft::beside(path, text).map_err(|error| InputError::new(format!("{path} cannot be read: {error}")))
    };
    let before = samconfig()?.unwrap_or_default();
    // Without parameters, nobody can have deployed a stack by it.
    let is_unused = before.overrides() == Overrides::Nothing;
    let config = before.with(name, region, &file).map_err(|error| InputError::new(error.to_string()))?;
    let config = beside(SAMCONFIG, config)?;
    Ok([
        beside(&file, parameter_file_text(template, name, &deployment.parameters))?,
        if is_unused { config.of_unused() } else { config },
    ])
}

/// Nothing is lost without a word: on a terminal the user sees what, and decides.
fn consent(questions: Option<&Questions<'_>>, name: &str, replaced: &[&Draft]) -> Result<(), InputError> {
    let paths: Vec<String> = replaced.iter().map(|draft| draft.path().to_string()).collect();
    let (config, parameters): (Vec<_>, Vec<_>) = paths.iter().partition(|path| *path == SAMCONFIG);
    let all = paths.join(" and ");
    let Some(questions) = questions else {
        let hint = if config.is_empty() { String::new() } else { of_another_stack(name)? };
        return Err(InputError::new(format!(
            "{all} would lose lines: nothing was written; --replace replaces them{hint}"
        )));
    };
    for draft in replaced {
        questions.say(format!("{}:\n{}", draft.path(), draft.difference().trim_end()))?;
    }
    if !parameters.is_empty() {
        questions.say(
            "CloudFormation keeps the value of a parameter that the file no longer names. Name: \"\" empties a text.",
        )?;
    }
    if questions.confirm(format!("Replace these lines of {all}?"))? {
        Ok(())
    } else {
        Err(InputError::new(format!("nothing was written to {all}")))
    }
}

/// Words about the stack that is there, if this is not the one.
fn of_another_stack(name: &str) -> Result<String, InputError> {
    let config = samconfig()?;
    let other = config.as_ref().and_then(SamConfig::stack_name).filter(|other| *other != name);
    Ok(other.map_or_else(String::new, |other| {
        format!(". {SAMCONFIG} is of the stack {other}: another one needs another copy of this folder")
    }))
}

impl From<QuestionsError> for InputError {
    fn from(error: QuestionsError) -> Self {
        Self(error.to_string())
    }
}
