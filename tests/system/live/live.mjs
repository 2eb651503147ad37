// A live playlist that grows while it plays: `node live.mjs ORIGIN BUCKET_SECONDS SEGMENT_SECONDS`.
// The browser has no cookies, so only the parameters of its URL can admit a request. The URL is valid for a minute:
// until then it plays across bucket boundaries, and then it stops with a reason.

import { strict as assert } from 'node:assert';
import { openChromium, playWith, signedUrl } from '../chromium.mjs';

const [origin, bucketSeconds, segmentSeconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const STREAM = '/video/live/master.m3u8';
/** At any start there are three borders of buckets in it, and the URL outlives it. */
const SECONDS = 3 * bucketSeconds + 2;
/** How long the picture may stand still, on a busy machine: less than a reload that was missed would cost. */
const LONGEST_STALL_SECONDS = segmentSeconds;
const PLAYERS = [['native', 'inline'], ['hls', 'inline'], ['hls', 'define']];

const { check, finish } = await openChromium();
try {
  // All at the same time: each plays in real time.
  await Promise.all(PLAYERS.map(([engine, style]) => check(
    `a live playlist keeps playing for ${SECONDS} s, and stops when its URL ends, with ${engine}, ${style}`,
    (visit) => keepsPlaying(visit, engine, style),
  )));
} finally {
  await finish();
}

async function keepsPlaying({ page, context }, engine, style) {
  const url = await signedUrl(page, origin, STREAM);
  await context.clearCookies();
  await page.goto(origin);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  const responses = [];
  context.on('response', (response) => responses.push({ at: Date.now() / 1000, status: response.status(), url: new URL(response.url()) }));

  await playWith(page, engine, `${url}&usher-style=${style}`);
  await page.waitForFunction(() => document.getElementById('video').currentTime > 0 && !document.getElementById('video').seeking);
  const { positions, stall } = await watched(page);
  const loaded = responses.filter((response) => response.url.pathname.startsWith('/video/'));
  assert.deepEqual(loaded.filter(({ status }) => status >= 400).map(({ status, url: { pathname } }) => [status, pathname]), []);
  assert.deepEqual([...positions].sort((a, b) => a - b), positions, 'it never plays backwards');
  assert.ok(positions.at(-1) - positions[0] > SECONDS - LONGEST_STALL_SECONDS, `played ${positions[0]} to ${positions.at(-1)}`);
  assert.ok(stall < LONGEST_STALL_SECONDS, `the picture stood still for ${stall} s`);

  const [playlists, segments] = ['.m3u8', '.ts'].map((extension) => loaded.filter((response) => response.url.pathname.endsWith(extension)));
  assertReloads(playlists.filter((response) => response.url.pathname.endsWith('/playlist.m3u8')));
  const ends = expiryOf(new URL(url));
  assertExpiries(segments, ends);
  assertExpiries(playlists, ends);
  await assertStops(page, ends);
}

/** After the end, the next playlist is refused, and the picture stands still. */
async function assertStops(page, ends) {
  const refused = await page.waitForResponse(
    (response) => response.status() === 403 && new URL(response.url()).pathname.endsWith('/playlist.m3u8'),
    { timeout: 60_000 },
  );
  assert.ok(Date.now() / 1000 >= ends, 'not before the end');
  assert.match(await refused.headerValue('x-usher-why'), /^it expired at /);
  // The buffered part plays on.
  await page.waitForFunction(() => {
    const video = document.getElementById('video');
    const [before, since] = window.stoodStill ?? [undefined, undefined];
    if (video.currentTime !== before) window.stoodStill = [video.currentTime, performance.now()];
    return video.currentTime === before && performance.now() - since > 3_000;
  }, undefined, { timeout: 40_000, polling: 200 });
}

/** Looks at the position ten times a second, in the page: a look from outside would take its own time. */
function watched(page) {
  return page.locator('#video').evaluate((video, seconds) => new Promise((resolve) => {
    const positions = [video.currentTime];
    const started = performance.now();
    let [stall, movedAt] = [0, started];
    const timer = setInterval(() => {
      const now = performance.now();
      if (video.currentTime !== positions.at(-1)) movedAt = now;
      stall = Math.max(stall, (now - movedAt) / 1000);
      positions.push(video.currentTime);
      if (now - started < seconds * 1000) return;
      clearInterval(timer);
      resolve({ positions, stall });
    }, 100);
  }), SECONDS);
}

/** Players reload a live playlist once per target duration, and after half of one when it has not grown. */
function assertReloads(playlists) {
  const gaps = playlists.slice(1).map((response, index) => response.at - playlists[index].at);
  assert.ok(Math.max(...gaps) < 2 * segmentSeconds, `seconds between reloads: ${gaps.map((gap) => gap.toFixed(1)).join(' ')}`);
  assert.ok(playlists.length > SECONDS / segmentSeconds / 2, `${playlists.length} reloads`);
}

/** What is signed ends when the viewer's URL does, whatever bucket it is loaded in. */
function assertExpiries(responses, ends) {
  assert.deepEqual([...new Set(responses.map(({ url }) => expiryOf(url)))], [ends]);
  assert.equal(ends % bucketSeconds, 0, 'an expiry is the border of a bucket');
  const segments = responses.filter(({ url }) => url.pathname.endsWith('.ts'));
  // The native player first reads the oldest segment, then starts near the end.
  const numbers = segments.slice(1).map(({ url }) => Number(/segment(\d+)/.exec(url.pathname)[1]));
  assert.deepEqual(numbers, numbers.map((_, index) => numbers[0] + index), 'each segment is loaded, once');
}

function expiryOf(url) {
  const base64 = url.searchParams.get('Policy').replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/');
  return JSON.parse(Buffer.from(base64, 'base64')).Statement[0].Condition.DateLessThan['AWS:EpochTime'];
}
