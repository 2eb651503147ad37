//! Bodies that are made while they are sent, and what becomes of them.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tower_http::compression::CompressionBody;
use usher_runtime::Problem;

use crate::{
    Resigned,
    record::{Outcome, Record},
};

/// What is to be sent, before it is encoded.
pub(crate) enum Content {
    /// Made piece by piece.
    Resigned(Box<Resigned>),
    /// All there.
    Whole(Bytes),
}

impl Content {
    pub(crate) fn empty() -> Self {
        Self::Whole(Bytes::new())
    }
}

/// Content on its way: the next piece is made when the one before it was taken, so that a slow viewer
/// costs no memory. With it goes what is to be told of the request.
pub(crate) struct Pieces {
    content: Content,
    pub(crate) record: Record,
}

impl Pieces {
    pub(crate) fn new(content: Content, record: Record) -> Self {
        Self { content, record }
    }

    /// Says what is wrong instead.
    pub(crate) fn replace(&mut self, problem: &Problem) {
        self.content = Content::Whole(problem.body().into());
        self.record.status = problem.status;
        self.record.error = Some(problem.detail.clone());
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = &mut *self;
        let resigned = match &mut body.content {
            Content::Resigned(resigned) => resigned,
            Content::Whole(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Content::Whole(bytes) => return Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
        };
        let started = Instant::now();
        let piece = resigned.next();
        body.record.rewrite += started.elapsed();
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.content, Content::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Resigned(resigned) => {
                let mut hint = SizeHint::new();
                hint.set_upper(u64::try_from(resigned.size_limit()).unwrap_or(u64::MAX));
                hint
            }
            Content::Whole(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
        }
    }
}

/// The body as it is sent. When it is at its end, or is dropped before, the log gets the request's line.
pub(crate) struct Logged {
    body: CompressionBody<Pieces>,
    sent: u64,
    outcome: Outcome,
    gives_way: bool,
    headers_only: bool,
}

impl Logged {
    pub(crate) fn new(body: CompressionBody<Pieces>) -> Self {
        let mut logged =
            Self { body, sent: 0, outcome: Outcome::CutShort, gives_way: false, headers_only: false };
        logged.note_end();
        logged
    }

    /// Sends nothing, as HEAD wants it. How much it would be stays unknown: a body that is known to be empty
    /// would make a server say `Content-Length: 0`.
    pub(crate) fn headers_only(mut self) -> Self {
        self.headers_only = true;
        self.outcome = Outcome::Complete;
        self
    }

    /// A body that is known to be at its end is not asked on.
    fn note_end(&mut self) {
        if self.body.is_end_stream() {
            self.outcome = Outcome::Complete;
        }
    }
}

impl Body for Logged {
    type Data = Bytes;
    type Error = <CompressionBody<Pieces> as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.headers_only {
            return Poll::Ready(None);
        }
        // Making a frame waits for nothing: whoever else runs on this thread gets a turn before the next one.
        // Not in the body inside, where the compression takes it for the moment to flush.
        if std::mem::take(&mut self.gives_way) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                self.sent += u64::try_from(length).unwrap_or_default();
                self.gives_way = true;
            }
            Poll::Ready(None) => self.outcome = Outcome::Complete,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        self.note_end();
        polled
    }

    fn is_end_stream(&self) -> bool {
        !self.headers_only && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.headers_only { SizeHint::default() } else { self.body.size_hint() }
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        let Pieces { content, record, .. } = self.body.get_ref();
        let counts = match content {
            Content::Resigned(resigned) => resigned.counts(),
            Content::Whole(_) => &record.references,
        };
        record.write(counts, self.sent, self.outcome);
    }
}
