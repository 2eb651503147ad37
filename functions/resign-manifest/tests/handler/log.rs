//! One line per request, and no signature in it.

use std::{
    cell::RefCell,
    io::{self, Write},
    sync::Once,
};

use serde_json::{Map, Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    bucket::{Bucket, Then, fault, nobody},
    function::{Function, get, grant, with_header, with_method},
};

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The log of this thread. One subscriber serves all tests: `tracing` remembers for each call site whether any
/// subscriber is interested, and subscribers that start and stop on other threads change that during a test.
#[derive(Clone)]
pub(crate) struct Log;

impl Log {
    /// Starts to collect, at the log level of a deployment.
    pub(crate) fn start() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let subscriber = tracing_subscriber::fmt()
                .json()
                .flatten_event(true)
                .with_max_level(tracing::Level::INFO)
                .with_writer(Self);
            tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
        });
        Self.take();
        Self
    }

    /// The lines since the last time, as text.
    fn take(&self) -> String {
        String::from_utf8(LINES.take()).unwrap()
    }

    /// The fields of the one line since the last call, with each time replaced by a fixed word.
    pub(crate) fn line(&self) -> Value {
        let text = self.take();
        let mut line: Map<String, Value> = serde_json::from_str(&text).unwrap();
        line.remove("timestamp");
        for (name, value) in &mut line {
            if name.ends_with("_us") {
                assert!(value.is_u64(), "{name} {value}");
                *value = json!("some");
            }
        }
        Value::from(line)
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

const PLAYLIST: &str = "#EXTM3U\n#EXTINF:4,\ns.ts\n#EXTINF:4,\nhttps://other.example/t.ts\n#EXT-X-ENDLIST\n";

async fn bucket() -> Bucket {
    let bucket = Bucket::new().await;
    bucket.put("video/m/p.m3u8", PLAYLIST);
    bucket
}

/// A line with these fields besides the common ones.
fn line(fields: Value) -> Value {
    let mut line = json!({
        "level": "INFO",
        "target": "resign_manifest::record",
        "message": "playlist",
        "signed": 0,
        "left": 0,
        "signatures": 0,
        "bytes_in": 0,
        "fetch_us": "some",
        "sign_us": "some",
        "rewrite_us": "some",
        "total_us": "some",
    });
    let fields: Map<String, Value> = serde_json::from_value(fields).unwrap();
    line.as_object_mut().unwrap().extend(fields);
    if line["status"].as_u64() >= Some(500) {
        line["level"] = json!("ERROR");
    }
    line
}

#[tokio::test]
async fn each_playlist_has_a_line_with_what_was_done() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let log = Log::start();
    let inline = get("/video/m/p.m3u8", "usher-style=inline");
    let bytes_out = PLAYLIST.len() + 1 + grant("/video/m/*").query().len();
    let signed = json!({
        "asset": "video/m/p.m3u8", "style": "inline", "status": 200, "signed": 1, "left": 1,
        "left_because": "1 OtherHost",
        "signatures": 1, "bytes_in": PLAYLIST.len(), "bytes_out": bytes_out,
    });
    let (_, body) = function.bytes(inline.clone()).await;
    assert_eq!((log.line(), body.len()), (line(signed.clone()), bytes_out));

    // The second request finds the grant in the cache.
    let mut cached = signed;
    cached["signatures"] = json!(0);
    function.bytes(inline.clone()).await;
    assert_eq!(log.line(), line(cached.clone()));

    let (_, body) = function.bytes(with_header(inline.clone(), "accept-encoding", "gzip")).await;
    cached["bytes_out"] = json!(body.len());
    assert_eq!(log.line(), line(cached));

    function.bytes(get("/video/m/p.m3u8", "")).await;
    assert_eq!(
        log.line(),
        line(json!({
            "asset": "video/m/p.m3u8", "style": "plain", "status": 200,
            "bytes_in": PLAYLIST.len(), "bytes_out": PLAYLIST.len(),
        }))
    );
}

#[tokio::test]
async fn an_answer_without_a_body_has_its_line_as_well() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let log = Log::start();
    let event = get("/video/m/p.m3u8", "");
    let fields = |status: u16| {
        line(json!({
            "asset": "video/m/p.m3u8", "style": "plain", "status": status,
            "bytes_in": PLAYLIST.len(), "bytes_out": 0,
        }))
    };
    for (event, status) in
        [(with_method(event.clone(), "HEAD"), 200), (with_header(event, "if-none-match", "*"), 304)]
    {
        function.bytes(event).await;
        assert_eq!(log.line(), fields(status));
    }
}

#[tokio::test]
async fn what_went_wrong_stands_in_the_line_more_exactly_than_in_the_answer() {
    let log = Log::start();
    let function =
        Function::new(fault("HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n", Then::Close).await);
    let (_, body) = function.bytes(get("/video/m/p.m3u8", "")).await;
    assert_eq!(
        log.line(),
        line(json!({
            "asset": "video/m/p.m3u8", "style": "plain", "status": 503, "bytes_out": body.len(),
            "error": "S3 cannot be read: it answers 503 ",
        }))
    );
    let function = Function::new(nobody().await);
    let (_, body) = function.bytes(get("/video/m/p.m3u8", "usher-style=fancy")).await;
    assert_eq!(
        log.line(),
        line(json!({
            "asset": "video/m/p.m3u8", "status": 400, "bytes_out": body.len(),
            "error": "usher-style must be plain, inline or define",
        }))
    );
    let (_, body) = function.bytes(with_method(get("/video/m/p.m3u8", ""), "POST")).await;
    assert_eq!(
        log.line(),
        line(json!({"status": 405, "bytes_out": body.len(), "error": "a playlist takes GET and HEAD"}))
    );
}

#[tokio::test]
async fn no_signature_no_token_and_no_query_is_logged() {
    let bucket = bucket().await;
    let log = Log::start();
    let secrets = ["secret-policy", "secret-signature", "secret-token", "secret-cookie"];
    for (path, style) in [
        ("/video/m/p.m3u8", "usher-style=inline"),
        ("/video/m/p.m3u8", "usher-style=plain"),
        ("/video/m/p.m3u8", "usher-style=fancy"),
        ("/video/m/missing.m3u8", "usher-style=inline"),
        ("/elsewhere/p.m3u8", ""),
    ] {
        let query = format!("{style}&Policy=secret-policy&Signature=secret-signature&token=secret-token");
        let event = with_header(get(path, &query), "cookie", "CloudFront-Signature=secret-cookie");
        let event = with_header(event, "authorization", "Bearer secret-token");
        for function in [Function::new(bucket.client()), Function::without_key(bucket.client())] {
            let (_, sent) = function.bytes(event.clone()).await;
            let logged = log.take();
            let grant = grant("/video/m/*");
            let signature = grant.query().split('&').find(|pair| pair.starts_with("Signature=")).unwrap();
            assert!(!logged.contains(signature), "{logged}");
            assert!(!secrets.iter().any(|secret| logged.contains(secret)), "{logged}");
            assert!(!String::from_utf8_lossy(&sent).contains("secret-"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_line_end_in_a_name_does_not_end_the_line() {
    let bucket = bucket().await;
    let function = Function::new(bucket.client());
    let log = Log::start();
    let (_, body) = function.bytes(get("/video/m/p%0A%0D%22.m3u8", "")).await;
    assert_eq!(
        log.line(),
        line(json!({
            "asset": "video/m/p\n\r\".m3u8", "style": "plain", "status": 404, "bytes_out": body.len(),
            "error": "there is no such object",
        }))
    );
}
