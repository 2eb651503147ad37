//! What names files of a film and is no playlist: an MPD, and a WebVTT file of pictures.

use std::time::Instant;

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;
use dash_rewrite::{MpdError, SignedMpd, is_mpd};
use hls_rewrite::{
    Assets, Authority, PlaylistInfo, PolicyCopies, Reference, Scan, SignedPlaylist, SigningPlan, SkipReason,
    Style, is_web_vtt,
};
use usher_runtime::{Problem, ProblemType};

use crate::{
    ResignManifest, StoredObject,
    answer::Answer,
    body::Content,
    playlist::{Asked, answer, check_count, headers},
    record::Record,
};

/// A manifest that is no playlist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OtherManifest {
    /// An MPD (ISO/IEC 23009-1).
    Mpd,
    /// WebVTT: pictures for a timeline, or subtitles, whose text stays as it is.
    WebVtt,
}

impl OtherManifest {
    /// What `body` is, if its path has the extension for it.
    pub(crate) fn of(path: &str, body: &[u8]) -> Option<Self> {
        if path.ends_with(".mpd") && is_mpd(body) {
            Some(Self::Mpd)
        } else {
            (path.ends_with(".vtt") && is_web_vtt(body)).then_some(Self::WebVtt)
        }
    }
}

impl ResignManifest {
    /// Answers with a manifest that is no playlist.
    pub(crate) async fn other_manifest(
        &self,
        event: &LambdaFunctionUrlRequest,
        asked: &Asked,
        kind: OtherManifest,
        object: StoredObject,
        record: &mut Record,
    ) -> Result<Answer, Problem> {
        let authority = asked.authority.as_ref().filter(|_| asked.style != Style::Plain);
        if authority.is_some_and(|authority| authority.preview().is_some()) {
            return Err(Problem::new(ProblemType::NoPreview, "only playlists have a preview"));
        }
        match (kind, authority) {
            (OtherManifest::Mpd, Some(authority)) => self.mpd(event, asked, authority, object, record).await,
            (OtherManifest::Mpd, None) => {
                let mut nothing = Assets::new(Vec::new());
                let scan = dash_rewrite::Scan::read(&object.bytes, &asked.playlist_url, None, &mut nothing);
                // A viewer without our signatures gets any bytes.
                let info = scan.map(|scan| scan.info).unwrap_or_default();
                Ok(self.unchanged(event, asked, MPD, info, object))
            }
            (OtherManifest::WebVtt, Some(authority)) => {
                self.web_vtt(event, asked, authority, object, record).await
            }
            (OtherManifest::WebVtt, None) => Ok(self.unchanged(event, asked, WEB_VTT, ENDED, object)),
        }
    }

    async fn mpd(
        &self,
        event: &LambdaFunctionUrlRequest,
        asked: &Asked,
        authority: &Authority,
        object: StoredObject,
        record: &mut Record,
    ) -> Result<Answer, Problem> {
        let started = Instant::now();
        let mut assets = Assets::new(self.grants.hosts(asked.host(&self.config.tree)));
        let (url, nested) = (&asked.playlist_url, asked.style.kept_parameter());
        let scan = dash_rewrite::Scan::read(&object.bytes, url, nested, &mut assets)
            .map_err(|error| unreadable(&error))?;
        record.rewrite = started.elapsed();
        let plan = scan.plan(&assets, self.permission(asked, authority));
        check_count(&plan.grants)?;
        let grants = self.sign(asked, authority, &plan.grants, record).await?;
        let headers = headers(MPD, asked.etag(&object, &grants), self.kept(scan.info, asked));
        Ok(answer(headers, event, || {
            let copies = PolicyCopies::Carried;
            let signed = SignedMpd::new(object.bytes, scan, asked.style, plan, &grants, copies);
            record.references = *signed.counts();
            Content::Mpd(Box::new(signed))
        }))
    }

    async fn web_vtt(
        &self,
        event: &LambdaFunctionUrlRequest,
        asked: &Asked,
        authority: &Authority,
        object: StoredObject,
        record: &mut Record,
    ) -> Result<Answer, Problem> {
        let mut assets = Assets::new(self.grants.hosts(asked.host(&self.config.tree)));
        let number = |one: &Reference<'_>| -> Result<usize, SkipReason> { assets.number(one) };
        let Some(scan) = Scan::read_pictures(&object.bytes, &asked.playlist_url, number) else {
            return Ok(self.unchanged(event, asked, WEB_VTT, ENDED, object));
        };
        let plan = SigningPlan::of_playlist(&assets, &scan, self.permission(asked, authority));
        check_count(&plan.grants)?;
        let grants = self.sign(asked, authority, &plan.grants, record).await?;
        let headers = headers(WEB_VTT, asked.etag(&object, &grants), self.kept(scan.info, asked));
        Ok(answer(headers, event, || {
            let copies = PolicyCopies::Carried;
            let signed = SignedPlaylist::new(object.bytes, scan, asked.style, plan, &grants, copies);
            record.references = *signed.counts();
            Content::Resigned(Box::new(signed))
        }))
    }

    fn unchanged(
        &self,
        event: &LambdaFunctionUrlRequest,
        asked: &Asked,
        content_type: &str,
        info: PlaylistInfo,
        object: StoredObject,
    ) -> Answer {
        let headers = headers(content_type, asked.etag(&object, &[]), self.kept(info, asked));
        answer(headers, event, || Content::Whole(object.bytes))
    }
}

fn unreadable(error: &MpdError) -> Problem {
    Problem::new(ProblemType::UnreadableDocument, error.to_string())
}

const MPD: &str = "application/dash+xml";
const WEB_VTT: &str = "text/vtt";
/// Captions and pictures do not change.
const ENDED: PlaylistInfo = PlaylistInfo {
    ended: true,
    target_duration: None,
    has_version: false,
    is_steered_elsewhere: false,
    has_children_elsewhere: false,
};
