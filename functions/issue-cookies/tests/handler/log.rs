//! What is issued to whom is logged; tokens and signatures are not, nor do they come back.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    function::{
        DELETE_COOKIES, Function, HOST, NOW, POST_COOKIES, POST_URLS, event, set_header, signed_in,
    },
    tokens,
};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The lines since the last time.
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
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

#[tokio::test]
async fn neither_an_answer_nor_a_log_line_holds_a_token_or_a_signature() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .without_time()
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let function = Function::new(&[]).await;
    let out_of_reach = Function::without_key();
    log.take();

    let good = tokens::hs256(&tokens::claims());
    let expired = tokens::hs256(&tokens::until(NOW));
    let mut basic = signed_in(POST_COOKIES);
    set_header(&mut basic, "authorization", &format!("Basic {good}"));
    let mut forbidden = event(POST_URLS, &good);
    forbidden["body"] = json!(r#"{"path":"/other"}"#);

    let refused = "refused a credential error=";
    let rows = [
        (
            &function,
            event(POST_COOKIES, &good),
            format!("INFO issue_cookies::handler: issued cookies subject=\"anna\" resource=https://{HOST}/video/* expires=1790003700"),
        ),
        (
            &function,
            event(POST_URLS, &good),
            format!("INFO issue_cookies::handler: signed a URL subject=\"anna\" resource=https://{HOST}/video/m/* expires=1790021700"),
        ),
        (&function, event(DELETE_COOKIES, &good), String::new()),
        (&function, forbidden, String::new()),
        (
            &function,
            event(POST_COOKIES, &expired),
            format!("INFO issue_cookies::handler: {refused}the token has expired"),
        ),
        (
            &function,
            event(POST_COOKIES, &format!("{good}x")),
            format!("INFO issue_cookies::handler: {refused}the token is not one of the configured issuer for this audience"),
        ),
        (
            &function,
            basic,
            format!("INFO issue_cookies::handler: {refused}there is no bearer token"),
        ),
        (
            &out_of_reach,
            event(POST_COOKIES, &good),
            "ERROR usher_runtime::problem: nothing was signed error=the signing key is out of reach for the moment: KMS Sign: arn:aws:kms:eu-central-1:123456789012:key/k is throttled".to_owned(),
        ),
    ];
    for (function, event, line) in rows {
        let answer = function.answer(event).await.to_string();
        assert_eq!(log.take().trim(), line);
        for part in good.split('.').chain(expired.split('.')) {
            assert!(!answer.contains(part), "{answer}");
        }
    }
}
