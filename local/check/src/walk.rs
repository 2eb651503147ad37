//! Watches as a player does: from the playlist to those in it, to their segments.

use hls_rewrite::is_playlist;
use http::{StatusCode, header};
use url::Url;

use super::{
    answer::Answer,
    deployment::{Ask, Deployment},
    jar::Jar,
    playlist::{HlsFile, Reference, is_resigned, references},
};

/// What a player shows at the door.
#[derive(Clone, Copy)]
pub(super) enum Access<'a> {
    Cookies(&'a Jar),
    /// What stands in the URL.
    Parameters,
}

/// A playlist that was served, and how to ask for it again.
#[derive(Clone)]
pub(super) struct Played {
    pub(super) ask: Ask,
    pub(super) answer: Answer,
}

/// What was served, and what it named on this host.
pub(super) struct Walk {
    /// The playlist that was asked for.
    pub(super) playlist: Result<Answer, String>,
    /// Those in it.
    pub(super) nested: Vec<Result<Answer, String>>,
    /// How many were not asked for.
    pub(super) more: usize,
    /// Everything that the playlists name.
    pub(super) references: Vec<Reference>,
    /// Of each playlist two segments, keys and maps.
    pub(super) media: Vec<Reference>,
}

impl Access<'_> {
    pub(super) fn get(self, url: &Url) -> Ask {
        let ask = Ask::get(url.as_str());
        match self {
            Access::Cookies(jar) => ask.header(header::COOKIE, jar.header(url.path())),
            Access::Parameters => ask,
        }
    }
}

impl Walk {
    /// Begins with the playlist of `url`.
    pub(super) async fn new(deployment: &Deployment<'_>, url: &Url, access: Access<'_>) -> Self {
        let playlist = deployment.ask(access.get(url)).await;
        let mut walk =
            Self { playlist, nested: Vec::new(), more: 0, references: Vec::new(), media: Vec::new() };
        let own = walk.playlist.as_ref().ok().and_then(|answer| own_references(deployment, answer));
        let Some((own, programme)) = own else { return walk };
        let playlists: Vec<Url> =
            own.iter().filter(|one| one.kind == HlsFile::Playlist).map(|one| one.url.clone()).collect();
        walk.take(own, programme);
        walk.more = playlists.len().saturating_sub(NESTED_LIMIT);
        for url in playlists.iter().take(NESTED_LIMIT) {
            let answer = deployment.ask(access.get(url)).await;
            let own = answer.as_ref().ok().and_then(|answer| own_references(deployment, answer));
            if let Some((own, programme)) = own {
                walk.take(own, programme);
            }
            walk.nested.push(answer);
        }
        walk
    }

    /// The playlists that were served as such.
    pub(super) fn served(&self) -> impl Iterator<Item = &Answer> {
        std::iter::once(&self.playlist).chain(&self.nested).flatten().filter(|answer| is_served(answer))
    }

    /// The same, those alone that a function signs.
    pub(super) fn played(&self, access: Access<'_>) -> Vec<Played> {
        let resigned = self.served().filter(|answer| is_resigned(answer.url.path()));
        resigned.map(|answer| Played { ask: access.get(&answer.url), answer: answer.clone() }).collect()
    }

    pub(super) fn first_segment(&self) -> Option<&Url> {
        self.media.iter().find(|one| one.kind == HlsFile::Segment).map(|one| &one.url)
    }

    fn take(&mut self, own: Vec<Reference>, programme: Programme) {
        let mut segments = own.iter().filter(|one| one.kind == HlsFile::Segment);
        let last = segments.next_back();
        let other = match programme {
            Programme::Ended => segments.next(),
            // The first one may just have left the bucket.
            Programme::Live => segments.next_back(),
        };
        let others = own.iter().filter(|one| matches!(one.kind, HlsFile::Key | HlsFile::Map));
        for one in [other, last].into_iter().flatten().chain(others) {
            if !self.media.contains(one) {
                self.media.push(one.clone());
            }
        }
        self.references.extend(own);
    }
}

/// Whether a playlist came, and no page about an error.
pub(super) fn is_served(answer: &Answer) -> bool {
    answer.status == StatusCode::OK && is_playlist(&answer.body)
}

/// Whether segments still come and go.
#[derive(Clone, Copy)]
enum Programme {
    Ended,
    Live,
}

fn own_references(deployment: &Deployment<'_>, answer: &Answer) -> Option<(Vec<Reference>, Programme)> {
    let text = std::str::from_utf8(&answer.body).ok().filter(|_| is_served(answer))?;
    let has_ended = text.lines().any(|line| line.trim_end() == "#EXT-X-ENDLIST");
    let programme = if has_ended { Programme::Ended } else { Programme::Live };
    let own = references(text, &answer.url).into_iter().filter(|one| deployment.is_own(&one.url));
    Some((own.collect(), programme))
}

/// A film with more renditions and languages than that is checked in part.
const NESTED_LIMIT: usize = 24;
