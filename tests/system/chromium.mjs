// Chromium for the system tests, and their steps on the player page.

import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const AXE = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/**
 * Each check has a context of its own, hence no cookies of another. The console must be quiet but for answers that
 * `isExpected(status, path)` names; 0 is no answer at all.
 */
export async function openChromium(isExpected = isRefusedVideo) {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', '--mute-audio',
    ],
  });
  const count = { passed: 0, failed: 0 };
  const check = async (name, body) => { count[await isTrue(browser, name, body, isExpected) ? 'passed' : 'failed'] += 1; };
  const finish = async () => {
    await browser.close();
    console.log(`${count.passed} passed, ${count.failed} failed`);
    process.exitCode = count.failed || !count.passed ? 1 : 0;
  };
  return { browser, check, finish };
}

async function isTrue(browser, name, body, isExpected) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const requests = [];
  const complaints = [];
  context.on('request', (request) => new URL(request.url()).pathname.startsWith('/video/') && requests.push(request.url()));
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    const [failed, status = 0] = /^Failed to load resource: .*?(?:status of (\d+)|net::)/.exec(message.text()) ?? [];
    const url = message.location().url.split('?')[0];
    if (!failed || !isExpected(Number(status), new URL(url).pathname)) complaints.push(`${message.text()} (${url})`);
  });
  try {
    await body({ page, context, requests });
    assert.deepEqual(complaints, [], 'the console is quiet');
    console.log(`ok   ${name}`);
    return true;
  } catch (error) {
    const said = await page.locator('#status').textContent({ timeout: 500 }).catch(() => '');
    console.log(`FAIL ${name}\n     ${withoutSignatures(error.message).replaceAll('\n', '\n     ')}\n     status: ${said}; console: ${complaints.join('; ') || 'quiet'}`);
    return false;
  } finally {
    await context.close();
  }
}

function isRefusedVideo(status, path) {
  return status === 403 && path.startsWith('/video/');
}

export async function signIn(page, origin, stream, engine) {
  await page.goto(`${origin}/?engine=${engine}&stream=${encodeURIComponent(stream)}`);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  await page.click('#sign-in');
  await page.locator('#verdict[data-verdict=admitted]').waitFor();
  assert.equal(await page.locator('#films [aria-current]').getAttribute('data-path'), stream);
  assert.equal(await page.inputValue('#engine'), engine);
}

export async function signedUrl(page, origin, stream) {
  await signIn(page, origin, stream, 'native');
  await page.click('#make-signed-url');
  await page.locator('#signed-url').waitFor();
  assert.match(await page.locator('#signed-url-until').textContent(), /^Good until \d\d:\d\d:\d\d/);
  return page.inputValue('#signed-url');
}

/** Plays `url` on the player page without the page's own player, which would come to its help with cookies. */
export async function playWith(page, engine, url) {
  await page.evaluate(async ([player, source]) => {
    const video = document.createElement('video');
    video.id = 'video';
    document.body.append(video);
    if (player === 'native') video.src = source;
    else {
      const { default: Hls } = await import('/__usher/hls.mjs');
      const hls = new Hls();
      hls.loadSource(source);
      hls.attachMedia(video);
    }
    // Not awaited: if nothing can be played, it never settles.
    video.play().catch(() => {});
  }, [engine, url]);
}

/** axe finds no violation on the page as it is now; `where` names the page and its state. */
export async function assertAccessible(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [where, id, nodes.map(({ html }) => html)]), []);
}

export function withoutSignatures(text) {
  return text.replaceAll(/\b(Policy|Signature)=[^&\s"']+/g, '$1=…');
}
