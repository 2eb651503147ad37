// Runs the template's viewer-request function on every case of viewer-request.json and compares the
// whole request that comes back. Usage: node viewer-request.mjs FUNCTION_CODE_FILE
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const source = readFileSync(process.argv[2], "utf8");
const cases = JSON.parse(readFileSync(new URL("viewer-request.json", import.meta.url), "utf8"));

let passed = 0;
let failed = 0;

function check(claim, body) {
  try {
    body();
    passed += 1;
    console.log(`ok: ${claim}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${claim}\n${error.message}`);
  }
}

// A context of its own with Buffer alone: what Node has and CloudFront lacks is not found here.
function handle(event) {
  const context = vm.createContext({ Buffer, input: JSON.stringify(event) });
  return JSON.parse(vm.runInContext(`${source}\nJSON.stringify(handler(JSON.parse(input)))`, context));
}

function viewerRequest({ headers, querystring, cookies }) {
  const request = { method: "GET", uri: "/video/m/master.m3u8", querystring, headers, cookies };
  return { version: "1.0", context: { eventType: "viewer-request" }, viewer: { ip: "198.51.100.11" }, request };
}

// What comes back: the request as it was, the viewer's x-viewer-* taken out, ours put in.
function expected({ headers, querystring, cookies, expect }) {
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith("x-viewer-"));
  return viewerRequest({ headers: { ...Object.fromEntries(kept), ...expect }, querystring, cookies }).request;
}

check("the function fits CloudFront's limit of 10 KB", () => assert.ok(Buffer.byteLength(source) <= 10_240));
for (const one of cases) {
  check(one.claim, () => assert.deepEqual(handle(viewerRequest(one)), expected(one)));
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
