//! The content type of an object, by its name. S3 stores a type with each object, and CloudFront passes it on.

use hls_rewrite::media_type;

/// The content type of a key or path; S3's own default for an unknown name.
#[must_use]
pub fn content_type(key: &str) -> &'static str {
    media_type(key).or_else(|| mime_guess::from_path(key).first_raw()).unwrap_or("binary/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_have_the_type_that_browsers_expect() {
        let rows = [
            ("video/m/master.m3u8", "application/vnd.apple.mpegurl"),
            ("video/m/s001.mp3", "audio/mpeg"),
            ("video/m/poster.jpg", "image/jpeg"),
            ("video/m/tile.webp", "image/webp"),
            ("video/m/assets.json", "application/json"),
            ("video/m/no-extension", "binary/octet-stream"),
        ];
        for (key, expected) in rows {
            assert_eq!(content_type(key), expected, "{key}");
        }
    }
}
