// Runs the template's viewer-request function and compares the whole request or response that it returns, for every
// case of viewer-request.json and for the events in tests/events. The tests of the local edge run the same cases in its
// own engine, and read buffer.json: the results of Node's Buffer for unusual texts.
// Usage: node viewer-request.mjs FUNCTION_CODE_FILE
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const source = readFileSync(process.argv[2], "utf8");
const cases = JSON.parse(readFileSync(new URL("viewer-request.json", import.meta.url), "utf8"));

// The events of tests/events, and what the function must set.
const policy = {
  "x-viewer-resource": "https://d111111abcdef8.cloudfront.net/video/m/*",
  "x-viewer-expires": "1893456000",
};
const events = {
  "viewer-request-cookies": { "x-viewer-credential": "cookies" },
  "viewer-request-url": { "x-viewer-credential": "url", ...policy },
  "viewer-request-spoofed": {},
};

function check(claim, body) {
  try {
    body();
    console.log(`ok: ${claim}`);
  } catch (error) {
    console.log(`FAILED: ${claim}\n${error.message}`);
  }
}

// A separate context with Buffer alone: what Node has and CloudFront lacks does not exist here. A runtime has the raw
// query or, if it is an older one, has no such method.
function handle(event, { hasRawQuery }) {
  const context = vm.createContext({ Buffer, input: JSON.stringify(event), query: rawQuery(event.request.querystring) });
  const method = hasRawQuery ? "event.request.rawQueryString = function () { return query; };" : "";
  const script = `${source}\nvar event = JSON.parse(input); ${method} JSON.stringify(handler(event))`;
  return JSON.parse(vm.runInContext(script, context));
}

// Undefined without a question mark, as in CloudFront.
function rawQuery(querystring) {
  const pairs = Object.entries(querystring).flatMap(([name, field]) => (
    (field.multiValue ?? [field]).map(({ value }) => `${name}=${value}`)
  ));
  return pairs.length > 0 ? pairs.join("&") : undefined;
}

function viewerRequest({ method = "GET", uri = "/video/m/master.m3u8", headers, querystring, cookies }) {
  const request = { method, uri, querystring, headers, cookies };
  return { version: "1.0", context: { eventType: "viewer-request" }, viewer: { ip: "198.51.100.11" }, request };
}

// The expected result: the request with the viewer's x-viewer-* headers (and those in `removed`) removed, and ours
// added.
function expected(request, set, removed = []) {
  const stays = ([name]) => !name.startsWith("x-viewer-") && !removed.includes(name);
  const kept = Object.entries(request.headers).filter(stays);
  return { ...request, headers: { ...Object.fromEntries(kept), ...set } };
}

check("the function fits CloudFront's limit of 10 KB", () => assert.ok(Buffer.byteLength(source) <= 10_240));
for (const one of cases) {
  const event = viewerRequest(one);
  const wanted = one.answer ?? expected(event.request, one.expect, one.removed);
  check(one.claim, () => {
    for (const hasRawQuery of [true, false]) assert.deepEqual(handle(event, { hasRawQuery }), wanted);
  });
}
for (const [name, values] of Object.entries(events)) {
  const event = JSON.parse(readFileSync(new URL(`../../events/${name}.json`, import.meta.url), "utf8"));
  const all = Object.entries({ "x-viewer-host": event.context.distributionDomainName, ...values });
  const set = Object.fromEntries(all.map(([header, value]) => [header, { value }]));
  check(`${name}.json`, () => assert.deepEqual(handle(event, { hasRawQuery: true }), expected(event.request, set)));
}
const texts = JSON.parse(readFileSync(new URL("buffer.json", import.meta.url), "utf8"));
check("buffer.json is what Node's Buffer makes", () => {
  for (const [text, encoding, hex] of texts) assert.equal(Buffer.from(text, encoding).toString("hex"), hex, text);
});
console.log("end");
