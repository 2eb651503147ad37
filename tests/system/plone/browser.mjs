// The recipe's page in Chromium, on a real Plone: `node browser.mjs PLONE VIDEO ONE_HOST`, where the video is on another
// host, and where both are on one.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openChromium } from '../chromium.mjs';

const [plone, video, oneHost] = process.argv.slice(2);
const [name, password] = ['viewer1', process.env.VIEWER_PASSWORD];
const read = (path) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const RECIPE = '../../../functions/issue-cookies/recipes';
const PAGE = /```html\n(.*?)```/s.exec(read(`${RECIPE}/plone/README.md`))[1];
const FILES = {
  'usher.js': read(`${RECIPE}/usher.js`),
  'credentials.js': read(`${RECIPE}/plone/credentials.js`),
  'hls.mjs': read('../node_modules/hls.js/dist/hls.mjs'),
};
const FOLDER = '/Plone/++theme++video';

const twoHosts = page(PAGE.replace('https://video.example.com', video).replace('tokenOfClassic()', "tokenOfClassic('/Plone')"));
const onOneHost = page(PAGE.replace('https://video.example.com', '').replace(/ *credential: .*\n/, ''));

const { check, finish } = await openChromium((status, path) => (
  status === 401 && ['/auth/cookies', '/Plone/@login-renew'].includes(path)
) || path === '/favicon.ico');
try {
  for (const [place, origin, html] of [['two hosts', plone, twoHosts], ['one host', oneHost, onOneHost]]) {
    await check(`${place}: whoever is not logged in is told so`, (visit) => isToldToLogIn(visit, origin, html));
    await check(`${place}: who has logged in watches`, (visit) => watches(visit, origin, html));
    await check(`${place}: who logs out on the way is told so`, (visit) => logsOut(visit, origin, html));
  }
} finally {
  await finish();
}

/** The page as its author would finish it. */
function page(body) {
  return `<!DOCTYPE html><title>Video</title>${body.replace('await play(', 'globalThis.cookies = cookies;\n  await play(')}`;
}

/** Opens the page among the site's static files. */
async function open({ page, context }, origin, html) {
  // Files that this test serves have no network address, so Chromium asks before they may send a request to
  // loopback.
  await context.grantPermissions(['local-network-access']);
  await context.route(`${origin}${FOLDER}/**`, (route) => {
    const file = new URL(route.request().url()).pathname.slice(FOLDER.length + 1);
    const contentType = file ? 'text/javascript' : 'text/html';
    return route.fulfill({ contentType, body: file ? FILES[file] : html });
  });
  await page.goto(`${origin}${FOLDER}/`);
}

async function logIn(page, origin) {
  await page.goto(`${origin}/Plone/login`);
  await page.fill('input[name=__ac_name]', name);
  await page.fill('input[name=__ac_password]', password);
  await Promise.all([page.waitForURL((url) => !url.pathname.endsWith('/login')), page.click('[name="buttons.login"]')]);
}

async function isToldToLogIn(visit, origin, html) {
  await open(visit, origin, html);
  await visit.page.locator('#video-status', { hasText: 'Log in to watch.' }).waitFor();
  assert.deepEqual(visit.requests, []);
}

async function watches(visit, origin, html) {
  await logIn(visit.page, origin);
  await open(visit, origin, html);
  await plays(visit.page);
}

async function plays(page) {
  await page.waitForFunction(() => document.getElementById('video').readyState >= 2);
  await page.locator('#video').evaluate((video) => video.play());
  await page.waitForFunction(() => document.getElementById('video').currentTime > 1);
}

/** As the page's own log-out link would. */
async function logsOut(visit, origin, html) {
  const { page, context } = visit;
  await logIn(page, origin);
  await open(visit, origin, html);
  await plays(page);
  await page.evaluate(() => globalThis.cookies.signOut());
  const names = (await context.cookies()).map((cookie) => cookie.name);
  assert.deepEqual(names.filter((name) => name.startsWith('CloudFront-')), []);
  await page.goto(`${origin}/Plone/logout`);
  await isToldToLogIn({ ...visit, requests: [] }, origin, html);
}
