//! `usher upload`

use std::{
    cell::Cell,
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, ProvideCredentials as _, retry::RetryConfig},
};

use super::{InputError, Outcome, package};
use crate::{
    arguments,
    progress::{Progress, Unit},
    upload::{Destination, Meter, Plan, Prefixes, Present, Sent, Upload, UploadError, missing, send},
};

pub(super) fn run(arguments: &arguments::Upload) -> Result<Outcome, InputError> {
    let prefixes = if arguments.any_prefix { Prefixes::Any } else { Prefixes::Opened };
    let destination = arguments.destination.parse::<Destination>().and_then(|to| to.within(prefixes));
    let destination = destination.map_err(|error| sentence(&error))?;
    let failed = |error: io::Error| InputError::new(format!("the upload cannot run: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let folder = if arguments.source.is_file() {
        if arguments.dry_run {
            let usage = "a dry run takes a folder: package the film with `usher package` first";
            return Err(InputError::new(usage));
        }
        // Packaging takes long, so what would keep the film from its bucket is said before. Afterwards, the client is
        // made anew, with credentials that are valid then.
        runtime.block_on(client())?;
        match packaged(arguments, &destination) {
            Ok(folder) => folder,
            Err(outcome) => return outcome,
        }
    } else {
        arguments.source.clone()
    };
    let plan = Plan::read(&folder, destination).map_err(|error| sentence(&error))?;
    let mut warnings: Vec<String> = plan
        .left_out
        .iter()
        .map(|path| {
            format!("{} was left out: it is hidden, a symbolic link or no regular file", path.display())
        })
        .collect();
    warnings.extend(plan.warnings());
    if arguments.dry_run {
        return runtime.block_on(dry_run(&plan, warnings));
    }
    let client = runtime.block_on(client())?;
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    match runtime.block_on(upload(&client, &plan)) {
        Ok(summary) => Ok(Outcome::line(summary)),
        Err(error @ UploadError::Refused { .. }) => {
            Ok(Outcome::failure(format!("{error}; the same command goes on from there")))
        }
        Err(error) => Ok(Outcome::failure(error.to_string())),
    }
}

/// The folder of a film, which is packaged under the name of the destination.
fn packaged(
    arguments: &arguments::Upload,
    destination: &Destination,
) -> Result<PathBuf, Result<Outcome, InputError>> {
    let name = destination.name().map(str::to_owned);
    let packaged = package::make(arguments.source.clone(), name, &arguments.packaging);
    packaged.map(|packaged| packaged.folder).map_err(|error| package::failed(&error))
}

/// Says what would be done. Without credentials, the bucket cannot be asked.
async fn dry_run(plan: &Plan, mut warnings: Vec<String>) -> Result<Outcome, InputError> {
    let uploads = match client().await {
        Ok(client) => match Present::list(&client, plan).await {
            Ok(Some(present)) => missing(&client, plan, &present).await.map_err(|error| sentence(&error))?,
            Ok(None) => {
                warnings.push(NO_LIST.to_owned());
                plan.uploads.iter().collect()
            }
            Err(error) => return Ok(Outcome::failure(error.to_string())),
        },
        Err(error) => {
            warnings.push(format!("the bucket was not asked what it holds already: {error}"));
            plan.uploads.iter().collect()
        }
    };
    let mut stdout = Vec::new();
    // In the order of the plan.
    let mut missing = uploads.into_iter().peekable();
    for upload in &plan.uploads {
        let is_missing = missing.next_if(|missing| std::ptr::eq(*missing, upload)).is_some();
        let line = if is_missing { line(plan, upload) } else { present_line(plan, upload) };
        stdout.extend(format!("(dryrun) {line}\n").into_bytes());
    }
    Ok(Outcome { stdout, warnings, ..Outcome::default() })
}

/// The client of the bucket's region, with credentials.
async fn client() -> Result<Client, InputError> {
    // A connection that is gone comes back: eight attempts wait for more than a minute.
    let retries = RetryConfig::standard().with_max_attempts(8);
    let config = aws_config::defaults(BehaviorVersion::latest()).retry_config(retries).load().await;
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
    Ok(Client::new(&config))
}

/// What became of the files so far.
#[derive(Clone, Copy, Default)]
struct Counts {
    files: usize,
    files_before: usize,
    bytes_before: u64,
}

async fn upload(client: &Client, plan: &Plan) -> Result<String, UploadError> {
    let present = Present::list(client, plan).await?.unwrap_or_else(|| {
        eprintln!("warning: {NO_LIST}");
        Present::default()
    });
    let (meter, all) = (Meter::default(), plan.bytes());
    let mut progress = Progress::new(all, Unit::Bytes);
    // A terminal has the bar; everything else gets a line for each file at once, because a film takes minutes.
    let has_lines = !(progress.has_bar() && io::stdout().is_terminal());
    let counts = Cell::new(Counts::default());
    let mut done = |upload: &Upload, sent: Sent| {
        let mut now = counts.get();
        now.files += 1;
        let line = match sent {
            Sent::Now => line(plan, upload),
            Sent::Before => {
                now.files_before += 1;
                now.bytes_before += upload.bytes;
                present_line(plan, upload)
            }
        };
        counts.set(now);
        if has_lines {
            // If the reader has closed the pipe, the upload goes on without lines.
            let _ = writeln!(io::stdout(), "{line}");
        }
    };
    let sending = send(client, plan, &present, &meter, &mut done);
    tokio::pin!(sending);
    let sent = loop {
        tokio::select! {
            sent = &mut sending => break sent,
            () = tokio::time::sleep(TICK) => {
                let Counts { files, bytes_before, .. } = counts.get();
                let message = format!("{files} of {} files", plan.uploads.len());
                // What is there already is not work.
                progress.set(meter.bytes(), all.saturating_sub(bytes_before), &message);
            }
        }
    };
    progress.end();
    sent?;
    let Counts { files, files_before, bytes_before } = counts.get();
    let there = match files_before {
        0 => String::new(),
        _ => format!("; {files_before} files, {bytes_before} bytes, were there already"),
    };
    let (files, bytes) = (files - files_before, all - bytes_before);
    Ok(format!("uploaded {files} files, {bytes} bytes, to {}{there}", plan.destination))
}

/// As `aws s3 sync` writes it.
fn line(plan: &Plan, upload: &Upload) -> String {
    let Upload { file, key, content_type, cache_control, .. } = upload;
    let bucket = plan.destination.bucket();
    format!("upload: {} to s3://{bucket}/{key} ({content_type}; {cache_control})", file.display())
}

fn present_line(plan: &Plan, upload: &Upload) -> String {
    let (file, bucket) = (upload.file.display(), plan.destination.bucket());
    format!("there already: {file} as s3://{bucket}/{}", upload.key)
}

fn sentence(error: &UploadError) -> InputError {
    InputError::new(error.to_string())
}

/// Sign-in by a browser is left to the AWS command line: the SDK's own would double the code to compile.
const NO_CREDENTIALS: &str = "there are no AWS credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID and \
    AWS_SECRET_ACCESS_KEY; if you signed in with `aws login` or `aws sso login`, run \
    `eval \"$(aws configure export-credentials --format env)\"` first";
const NO_LIST: &str = "the bucket does not say what it holds (s3:ListBucket), so every file is sent";
const TICK: Duration = Duration::from_millis(200);
