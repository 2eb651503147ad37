//! The preview of a film: a playlist that ends after some seconds, and in which each reference is signed by itself.

use std::{sync::Arc, time::Instant};

use aws_lambda_events::event::lambda_function_urls::LambdaFunctionUrlRequest;
use cloudfront_signing::{Grant, UrlPattern};
use hls_rewrite::{
    Authority, Definitions, Origin, Preview, ReferenceKind, RequiredGrant, Scan, SkipReason, is_playlist,
    policy_copy,
};
use usher_runtime::{Problem, ProblemType};

use crate::{
    ResignManifest, StoredObject,
    answer::Answer,
    body::Content,
    playlist::{Asked, PLAYLIST, answer, headers},
    record::Record,
};

impl ResignManifest {
    /// Answers with the beginning of a playlist.
    pub(crate) async fn preview(
        &self,
        event: &LambdaFunctionUrlRequest,
        asked: &Asked,
        authority: &Authority,
        preview: Preview,
        object: StoredObject,
        record: &mut Record,
    ) -> Result<Answer, Problem> {
        if !is_playlist(&object.bytes) {
            return Err(Problem::new(ProblemType::NoPreview, "only playlists have a preview"));
        }
        let started = Instant::now();
        let playlist = preview.cut(&object.bytes).map_err(|error| {
            Problem::new(ProblemType::NoPreview, format!("this playlist has no preview: {error}"))
        })?;
        let mut resources: Vec<UrlPattern> = Vec::new();
        let host = asked.host(&self.config.tree);
        let scan = Scan::read(&playlist, &asked.playlist_url, Origin::Static, None, |reference| {
            let resource = preview.target(reference, &host, &asked.own_resource)?;
            // Files that are used again, such as keys, are mostly the ones used last.
            let known = resources.iter().rposition(|known| *known == resource);
            Ok::<_, SkipReason>(known.unwrap_or_else(|| {
                resources.push(resource);
                resources.len() - 1
            }))
        });
        record.rewrite = started.elapsed();

        if resources.len() > LIMIT {
            let detail = format!("this preview needs more than {LIMIT} signatures: ask for fewer seconds");
            return Err(Problem::new(ProblemType::NoPreview, detail));
        }
        let required = resources.into_iter().map(|resource| RequiredGrant { host: 0, resource });
        let grants = self.sign(asked, authority, &required.collect::<Vec<_>>(), record).await?;
        record.references = scan.left;
        record.references.count(Ok(()), scan.targets().count());
        let queries: Vec<Query> = grants.iter().map(|grant| Query::new(grant, preview)).collect();
        let mut body = Vec::new();
        let parameters = |target: usize, kind: ReferenceKind| queries.get(target).map(|query| query.of(kind));
        scan.append(&playlist, &Definitions::default(), parameters, &mut body);
        let headers = headers(PLAYLIST, asked.etag(&object, &grants), self.kept(scan.info, asked));
        Ok(answer(headers, event, || Content::Whole(body.into())))
    }
}

/// How many signatures a preview may need, one for each segment: ten minutes in segments of three seconds.
const LIMIT: usize = 200;

/// What a reference receives.
struct Query {
    parameters: String,
    /// For a playlist: the preview's parameter, and the policy a second time.
    nested: String,
}

impl Query {
    fn new(grant: &Arc<Grant>, preview: Preview) -> Self {
        let parameters = grant.query().to_owned();
        let nested = format!("{}&{parameters}&{}", preview.parameter(), policy_copy(grant));
        Self { parameters, nested }
    }

    fn of(&self, kind: ReferenceKind) -> &str {
        if kind == ReferenceKind::Playlist { &self.nested } else { &self.parameters }
    }
}
