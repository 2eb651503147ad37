//! Processor time of answers from the edge's cache, without sockets: `cargo run --release -p usher-edge --example edge_times`
//!
//! Prints a line `measure<TAB>mean<TAB>99th percentile<TAB>ratio` for each measure, in microseconds. The ratio is the
//! mean divided by the time of one verification of a signed URL, so that results from different machines can be
//! compared. With many viewers at a time, the percentile is that of the groups of simultaneous answers.
//!
//! One viewer at a time is the worst case: each answer wakes the function's thread, and is woken by it.

use std::{
    error::Error,
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::ConnectInfo,
};
use cloudfront_signing::{KeyPairId, PrivateKey, Request, UnixTime, Verifier};
use futures::future::try_join_all;
use http::{HeaderMap, StatusCode};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use usher_edge::{Options, Running};

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    // As `usher serve` does: the log is a part of the cost of an answer.
    tracing_subscriber::fmt()
        .with_env_filter("warn,usher=info,issue_cookies=info,resign_manifest=info")
        .with_writer(io::sink)
        .with_ansi(false)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let media = folder.path().join("media");
    fs::create_dir_all(media.join("video/m"))?;
    fs::write(media.join("video/m/segment.ts"), vec![0x47; 200 * 1_024])?;
    fs::write(media.join("video/m/playlist.m3u8"), playlist())?;
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
    let now = UnixTime::new(1_790_000_000)?;
    let viewer = Viewer::of(template.as_ref(), folder.path(), now).await?;

    let token = viewer.sign_in().await?;
    let (cookies, url) = (viewer.cookies(&token).await?, viewer.signed_url(&token).await?);
    let key = PrivateKey::from_pem(&fs::read_to_string(folder.path().join("state/private_key.pem"))?)?;
    let id = url.split("Key-Pair-Id=").nth(1).and_then(|rest| rest.split('&').next()).ok_or("no id")?;
    let verifier = Verifier::new([(KeyPairId::new(id)?, key.public_key())]);
    let verification = measured(async || {
        verifier.verify(&Request::new(&url), now).map(drop).map_err(|denial| denial.reason.to_string().into())
    });
    let verification = verification.await?;
    let verification_time = verification.mean();
    report("verification of a signed URL", &verification, verification_time);

    let signed = url.split_once("/video/").map(|(_, rest)| format!("/video/{rest}")).ok_or("no path")?;
    let (segment, playlist) = ("/video/m/segment.ts", "/video/m/playlist.m3u8");
    for at_a_time in [1, 16] {
        let rows = [
            ("segment of 200 KB, by cookies", segment, Some(cookies.as_str())),
            ("playlist, by cookies", playlist, Some(&cookies)),
            ("playlist, by signed URL", &signed, None),
        ];
        let mut all = Vec::new();
        for (measure, target, cookies) in rows {
            let times = viewer.hits(target, cookies, at_a_time).await?;
            report(&format!("{measure}, {at_a_time} at a time"), &times, verification_time);
            all.push(times);
        }
        report(&format!("answers of players, {at_a_time} at a time"), &of_players(all)?, verification_time);
    }

    // The edge never runs code that may write to the log twice, so this code gets a new realm for each run.
    let logging = fs::read_to_string(template)?.replacen(
        "function handler(",
        "// console\n        function handler(",
        1,
    );
    let template = folder.path().join("template.yaml");
    fs::write(&template, logging)?;
    let viewer = Viewer::of(&template, folder.path(), now).await?;
    let cookies = viewer.cookies(&viewer.sign_in().await?).await?;
    let times = viewer.hits(playlist, Some(&cookies), 1).await?;
    report("playlist, by cookies, a realm for each run, 1 at a time", &times, verification_time);
    Ok(())
}

/// VOD of six-second segments: ten minutes.
fn playlist() -> String {
    let head = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n";
    let segments: String =
        (1..=100).map(|number| format!("#EXTINF:6.000,\nsegment_{number:06}.ts\n")).collect();
    format!("{head}{segments}#EXT-X-ENDLIST\n")
}

/// The viewer that sends requests to the edge.
struct Viewer(Running);

impl Viewer {
    /// The viewer of an edge with this template.
    async fn of(template: &Path, folder: &Path, now: UnixTime) -> Result<Self, Failure> {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let options = Options {
            listen: anywhere,
            bucket_listen: anywhere,
            media: folder.join("media"),
            template: template.to_owned(),
            state: folder.join("state"),
            website: None,
            hosts: Vec::new(),
            tls: false,
            demo: false,
            hide_signatures: false,
            hostile: false,
            parameter_overrides: Vec::new(),
        };
        Ok(Self(usher_edge::start(&options, &|_| None, Arc::new(move || now)).await?))
    }

    async fn sign_in(&self) -> Result<String, Failure> {
        let body = json!({ "viewer": "demo" }).to_string();
        let (_, answer) = self.send("POST", "/demo/sign-in", &[], body).await?;
        text(&answer, "token")
    }

    async fn cookies(&self, token: &str) -> Result<String, Failure> {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let (headers, _) = self.send("POST", "/auth/cookies", &headers, String::new()).await?;
        let lines = headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
        let kept = lines.filter(|line| !line.contains("Max-Age=0"));
        Ok(kept.filter_map(|line| line.split(';').next()).collect::<Vec<_>>().join("; "))
    }

    async fn signed_url(&self, token: &str) -> Result<String, Failure> {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = json!({ "path": "/video/m/playlist.m3u8" }).to_string();
        let (_, answer) = self.send("POST", "/auth/urls", &headers, body).await?;
        text(&answer, "url")
    }

    /// The times of an answer from the cache, of which so many viewers ask for one each at the same time.
    async fn hits(&self, target: &str, cookies: Option<&str>, at_a_time: u32) -> Result<Times, Failure> {
        let headers = cookies.map(|cookies| ("cookie", cookies));
        // The first answer is a miss.
        self.send("GET", target, headers.as_slice(), String::new()).await?;
        let hit = async || {
            let (headers, _) = self.send("GET", target, headers.as_slice(), String::new()).await?;
            let source = headers.get("x-cache").ok_or("no X-Cache")?;
            if source == "Hit from cloudfront" { Ok(()) } else { Err(format!("{target}: {source:?}").into()) }
        };
        let times = measured(async || try_join_all((0..at_a_time).map(|_| hit())).await.map(drop)).await?;
        Times::of(times.sorted.into_iter().map(|time| time / at_a_time).collect())
    }

    async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<(HeaderMap, Bytes), Failure> {
        let request =
            http::Request::builder().method(method).uri(target).header("host", self.0.address.to_string());
        // As browsers send them.
        let request = request.header("accept", "*/*").header("accept-encoding", "gzip, deflate, br, zstd");
        let request =
            request.header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let viewer = SocketAddr::from(([127, 0, 0, 1], 50_000));
        let request = request.extension(ConnectInfo(viewer)).body(Body::from(body))?;
        let (parts, body) = self.0.service.clone().oneshot(request).await?.into_parts();
        let body = to_bytes(body, usize::MAX).await?;
        if parts.status == StatusCode::OK {
            return Ok((parts.headers, body));
        }
        Err(format!("{target}: {} {}", parts.status, String::from_utf8_lossy(&body)).into())
    }
}

fn text(json: &[u8], name: &str) -> Result<String, Failure> {
    let answer: Value = serde_json::from_slice(json)?;
    Ok(answer.get(name).and_then(Value::as_str).ok_or("an answer of another form")?.to_owned())
}

/// Of a player of a live stream, every second answer is a segment. Here every second player has cookies, and the
/// others a signed URL, as in `tests/scale/run`.
fn of_players(rows: Vec<Times>) -> Result<Times, Failure> {
    let [segment, cookies, url] = <[Times; 3]>::try_from(rows).map_err(|_| "three measures make a player")?;
    let count = segment.sorted.len().min(cookies.sorted.len()).min(url.sorted.len()) / 2 * 2;
    Times::of([segment.evenly(count), cookies.evenly(count / 2), url.evenly(count / 2)].concat())
}

fn report(measure: &str, times: &Times, verification: Duration) {
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    let ratio = times.mean().as_secs_f64() / verification.as_secs_f64();
    println!(
        "{measure}\t{:.1}\t{:.1}\t{ratio:.2}",
        microseconds(times.mean()),
        microseconds(times.percentile())
    );
}

/// Processor times of one call each, of all threads; at least one.
struct Times {
    sorted: Vec<Duration>,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Result<Self, Failure> {
        if times.is_empty() {
            return Err("nothing was measured".into());
        }
        times.sort_unstable();
        Ok(Self { sorted: times })
    }

    fn mean(&self) -> Duration {
        let count = u32::try_from(self.sorted.len()).unwrap_or(u32::MAX);
        self.sorted.iter().sum::<Duration>() / count
    }

    /// The 99th percentile.
    fn percentile(&self) -> Duration {
        self.sorted.get(self.sorted.len() * 99 / 100).copied().unwrap_or_default()
    }

    /// So many of them, of the same distribution.
    fn evenly(&self, count: usize) -> Vec<Duration> {
        (0..count).filter_map(|at| self.sorted.get(at * self.sorted.len() / count)).copied().collect()
    }
}

/// Measures calls for at least a second.
async fn measured(call: impl AsyncFn() -> Result<(), Failure>) -> Result<Times, Failure> {
    for _ in 0..100 {
        call().await?;
    }
    let (began, mut times) = (Instant::now(), Vec::new());
    while began.elapsed() < Duration::from_secs(1) {
        let started = processor_time();
        call().await?;
        times.push(processor_time().saturating_sub(started));
    }
    Times::of(times)
}

/// The time of this process alone: other work on the machine does not count.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
