//! Many players of one live stream through `usher serve`: `live-load USHER TEMPLATE PLAYERS SECONDS`.
//!
//! Half of them have cookies, half play signed URLs. They join during a quarter of the time, so that the URLs end in
//! different expiry buckets. There are two runs: one with the template's cache, and a shorter one with a template
//! that does not cache playlists.

mod edge;
mod player;
mod report;
mod session;
mod stream;
mod tally;

use std::{env, error::Error, fs, io, path::Path, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use self::{
    edge::{Caching, Edge, template},
    player::Player,
    report::{Run, check, print},
    session::SignIn,
    stream::Stream,
    tally::Tally,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [usher, template_file, players, seconds] = arguments.as_slice() else {
        return Err("usage: live-load USHER TEMPLATE PLAYERS SECONDS".into());
    };
    let (usher, players, seconds): (_, u32, u64) = (Path::new(usher), players.parse()?, seconds.parse()?);
    let given = fs::read_to_string(template_file)?;
    // Short buckets: all players join within a few, as viewers do within an evening.
    let bucket = (seconds / 12).max(SHORTEST_BUCKET);
    let shorter = (seconds / 4).max(3 * stream::TARGET_SECONDS);

    let cached = run(usher, &template(&given, bucket, Caching::On)?, players, seconds).await?;
    let uncached = run(usher, &template(&given, bucket, Caching::Off)?, players, shorter).await?;
    print(players, &cached, &uncached);
    Ok(check(&cached, &uncached)?)
}

/// Starts a stream and an edge, and lets the players play.
async fn run(usher: &Path, template: &str, players: u32, seconds: u64) -> Result<Run, Box<dyn Error>> {
    let state = tempfile::tempdir()?;
    let stream = Stream::start(&state.path().join("media"))?;
    let edge = Edge::start(usher, template, state.path())?;
    let sign_in = Arc::new(SignIn::start(&edge.origin, stream::PLAYLIST).await?);
    let tally = Arc::new(Tally::default());
    let before = edge.processor_seconds();

    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { stream.go_on(end).await });
    for number in 0..players {
        let (sign_in, tally) = (Arc::clone(&sign_in), Arc::clone(&tally));
        let joins = start + Duration::from_secs(seconds) * number / (4 * players);
        tasks.spawn(async move {
            sleep_until(joins).await;
            let session = if number % 2 == 0 { sign_in.cookies().await } else { sign_in.signed_url().await };
            match session {
                Ok(session) => Player::new(session, Arc::clone(&tally)).play_until(end).await,
                Err(error) => tally.failed(format!("a player could not sign in: {error}")),
            }
            io::Result::Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let processor = edge.processor_seconds().zip(before).map(|(after, before)| after - before);
    Ok(Run { seconds, counts: tally.counts(), function: edge.function_log()?, processor })
}

/// The time for which a live playlist is cached: a bucket must not be shorter.
const SHORTEST_BUCKET: u64 = stream::TARGET_SECONDS / 2;
