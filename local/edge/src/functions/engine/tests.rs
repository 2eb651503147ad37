use serde_json::{Value, json};

use super::*;

/// What a handler returns, or the sentence about it.
fn run(code: &str) -> Result<Value, String> {
    let run = Run {
        event: r#"{"request":{"uri":"/a"}}"#.to_owned(),
        raw_query: Some("b&a=%20".to_owned()),
        time: UnixTime::new(1_790_000_000).expect("seconds"),
    };
    let source = Source { name: "Fn".to_owned(), code: code.to_owned() };
    let json = prepare(&source, |prepared| prepared.and_then(|prepared| prepared.run(&run)))?;
    Ok(serde_json::from_str(&json).expect("JSON"))
}

/// The value of an expression.
fn value(expression: &str) -> Result<Value, String> {
    run(&format!("function handler(event) {{ return {expression}; }}"))
}

fn is(sentence: &str) -> Result<Value, String> {
    Err(sentence.to_owned())
}

#[test]
fn a_handler_gets_the_event_and_its_result_comes_back() {
    assert_eq!(
        value("[event, event.request.rawQueryString()]"),
        Ok(json!([{"request": {"uri": "/a"}}, "b&a=%20"]))
    );
    assert_eq!(value("undefined"), Ok(Value::Null));
    for code in ["const handler = (event) => event.request.uri;", "let handler = async (e) => e.request.uri"]
    {
        assert_eq!(run(code), Ok(json!("/a")), "{code}");
    }
}

#[test]
fn an_async_handler_is_waited_for() {
    let code = "async function handler(event) {
        const all = await Promise.all([1, Promise.resolve(2)]);
        return await new Promise((done) => done(all.concat(3)));
    }";
    assert_eq!(run(code), Ok(json!([1, 2, 3])));
    assert_eq!(value("new Promise(() => {})"), is("returned a promise that nothing settles"));
    assert_eq!(value("Promise.reject(new TypeError('no'))"), is("threw TypeError: no in line 1"));
}

#[test]
fn what_goes_wrong_is_said_with_its_line() {
    let rows = [
        (
            "function handler() {\n  return nothing.a;\n}",
            "threw ReferenceError: nothing is not defined in line 2",
        ),
        ("function handler() { throw 'a text'; }", "threw a text"),
        ("function handler() { throw undefined; }", "threw undefined"),
        (
            "function handler() { undeclared = 1; }",
            "threw ReferenceError: undeclared is not defined in line 1",
        ),
        (
            "\nfunction handler() { return 1 +; }",
            "threw SyntaxError: unexpected token in expression: ';' in line 2",
        ),
        ("var handler = 1;", "declares no function handler"),
        ("", "declares no function handler"),
        ("throw new RangeError('at once');", "threw RangeError: at once in line 1"),
        (
            "function handler() { return handler(); }",
            "threw RangeError: Maximum call stack size exceeded in line 1",
        ),
        ("function handler() { var a = {}; a.a = a; return a; }", "threw TypeError: circular reference"),
    ];
    for (code, sentence) in rows {
        assert_eq!(run(code), is(sentence), "{code}");
    }
}

#[test]
fn a_loop_for_ever_ends() {
    let codes = [
        "function handler() { for (;;); }",
        "function handler() { for (;;) { try { for (;;); } catch (error) { } } }",
        "function handler() { try { for (;;); } finally { return 1; } }",
        "for (;;);",
        "async function handler() { for (;;) await 0; }",
        "async function handler() { for (;;) { try { for (;;); } catch (error) { await 0; } } }",
        "function handler() { return /^(a+)+$/.test('a'.repeat(40) + 'b'); }",
        "function handler() { return { toJSON: function () { for (;;); } }; }",
    ];
    for code in codes {
        assert_eq!(run(code), is("ran too long"), "{code}");
    }
    // Some hundred thousand steps are allowed.
    assert_eq!(
        run("function handler() { var i = 0; while (i < 300000) i += 1; return i; }"),
        Ok(json!(300_000))
    );
}

#[test]
fn memory_ends() {
    let codes = [
        "function handler() { var all = []; for (;;) all.push('x'.repeat(1000) + all.length); }",
        "function handler() { return new Uint8Array(3000000).length; }",
        "function handler() { return 'x'.repeat(3000000).length; }",
    ];
    for code in codes {
        assert_eq!(run(code), is("needs more than 2 MB of memory"), "{code}");
    }
    assert_eq!(value("new Uint8Array(1000000).length"), Ok(json!(1_000_000)));
}

#[test]
fn no_text_is_evaluated() {
    assert_eq!(value("typeof eval"), Ok(json!("undefined")));
    assert_eq!(value("eval('1')"), is("threw ReferenceError: eval is not defined in line 1"));
    let rows = [
        "Function('return 1')()",
        "new Function('return 1')()",
        "(function () {}).constructor('return 1')()",
        "(async function () {}).constructor('return 1')()",
        "(function* () {}).constructor('yield 1')()",
        "(async () => 1).constructor('return 1')()",
    ];
    for expression in rows {
        let sentence = value(expression).expect_err(expression);
        assert!(sentence.starts_with("threw EvalError: there is no Function constructor"), "{sentence}");
    }
    assert_eq!(
        value("[(function () {}) instanceof Function, typeof Function.prototype.call]"),
        Ok(json!([true, "function"]))
    );
}

#[test]
fn nothing_is_global_but_what_cloudfront_documents() {
    let names = value("Object.getOwnPropertyNames(globalThis).filter((name) => name !== 'handler').sort()");
    let expected = "Array ArrayBuffer Boolean DataView Date Error EvalError Float32Array Float64Array Function Infinity \
        Int16Array Int32Array Int8Array JSON Math NaN Number Object Promise RangeError ReferenceError RegExp String \
        Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray console decodeURI \
        decodeURIComponent encodeURI encodeURIComponent globalThis isFinite isNaN parseFloat parseInt undefined";
    assert_eq!(names, Ok(json!(expected.split_whitespace().collect::<Vec<_>>())));
    assert_eq!(value("[Error.prepareStackTrace, Error.stackTraceLimit]"), Ok(json!([null, null])));
}

#[test]
fn nothing_is_left_of_a_run() {
    let code = "var count = 0;
    function handler(event) {
      count += 1;
      globalThis.seen = (globalThis.seen || 0) + 1;
      Array.prototype.seen = (Array.prototype.seen || 0) + 1;
      Object.prototype.last = ({}.last || 0) + 1;
      Math.seen = (Math.seen || 0) + 1;
      return [count, globalThis.seen, [].seen, Math.seen, event.request.last];
    }";
    for _ in 0..3 {
        assert_eq!(run(code), Ok(json!([1, 1, 1, 1, 1])));
    }
}

#[test]
fn time_stands_still_while_a_function_runs() {
    let rows = [
        (
            "[Date.now(), new Date().getTime(), +new Date]",
            json!([1_790_000_000_000_u64, 1_790_000_000_000_u64, 1_790_000_000_000_u64]),
        ),
        ("new Date().toISOString()", json!("2026-09-21T14:13:20.000Z")),
        ("new Date(0).toISOString()", json!("1970-01-01T00:00:00.000Z")),
        ("[Date.UTC(1970, 0, 2), Date.parse('1970-01-02T00:00:00Z')]", json!([86_400_000, 86_400_000])),
        (
            "[new Date() instanceof Date, new Date().constructor === Date, typeof Date(), Date.length]",
            json!([true, true, "string", 7]),
        ),
        ("Math.random() >= 0 && Math.random() < 1", json!(true)),
    ];
    for (expression, expected) in rows {
        assert_eq!(value(expression), Ok(expected), "{expression}");
    }
}

#[test]
fn buffers_are_as_in_node() {
    let table: Vec<(String, String, String)> =
        serde_json::from_str(include_str!("../../../../../tests/system/sam/buffer.json")).expect("rows");
    assert!(table.len() > 40);
    for (text, encoding, hex) in table {
        let text = serde_json::to_string(&text).expect("a text");
        let expression = format!("Buffer.from({text}, '{encoding}').toString('hex')");
        assert_eq!(value(&expression), Ok(json!(hex)), "{expression}");
    }
    // The results of Node 20.
    let rows = [
        ("Buffer.from('a\\ud83d\\ude00\\ud800').toString('hex')", json!("61f09f9880efbfbd")),
        ("Buffer.from('ffe282f09f98c3a9', 'hex').toString()", json!("\u{fffd}\u{fffd}\u{fffd}é")),
        ("Buffer.from('eda080', 'hex').toString('utf8')", json!("\u{fffd}\u{fffd}\u{fffd}")),
        ("Buffer.from([104, 105, 256 + 33]).toString('base64')", json!("aGkh")),
        ("Buffer.from('fbff', 'hex').toString('base64url')", json!("-_8")),
        ("Buffer.from('hello').toString('utf8', 1, 3)", json!("el")),
        ("Buffer.from('hello').subarray(1).toString()", json!("ello")),
        ("Buffer.from('hello').slice(-3, -1).toString()", json!("ll")),
        ("Buffer.from(new Uint8Array([1, 2, 3]).buffer, 1).toString('hex')", json!("0203")),
        ("Buffer.concat([Buffer.from('ab'), new Uint8Array([99])]).toString()", json!("abc")),
        ("Buffer.concat([Buffer.from('ab'), Buffer.from('cd')], 3).toString()", json!("abc")),
        ("Buffer.concat([Buffer.from('ab')], 3).toString('hex')", json!("616200")),
        (
            "[Buffer.byteLength('é'), Buffer.byteLength('YWI', 'base64'), Buffer.alloc(2).length]",
            json!([2, 2, 2]),
        ),
        (
            "[Buffer.from('a').equals(Buffer.from('a')), Buffer.compare(Buffer.from('a'), Buffer.from('ab'))]",
            json!([true, -1]),
        ),
        (
            "[Buffer.isBuffer(Buffer.alloc(0)), Buffer.isBuffer(new Uint8Array(0)), Buffer.isEncoding('UTF8')]",
            json!([true, false, true]),
        ),
        ("Buffer.from('a')", json!({"type": "Buffer", "data": [97]})),
        (
            "[typeof Buffer.from('a').indexOf, typeof Buffer.from('a').fill, typeof Buffer.of]",
            json!(["undefined", "undefined", "undefined"]),
        ),
    ];
    for (expression, expected) in rows {
        assert_eq!(value(expression), Ok(expected), "{expression}");
    }
    assert_eq!(
        value("Buffer.from('a', 'latin2')"),
        is("threw TypeError: Unknown encoding: latin2 in line 1")
    );
    assert!(value("Buffer.from(5)").is_err());
}

#[test]
fn base64_without_a_buffer_is_as_in_browsers() {
    let rows = [
        ("btoa('a\\xff')", json!("Yf8=")),
        ("atob(' Yf8 = ')", json!("a\u{ff}")),
        ("atob('Yf8')", json!("a\u{ff}")),
        ("atob('')", json!("")),
    ];
    for (expression, expected) in rows {
        assert_eq!(value(expression), Ok(expected), "{expression}");
    }
    for expression in ["btoa('\\u0100')", "atob('Y')", "atob('Y-8=')", "atob('Yf8=Yf8=')"] {
        assert!(value(expression).is_err(), "{expression}");
    }
}

#[test]
fn hashes_are_those_of_the_standards() {
    let rows = [
        // RFC 1321, A.5; FIPS 180-2, A.1 and B.1.
        ("createHash('md5').update('abc').digest('hex')", json!("900150983cd24fb0d6963f7d28e17f72")),
        (
            "createHash('sha1').update('a').update('bc').digest('hex')",
            json!("a9993e364706816aba3e25717850c26c9cd0d89d"),
        ),
        (
            "createHash('sha256').update(Buffer.from('abc')).digest('base64')",
            json!("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
        ),
        ("createHash('sha256').update('abc').digest().length", json!(32)),
        // RFC 2202, 2 and 3, test case 2; RFC 4231, 4.3 and 4.7.
        (
            "createHmac('md5', 'Jefe').update('what do ya want for nothing?').digest('hex')",
            json!("750c783e6ab0b503eaa86e310a5db738"),
        ),
        (
            "createHmac('sha1', 'Jefe').update('what do ya want for nothing?').digest('hex')",
            json!("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ),
        (
            "createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('hex')",
            json!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ),
        (
            "createHmac('sha256', Buffer.from('aa'.repeat(131), 'hex'))
                .update('Test Using Larger Than Block-Size Key - Hash Key First').digest('hex')",
            json!("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        ),
    ];
    for (expression, expected) in rows {
        assert_eq!(value(&format!("require('crypto').{expression}")), Ok(expected), "{expression}");
    }
    assert!(value("require('crypto').createHash('sha3')").is_err());
    assert_eq!(value("require('fs')"), is("threw Error: there is no module fs in line 1"));
}
