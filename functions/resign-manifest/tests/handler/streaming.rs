//! Long playlists: made while they are sent, piece by piece, and not before they are asked for.

use std::{
    future::poll_fn,
    ops::RangeInclusive,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::body::Body;
use bytes::Bytes;
use http_body::Body as _;
use serde_json::json;

use crate::{
    bucket::Bucket,
    function::{Function, get, grant, with_credential, with_header},
    log::Log,
};

const SEGMENTS: usize = 10_000;
/// What a piece has: 64 KiB, and the rest of the line that went over it.
const PIECE: RangeInclusive<usize> = 65_536..=66_560;

fn playlist(parameters: &str) -> String {
    let segments = (0..SEGMENTS).map(|n| format!("#EXTINF:1,\ns{n:06}.ts{parameters}\n"));
    format!("#EXTM3U\n{}#EXT-X-ENDLIST\n", segments.collect::<String>())
}

async fn function(bucket: &Bucket) -> Function {
    bucket.put("video/m/p.m3u8", &playlist(""));
    Function::with(bucket.client(), &[("MAX_PLAYLIST_BYTES", "1000000")])
}

async fn frame(body: &mut Body) -> Option<Bytes> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
    Some(frame.unwrap().into_data().unwrap())
}

#[tokio::test]
async fn a_long_playlist_comes_in_pieces_that_are_together_the_whole() {
    let bucket = Bucket::new().await;
    let function = function(&bucket).await;
    let event = with_credential(get("/video/m/p.m3u8", ""), Some("url"));
    let (_, mut body) = function.stream(event).await;
    let mut pieces = Vec::new();
    while let Some(piece) = frame(&mut body).await {
        pieces.push(piece);
    }
    let (last, others) = pieces.split_last().unwrap();
    assert!(others.iter().all(|piece| PIECE.contains(&piece.len())) && last.len() <= *PIECE.end());
    let expected = playlist(&format!("?{}", grant("/video/m/*").query()));
    assert_eq!(String::from_utf8(pieces.concat()).unwrap(), expected);
}

#[tokio::test]
async fn of_an_answer_that_is_cut_short_the_log_tells_what_was_sent() {
    let bucket = Bucket::new().await;
    let function = function(&bucket).await;
    let log = Log::start();
    let event = with_credential(get("/video/m/p.m3u8", ""), Some("url"));
    for (encoding, pieces) in [("identity", 0), ("identity", 1), ("identity", 3), ("gzip", 0), ("gzip", 1)] {
        let event = with_header(event.clone(), "accept-encoding", encoding);
        let (_, mut body) = function.stream(event).await;
        let mut sent = 0;
        for _ in 0..pieces {
            sent += frame(&mut body).await.unwrap().len();
        }
        drop(body);
        let line = log.line();
        assert_eq!((&line["outcome"], &line["bytes_out"]), (&json!("cut short"), &json!(sent)), "{encoding}");
        assert_eq!(line["signed"], json!(SEGMENTS), "{encoding} {pieces}");
    }
}

#[tokio::test]
async fn others_get_their_turn_between_two_pieces() {
    let bucket = Bucket::new().await;
    let function = function(&bucket).await;
    for encoding in ["identity", "gzip"] {
        let event = with_credential(get("/video/m/p.m3u8", ""), Some("url"));
        let (_, mut body) = function.stream(with_header(event, "accept-encoding", encoding)).await;
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turns);
        let other = tokio::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        });
        let mut frames = 0;
        while frame(&mut body).await.is_some() {
            frames += 1;
        }
        other.abort();
        let turns = turns.load(Ordering::SeqCst);
        assert!(turns >= frames && frames > 1, "{encoding}: {turns} of {frames}");
    }
}
