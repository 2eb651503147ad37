//! CloudFront Functions for viewer requests: the template's own JavaScript in an embedded engine.
//!
//! Each function has its own thread, since a realm belongs to one thread. The thread prepares the realm for the next
//! request in advance: evaluating the code takes longer than calling its handler. One realm serves all requests if
//! no request can leave anything in it.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html>

mod answer;
mod engine;
mod fields;
mod header_rules;
mod natives;
mod request;
mod returned;
mod top_level;
mod words;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::oneshot, time::timeout};

pub(super) use self::{answer::Answer, request::ViewerRequest};
use self::{
    answer::Failure,
    engine::{Run, Source, Standing},
    request::Seen,
    returned::Outcome,
};
use super::bucket::random_hex;

/// A function of the template.
#[derive(Debug)]
pub(super) struct ViewerFunction {
    source: Arc<Source>,
    /// The sender to its thread. The thread ends when the sender is dropped.
    thread: Mutex<Option<mpsc::Sender<Job>>>,
    /// How long a request waits for the function.
    patience: Duration,
}

/// A run, and where its result goes.
#[derive(Debug)]
struct Job {
    run: Run,
    reply: Reply,
}

type Reply = oneshot::Sender<Result<String, String>>;

impl ViewerFunction {
    /// Reads an `AWS::CloudFront::Function` by its logical id and properties, and evaluates its code once. `None`
    /// if the code is a module. Names in the code that do not exist here are added to `not_modelled`.
    ///
    /// # Errors
    /// CloudFront would not publish it, or its code could never run.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-function.html>
    pub(super) fn read(
        name: &str,
        properties: &Value,
        not_modelled: &mut impl Extend<String>,
    ) -> Result<Option<Self>, String> {
        let at = |problem: &str| format!("the function {name} {problem}");
        let code = properties
            .get("FunctionCode")
            .and_then(Value::as_str)
            .ok_or_else(|| at("has no FunctionCode that is known here"))?;
        let runtime =
            properties.pointer("/FunctionConfig/Runtime").and_then(Value::as_str).unwrap_or_default();
        if runtime != RUNTIME {
            return Err(at(&format!("has the runtime {runtime:?}: only {RUNTIME} runs here")));
        }
        if code.len() > CODE_BYTES {
            return Err(at(&format!(
                "has {} bytes of code: CloudFront accepts at most {CODE_BYTES}",
                code.len()
            )));
        }
        if properties.pointer("/FunctionConfig/KeyValueStoreAssociations").is_some() {
            not_modelled.extend([format!("KeyValueStoreAssociations of the function {name}")]);
        }
        if words::has_import(code) {
            not_modelled.extend([format!("the function {name}, which imports a module")]);
            return Ok(None);
        }
        let source = Arc::new(Source { name: name.to_owned(), code: code.to_owned() });
        engine::prepare(&source, |prepared| prepared.map(drop)).map_err(|problem| at(&problem))?;
        not_modelled
            .extend(words::missing(code).into_iter().map(|word| format!("{word} in the function {name}")));
        Ok(Some(Self { source, thread: Mutex::new(None), patience: PATIENCE }))
    }

    /// Runs the function. An error is the answer that the viewer gets instead of the origin's.
    pub(super) async fn viewer_request(&self, request: ViewerRequest) -> Result<ViewerRequest, Box<Answer>> {
        let name = &self.source.name;
        let failed = |failure, problem: String| {
            Box::new(Answer::failed(failure, format!("the function {name} {problem}")))
        };
        let execution = |problem| failed(Failure::Execution, problem);
        let seen = Seen::new(&request);
        let id = random_hex().map_err(|error| execution(error.to_string()))?;
        let event = seen.event(&request, &id).map_err(|error| execution(error.to_string()))?;
        let run = Run { event, raw_query: request.query.clone(), time: request.time };
        let json = self.run(run).await.map_err(execution)?;
        let validation =
            |problem| failed(Failure::Validation, format!("returned an invalid value: {problem}"));
        match Outcome::read(&json).map_err(validation)? {
            Outcome::Request(returned) => seen.changed(request, &returned).map_err(validation),
            Outcome::Response(generated) => Err(Box::new(Answer::generated(name, generated))),
        }
    }

    /// The result as JSON, or a sentence about the function.
    async fn run(&self, run: Run) -> Result<String, String> {
        let (reply, result) = oneshot::channel();
        self.send(Job { run, reply }).map_err(|error| format!("has no thread: {error}"))?;
        match timeout(self.patience, result).await {
            Ok(Ok(result)) => result,
            // Some built-in loops never ask the engine whether to go on. This thread is lost; the next request
            // gets a new one.
            Err(_) => {
                *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Err("ran too long".to_owned())
            }
            Ok(Err(_)) => Err("ended its thread".to_owned()),
        }
    }

    fn send(&self, job: Job) -> io::Result<()> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match thread.as_ref() {
            None => job,
            Some(running) => match running.send(job) {
                Ok(()) => return Ok(()),
                // The thread has ended.
                Err(mpsc::SendError(job)) => job,
            },
        };
        let (jobs, received) = mpsc::channel();
        let source = Arc::clone(&self.source);
        let name = format!("function {}", source.name);
        thread::Builder::new().name(name).spawn(move || work(&source, &received))?;
        // The thread has the receiver.
        let _ = jobs.send(job);
        *thread = Some(jobs);
        Ok(())
    }
}

/// Prepares realms and waits for runs, until all senders are dropped.
fn work(source: &Source, jobs: &mpsc::Receiver<Job>) {
    let mut is_open = true;
    while is_open {
        match engine::stand(source, |standing| standing.map(|standing| serve(source, &standing, jobs))) {
            Some(may_more_come) => is_open = may_more_come,
            None => break,
        }
    }
    while is_open {
        is_open = serve_one(source, jobs);
    }
}

/// Serves runs in one realm as long as the realm is unchanged. Returns whether more runs may come.
fn serve(source: &Source, standing: &Standing<'_>, jobs: &mpsc::Receiver<Job>) -> bool {
    let mut results = Results::default();
    loop {
        let job = jobs.try_recv().or_else(|_| {
            results.send();
            jobs.recv()
        });
        let Ok(Job { run, reply }) = job else { return false };
        let result = match standing.run(&run) {
            Some(json) => Ok(json),
            None => engine::prepare(source, |prepared| prepared.and_then(|prepared| prepared.run(&run))),
        };
        results.0.push((reply, result));
        if standing.has_work_left() {
            results.send();
            return true;
        }
        if results.0.len() == TOGETHER {
            results.send();
        }
    }
}

/// Results of runs that waited together. Each result wakes a request, and to wake one costs as much as a run: so a
/// thread that has more to do does that first.
#[derive(Default)]
struct Results(Vec<(Reply, Result<String, String>)>);

impl Results {
    fn send(&mut self) {
        for (reply, result) in self.0.drain(..) {
            // The request may have been cancelled.
            let _ = reply.send(result);
        }
    }
}

/// Prepares a realm, then serves one request. Returns whether more may come.
fn serve_one(source: &Source, jobs: &mpsc::Receiver<Job>) -> bool {
    engine::prepare(source, |prepared| {
        let Ok(Job { run, reply }) = jobs.recv() else { return false };
        // The request may have been cancelled.
        let _ = reply.send(prepared.and_then(|prepared| prepared.run(&run)));
        true
    })
}

const RUNTIME: &str = "cloudfront-js-2.0";

/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions>
const CODE_BYTES: usize = 10_240;

/// Much longer than a run and the runs before it take, if the engine can end each of them.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many results wait for each other: a few milliseconds.
const TOGETHER: usize = 16;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(super) use self::tests::of_template;
