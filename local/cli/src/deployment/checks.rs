//! What `usher doctor` checks, without AWS.

mod cargo_config;
mod cookies;
mod domain;
mod functions;
mod issuers;
mod lifetimes;
mod pages;
mod parameters;
mod reach;
pub(crate) mod region;
mod secret_names;
mod site;
pub(crate) mod stack_name;
mod tools;
mod website;

use std::path::Path;

use issue_cookies::Authenticators;
use usher_cloudformation::{Stack, Template};

use super::{Deployment, Finding, Findings};

/// The machine on which `sam build` will run.
pub(crate) struct Machine<'a> {
    /// The standard output of a program with arguments, if it is there and succeeds.
    pub(crate) run: &'a dyn Fn(&str, &[&str]) -> Option<String>,
    /// A variable of the environment.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The folder of template.yaml.
    pub(crate) folder: &'a Path,
}

/// Parameters that were judged offline.
pub(crate) struct Checked {
    placeholders: Vec<Finding>,
    findings: Vec<Finding>,
    stack: Option<Stack>,
    authenticators: Option<Authenticators>,
}

impl Checked {
    /// What is wrong, but for a secret that does not exist yet.
    pub(crate) fn problems(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_wrong())
    }

    /// What works, but perhaps not as it was meant.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_warning())
    }

    /// What the issuers and the site of these parameters answer now.
    pub(crate) async fn reach(&self) -> Vec<Finding> {
        match &self.authenticators {
            Some(authenticators) => reach::check(authenticators).await,
            None => Vec::new(),
        }
    }
}

/// Judges parameters as CloudFormation, the functions and browsers would: names, values, the template's rules, the
/// functions' own settings, where secrets and pages are, and how long signatures last.
pub(crate) fn judge(template: &Template, deployment: &Deployment) -> Checked {
    let placeholders = parameters::placeholders(deployment);
    let (of_parameters, stack) = parameters::check(template, deployment);
    let (of_functions, authenticators) =
        stack.as_ref().map(|stack| functions::check(template, stack)).unwrap_or_default();
    let of_pages = [pages::check(deployment), cookies::check(deployment), site::check(deployment)];
    let of_pages = of_pages.into_iter().flatten();
    let of_secrets = region::of_arns(deployment).into_iter().chain(secret_names::check(deployment));
    let findings = [of_parameters].into_iter().chain(of_secrets).chain(of_functions).chain(of_pages);
    let findings = findings.chain(issuers::check(deployment)).chain(lifetimes::check(deployment)).collect();
    Checked { placeholders, findings, stack, authenticators }
}

/// Everything: the machine, the parameters, and what is elsewhere.
pub(crate) async fn examine(machine: &Machine<'_>, template: &Template, deployment: &Deployment) -> Findings {
    let checked = judge(template, deployment);
    let architecture = checked.stack.as_ref().and_then(|stack| stack.parameter("Architecture")?.as_str());
    let mut findings = tools::check(machine, architecture.unwrap_or(DEFAULT_ARCHITECTURE));
    findings.push(cargo_config::check(machine, architecture.unwrap_or(DEFAULT_ARCHITECTURE)));
    findings.push(stack_name::check(deployment.stack_name.as_deref()));
    findings.push(region::check(deployment.region.as_deref()));
    if deployment.parameters.is_empty() {
        // They could not be read, which says enough.
        return Findings(findings);
    }
    let reached = checked.reach().await;
    findings.extend(checked.findings.into_iter().chain(checked.placeholders).chain(reached));
    if let Some(domain) = deployment.parameter("DomainName") {
        let has_zone = deployment.parameter("HostedZoneId").is_some();
        findings.push(domain::check(domain, has_zone).await);
    }
    if let Some(website) = deployment.parameter("WebsiteDomainName") {
        findings.push(website::check(website, deployment.parameter("DomainName")).await);
    }
    Findings(findings)
}

/// The template's default, if its parameters cannot be read.
const DEFAULT_ARCHITECTURE: &str = "arm64";
