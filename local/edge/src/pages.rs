//! The player page, the inspector's page, and their files.

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
};

use axum::body::Body;
use hls_rewrite::AssetTree;
use http::{HeaderValue, Response, header};
use issue_cookies::{Entitlements, Facts, Location, Subject};
use serde::Serialize;
use usher_runtime::{ConfigError, Settings, asset_tree};

use super::{
    distribution::Distribution,
    films::{Film, Films},
};

/// Files that are part of the program, and hls.js and shaka-player: beside a released program, or installed by npm.
pub(super) struct Pages {
    media: PathBuf,
    state: PathBuf,
    /// The folder of the program itself, where an archive of a release has both players.
    program: Option<PathBuf>,
    player_at_root: bool,
    may_watch: MayWatch,
}

/// Who may watch what, as `issue-cookies` decides it.
pub(super) struct MayWatch {
    tree: AssetTree,
    entitlements: Entitlements,
    /// The setting, if there is one.
    rules: Option<String>,
}

/// A player of npm.
#[derive(Clone, Copy)]
struct Library {
    /// With its version.
    package: &'static str,
    /// Below the state folder, or that of the program.
    file: &'static str,
}

/// The films, for the player page.
#[derive(Serialize)]
struct Listing<'a> {
    films: Vec<Listed>,
    is_complete: bool,
    media: Cow<'a, str>,
    /// `Entitlements`, if it is set.
    entitlements: Option<&'a str>,
    has_hls_js: bool,
    /// The command that installs hls.js where this program looks for it.
    install_hls_js: String,
    has_shaka: bool,
    /// The same for shaka-player.
    install_shaka: String,
}

/// A film, and whether the viewer who asks may watch it, if a viewer asks.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    film: Film,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_watch: Option<bool>,
}

impl MayWatch {
    /// From the settings of `issue-cookies`.
    pub(super) fn read(look_up: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut settings = Settings::new(look_up);
        let tree = asset_tree(&mut settings);
        Ok(Self {
            tree: settings.finish(|| tree)?,
            entitlements: Entitlements::read(look_up)?,
            rules: look_up("ENTITLEMENTS").filter(|rules| !rules.is_empty()),
        })
    }

    fn permits(&self, subject: &Subject, path: &str) -> bool {
        let location = Location::default();
        self.entitlements.permits(Facts { subject, location: &location }, path).is_ok()
    }
}

impl Pages {
    /// With a web site behind the edge, `/` belongs to the site.
    pub(super) fn new(media: &Path, state: &Path, player_at_root: bool, may_watch: MayWatch) -> Self {
        let program = std::env::current_exe().ok().and_then(|file| Some(file.parent()?.to_owned()));
        Self { media: media.to_owned(), state: state.to_owned(), program, player_at_root, may_watch }
    }

    /// A page or one of its files.
    pub(super) fn page(&self, path: &str) -> Option<Response<Body>> {
        let (content_type, text) = match path {
            "/" if !self.player_at_root => return None,
            "/" | "/__usher/player" => (HTML, include_str!("../pages/player.html")),
            "/__usher" | "/__usher/" => (HTML, include_str!("../pages/inspector.html")),
            "/__usher/door.js" => (JAVASCRIPT, include_str!("../pages/door.js")),
            "/__usher/player.js" => (JAVASCRIPT, include_str!("../pages/player.js")),
            "/__usher/inspector.js" => (JAVASCRIPT, include_str!("../pages/inspector.js")),
            // The one that sites use.
            "/__usher/usher.js" => {
                (JAVASCRIPT, include_str!("../../../functions/issue-cookies/recipes/usher.js"))
            }
            "/__usher/style.css" => ("text/css; charset=utf-8", include_str!("../pages/style.css")),
            "/__usher/hls.mjs" => return self.installed(HLS_JS),
            "/__usher/shaka.mjs" => return self.installed(SHAKA),
            _ => return None,
        };
        Some(response(content_type, text.into()))
    }

    /// How many films play. It reads the disk.
    pub(super) fn count(&self, distribution: &Distribution) -> usize {
        self.read(distribution).films.iter().filter(|film| film.problem.is_none()).count()
    }

    fn read(&self, distribution: &Distribution) -> Films {
        Films::read(&self.media, |path| {
            let behavior = distribution.behavior(path);
            behavior.restricted && behavior.trusts_signing_key && self.may_watch.tree.asset(path).is_some()
        })
    }

    /// The films in the media folder, for `viewer` if somebody is signed in. It reads the disk.
    pub(super) fn films(&self, distribution: &Distribution, viewer: Option<&Subject>) -> Response<Body> {
        let Films { films, is_complete } = self.read(distribution);
        let listed = |film: Film| Listed {
            may_watch: viewer.map(|viewer| self.may_watch.permits(viewer, &film.path)),
            film,
        };
        let listing = Listing {
            films: films.into_iter().map(listed).collect(),
            is_complete,
            media: self.media.to_string_lossy(),
            entitlements: self.may_watch.rules.as_deref(),
            has_hls_js: self.find(HLS_JS).is_some(),
            install_hls_js: self.install(HLS_JS),
            has_shaka: self.find(SHAKA).is_some(),
            install_shaka: self.install(SHAKA),
        };
        response("application/json", serde_json::to_vec(&listing).unwrap_or_default().into())
    }

    /// A library's script, if it is there. What somebody installed comes first.
    fn installed(&self, library: Library) -> Option<Response<Body>> {
        let script = fs::read(self.find(library)?).ok()?;
        Some(response(JAVASCRIPT, script.into()))
    }

    fn find(&self, library: Library) -> Option<PathBuf> {
        let folders = [Some(&self.state), self.program.as_ref()].into_iter().flatten();
        folders.map(|folder| folder.join(library.file)).find(|file| file.is_file())
    }

    /// The command that installs a library.
    fn install(&self, library: Library) -> String {
        format!("npm install --prefix {} {}", self.state.display(), library.package)
    }
}

fn response(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    response
}

/// The pages load only what the edge serves; the players play from `blob:`, hls.js works in a worker, and adds subtitles to `data:`.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; media-src 'self' blob: data:; worker-src blob:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
/// The versions that the system tests use.
const HLS_JS: Library = Library { package: "hls.js@1.7.4", file: "node_modules/hls.js/dist/hls.min.mjs" };
const SHAKA: Library = Library {
    package: "shaka-player@5.2.12",
    file: "node_modules/shaka-player/dist/shaka-player.dash-es2021.js",
};

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_player_is_found_where_it_was_installed_and_else_beside_the_program() {
        let (state, program) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
        let may_watch = MayWatch::read(&|_| None).expect("settings");
        let mut pages = Pages::new(Path::new("media"), state.path(), true, may_watch);
        pages.program = Some(program.path().to_owned());
        assert_eq!(pages.find(HLS_JS), None);
        for folder in [program.path(), state.path()] {
            let file = folder.join(HLS_JS.file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
            fs::write(&file, "export default 1;").expect("a file");
            assert_eq!(pages.find(HLS_JS), Some(file));
            assert_eq!(pages.find(SHAKA), None);
        }
    }
}
