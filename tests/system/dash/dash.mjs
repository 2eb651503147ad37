// MPDs in Chromium and ffmpeg: `node dash.mjs ORIGIN SHORT`. SHORT is the same edge, with signed URLs that end soon.
// A page without anything of Usher has dash.js or shaka-player as a site would have it. Each check has its own context.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { openChromium } from '../chromium.mjs';

const [origin, short] = process.argv.slice(2);
const FILM = '/video/film/manifest.mpd';
const LIVE = '/video/live/manifest.mpd';
const FRAMES = 20 * 25;
const modules = new URL('../node_modules/', import.meta.url);
const files = {
  'dash.mjs': new URL('dashjs/dist/modern/esm/dash.mediaplayer.min.js', modules),
  'shaka.mjs': new URL('shaka-player/dist/shaka-player.dash-es2021.js', modules),
  'usher.js': new URL('../../../functions/issue-cookies/recipes/usher.js', import.meta.url),
};
const PAGE = '<!doctype html><title>Test</title><link rel="icon" href="data:,"><main></main>';
/** In the page: plays `source` in a new `<video>`. */
const PLAYERS = {
  'dash.js': async (source) => {
    const { MediaPlayer } = await import('/test/dash.mjs');
    const video = document.querySelector('main').appendChild(document.createElement('video'));
    const player = MediaPlayer().create();
    player.initialize(video, null, true);
    // No clock of another host.
    player.clearDefaultUTCTimingSources();
    player.attachSource(source);
  },
  'shaka-player': async (source) => {
    await import('/test/shaka.mjs');
    const video = document.querySelector('main').appendChild(document.createElement('video'));
    const player = new globalThis.shaka.Player();
    await player.attach(video);
    await player.load(source);
    await video.play();
  },
};

const { check, finish } = await openChromium((status, path) => path.startsWith('/video/') && status === 403);
const isOnly = (name) => !process.env.ONLY || name.includes(process.env.ONLY);
const run = (name, body) => isOnly(name) && check(name, body);
try {
  const plays = Object.keys(PLAYERS).flatMap((player) => ['cookies', 'inline', 'define'].map((by) => [player, by]));
  await Promise.all(plays.map(([player, by]) => run(`${player} plays the film, ${by}`, (visit) => playsFilm(visit, player, by))));
  await Promise.all(plays.map(([player, by]) => run(`${player} plays live, ${by}`, (visit) => playsLive(visit, player, by))));
} finally {
  await finish();
}

// ---- dash.js and shaka-player

async function playsFilm(visit, player, by) {
  const loaded = await start(visit, player, by, FILM);
  await becomes(visit.page, ({ currentTime }) => currentTime > 2);
  await visit.page.locator('video').evaluate((video) => { video.currentTime = 13; });
  await becomes(visit.page, ({ currentTime }) => currentTime > 15);
  await assertPlayed(visit.page, loaded, by, /^\/video\/film\/(\d+p|audio-en)\/\d+\.m4s$/);
}

async function playsLive(visit, player, by) {
  const loaded = await start(visit, player, by, LIVE);
  const before = await (await becomes(visit.page, ({ currentTime, seeking }) => !seeking && currentTime > 0.5 && currentTime)).jsonValue();
  const began = Date.now();
  await becomes(visit.page, ({ currentTime }, wanted) => currentTime > wanted, before + 10);
  assert.ok(Date.now() - began < 14_000, `10 s took ${Date.now() - began} ms`);
  await assertPlayed(visit.page, loaded, by, /^\/video\/live\/segment-[01]-\d+\.m4s$/);
}

/** Resolves to the answers of /video/, which come in as the film plays. */
async function start({ page, context }, player, by, path) {
  await openPage(page);
  const source = by === 'cookies' ? path : `${await signedUrl(origin, path)}&usher-style=${by}`;
  if (by === 'cookies') await getCookies(page, path);
  const loaded = [];
  context.on('response', (response) => { if (new URL(response.url()).pathname.startsWith('/video/')) loaded.push(response); });
  await page.evaluate(PLAYERS[player], source);
  return loaded;
}

/** Real playback, by nothing but the cookies or the signatures that are meant; and nothing of it opens without them. */
async function assertPlayed(page, loaded, by, segment) {
  assert.deepEqual(loaded.filter((answer) => answer.status() !== 200).map((answer) => [answer.status(), answer.url()]), []);
  const frames = await page.locator('video').evaluate((video) => video.getVideoPlaybackQuality().totalVideoFrames);
  assert.ok(frames > 50, `${frames} frames`);
  const urls = loaded.map((answer) => new URL(answer.url()));
  const segments = urls.filter(({ pathname }) => segment.test(pathname));
  assert.ok(segments.length > 4, `${segments.length} segments`);
  assert.deepEqual([...new Set(urls.map(({ searchParams }) => searchParams.has('Signature')))], [by !== 'cookies']);
  const mpd = await loaded[0].text();
  assert.deepEqual([mpd.includes('UrlQueryInfo'), /media="[^"]*Signature=/.test(mpd)], [by === 'define', by === 'inline']);
  for (const { pathname } of [urls[0], ...segments]) assert.equal((await fetch(origin + pathname)).status, 403, pathname);
}

// ---- Helpers

async function openPage(page, at = origin) {
  await page.route(`${at}/test/*`, async (route) => {
    const file = files[new URL(route.request().url()).pathname.split('/').at(-1)];
    if (file) await route.fulfill({ contentType: 'text/javascript', body: await readFile(file) });
    else await route.fulfill({ contentType: 'text/html', body: PAGE });
  });
  await page.goto(`${at}/test/page`);
}

async function post(url, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 200, url);
  return answer.json();
}

async function signIn(at) {
  return (await post(`${at}/demo/sign-in`, { viewer: 'demo' })).token;
}

async function signedUrl(at, path) {
  return (await post(`${at}/auth/urls`, { path }, await signIn(at))).url;
}

async function getCookies(page, path) {
  const status = await page.evaluate(async ([token, asked]) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return (await fetch('/auth/cookies', { method: 'POST', headers, body: JSON.stringify({ path: asked }) })).status;
  }, [await signIn(origin), path]);
  assert.equal(status, 200);
}

/** What `test` says of the video, as soon as it is true. */
function becomes(page, test, value) {
  return page.waitForFunction(([source, wanted]) => {
    const video = document.querySelector('video') ?? document.querySelector('usher-video')?.video;
    return video && (0, eval)(`(${source})`)(video, wanted);
  }, [test.toString(), value], { timeout: 60_000, polling: 100 });
}
