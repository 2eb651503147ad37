// WebKit and Chromium at `usher serve --tls`, and WebKit without it:
// `node webkit.mjs HTTPS_ORIGIN HTTP_ORIGIN WEBKIT_DRIVER CHROMIUM_DRIVER`.

import { strict as assert } from 'node:assert';
import { openSession, until } from './webdriver.mjs';

const [httpsOrigin, httpOrigin, webkitDriver, chromiumDriver] = process.argv.slice(2);
if (!chromiumDriver) {
  console.error('usage: node webkit.mjs HTTPS_ORIGIN HTTP_ORIGIN WEBKIT_DRIVER CHROMIUM_DRIVER');
  process.exit(2);
}

const STREAMS = ['/video/clock-ts/master.m3u8', '/video/clock-fmp4/master.m3u8'];
const NAMES = ['CloudFront-Hash-Algorithm', 'CloudFront-Key-Pair-Id', 'CloudFront-Policy', 'CloudFront-Signature'];
const SECONDS = 3;

const WEBKIT = {
  browserName: 'MiniBrowser',
  acceptInsecureCerts: true,
  'webkitgtk:browserOptions': {
    binary: process.env.MINI_BROWSER,
    args: ['--automation', '--autoplay-policy=allow'],
  },
};
// It trusts the authority in its store of certificates, and nothing else.
const CHROMIUM = {
  browserName: 'chrome',
  acceptInsecureCerts: false,
  'goog:chromeOptions': {
    args: [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--mute-audio',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
    ],
  },
};

// ---- What runs in the page

const SIGN_IN = `
  const body = JSON.stringify({ viewer: 'demo' });
  const { token } = await (await fetch('/demo/sign-in', { method: 'POST', body })).json();
  const headers = { authorization: 'Bearer ' + token };
  return (await fetch('/auth/cookies', { method: 'POST', headers })).status;`;
const STATUS = 'return (await fetch(args[0], { cache: "no-store" })).status;';
const PROTOCOL = 'return performance.getEntriesByType("navigation")[0].nextHopProtocol;';
const PLAY = `
  document.querySelector('#test-video')?.remove();
  const video = Object.assign(document.createElement('video'), { id: 'test-video', muted: true, src: args[0] });
  document.body.append(video);
  video.play().catch(() => {});`;
const PLAYED = `
  const video = document.querySelector('#test-video');
  return { time: video.currentTime, error: video.error && video.error.code + ' ' + video.error.message };`;

const count = { passed: 0, failed: 0 };
await inBrowser('WebKit without --tls', webkitDriver, WEBKIT, dropsTheCookies);
for (const [name, driver, capabilities] of [['WebKit', webkitDriver, WEBKIT], ['Chromium', chromiumDriver, CHROMIUM]]) {
  await inBrowser(`${name} with --tls`, driver, capabilities, keepsTheCookiesAndPlays);
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed || !count.passed ? 1 : 0;

// ---- What the browsers do

async function dropsTheCookies(browser, check) {
  await check('signs in, and drops the Secure cookies', async () => {
    await browser.open(`${httpOrigin}/__usher/player`);
    assert.equal(await browser.run(SIGN_IN), 200);
    assert.deepEqual([await browser.cookies(), await browser.run(STATUS, STREAMS[0])], [[], 403]);
  });
}

async function keepsTheCookiesAndPlays(browser, check) {
  await check('is refused before the sign-in', async () => {
    await browser.open(`${httpsOrigin}/__usher/player`);
    assert.equal(await browser.run('return globalThis.isSecureContext'), true);
    assert.equal(await browser.run(STATUS, STREAMS[0]), 403);
  });
  await check('keeps the cookies: Secure, HttpOnly, for /video/', async () => {
    assert.equal(await browser.run(SIGN_IN), 200);
    await browser.open(`${httpsOrigin}/video/none`);
    const cookies = (await browser.cookies()).filter(({ name }) => name.startsWith('CloudFront-'));
    const kept = cookies.map(({ name, path, secure, httpOnly }) => ({ name, path, secure, httpOnly }));
    kept.sort((a, b) => a.name.localeCompare(b.name));
    assert.deepEqual(kept, NAMES.map((name) => ({ name, path: '/video/', secure: true, httpOnly: true })));
    await browser.open(`${httpsOrigin}/__usher/player`);
    assert.equal(await browser.run(STATUS, STREAMS[0]), 200);
  });
  await check('has HTTP/2', async () => {
    assert.equal(await browser.run(PROTOCOL), 'h2');
  });
  for (const stream of STREAMS) {
    await check(`plays ${SECONDS} s of ${stream} by its own engine`, async () => {
      await browser.run(PLAY, stream);
      const state = await until(({ time, error }) => time > SECONDS || error, 30, () => browser.run(PLAYED));
      assert.ok(state.time > SECONDS && !state.error, `currentTime is ${state.time}: ${state.error}`);
    });
  }
  await check('is refused again after the sign-out', async () => {
    assert.equal(await browser.run("return (await fetch('/auth/cookies', { method: 'DELETE' })).status"), 204);
    assert.equal(await browser.run(STATUS, STREAMS[0]), 403);
  });
}

// ---- How it is told

async function inBrowser(name, driver, capabilities, body) {
  const browser = await openSession(driver, capabilities);
  try {
    await body(browser, async (claim, prove) => {
      try {
        await prove();
        count.passed += 1;
        console.log(`ok   ${name} ${claim}`);
      } catch (error) {
        count.failed += 1;
        console.log(`FAIL ${name} ${claim}\n     ${error.message.replaceAll('\n', '\n     ')}`);
      }
    });
  } finally {
    await browser.close();
  }
}
