//! What the rewriters of resign-manifest use of usher-runtime, without the AWS SDK that the rest of it needs.

use std::str::FromStr;

#[expect(dead_code, reason = "the targets have no requests")]
#[path = "../../../../shared/runtime/src/policy_copy.rs"]
mod policy_copy;
#[path = "../../../../shared/runtime/src/scope.rs"]
mod scope;
#[expect(dead_code, reason = "the targets have no requests")]
#[path = "../../../../shared/runtime/src/viewer.rs"]
mod viewer;

pub use policy_copy::{POLICY_COPY_PREFIX, copied_policy, policy_copy};
pub use scope::{Asset, Scope};
pub use viewer::{Viewer, ViewerPolicy};

/// Settings are not read here.
pub struct Settings<'a>(std::marker::PhantomData<&'a ()>);

impl Settings<'_> {
    /// Nothing is set.
    pub fn optional(&self, _: &str) -> Option<String> {
        None
    }

    /// The default.
    pub fn parsed<T: FromStr>(&mut self, _: &str, default: T, _: &str) -> Option<T> {
        Some(default)
    }

    /// Nobody is told.
    pub fn problem(&mut self, _: impl Into<String>) {}
}
