//! What a file of an HLS stream is, by its name: what S3 keeps beside an object and CloudFront passes on.
//!
//! `aws s3 cp` asks the machine's own table, which on most machines takes `.ts` for a translation of Qt
//! or a TypeScript file, and knows nothing of `.m4s`.

use std::path::Path;

/// The content type of a key or path; what S3 itself says of what it does not know.
pub(crate) fn content_type(key: &str) -> &'static str {
    let extension = Path::new(key).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let of_streams = match extension.to_ascii_lowercase().as_str() {
        "m3u8" | "m3u" => Some("application/vnd.apple.mpegurl"),
        "ts" => Some("video/mp2t"),
        "m4s" | "mp4" | "m4v" | "cmfv" => Some("video/mp4"),
        "m4a" | "cmfa" => Some("audio/mp4"),
        "cmft" => Some("application/mp4"),
        "aac" => Some("audio/aac"),
        "ac3" => Some("audio/ac3"),
        "ec3" => Some("audio/eac3"),
        "vtt" | "webvtt" => Some("text/vtt"),
        "key" | "bin" => Some("application/octet-stream"),
        _ => mime_guess::from_path(key).first_raw(),
    };
    of_streams.unwrap_or("binary/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stream_is_made_of_has_its_type() {
        let rows = [
            ("video/m/master.m3u8", "application/vnd.apple.mpegurl"),
            ("video/m/OLD.M3U8", "application/vnd.apple.mpegurl"),
            ("video/m/s001.ts", "video/mp2t"),
            ("video/m/init.mp4", "video/mp4"),
            ("video/m/s001.m4s", "video/mp4"),
            ("video/m/s001.cmfv", "video/mp4"),
            ("video/m/s001.cmfa", "audio/mp4"),
            ("video/m/s001.m4a", "audio/mp4"),
            ("video/m/subtitles.cmft", "application/mp4"),
            ("video/m/s001.aac", "audio/aac"),
            ("video/m/s001.mp3", "audio/mpeg"),
            ("video/m/en.vtt", "text/vtt"),
            ("video/m/poster.jpg", "image/jpeg"),
            ("video/m/tile.webp", "image/webp"),
            ("video/m/key.bin", "application/octet-stream"),
            ("video/m/1.key", "application/octet-stream"),
            ("video/m/assets.json", "application/json"),
            ("video/m/no-extension", "binary/octet-stream"),
        ];
        for (key, expected) in rows {
            assert_eq!(content_type(key), expected, "{key}");
        }
    }
}
