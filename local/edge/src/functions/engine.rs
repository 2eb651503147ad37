//! One run of a function's code, in a realm without traces of other runs.
//!
//! CloudFront starts each run anew: the next run sees nothing of a viewer's request. Here a run has a realm that is
//! dropped after it, or a [`Standing`] one, in which nothing can be changed.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html>

mod standing;

use std::{cell::Cell, rc::Rc};

use cloudfront_signing::UnixTime;
use rquickjs::{
    CatchResultExt as _, CaughtError, Coerced, Context, Ctx, Error, Function, Object, Runtime, Value,
    context::{EvalOptions, intrinsic},
};

pub(super) use self::standing::{Standing, stand};
use super::natives;

/// A function's name and code.
#[derive(Debug)]
pub(super) struct Source {
    /// The logical id in the template.
    pub(super) name: String,
    pub(super) code: String,
}

/// The input of a run.
#[derive(Debug)]
pub(super) struct Run {
    /// The event, as JSON.
    pub(super) event: String,
    /// The result of `request.rawQueryString()`.
    pub(super) raw_query: Option<String>,
    /// The time that the function sees.
    pub(super) time: UnixTime,
}

/// Code that has been evaluated; its handler has not been called yet.
pub(super) struct Prepared<'js> {
    ctx: Ctx<'js>,
    runtime: Object<'js>,
    handler: Function<'js>,
    budget: Budget,
    name: String,
}

/// Evaluates the code in a new realm, which is dropped after `then`. An error is a sentence about the function.
pub(super) fn prepare<T>(source: &Source, then: impl FnOnce(Result<Prepared<'_>, String>) -> T) -> T {
    let budget = Budget::default();
    match realm(budget.clone()) {
        Ok(context) => context.with(|ctx| {
            let prepared = Prepared::new(&ctx, source, &budget);
            then(prepared.catch(&ctx).map_err(|error| sentence(&error, &budget, &source.name)).flatten())
        }),
        Err(error) => then(Err(format!("has no engine: {error}"))),
    }
}

/// Only what the runtime has: no Map, Proxy, WeakRef and the like.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

fn realm(budget: Budget) -> rquickjs::Result<Context> {
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(MEMORY_BYTES);
    runtime.set_interrupt_handler(Some(Box::new(move || budget.spend())));
    Context::custom::<Intrinsics>(&runtime)
}

impl<'js> Prepared<'js> {
    /// An inner error is a sentence about code that runs without an error but has no handler.
    fn new(ctx: &Ctx<'js>, source: &Source, budget: &Budget) -> rquickjs::Result<Result<Self, String>> {
        let native = natives::object(ctx, &source.name)?;
        let runtime: Object<'_> = ctx.eval::<Function<'_>, _>(RUNTIME)?.call((native.clone(),))?;
        for library in libraries(&source.code) {
            ctx.eval::<Function<'_>, _>(library)?.call::<_, ()>((native.clone(),))?;
        }
        let mut options = EvalOptions::default();
        options.filename = Some(source.name.clone());
        ctx.eval_with_options::<Value<'_>, _>(source.code.as_str(), options)?;
        // A handler that is declared with `const` is not a property of the global object.
        let handler: Value<'_> = ctx.eval("typeof handler === 'function' ? handler : undefined")?;
        let Some(handler) = handler.into_function() else {
            return Ok(Err("declares no function handler".to_owned()));
        };
        let (ctx, budget, name) = (ctx.clone(), budget.clone(), source.name.clone());
        Ok(Ok(Self { ctx, runtime, handler, budget, name }))
    }

    /// What the handler returns, as JSON. An error is a sentence about the function.
    pub(super) fn run(&self, run: &Run) -> Result<String, String> {
        let outcome = self.outcome(run).catch(&self.ctx);
        match outcome {
            // The handler may have caught the error that stopped it.
            _ if self.budget.is_spent() => Err(TOO_LONG.to_owned()),
            Ok(json) => Ok(json),
            Err(CaughtError::Error(Error::WouldBlock)) => {
                Err("returned a promise that nothing settles".to_owned())
            }
            Err(error) => Err(sentence(&error, &self.budget, &self.name)),
        }
    }

    fn outcome(&self, run: &Run) -> rquickjs::Result<String> {
        let begin: Function<'_> = self.runtime.get("begin")?;
        let milliseconds = run.time.seconds().saturating_mul(1_000);
        let returned: Value<'_> =
            begin.call((self.handler.clone(), &run.event, run.raw_query.as_deref(), milliseconds))?;
        let returned = self.settled(returned)?;
        let json: Option<String> = self.runtime.get::<_, Function<'_>>("result")?.call((returned,))?;
        Ok(json.unwrap_or_else(|| "null".to_owned()))
    }

    /// The result of an async handler. A promise here can only wait for other promises.
    fn settled(&self, returned: Value<'js>) -> rquickjs::Result<Value<'js>> {
        let Some(promise) = returned.as_promise() else { return Ok(returned) };
        loop {
            if let Some(result) = promise.result() {
                return result;
            }
            if self.budget.is_spent() || !self.ctx.execute_pending_job() {
                return Err(Error::WouldBlock);
            }
        }
    }
}

/// A function's budget, in steps of 10,000 calls and loops: that is how often the engine asks whether to go on. It
/// is not a clock, so that a slow machine stops no function that a fast one completes.
#[derive(Clone, Default)]
struct Budget(Rc<Cell<u32>>);

impl Budget {
    /// Spends one step. True ends the run.
    fn spend(&self) -> bool {
        self.0.set(self.0.get().saturating_add(1));
        self.is_spent()
    }

    fn restore(&self) {
        self.0.set(0);
    }

    fn is_spent(&self) -> bool {
        self.0.get() > STEPS
    }
}

fn sentence(error: &CaughtError<'_>, budget: &Budget, name: &str) -> String {
    if budget.is_spent() {
        return TOO_LONG.to_owned();
    }
    let CaughtError::Exception(exception) = error else {
        return match error {
            // If no memory is left, the engine cannot even create an error.
            CaughtError::Value(value) if value.is_null() => TOO_LARGE.to_owned(),
            CaughtError::Value(value) => match value.get::<Coerced<String>>() {
                Ok(text) => format!("threw {}", text.0),
                Err(_) => "threw a value that is no text".to_owned(),
            },
            error => format!("failed: {error}"),
        };
    };
    let message = exception.message().unwrap_or_default();
    if message == "out of memory" {
        return TOO_LARGE.to_owned();
    }
    let kind: String = exception.as_object().get("name").unwrap_or_else(|_| "Error".to_owned());
    let stack = exception.stack().unwrap_or_default();
    let line = stack.split_once(&format!("{name}:")).map(|(_, at)| at);
    let line = line.and_then(|at| at.split(|c: char| !c.is_ascii_digit()).next());
    let at = line.map(|line| format!(" in line {line}")).unwrap_or_default();
    format!("threw {kind}: {message}{at}")
}

/// The libraries that not every function needs, found by a word in the code that uses them.
fn libraries(code: &str) -> impl Iterator<Item = &'static str> {
    let has_crypto = code.contains("require");
    let rows = [
        (has_crypto || code.contains("Buffer"), BUFFER),
        (has_crypto, CRYPTO),
        (code.contains("atob") || code.contains("btoa"), BASE64),
    ];
    rows.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, library)| library)
}

/// CloudFront's "function memory". AWS does not document what counts; here everything does, including some 200
/// KB of built-in objects.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions>
const MEMORY_BYTES: usize = 2 * 1_024 * 1_024;

/// A million calls and loops. CloudFront documents no number, only that functions must end within a millisecond, which
/// is far less.
const STEPS: u32 = 100;

const TOO_LONG: &str = "ran too long";
const TOO_LARGE: &str = "needs more than 2 MB of memory";

const FROZEN: &str = include_str!("javascript/frozen.js");
const RUNTIME: &str = include_str!("javascript/runtime.js");
const BASE64: &str = include_str!("javascript/base64.js");
const BUFFER: &str = include_str!("javascript/buffer.js");
const CRYPTO: &str = include_str!("javascript/crypto.js");

#[cfg(test)]
mod tests;
