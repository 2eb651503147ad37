//! Whether gzip arrives: the function compresses, and whatever is between may undo it. Signed playlists are long, and
//! Lambda sends 6 MB.

use std::io::Read as _;

use flate2::read::GzDecoder;
use hls_rewrite::is_playlist;
use http::{HeaderValue, StatusCode, header};

use super::{
    Finding, Question,
    answer::{Answer, printable},
    cure,
    deployment::{BODY_LIMIT, Deployment},
    report::Probe,
    strangers::BROKEN,
    walk::Played,
};

/// Asks for the longest playlist as browsers do.
pub(super) async fn compression(deployment: &Deployment<'_>, played: &[Played]) -> Finding {
    let longest = played.iter().max_by_key(|one| one.answer.body.len());
    let Some(Played { ask, answer: plain }) = longest else { return GZIP.unknown("no playlist was served") };
    if plain.body.len() < SHORT {
        return GZIP.skipped("the playlists are too short");
    }
    let ask = ask.clone().header(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    match deployment.ask(ask).await {
        Err(reason) => GZIP.wrong(reason, BROKEN),
        Ok(answer) if answer.status != StatusCode::OK => GZIP.wrong(answer.summary(), cure::of(&answer)),
        Ok(answer) => judge(&answer),
    }
}

fn judge(answer: &Answer) -> Finding {
    let size = answer.body.len();
    let coding = answer.text(header::CONTENT_ENCODING).map(printable);
    let decoded = decoded(&answer.body);
    match (coding.as_deref(), decoded) {
        (Some("gzip"), Some(decoded)) if decoded > size => GZIP.right(format!("{decoded} bytes as {size}")),
        (Some("gzip"), Some(decoded)) => {
            GZIP.advice(format!("{decoded} bytes as {size}, which is no gain"), TO_FUNCTION)
        }
        (Some("gzip"), None) => GZIP.wrong("Content-Encoding is gzip, and the body is not", UNTOUCHED),
        (Some(other), _) => {
            GZIP.wrong(format!("Content-Encoding is {other}, which nobody asked for"), UNTOUCHED)
        }
        (None, Some(_)) => GZIP.wrong("the body is gzip, and no Content-Encoding says so", UNTOUCHED),
        (None, None) => GZIP.advice(format!("{size} bytes as they are, without gzip"), TO_FUNCTION),
    }
}

/// How long a compressed playlist is; nothing where it is none.
fn decoded(body: &[u8]) -> Option<usize> {
    let mut decoded = Vec::new();
    let limit = u64::try_from(BODY_LIMIT).unwrap_or(u64::MAX);
    GzDecoder::new(body).take(limit).read_to_end(&mut decoded).ok()?;
    is_playlist(&decoded).then_some(decoded.len())
}

const GZIP: Probe = Question::Compression
    .probe("gzip", "does a long playlist arrive as gzip where the viewer takes it?")
    .telling();
const TO_FUNCTION: &str = "ManifestCachePolicy must have EnableAcceptEncodingGzip, so that ResignManifestFunction is told \
    that the viewer takes gzip, and no proxy may decompress";
const UNTOUCHED: &str = "nothing between ResignManifestFunction and the viewer may change Content-Encoding or the body: \
    the function URL must have the InvokeMode BUFFERED";
/// In bytes. Below, gzip may gain nothing.
const SHORT: usize = 256;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use bytes::Bytes;
    use flate2::{Compression, write::GzEncoder};
    use http::HeaderMap;

    use super::*;
    use crate::Outcome;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn a_compressed_playlist_is_one_with_its_header_and_fewer_bytes() {
        let long = format!("#EXTM3U\n{}", "#EXTINF:4,\ns.ts\n".repeat(100));
        let rows = [
            (Some("gzip"), gzip(&long), Outcome::Right, "1608 bytes as "),
            (Some("gzip"), gzip("#EXTM3U\n"), Outcome::Advice, "8 bytes as "),
            (Some("gzip"), gzip("<html>"), Outcome::Wrong, "Content-Encoding is gzip, and the body is not"),
            (
                Some("gzip"),
                long.clone().into_bytes(),
                Outcome::Wrong,
                "Content-Encoding is gzip, and the body is not",
            ),
            (Some("br"), vec![1], Outcome::Wrong, "Content-Encoding is br, which nobody asked for"),
            (None, gzip(&long), Outcome::Wrong, "the body is gzip, and no Content-Encoding says so"),
            (None, long.into_bytes(), Outcome::Advice, "1608 bytes as they are, without gzip"),
        ];
        for (coding, body, outcome, found) in rows {
            let mut headers = HeaderMap::new();
            headers.extend(coding.map(|coding| (header::CONTENT_ENCODING, HeaderValue::from_static(coding))));
            let url = url::Url::parse("https://h/video/m/p.m3u8").expect("a URL");
            let answer = Answer { url, status: StatusCode::OK, headers, body: Bytes::from(body) };
            let finding = judge(&answer);
            assert_eq!(finding.outcome, outcome, "{finding:?}");
            assert!(finding.found.starts_with(found), "{finding:?}");
        }
    }
}
