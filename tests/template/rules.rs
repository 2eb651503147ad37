//! The rules: each is a function that returns a sentence for each mistake.

mod access;
mod behaviors;
mod functions;
mod lengths;
mod operation;
mod origins;
mod parameters;
mod references;
mod secrets;
mod signing;
mod text;

use std::collections::BTreeSet;

use serde_json::Value;
use usher_cloudformation::{Stack, Template};

pub(crate) use self::{
    functions::{functions, variables},
    operation::THROTTLED,
    signing::allows,
};
use crate::parameter_sets::ParameterSet;

/// Rules about the text, with its comments.
const OF_TEXT: [fn(&str) -> Vec<String>; 2] =
    [lengths::the_file_fits, text::managed_policies_are_known_and_named];

/// Rules about the whole template, on both branches of every condition.
const OF_DOCUMENT: [fn(&Value) -> Vec<String>; 9] = [
    lengths::sections_fit,
    parameters::have_descriptions_and_defaults,
    parameters::stand_in_one_group,
    parameters::are_read,
    parameters::hold_no_secrets,
    references::name_what_is_there,
    references::name_attributes_that_are_there,
    references::conditions_are_there_and_used,
    references::go_in_no_circle,
];

/// Rules about the resources that a deployment would create.
const OF_STACK: [fn(&Stack) -> Vec<String>; 48] = [
    access::buckets_are_private_and_retained,
    access::bucket_policies_name_the_distribution,
    access::statements_name_actions_and_resources,
    access::key_policies_name_the_account,
    access::function_urls_have_both_permissions,
    access::permissions_name_the_distribution,
    behaviors::video_is_signed,
    behaviors::public_paths_are_open,
    behaviors::default_is_signed_or_leads_to_the_web_site,
    behaviors::viewers_come_by_https,
    behaviors::first_match_is_the_closest,
    behaviors::nobody_gets_what_is_somebody_elses,
    behaviors::both_functions_have_one_bucket,
    behaviors::errors_are_for_one_viewer,
    behaviors::functions_are_found_by_their_own_host,
    behaviors::functions_believe_the_viewer_request_function,
    behaviors::web_site_is_never_cached,
    behaviors::videos_run_nothing,
    behaviors::other_origins_may_play,
    behaviors::countries_are_those_that_were_given,
    behaviors::requests_pass_the_web_acl,
    origins::behaviors_lead_to_origins,
    origins::each_path_has_its_origin,
    origins::access_is_controlled,
    origins::custom_origins_speak_tls,
    origins::aliases_have_a_certificate,
    origins::api_knows_the_distribution,
    functions::environments_are_what_functions_read,
    functions::configurations_can_be_used,
    functions::settings_are_their_parameters,
    lengths::lists_fit,
    lengths::policies_fit_a_role,
    lengths::texts_fit,
    lengths::values_are_known,
    references::dependencies_are_there,
    secrets::environments_hold_none,
    secrets::functions_may_read_theirs,
    signing::key_is_trusted_and_may_be_used,
    signing::keys_are_those_of_the_phase,
    signing::keys_of_other_hosts_may_be_used,
    signing::public_keys_are_published_once,
    operation::logs_end,
    operation::access_logs_are_those_that_were_wanted,
    operation::alarms_reach_the_topic,
    operation::what_can_go_wrong_has_an_alarm,
    operation::throttles_of_kms_are_counted,
    operation::dashboard_is_json,
    operation::names_are_of_one_stack,
];

/// All mistakes in a template, under any of the sets of parameters. A sentence appears once, even if several
/// sets cause it.
pub(crate) fn refusals(text: &str, sets: &[ParameterSet]) -> BTreeSet<String> {
    let template = match Template::parse("template.yaml", text) {
        Ok(template) => template,
        Err(error) => return BTreeSet::from([error.to_string()]),
    };
    let mut found: BTreeSet<String> = OF_TEXT.iter().flat_map(|rule| rule(text)).collect();
    found.extend(OF_DOCUMENT.iter().flat_map(|rule| rule(template.document())));
    for set in sets {
        match template.with_parameters(set.overrides.iter().map(|(name, value)| (name, value))) {
            Ok(stack) => {
                found.extend(stack.check_rules().err().map(|error| error.to_string()));
                found.extend(OF_STACK.iter().flat_map(|rule| rule(&stack)));
            }
            Err(error) => {
                found.insert(error.to_string());
            }
        }
    }
    found
}
