//! A realm that serves one run after the other, where no run can leave anything behind.
//!
//! The code keeps nothing at its top level but functions and values ([`TopLevel`]), and everything that a function can
//! reach when it begins is frozen. What a run makes is therefore gone with it. A function that writes to something
//! frozen gets an error that it would not get in a realm of its own: so a run in which any error is made does not
//! count, and is done again in such a realm.

use rquickjs::{CatchResultExt as _, Ctx, Function, Object, Value};

use super::{Budget, FROZEN, Prepared, Run, Source, realm};
use crate::functions::top_level::TopLevel;

/// Code that has been evaluated and frozen.
pub(in crate::functions) struct Standing<'js> {
    prepared: Prepared<'js>,
    /// What `frozen.js` says of a run.
    watch: Object<'js>,
}

/// Evaluates the code in a realm that stands until `then` is done. Nothing where the code is not fit for it.
pub(in crate::functions) fn stand<T>(source: &Source, then: impl FnOnce(Option<Standing<'_>>) -> T) -> T {
    let budget = Budget::default();
    // A run that does not count would write its lines to the log twice.
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
        // What was read as a function by its lines is one.
        for function in &top_level.functions {
            ctx.eval::<Function<'_>, _>(format!("({function}\n)"))?;
        }
        let Ok(prepared) = Prepared::new(ctx, source, budget)? else { return Ok(None) };
        let values: Value<'_> = ctx.eval(format!("[{}]", top_level.values.join(",")))?;
        let watch = freeze.call((values,))?;
        Ok(Some(Self { prepared, watch }))
    }

    /// What the handler returns, as JSON. Nothing where only a realm of its own can tell.
    pub(in crate::functions) fn run(&self, run: &Run) -> Option<String> {
        self.prepared.budget.restore();
        self.watch.get::<_, Function<'_>>("begin").and_then(|begin| begin.call::<_, ()>(())).ok()?;
        let json = self.prepared.run(run).ok()?;
        let has_errors =
            self.watch.get::<_, Function<'_>>("hasErrors").and_then(|ask| ask.call::<_, bool>(()));
        (!has_errors.unwrap_or(true)).then_some(json)
    }

    /// Whether the run before left work to be done, such as a promise that nobody waits for.
    pub(in crate::functions) fn has_work_left(&self) -> bool {
        self.prepared.ctx.execute_pending_job()
    }
}
