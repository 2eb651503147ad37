//! Counts the bytes that are sent, while they are sent.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use aws_sdk_s3::primitives::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// How much of an upload has been sent.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    bytes: Arc<AtomicU64>,
}

impl Meter {
    /// The bytes that were sent. What is sent again counts once.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// The same body, counted. The SDK makes a body anew to send it again.
    pub(super) fn count(&self, body: SdkBody) -> SdkBody {
        let (all, own) = (Arc::clone(&self.bytes), Arc::new(AtomicU64::new(0)));
        body.map_preserve_contents(move |inner| {
            all.fetch_sub(own.swap(0, Relaxed), Relaxed);
            SdkBody::from_body_1_x(Counted { inner, all: Arc::clone(&all), own: Arc::clone(&own) })
        })
    }
}

struct Counted {
    inner: SdkBody,
    all: Arc<AtomicU64>,
    own: Arc<AtomicU64>,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            let length = u64::try_from(data.len()).unwrap_or_default();
            self.own.fetch_add(length, Relaxed);
            self.all.fetch_add(length, Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
