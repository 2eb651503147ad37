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
const GONE = '/video/film/gone.mpd';
const FRAMES = 30 * 25;
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

const { check, finish } = await openChromium((status, path) => (
  status === (path === GONE ? 404 : 403) && path.startsWith('/video/')
));
try {
  // It lasts a minute, and the others play meanwhile.
  const ending = check('when its signed URL ends, the player says what was refused', saysWhenItEnds);
  const plays = Object.keys(PLAYERS).flatMap((player) => ['cookies', 'inline', 'define'].map((by) => [player, by]));
  await Promise.all(plays.map(([player, by]) => check(`${player} plays the film, ${by}`, (visit) => playsFilm(visit, player, by))));
  await Promise.all(plays.map(([player, by]) => check(`${player} plays live, ${by}`, (visit) => playsLive(visit, player, by))));
  await Promise.all([
    check('ffmpeg plays the film to its end by a signed URL, and not without', ffmpegPlays),
    check('the player page plays the film, with captions and two languages, and survives the loss of its cookies', playsOnPage),
    check('the player page plays live', playsLiveOnPage),
    check('a viewer with a signed URL sees pictures while seeking', showsThumbnails),
    check('the player says that an MPD does not exist', saysWhatIsGone),
    ending,
  ]);
} finally {
  await finish();
}

// ---- dash.js and shaka-player

async function playsFilm(visit, player, by) {
  const loaded = await start(visit, player, by, FILM);
  await becomes(visit.page, ([{ currentTime }]) => currentTime > 2);
  await visit.page.locator('video').evaluate((video) => { video.currentTime = 13; });
  await becomes(visit.page, ([{ currentTime }]) => currentTime > 15);
  await assertPlayed(visit.page, loaded, by, /^\/video\/film\/(\d+p|audio-en)\/\d+\.m4s$/);
}

async function playsLive(visit, player, by) {
  const loaded = await start(visit, player, by, LIVE);
  const before = await (await becomes(visit.page, ([{ currentTime, seeking }]) => !seeking && currentTime > 0.5 && currentTime)).jsonValue();
  const began = Date.now();
  await becomes(visit.page, ([{ currentTime }, wanted]) => currentTime > wanted, before + 10);
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
  await becomes(page, ([video]) => video.getVideoPlaybackQuality().totalVideoFrames > 50);
  const urls = loaded.map((answer) => new URL(answer.url()));
  const segments = urls.filter(({ pathname }) => segment.test(pathname));
  assert.ok(segments.length > 4, `${segments.length} segments`);
  assert.deepEqual([...new Set(urls.map(({ searchParams }) => searchParams.has('Signature')))], [by !== 'cookies']);
  const mpd = await loaded[0].text();
  assert.deepEqual([mpd.includes('UrlQueryInfo'), /media="[^"]*Signature=/.test(mpd)], [by === 'define', by === 'inline']);
  for (const { pathname } of [urls[0], ...segments]) assert.equal((await fetch(origin + pathname)).status, 403, pathname);
}

// ---- ffmpeg

async function ffmpegPlays() {
  const frames = async (source) => {
    const options = ['-nostdin', '-v', 'error', '-i', source, '-map', '0:v', '-f', 'null', '-progress', 'pipe:1', '-'];
    const { stdout } = await promisify(execFile)('ffmpeg', options);
    return Number(/^frame=(\d+)\n(?!.*^frame=)/ms.exec(stdout)[1]);
  };
  assert.equal(await frames(await signedUrl(origin, FILM)), FRAMES);
  await assert.rejects(frames(origin + FILM), /403 Forbidden/);
}

// ---- The element

async function playsOnPage({ page, context }) {
  await signInOnPage(page, FILM);
  await becomes(page, ([{ currentTime }]) => currentTime > 1);
  assert.match(await page.locator('#status').textContent(), /^Playing .* with shaka, by cookies\.$/);

  const tracks = await page.evaluate(() => [...document.querySelector('usher-video').video.textTracks].map(({ kind, label, language }) => [kind, label, language]));
  assert.deepEqual(tracks, [['subtitles', 'English', 'en']]);
  await page.evaluate(() => { document.querySelector('usher-video').video.textTracks[0].mode = 'showing'; });
  const cue = await becomes(page, ([{ textTracks: [{ activeCues }] }]) => activeCues?.[0]?.text);
  assert.equal(await cue.jsonValue(), 'The first words');

  const menu = page.getByRole('combobox', { name: 'Language of the sound' });
  assert.deepEqual(await menu.locator('option').allTextContents(), ['English', 'Deutsch']);
  assert.equal(await menu.inputValue(), '0');
  const german = page.waitForResponse(/\/audio-de\/\d+\.m4s$/);
  await menu.selectOption('Deutsch');
  assert.equal((await german).status(), 200);
  await page.waitForFunction(() => document.querySelector('usher-video').shadowRoot.querySelector('[part=language]').value === '1');

  await context.clearCookies();
  const refused = page.waitForResponse((answer) => answer.status() === 403 && answer.url().endsWith('.m4s'));
  await page.evaluate(() => { document.querySelector('usher-video').video.currentTime = 25; });
  await refused;
  await becomes(page, ([{ currentTime, ended }]) => currentTime > 27 || ended);
  const signed = (await context.cookies()).filter(({ name }) => name === 'CloudFront-Signature');
  assert.deepEqual(signed.map(({ path }) => path), ['/video/film/']);
}

async function playsLiveOnPage({ page }) {
  await signInOnPage(page, LIVE);
  const before = await (await becomes(page, ([{ currentTime, seeking }]) => !seeking && currentTime > 0.5 && currentTime)).jsonValue();
  await becomes(page, ([{ currentTime }, wanted]) => currentTime > wanted, before + 16);
}

async function signInOnPage(page, path) {
  await page.goto(`${origin}/?stream=${path}`);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  await page.click('#sign-in');
  await page.locator('#verdict[data-verdict=admitted]').waitFor();
}

async function showsThumbnails({ page, context }) {
  const [source, thumbnails] = [await signedUrl(origin, FILM), await signedUrl(origin, '/video/film/thumbnails.vtt')];
  await openPage(page);
  await show(page, { src: source, thumbnails });
  await becomes(page, ([{ currentTime }]) => currentTime > 0.5);
  const [image, ...shown] = await page.evaluate(() => new Promise((resolve) => {
    const { video, shadowRoot } = document.querySelector('usher-video');
    video.addEventListener('seeking', () => {
      const { hidden, style } = shadowRoot.querySelector('[part=thumbnail]');
      resolve([style.backgroundImage, hidden, style.backgroundPosition, style.width, style.height]);
    }, { once: true });
    video.currentTime = 9;
  }));
  assert.deepEqual(shown, [false, '-640px 0px', '160px', '90px'], 'the fifth picture, from 8 s to 10 s');
  const picture = /^url\("(.*)"\)$/.exec(image)[1];
  const size = (url) => page.evaluate(async (src) => {
    const loading = Object.assign(new Image(), { src });
    return loading.decode().then(() => [loading.naturalWidth, loading.naturalHeight], () => null);
  }, url);
  assert.deepEqual(await size(picture), [1600, 180]);
  const unsigned = picture.split('?')[0];
  assert.deepEqual([await size(unsigned), (await fetch(unsigned)).status, await context.cookies()], [null, 403, []]);
}

async function saysWhenItEnds({ page }) {
  await openPage(page, short);
  const { url, expires_at: ends } = await issueUrl(short, LIVE);
  const segments = [];
  page.on('response', (answer) => { if (/\.m4s\?/.test(answer.url())) segments.push(answer.url()); });
  const failed = failure(page);
  await show(page, { src: url });
  const before = await (await becomes(page, ([{ currentTime, seeking }]) => !seeking && currentTime > 0.5 && currentTime)).jsonValue();
  await becomes(page, ([{ currentTime }, wanted]) => currentTime > wanted, before + 15);
  const [at, detail] = await failed;
  assert.ok(at >= ends && at < ends + 45, `${at - ends} s after the end`);
  assert.deepEqual([detail.status, detail.reason, new URL(detail.url).pathname.startsWith('/video/live/')], [403, 'Shaka Error 1001', true]);
  await page.locator('usher-video >> text=cannot be played').waitFor();
  const answer = await fetch(segments[0]);
  assert.deepEqual([answer.status, /^it expired at /.test(answer.headers.get('x-usher-why'))], [403, true]);
}

async function saysWhatIsGone({ page }) {
  await openPage(page);
  const failed = failure(page);
  await show(page, { src: await signedUrl(origin, GONE) });
  const [, { url, status, reason }] = await failed;
  assert.deepEqual([new URL(url).pathname, status, reason], [GONE, 404, 'Shaka Error 1001']);
}

/** When the player fails, and the event's detail. */
function failure(page) {
  return page.evaluate(() => new Promise((resolve) => {
    document.addEventListener('usher-failed', ({ detail }) => resolve([Date.now() / 1000, detail]), { once: true });
  }));
}

/** An element for a viewer without cookies. */
async function show(page, attributes) {
  await page.evaluate(async (names) => {
    await import('/test/usher.js');
    const element = document.createElement('usher-video');
    for (const [name, value] of Object.entries({ ...names, 'no-sign-in': '', autoplay: '' })) element.setAttribute(name, value);
    document.querySelector('main').append(element);
  }, attributes);
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

async function issueUrl(at, path) {
  return post(`${at}/auth/urls`, { path }, await signIn(at));
}

async function signedUrl(at, path) {
  return (await issueUrl(at, path)).url;
}

async function getCookies(page, path) {
  const status = await page.evaluate(async ([token, asked]) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return (await fetch('/auth/cookies', { method: 'POST', headers, body: JSON.stringify({ path: asked }) })).status;
  }, [await signIn(origin), path]);
  assert.equal(status, 200);
}

/** What `test` says of [video, value], as soon as it is true. */
async function becomes(page, test, value) {
  const find = () => document.querySelector('video') ?? document.querySelector('usher-video')?.video;
  const options = { timeout: 60_000, polling: 100 };
  return page.waitForFunction(test, [await page.waitForFunction(find), value], options);
}
