//! The player page, the inspector's page, and their files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::body::Body;
use http::{HeaderValue, Response, header};
use serde::Serialize;

/// Files that are part of the program, and hls.js if it is installed.
pub(super) struct Pages {
    media: PathBuf,
    hls_js: PathBuf,
    player_at_root: bool,
}

/// A stream that the player can play.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(super) struct Stream {
    path: String,
}

impl Pages {
    /// With a web site behind the edge, `/` belongs to the site.
    pub(super) fn new(media: &Path, state: &Path, player_at_root: bool) -> Self {
        let hls_js = state.join("node_modules/hls.js/dist/hls.min.js");
        Self { media: media.to_owned(), hls_js, player_at_root }
    }

    /// A page or one of its files.
    pub(super) fn page(&self, path: &str) -> Option<Response<Body>> {
        let (content_type, text) = match path {
            "/" if !self.player_at_root => return None,
            "/" | "/__usher/player" => ("text/html; charset=utf-8", include_str!("../pages/player.html")),
            "/__usher" | "/__usher/" => ("text/html; charset=utf-8", include_str!("../pages/inspector.html")),
            "/__usher/door.js" => ("text/javascript; charset=utf-8", include_str!("../pages/door.js")),
            "/__usher/player.js" => ("text/javascript; charset=utf-8", include_str!("../pages/player.js")),
            "/__usher/inspector.js" => {
                ("text/javascript; charset=utf-8", include_str!("../pages/inspector.js"))
            }
            "/__usher/style.css" => ("text/css; charset=utf-8", include_str!("../pages/style.css")),
            "/__usher/hls.js" => {
                let script = fs::read(&self.hls_js).ok()?;
                return Some(response("text/javascript; charset=utf-8", script.into()));
            }
            "/__usher/streams" => {
                let streams = serde_json::to_vec(&self.streams()).ok()?;
                return Some(response("application/json", streams.into()));
            }
            _ => return None,
        };
        Some(response(content_type, text.into()))
    }

    /// The multivariant playlists in the media folder.
    pub(super) fn streams(&self) -> Vec<Stream> {
        let mut streams = Vec::new();
        let mut folders = vec![self.media.clone()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            for path in entries.map(|entry| entry.path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if is_multivariant(&path) {
                    let below = path.strip_prefix(&self.media).unwrap_or(&path);
                    let segments: Vec<_> = below.iter().map(|segment| segment.to_string_lossy()).collect();
                    streams.push(Stream { path: format!("/{}", segments.join("/")) });
                }
            }
        }
        streams.sort();
        streams
    }
}

fn is_multivariant(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "m3u8")
        && fs::read_to_string(path).is_ok_and(|playlist| playlist.contains("#EXT-X-STREAM-INF"))
}

fn response(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    response
}

/// The pages load only what the edge serves; hls.js plays from `blob:` and works in a worker.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src data:; media-src 'self' blob:; worker-src blob:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";
