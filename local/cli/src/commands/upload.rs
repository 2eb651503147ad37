//! `usher upload`

use std::io::{self, Write as _};

use aws_sdk_s3::config::{BehaviorVersion, ProvideCredentials as _};

use super::{InputError, Outcome};
use crate::{
    arguments,
    upload::{Destination, Plan, Prefixes, Upload, send},
};

pub(super) fn run(arguments: &arguments::Upload) -> Result<Outcome, InputError> {
    let prefixes = if arguments.any_prefix { Prefixes::Any } else { Prefixes::Video };
    let destination = arguments.destination.parse::<Destination>().and_then(|to| to.within(prefixes));
    let plan = destination.and_then(|to| Plan::read(&arguments.folder, to)).map_err(sentence)?;
    let warnings = plan.left_out.iter().map(|path| {
        format!("{} was left out: it is hidden, a symbolic link or no regular file", path.display())
    });
    let warnings = warnings.chain(plan.warnings()).collect();
    if arguments.dry_run {
        let lines = plan.uploads.iter().map(|upload| format!("(dryrun) {}\n", line(&plan, upload)));
        return Ok(Outcome { stdout: lines.collect::<String>().into_bytes(), warnings, refused: false });
    }
    let failed = |error: io::Error| InputError::new(format!("the upload cannot run: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(upload(&plan))?;
    let summary =
        format!("uploaded {} files, {} bytes, to {}", plan.uploads.len(), plan.bytes(), plan.destination);
    Ok(Outcome { warnings, ..Outcome::line(summary) })
}

async fn upload(plan: &Plan) -> Result<(), InputError> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    if config.region().is_none() {
        return Err(InputError::new("the region of the bucket is unknown: set AWS_REGION"));
    }
    let credentials = match config.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.is_ok(),
        None => false,
    };
    if !credentials {
        return Err(InputError::new(NO_CREDENTIALS));
    }
    let client = aws_sdk_s3::Client::new(&config);
    // Each line at once: a film takes minutes.
    let mut stdout = io::stdout();
    let mut done = |upload: &Upload| {
        // If the reader has closed the pipe, the upload goes on without lines.
        let _ = writeln!(stdout, "{}", line(plan, upload));
    };
    send(&client, plan, &mut done).await.map_err(sentence)
}

/// As `aws s3 sync` writes it.
fn line(plan: &Plan, upload: &Upload) -> String {
    let Upload { file, key, content_type, cache_control, .. } = upload;
    let bucket = plan.destination.bucket();
    format!("upload: {} to s3://{bucket}/{key} ({content_type}; {cache_control})", file.display())
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn sentence(error: crate::upload::UploadError) -> InputError {
    InputError::new(error.to_string())
}

/// Sign-in by a browser is left to the AWS command line: the SDK's own would double the code to compile.
const NO_CREDENTIALS: &str = "there are no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID and \
    AWS_SECRET_ACCESS_KEY; if you signed in with `aws login` or `aws sso login`, run \
    `eval \"$(aws configure export-credentials --format env)\"` first";
