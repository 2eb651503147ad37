// 100,000 segments, whole: `node rie.mjs EDGE EMULATOR PROGRAM PLAYLIST_FILE`.
// Complete means: each segment is signed, and without all additions, the bytes are those of the file.

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';

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
/** What Lambda takes as an answer: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ANSWER_BYTES = 6 * 1024 * 1024;
const TOO_LARGE = 'with its signatures the playlist has more than the 6 MB that Lambda sends: ask for it '
  + 'with Accept-Encoding: gzip, or with usher-style=define';

const count = { passed: 0, failed: 0 };
await throughEmulator();
await throughEdge();
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed || !count.passed ? 1 : 0;

// ---- The two ways

async function throughEmulator() {
  // The program's peak memory, including everything that a first request loads.
  await invokeEmulated(event('/video/long/short.m3u8', 'inline', 'gzip'));
  const atFirst = peakMemory();
  const answers = [['plain', 'identity'], ['plain', 'gzip'], ['define', 'identity'], ['define', 'gzip'], ['inline', 'gzip']];
  for (const [style, encoding] of answers) {
    await check(`${style}, ${encoding}, under the Runtime Interface Emulator`, async () => {
      const answer = await invokeEmulated(event(PATH, style, encoding));
      assert.ok(answer.length <= ANSWER_BYTES, `${answer.length} bytes`);
      return assertWhole(lambdaResponse(answer), style, encoding);
    });
  }
  await check('the function never holds what it compresses', () => {
    const grown = peakMemory() - atFirst;
    // A text answer exists three times: as the playlist, in JSON, and as it was read.
    assert.ok(grown < 8 * source.length, `${grown} bytes more for a playlist of ${source.length}`);
    return `${megabytes(grown)} more`;
  });
  await check('what is too large as text is a 502 that says what to do', async () => {
    const { status, headers, body } = lambdaResponse(await invokeEmulated(event(PATH, 'inline', 'identity')));
    assert.deepEqual([status, headers['content-type']], [502, 'application/problem+json']);
    assert.equal(JSON.parse(body).detail, TOO_LARGE);
  });
  for (const [name, method, headers, expected] of [
    ['HEAD', 'HEAD', {}, 200],
    ['304', 'GET', { 'if-none-match': '*' }, 304],
    ['204', 'OPTIONS', {}, 204],
  ]) {
    await check(`${name} has a body of no bytes`, async () => {
      const asked = event('/video/long/short.m3u8', 'inline', 'gzip');
      asked.requestContext.http.method = method;
      Object.assign(asked.headers, headers);
      const { status, body } = lambdaResponse(await invokeEmulated(asked));
      assert.deepEqual([status, body.length], [expected, 0]);
    });
  }
}

async function throughEdge() {
  const cookie = await signIn();
  for (const [style, encoding] of [['inline', 'gzip'], ['define', 'identity'], ['define', 'gzip']]) {
    for (const cache of ['Miss', 'Hit']) {
      await check(`${style}, ${encoding}, by cookies through usher serve, ${cache}`, async () => {
        const url = `${edge}${PATH}?usher-style=${style}`;
        const answer = await send(url, { headers: { cookie, 'accept-encoding': encoding } });
        assert.equal(answer.headers['x-cache'], `${cache} from cloudfront`);
        assert.equal(answer.headers['content-length'], String(answer.body.length));
        return assertWhole(answer, style, encoding);
      });
    }
  }
}

// ---- Helpers

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
  // A playlist with variables has version 8.
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

function lambdaResponse(answer) {
  const { statusCode: status, headers, body, isBase64Encoded } = JSON.parse(answer);
  return { status, headers, body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') };
}

/** The most memory that the program ever had, in bytes. */
function peakMemory() {
  const isProgram = (pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`) === realpathSync(program);
    } catch {
      return false;
    }
  };
  const [pid] = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter(isProgram);
  return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
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
