//! Realms that serve one request after the other.

use cloudfront_signing::UnixTime;

use super::*;

/// How many of the runs in one realm count. `None` if the code is not suitable for it.
fn counted(code: &str, runs: usize) -> Option<usize> {
    let run = Run {
        event: r#"{"request":{"uri":"/a"}}"#.to_owned(),
        raw_query: None,
        time: UnixTime::new(1_790_000_000).expect("seconds"),
    };
    let source = Source { name: "Fn".to_owned(), code: code.to_owned() };
    engine::stand(&source, |standing| {
        let standing = standing?;
        Some((0..runs).filter(|_| standing.run(&run).is_some()).count())
    })
}

/// The body of the function's answer.
async fn body(function: &ViewerFunction, request: ViewerRequest) -> String {
    whole(*function.viewer_request(request).await.expect_err("an answer")).await.2
}

/// A function that executes these statements and answers with the value of `before`.
fn answering(statements: &str) -> String {
    format!(
        "var LAST = 'nobody';\nvar LIST = [['a'], 'b'];\nconst NAMES = ['c'];\n\n\
         function handler(event) {{\n  var ip = event.viewer ? event.viewer.ip : 'x';\n  {statements}\n  \
         return {{ statusCode: 200, body: String(before) }};\n}}\n\nfunction other() {{\n  return 1;\n}}\n"
    )
}

#[test]
fn the_templates_function_is_fit_for_it() {
    let source = of_template().source;
    let run = |event: &str| {
        let time = UnixTime::new(1_790_000_000).expect("seconds");
        let run = Run { event: event.to_owned(), raw_query: Some("a=b&Expires=1790000600".to_owned()), time };
        engine::stand(&source, |standing| {
            let standing = standing.expect("it is fit");
            [standing.run(&run), standing.run(&run)]
        })
    };
    let event = r#"{"request":{"method":"GET","uri":"/video/a.m3u8","querystring":{},"cookies":{},
        "headers":{"host":{"value":"h"}}}}"#;
    let results = run(event);
    assert!(results[0].as_deref().is_some_and(|json| json.contains("x-viewer-expires")));
    assert_eq!(results[0], results[1]);
}

#[tokio::test]
async fn what_a_run_tries_to_leave_is_not_there_for_the_next() {
    let rows = [
        "var before = LAST; LAST = ip;",
        "var before = LIST.join(); LIST.push(ip);",
        "var before = LIST[0].join(); LIST[0][0] = ip;",
        "var before = NAMES.join(); NAMES.length = 0;",
        "var before = globalThis.seen; globalThis.seen = ip;",
        "var before = Object.keys(globalThis).join(); globalThis[ip] = ip;",
        "var before = handler.last; handler.last = ip;",
        "var before = other(); other = function () { return ip; };",
        "var before = other.prototype.last; other.prototype.last = ip;",
        "var before = {}.last; Object.prototype.last = ip;",
        "var before = {}.last; event['constructor']['prototype'].last = ip;",
        "var before = {}.last; event['__proto__'].last = ip;",
        "var before = {}.last; Object.defineProperty(Object.prototype, 'last', { value: ip });",
        "var before = Object.getPrototypeOf(Math) === null; Object.setPrototypeOf(Math, null);",
        "var before = typeof Math.max; delete Math.max;",
        "var before = typeof JSON.parse; JSON.parse = ip;",
        "var before = Array.isArray.last; Array.isArray.last = ip;",
        "var before = ''.split.last; ''.split.last = ip;",
        "var p = Object.getPrototypeOf([].values()); var before = p.last; p.last = ip;",
        "var p = Object.getPrototypeOf(function* () {}); var before = p.prototype.last; p.prototype.last = ip;",
        "var before = Error.stackTraceLimit; Error.stackTraceLimit = ip;",
        "var before = Error.prepareStackTrace; Error.prepareStackTrace = function () { return ip; };",
        "var before = Date.last; Date.last = ip;",
        "var before = Buffer.last; Buffer.last = ip;",
        "var before = require('crypto').last; require('crypto').last = ip;",
        "var before = Object.isFrozen(atob); atob.last = ip;",
        "var before = Symbol.iterator.last; Symbol.prototype.last = ip;",
        "var before = Promise.last; Promise.resolve().then(function () { LIST.push(ip); }); Promise.last = ip;",
        "var before = 'toString' in Object.create(null); var own = {}; own.toString = ip; before = own.toString === ip;",
    ];
    for row in rows {
        let code = answering(row);
        assert!(counted(&code, 1).is_some(), "{row}: it is fit");
        let function = function(&code);
        let run = Run {
            event: r#"{"viewer":{"ip":"192.0.2.9"},"request":{}}"#.to_owned(),
            raw_query: None,
            time: UnixTime::new(1_790_000_000).expect("seconds"),
        };
        let json = engine::prepare(&function.source, |prepared| prepared.and_then(|one| one.run(&run)));
        let expected: Value = serde_json::from_str(&json.expect("a result")).expect("JSON");
        for _ in 0..3 {
            assert_eq!(body(&function, request(None, &[])).await, expected["body"], "{row}");
        }
    }
}

#[test]
fn a_realm_that_stands_is_frozen_all_through() {
    let code = "function handler(event) {
  var samples = [globalThis, LIST, NAMES, function* () {}, async function () {}, async function* () {},
    [].values(), [].keys(), [].entries(), ''[Symbol.iterator](), 'a'.matchAll(/a/g), /a/, 'a', 1,
    [].values().map(String), [].values().filter(String), true, Symbol.iterator, Promise.resolve(), new Date(),
    new Uint8Array(1), new DataView(new ArrayBuffer(1)), Buffer.from(''), function () {}, () => 1, class {}, arguments,
    require('crypto'), require('crypto').createHash, require, atob, handler, event.request.rawQueryString,
    [].values().constructor.from({ next: function () {} }), new Uint8Array(1).values(), Object(1), Object('a')];
  var found = samples.slice(0, 3);
  samples.forEach(function (one) { found.push(Object.getPrototypeOf(one)); });
  var seen = [];
  var bad = [];
  while (found.length > 0) {
    var one = found.pop();
    if (one === null || (typeof one !== 'object' && typeof one !== 'function') || seen.indexOf(one) >= 0) continue;
    seen.push(one);
    if (!Object.isFrozen(one)) bad.push(String(one.name || Object.getOwnPropertyNames(one).join()));
    found.push(Object.getPrototypeOf(one));
    Object.getOwnPropertyNames(one).concat(Object.getOwnPropertySymbols(one)).forEach(function (key) {
      var own = Object.getOwnPropertyDescriptor(one, key);
      found.push(own.value, own.get, own.set);
    });
  }
  return { bad: bad, count: seen.length };
}

const NAMES = ['a'];
var LIST = [['b'], 'c'];
// atob, Buffer
";
    let run = Run {
        event: r#"{"request":{}}"#.to_owned(),
        raw_query: None,
        time: UnixTime::new(1_790_000_000).expect("seconds"),
    };
    let source = Source { name: "Fn".to_owned(), code: code.to_owned() };
    let json = engine::stand(&source, |standing| {
        let standing = standing.expect("it is fit");
        standing.run(&run)
    });
    let found: Value = serde_json::from_str(&json.expect("a result")).expect("JSON");
    assert_eq!(found["bad"], json!([]));
    assert!(found["count"].as_u64().is_some_and(|count| count > 500), "{found}");
}

#[test]
fn a_run_with_an_error_does_not_count() {
    let rows = [
        ("var before = 1;", 3),
        ("var before = 1; try { JSON.parse('{'); } catch (error) {}", 0),
        ("var before = 1; try { Math.last = 1; } catch (error) {}", 0),
        ("var before = 1; try { throw new Error('a'); } catch (error) {}", 0),
        ("var before = 1; try { event.nothing.a; } catch (error) {}", 0),
        ("throw 'a text';", 0),
    ];
    for (row, expected) in rows {
        assert_eq!(counted(&answering(row), 3), Some(expected), "{row}");
    }
    let other = [
        "let count = 0;\nfunction handler(event) {\n  count += 1;\n  return count;\n}",
        "function handler(event) {\n  console.log(event);\n  return event;\n}",
        "function handler(event) {\n  return event;\n  }\n  let count = 0; {\n}",
    ];
    for code in other {
        assert_eq!(counted(code, 1), None, "{code}");
    }
}

#[tokio::test]
async fn the_clock_is_the_requests() {
    let function = function(&answering("var before = [Date.now(), +new Date(), LAST].join();"));
    for seconds in [1_790_000_000, 1_790_000_060, 1_790_000_001] {
        let time = UnixTime::new(seconds).expect("seconds");
        let given = ViewerRequest { time, ..request(None, &[]) };
        assert_eq!(body(&function, given).await, format!("{seconds}000,{seconds}000,nobody"));
    }
    let random = self::function(&answering("var before = Math.random();"));
    assert_ne!(body(&random, request(None, &[])).await, body(&random, request(None, &[])).await);
}

#[tokio::test]
async fn limits_hold_and_what_was_used_comes_back() {
    let code = answering(
        "var query = event.request.querystring;
  if (query.loop) for (;;);
  if (query.all) for (var all = [];;) all.push('x'.repeat(1000) + all.length);
  var ring = { text: new Uint8Array(500000) };
  ring.self = ring;
  for (var i = 0; i < 100000; i += 1);
  var before = LAST;",
    );
    assert_eq!(counted(&code, 0), Some(0), "it is fit");
    let function = function(&code);
    for _ in 0..2 {
        for (query, problem) in [("loop", "ran too long"), ("all", "needs more than 2 MB of memory")] {
            let answer = function.viewer_request(request(Some(query), &[])).await.expect_err("an answer");
            assert_eq!(answer.reason, format!("the function Fn {problem}"));
        }
        for _ in 0..20 {
            assert_eq!(body(&function, request(None, &[])).await, "nobody");
        }
    }
}
