//! `usher serve` as a separate process, so that its processor time can be measured apart from the players'.

use std::{
    error::Error,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

/// A running edge. It ends when dropped.
pub(crate) struct Edge {
    pub(crate) origin: String,
    process: Child,
    /// Open, so that the edge can write to it.
    _output: BufReader<ChildStdout>,
    log: PathBuf,
}

/// Whether playlists are cached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Caching {
    Off,
    On,
}

/// Counts from the function's log.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct FunctionLog {
    pub(crate) invocations: u64,
    /// Private-key operations.
    pub(crate) signatures: u64,
}

/// The template with expiry buckets of this many seconds, and with or without caching of playlists.
pub(crate) fn template(template: &str, bucket: u64, caching: Caching) -> Result<String, String> {
    let replace = |text: &str, from: &str, to: &str| {
        let found = text.contains(from);
        if found { Ok(text.replace(from, to)) } else { Err(format!("there is no `{from}` in the template")) }
    };
    let text = replace(template, "EXPIRY_BUCKET_SECONDS: 300", &format!("EXPIRY_BUCKET_SECONDS: {bucket}"))?;
    let text = replace(&text, "var BUCKET_SECONDS = 300;", &format!("var BUCKET_SECONDS = {bucket};"))?;
    match caching {
        Caching::Off => replace(&text, "MaxTTL: 300", "MaxTTL: 0"),
        Caching::On => Ok(text),
    }
}

impl Edge {
    /// Starts the edge over the folder `media` in `state`, and waits until it listens.
    pub(crate) fn start(usher: &Path, template: &str, state: &Path) -> Result<Self, Box<dyn Error>> {
        let (template_file, log) = (state.join("template.yaml"), state.join("log"));
        fs::write(&template_file, template)?;
        let mut process = Command::new(usher)
            .args(["serve", "--listen", "127.0.0.1:0", "--bucket-listen", "127.0.0.1:0"])
            .arg("--media")
            .arg(state.join("media"))
            .arg("--template")
            .arg(&template_file)
            .arg("--state")
            .arg(state)
            // The lines that are counted here, without a line for each request: CloudFront does not write such
            // lines by default.
            .env("RUST_LOG", "warn,resign_manifest=info")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let mut output = BufReader::new(process.stdout.take().ok_or("usher serve has no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let origin = line.trim_end().strip_prefix("listening on ").map(str::to_owned);
        let running = Self { origin: origin.clone().unwrap_or_default(), process, _output: output, log };
        if origin.is_none() {
            return Err(format!("usher serve did not start: {}", fs::read_to_string(&running.log)?).into());
        }
        Ok(running)
    }

    /// The processor time since it started; `None` on a system without `/proc`.
    pub(crate) fn processor_seconds(&self) -> Option<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        // After the name, which may contain spaces: utime and stime are fields 14 and 15 of the whole line.
        let fields = stat.rsplit_once(')')?.1.split_whitespace();
        let ticks: Vec<u32> = fields.skip(11).take(2).map_while(|field| field.parse().ok()).collect();
        Some(f64::from(ticks.iter().sum::<u32>()) / TICKS_PER_SECOND)
    }

    /// One line is one invocation.
    pub(crate) fn function_log(&self) -> Result<FunctionLog, Box<dyn Error>> {
        let log = fs::read_to_string(&self.log)?;
        let mut counted = FunctionLog::default();
        for line in log.lines().filter(|line| line.contains(" resign_manifest::record: playlist ")) {
            let field = line.split(' ').find_map(|field| field.strip_prefix("signatures="));
            counted.invocations += 1;
            counted.signatures +=
                field.ok_or("a line of the function's has no signatures")?.parse::<u64>()?;
        }
        Ok(counted)
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        // It may have ended by itself, which the players have noticed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// USER_HZ is 100 on every Linux for which Rust has a standard library today.
const TICKS_PER_SECOND: f64 = 100.0;
