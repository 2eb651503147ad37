// 100,000 segments, whole: `node rie.mjs EDGE EMULATOR PROGRAM PLAYLIST_FILE`.
// Whole means: each segment signed, and with all that was added taken away, the bytes of the file.

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { RuntimeApi } from './runtime-api.mjs';

const [edge, emulator, program, file] = process.argv.slice(2);
const PATH = '/video/long/playlist.m3u8';
const source = readFileSync(file);
const SEGMENTS = source.toString().match(/^segment/gm).length;
const ENCODINGS = ['identity', 'gzip'];
const REFERENCE = {
  plain: /^(segment\d+\.ts)$/gm,
  inline: /^(segment\d+\.ts)\?Policy=[\w~-]+&Signature=[\w~-]+&Key-Pair-Id=\w+&Hash-Algorithm=SHA256$/gm,
  define: /^(segment\d+\.ts)\?\{\$[\w-]+\}$/gm,
};
const DEFINITION = /^#EXT-X-DEFINE:NAME="[\w-]+",VALUE="Policy=[\w~-]+&Signature=[\w~-]+&Key-Pair-Id=\w+&Hash-Algorithm=SHA256"\n/gm;
/** What AWS streams at most: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html */
const STREAMED_BYTES = 200 * 1_000_000;
const EMULATED_BYTES = 6 * 1024 * 1024;

const count = { passed: 0, failed: 0 };
await throughEmulator();
await throughRuntimeApi();
await throughEdge();
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed || !count.passed ? 1 : 0;

// ---- The three ways

/** It buffers, and takes no more than six megabytes: all but the playlist with parameters on each URI, as text. */
async function throughEmulator() {
  const answers = [['plain', 'identity'], ['plain', 'gzip'], ['define', 'identity'], ['define', 'gzip'], ['inline', 'gzip']];
  for (const [style, encoding] of answers) {
    await check(`${style}, ${encoding}, under the Runtime Interface Emulator`, async () => {
      const body = await invokeEmulated(event(PATH, style, encoding));
      assert.ok(body.length <= EMULATED_BYTES, `${body.length} bytes`);
      return assertWhole(lambdaResponse(body), style, encoding);
    });
  }
  await check('the Runtime Interface Emulator refuses what AWS would stream', async () => {
    const body = await invokeEmulated(event(PATH, 'inline', 'identity'));
    assert.equal(JSON.parse(body).errorType, 'Function.ResponseSizeTooLarge');
  });
}

async function throughRuntimeApi() {
  const api = new RuntimeApi();
  await api.start(program);
  try {
    // The program's memory at its highest, with all that a first request loads.
    await api.invoke(event('/video/long/short.m3u8', 'inline', 'identity'));
    const atFirst = api.peakMemory();
    for (const encoding of ENCODINGS) {
      await check(`inline, ${encoding}, streamed to the Runtime API`, async () => {
        const { headers, trailers, pieces, body } = await api.invoke(event(PATH, 'inline', encoding));
        assert.equal(headers['lambda-runtime-function-response-mode'], 'streaming');
        assert.deepEqual(trailers, {}, 'no error in the middle');
        assert.ok(pieces > 1 && body.length < STREAMED_BYTES, `${pieces} pieces, ${body.length} bytes`);
        return assertWhole(lambdaResponse(body), 'inline', encoding);
      });
    }
    await check('the function holds the source, and not what it answers', () => {
      const grown = api.peakMemory() - atFirst;
      assert.ok(grown < 3 * source.length, `${grown} bytes more for a playlist of ${source.length}`);
      return `${megabytes(grown)} more`;
    });
  } finally {
    api.stop();
  }
}

async function throughEdge() {
  const cookie = await signIn();
  for (const style of ['inline', 'define']) {
    for (const encoding of ENCODINGS) {
      await check(`${style}, ${encoding}, by cookies through usher serve`, async () => {
        const url = `${edge}${PATH}?usher-style=${style}`;
        return assertWhole(await send(url, { headers: { cookie, 'accept-encoding': encoding } }), style, encoding);
      });
    }
  }
}

// ---- What checks are made of

async function check(claim, body) {
  const started = performance.now();
  try {
    const said = await body();
    count.passed += 1;
    console.log(`ok   ${claim}: ${said ? `${said}, ` : ''}${Math.round(performance.now() - started)} ms`);
  } catch (error) {
    count.failed += 1;
    console.log(`FAIL ${claim}\n     ${error.message.slice(0, 2_000).replaceAll(/\b(Policy|Signature)=[^&\s"']+/g, '$1=…').replaceAll('\n', '\n     ')}`);
  }
}

function assertWhole({ status, headers, body }, style, encoding) {
  assert.deepEqual(
    [status, headers['content-type'], headers['content-encoding'] ?? 'identity'],
    [200, 'application/vnd.apple.mpegurl', encoding],
  );
  const text = (encoding === 'gzip' ? gunzipSync(body) : body).toString();
  assert.equal(text.match(REFERENCE[style])?.length, SEGMENTS, 'each segment is signed');
  const stripped = text.replaceAll(REFERENCE[style], '$1').replace(DEFINITION, '');
  // A playlist with variables is one of version 8.
  const original = style === 'define' ? stripped.replace('#EXT-X-VERSION:8\n', '#EXT-X-VERSION:3\n') : stripped;
  assert.equal(sha256(original), sha256(source), 'without what was added it is the source');
  return `${megabytes(body.length)} of ${megabytes(text.length)}`;
}

/** The event that a function URL sends, as the viewer-request function left it. */
function event(path, style, encoding) {
  const query = `usher-style=${style}`;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: {
      'accept-encoding': encoding,
      'x-viewer-credential': 'cookies',
      'x-viewer-expires': '4000000000',
      'x-viewer-host': 'd111111abcdef8.cloudfront.net',
      'x-viewer-resource': 'https://d111111abcdef8.cloudfront.net/video/*',
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'local',
      http: { method: 'GET', path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.178', userAgent: 'test' },
      requestId: 'local',
      routeKey: '$default',
      stage: '$default',
      timeEpoch: Date.now(),
    },
    isBase64Encoded: false,
  };
}

async function invokeEmulated(invocation) {
  const url = `${emulator}/2015-03-31/functions/function/invocations`;
  const { body } = await send(url, { method: 'POST', body: JSON.stringify(invocation) });
  return body;
}

/** A streamed answer is the status and the headers in JSON, eight NUL bytes, and the body. */
function lambdaResponse(answer) {
  const end = answer.indexOf(Buffer.alloc(8));
  assert.ok(end > 0, answer.subarray(0, 500).toString());
  const { statusCode: status, headers } = JSON.parse(answer.subarray(0, end));
  return { status, headers, body: answer.subarray(end + 8) };
}

async function signIn() {
  const json = { 'content-type': 'application/json' };
  const signedIn = await send(`${edge}/demo/sign-in`, { method: 'POST', headers: json, body: '{"viewer":"demo"}' });
  const authorization = `Bearer ${JSON.parse(signedIn.body).token}`;
  const { headers } = await send(`${edge}/auth/cookies`, { method: 'POST', headers: { authorization } });
  return headers['set-cookie'].map((cookie) => cookie.split(';')[0]).join('; ');
}

/** Not `fetch`, which asks for encodings of its own and decodes them. */
function send(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, async (response) => {
      const pieces = [];
      for await (const piece of response) pieces.push(piece);
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function megabytes(bytes) {
  return `${(bytes / 1_000_000).toFixed(2)} MB`;
}
