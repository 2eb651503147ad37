//! The object in the bucket that a path stands for.

use percent_encoding::percent_decode_str;

/// The S3 key of a URL's path: `video/a b.m3u8` for `/video/a%20b.m3u8`. Escapes are decoded once, so `%252e`
/// becomes the text `%2e`.
///
/// Nothing for a path without a slash at its start; for one with an incomplete escape, since servers do not
/// agree on its meaning; for one that is not UTF-8; and for one with `.` or `..` between slashes. An encoded
/// slash or backslash would hide those from whoever judges the path, and bucket software other than S3 may
/// walk them.
#[must_use]
pub fn object_key(path: &str) -> Option<String> {
    let encoded = path.strip_prefix('/')?;
    let mut escapes = encoded.split('%').skip(1);
    let is_complete = escapes.all(|escape| {
        let digits = escape.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let key = percent_decode_str(encoded).decode_utf8().ok()?;
    let walks = key.split(['/', '\\']).any(|segment| matches!(segment, "." | ".."));
    (is_complete && !walks).then(|| key.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_once() {
        let rows = [
            ("/video/m/master.m3u8", "video/m/master.m3u8"),
            ("/video/m/a%20b%2Bc+d.m3u8", "video/m/a b+c+d.m3u8"),
            ("/video/m/%C3%A9.m3u8", "video/m/é.m3u8"),
            ("/video/a%2fb/x.m3u8", "video/a/b/x.m3u8"),
            ("/video/a%5Cb/x.m3u8", "video/a\\b/x.m3u8"),
            ("/video/%252e%252e/x.m3u8", "video/%2e%2e/x.m3u8"),
            ("/video/a/..%252fb/x.m3u8", "video/a/..%2fb/x.m3u8"),
            ("/video/.../a..b/.hidden", "video/.../a..b/.hidden"),
            ("/video//x.m3u8", "video//x.m3u8"),
            ("/", ""),
        ];
        for (path, key) in rows {
            assert_eq!(object_key(path).as_deref(), Some(key), "{path}");
        }
    }

    #[test]
    fn a_path_that_could_lead_elsewhere_has_no_object() {
        for path in [
            "/video/a/../b/x.m3u8",
            "/video/./x.m3u8",
            "/video/..",
            "/..",
            "/.",
            "/video/a/%2e%2e/b/x.m3u8",
            "/video/a/.%2E/b/x.m3u8",
            "/video/%2e/x.m3u8",
            "/video/a/..%2fb/x.m3u8",
            "/video/a/..%2Fb/x.m3u8",
            "/video/a%2f..%2fb/x.m3u8",
            "/video/a%2f%2e%2e%2fb/x.m3u8",
            "/video/a/x%2f..",
            "/video/a/..%5cb/x.m3u8",
            "/video/a%5C..%5Cb/x.m3u8",
            "/video/a/..\\b/x.m3u8",
            "/video/m/50%.m3u8",
            "/video/m/%",
            "/video/m/%2",
            "/video/m/%zz.m3u8",
            "/video/m/%+1.m3u8",
            "/video/m/%é.m3u8",
            "/video/m/%ff.m3u8",
            "/video/m/%c0%ae%c0%ae/x.m3u8",
            "video/m/master.m3u8",
            "",
        ] {
            assert_eq!(object_key(path), None, "{path}");
        }
    }
}
