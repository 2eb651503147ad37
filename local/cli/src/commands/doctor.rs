//! `usher doctor`: what `sam deploy` needs, checked before it runs.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use usher_cloudformation::{Template, parameter_file};

use super::{InputError, Outcome};
use crate::{
    arguments::Doctor,
    deployment::{Deployment, Finding, Findings, Machine, Overrides, SAMCONFIG, SamConfig, examine, read},
};

pub(super) fn run(arguments: &Doctor) -> Result<Outcome, InputError> {
    let template = template()?;
    let config = samconfig()?;
    let named = match &arguments.file {
        Some(file) => Ok(file.display().to_string()),
        None => match config.as_ref().map_or(Overrides::Nothing, SamConfig::overrides) {
            Overrides::File(file) => Ok(file),
            Overrides::Nothing => Err(Finding::wrong(
                FILE,
                format!("{SAMCONFIG} names no file of parameters"),
                "run usher init",
            )),
            Overrides::Others => Err(Finding::unknown(
                FILE,
                format!("{SAMCONFIG} has parameters in itself, or in several files"),
                "name the file to check, as in usher doctor deploy/usher.yaml",
            )),
        },
    };
    let (of_file, parameters) = match named.and_then(|file| parameters(&file)) {
        Ok((file, parameters)) => (Finding::ok(FILE, file), Some(parameters)),
        Err(finding) => (finding, None),
    };
    let text = |text: Option<&str>| text.map(str::to_owned);
    let deployment = Deployment {
        stack_name: text(config.as_ref().and_then(SamConfig::stack_name)),
        region: text(config.as_ref().and_then(SamConfig::region)),
        parameters: parameters.unwrap_or_default(),
    };
    let mut findings = examined(&template, &deployment)?;
    findings.0.insert(0, of_file);
    Ok(Outcome { refused: findings.is_wrong(), ..Outcome::line(findings.to_string()) })
}

/// All checks, on this machine.
pub(super) fn examined(template: &Template, deployment: &Deployment) -> Result<Findings, InputError> {
    let failed = |error| InputError::new(format!("the checks cannot run: {error}"));
    let folder = std::env::current_dir().map_err(failed)?;
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let variable = |name: &str| std::env::var(name).ok();
    let machine = Machine { run: &run, variable: &variable, folder: &folder };
    Ok(runtime()?.block_on(examine(&machine, template, deployment)))
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, InputError> {
    let failed = |error| InputError::new(format!("the checks cannot run: {error}"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)
}

/// The template in the current folder, where SAM reads it.
pub(super) fn template() -> Result<Template, InputError> {
    let path = Path::new("template.yaml");
    if !path.exists() {
        return Err(InputError::new(
            "there is no template.yaml here: run this in the folder of the checkout",
        ));
    }
    Template::read(path).map_err(|error| InputError::new(error.to_string()))
}

pub(super) fn samconfig() -> Result<Option<SamConfig>, InputError> {
    let text = read(Path::new(SAMCONFIG));
    let text = text.map_err(|error| InputError::new(format!("{SAMCONFIG} cannot be read: {error}")))?;
    let config = text.map(|text| SamConfig::parse(&text)).transpose();
    config.map_err(|error| InputError::new(error.to_string()))
}

type Parameters = Vec<(String, String)>;

fn parameters(file: &str) -> Result<(String, Parameters), Finding> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Finding::wrong(FILE, format!("{file} cannot be read ({error})"), "run usher init")
    })?;
    let parameters = parameter_file(&text).map_err(|error| {
        Finding::wrong(
            FILE,
            format!("{file}: {error}"),
            "write lines such as Name: value, and JSON within single quotes",
        )
    })?;
    Ok((file.to_owned(), parameters))
}

const FILE: &str = "file";
