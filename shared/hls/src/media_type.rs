//! The media types of the files that an HLS or DASH stream consists of.
//!
//! `aws s3 cp` uses the machine's own table. On most machines, that table has `.ts` as a Qt translation or a TypeScript
//! file, and does not contain `.m4s`.

/// The media type of a file of a stream, by the extension of its path; `None` for any other file.
#[must_use]
pub fn media_type(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "m3u8" | "m3u" => "application/vnd.apple.mpegurl",
        "mpd" => "application/dash+xml",
        "ts" => "video/mp2t",
        "m4s" | "mp4" | "m4v" | "cmfv" => "video/mp4",
        "m4a" | "cmfa" => "audio/mp4",
        "cmft" => "application/mp4",
        "aac" => "audio/aac",
        "ac3" => "audio/ac3",
        "ec3" => "audio/eac3",
        "mp3" => "audio/mpeg",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "gif" => "image/gif",
        "vtt" | "webvtt" => "text/vtt",
        "key" | "bin" => "application/octet-stream",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_of_a_stream_has_its_type() {
        let rows = [
            ("video/m/master.m3u8", Some("application/vnd.apple.mpegurl")),
            ("video/m/OLD.M3U8", Some("application/vnd.apple.mpegurl")),
            ("video/m/s001.ts", Some("video/mp2t")),
            ("video/m/init.mp4", Some("video/mp4")),
            ("video/m/s001.m4s", Some("video/mp4")),
            ("video/m/s001.cmfv", Some("video/mp4")),
            ("video/m/s001.cmfa", Some("audio/mp4")),
            ("video/m/s001.m4a", Some("audio/mp4")),
            ("video/m/subtitles.cmft", Some("application/mp4")),
            ("video/m/s001.aac", Some("audio/aac")),
            ("video/m/s001.mp3", Some("audio/mpeg")),
            ("video/m/s001.jpg", Some("image/jpeg")),
            ("video/m/manifest.mpd", Some("application/dash+xml")),
            ("video/m/s001.webp", Some("image/webp")),
            ("video/m/s001.png", Some("image/png")),
            ("video/m/s001.avif", Some("image/avif")),
            ("video/m/s001.gif", Some("image/gif")),
            ("video/m/en.vtt", Some("text/vtt")),
            ("video/m/key.bin", Some("application/octet-stream")),
            ("video/m/1.key", Some("application/octet-stream")),
            ("video/m/assets.json", None),
            ("video/m.ts/no-extension", None),
        ];
        for (path, expected) in rows {
            assert_eq!(media_type(path), expected, "{path}");
        }
    }
}
