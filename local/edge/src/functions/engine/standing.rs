//! A realm that serves one run after the other, and in which no run can leave anything behind.
//!
//! The code keeps only functions and values at its top level ([`TopLevel`]), and everything that a function can reach
//! when it begins is frozen. So everything that a run creates is gone after it. A function that writes to a frozen
//! object gets an error that it would not get in a new realm. So if any error occurs in a run, its result is
//! discarded, and the run is repeated in a new realm.

use rquickjs::{CatchResultExt as _, Ctx, Function, Object, Value};

use super::{Budget, FROZEN, Prepared, Run, Source, realm};
use crate::functions::top_level::TopLevel;

/// Code that has been evaluated and frozen.
pub(in crate::functions) struct Standing<'js> {
    prepared: Prepared<'js>,
    /// Reports what `frozen.js` has seen during a run.
    watch: Object<'js>,
}

/// Evaluates the code in a realm that lives until `then` returns. `None` if the code is not suitable for it.
pub(in crate::functions) fn stand<T>(source: &Source, then: impl FnOnce(Option<Standing<'_>>) -> T) -> T {
    let budget = Budget::default();
    // A repeated run would write its lines to the log twice.
    let top_level = TopLevel::read(&source.code).filter(|_| !source.code.contains("console"));
    match top_level.zip(realm(budget.clone()).ok()) {
        Some((top_level, context)) => context.with(|ctx| {
            let standing = Standing::new(&ctx, source, &top_level, &budget);
            then(standing.catch(&ctx).ok().flatten())
        }),
        None => then(None),
    }
}

impl<'js> Standing<'js> {
    fn new(
        ctx: &Ctx<'js>,
        source: &Source,
        top_level: &TopLevel<'_>,
        budget: &Budget,
    ) -> rquickjs::Result<Option<Self>> {
        let freeze: Function<'_> = ctx.eval::<Function<'_>, _>(FROZEN)?.call(())?;
        // Everything that looked like a function by its lines must be one.
        for function in &top_level.functions {
            ctx.eval::<Function<'_>, _>(format!("({function}\n)"))?;
        }
        let Ok(prepared) = Prepared::new(ctx, source, budget)? else { return Ok(None) };
        let values: Value<'_> = ctx.eval(format!("[{}]", top_level.values.join(",")))?;
        let watch = freeze.call((values,))?;
        Ok(Some(Self { prepared, watch }))
    }

    /// What the handler returns, as JSON. `None` if the run must be repeated in a new realm.
    pub(in crate::functions) fn run(&self, run: &Run) -> Option<String> {
        self.prepared.budget.restore();
        self.watch.get::<_, Function<'_>>("begin").and_then(|begin| begin.call::<_, ()>(())).ok()?;
        let json = self.prepared.run(run).ok()?;
        let has_errors =
            self.watch.get::<_, Function<'_>>("hasErrors").and_then(|ask| ask.call::<_, bool>(()));
        (!has_errors.unwrap_or(true)).then_some(json)
    }

    /// Whether the last run left unfinished work, such as a promise that nothing waits for.
    pub(in crate::functions) fn has_work_left(&self) -> bool {
        self.prepared.ctx.execute_pending_job()
    }
}
