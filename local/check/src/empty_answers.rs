//! Whether answers without a body end at once. A function URL that streams may leave them open, until CloudFront gives
//! up after 30 seconds.

use std::time::Duration;

use http::{Method, StatusCode, header};
use tokio::time::sleep;

use super::{
    Finding, Question,
    answer::{Answer, Source},
    caches::shared_seconds,
    cure,
    deployment::{Ask, Deployment},
    report::Probe,
    walk::Played,
};

/// Asks whether a playlist is still right: the one that CloudFront keeps for the shortest time, and once more where that
/// time is short and CloudFront answered by itself. Then CloudFront has to ask the function.
pub(super) async fn not_modified(deployment: &Deployment<'_>, played: &[Played]) -> Finding {
    let with_etag = played.iter().filter_map(|one| Some((one, one.answer.text(header::ETAG)?)));
    let shortest = with_etag.min_by_key(|(one, _)| shared_seconds(&one.answer).unwrap_or(u64::MAX));
    let Some((Played { ask, answer }, etag)) = shortest else {
        let why = if played.is_empty() { NO_PLAYLIST } else { "the playlists have no ETag" };
        return NOT_MODIFIED.unknown(why);
    };
    // On a laptop, the function answers in the same process: there is nothing to wait for.
    let mut pause = shared_seconds(answer).filter(|seconds| *seconds <= SHORT && !deployment.is_local());
    let mut etag = etag.to_owned();
    for _ in 0..ATTEMPTS {
        let ask = ask.clone().text(header::IF_NONE_MATCH, &etag).within(PATIENCE);
        let answer = match deployment.ask(ask).await {
            Ok(answer) => answer,
            Err(reason) => return NOT_MODIFIED.wrong(format!("304: {reason}"), BUFFERED),
        };
        let other = answer.text(header::ETAG).filter(|other| *other != etag).map(str::to_owned);
        match (answer.status, other) {
            (StatusCode::NOT_MODIFIED, _) => {
                match pause.take().filter(|_| answer.source() == Some(Source::Cache)) {
                    Some(seconds) => sleep(Duration::from_secs(seconds) + MARGIN).await,
                    None => return NOT_MODIFIED.right(told("304", &answer)),
                }
            }
            // A new bucket, or a live playlist: the next one is still right.
            (StatusCode::OK, Some(other)) => etag = other,
            (StatusCode::OK, None) => break,
            _ => return NOT_MODIFIED.wrong(answer.summary(), cure::of(&answer)),
        }
    }
    NOT_MODIFIED.advice(
        "200 and the whole playlist, in place of 304",
        "no proxy may drop or change ETag and If-None-Match",
    )
}

/// Asks for the headers alone.
pub(super) async fn head(deployment: &Deployment<'_>, played: &[Played]) -> Finding {
    let Some(Played { ask, answer }) = played.first() else { return HEAD.unknown(NO_PLAYLIST) };
    let ask = Ask::method(unkept(ask, answer), Method::HEAD).within(PATIENCE);
    match deployment.ask(ask).await {
        Err(reason) => HEAD.wrong(format!("HEAD: {reason}"), BUFFERED),
        Ok(answer) if answer.status == StatusCode::OK => HEAD.right(told("HEAD", &answer)),
        Ok(answer) => HEAD.wrong(format!("HEAD: {}", answer.summary()), cure::of(&answer)),
    }
}

/// The same playlist in a style that nobody has asked for yet: the function has to answer. Not a signed URL, whose bytes
/// are signed.
fn unkept(ask: &Ask, answer: &Answer) -> Ask {
    match answer.url.query() {
        None => ask.clone().at(format!("{}?usher-style=define", answer.url)),
        Some(_) => ask.clone(),
    }
}

fn told(what: &str, answer: &Answer) -> String {
    match answer.source() {
        Some(Source::Cache) => format!("{what} at once, by CloudFront's cache"),
        Some(Source::Origin | Source::Revalidated) => format!("{what} at once, by the function"),
        None => format!("{what} at once"),
    }
}

const NOT_MODIFIED: Probe = Question::EmptyAnswers
    .probe("not modified", "does 304 come at once where a player has the playlist?")
    .telling();
const HEAD: Probe = Question::EmptyAnswers.probe("head", "does the answer to HEAD come at once?").telling();
const BUFFERED: &str = "the function URL of ResignManifestFunction must have the InvokeMode BUFFERED: a streamed answer \
    without a body ends only when CloudFront gives up";
const NO_PLAYLIST: &str = "no playlist was served";
/// Less than the 30 seconds of CloudFront, and more than a function takes to start.
const PATIENCE: Duration = Duration::from_secs(5);
const ATTEMPTS: usize = 3;
/// In seconds: a playlist that CloudFront keeps no longer is worth waiting for.
const SHORT: u64 = 2;
/// CloudFront and this machine do not begin to count at once.
const MARGIN: Duration = Duration::from_millis(500);
