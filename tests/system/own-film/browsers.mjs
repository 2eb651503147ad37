// The packaged film in three browsers: `node browsers.mjs PAGE MINIBROWSER`. PAGE is the player's address.

import { strict as assert } from 'node:assert';
import { openFirefox } from '../browser/firefox.mjs';
import { openWebKit } from '../browser/webkit.mjs';
import { openChromium } from '../chromium.mjs';
import { until } from '../webkit/webdriver.mjs';

const [page, miniBrowser] = process.argv.slice(2);
const BROWSERS = { Chromium: openPage, Firefox: openFirefox, WebKit: () => openWebKit(miniBrowser) };
const PLAYER = "document.querySelector('usher-video')";
const VIDEO = `${PLAYER}.video`;
const IN_TIME = 60;
const count = { passed: 0, failed: 0 };

for (const [name, open] of Object.entries(BROWSERS)) {
  const browser = await open();
  try {
    await watch(browser, (claim, prove) => check(browser, `${name} ${claim}`, prove));
  } finally {
    await browser.close();
  }
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed || !count.passed ? 1 : 0;

/** Chromium, as the other two are. */
async function openPage() {
  const { browser } = await openChromium();
  const tab = await browser.newPage();
  return {
    open: (url) => tab.goto(url),
    evaluate: (expression) => tab.evaluate(expression),
    screenshot: () => tab.screenshot(),
    close: () => browser.close(),
  };
}

async function check(browser, claim, prove) {
  try {
    await prove();
    count.passed += 1;
    console.log(`ok   ${claim}`);
  } catch (error) {
    count.failed += 1;
    const said = await browser.evaluate("document.querySelector('main')?.innerText.slice(0, 400) ?? ''").catch(() => '');
    console.log(`FAIL ${claim}\n     ${[error.message, said].join('\n').replaceAll('\n', '\n     ')}`);
  }
}

// ---- What a viewer sees

async function watch(browser, claim) {
  const { evaluate } = browser;
  /** Of an expression, as soon as it is true. */
  const becomes = async (expression) => assert.ok(await until(Boolean, IN_TIME, () => evaluate(expression)), `in time: ${expression}`);
  await claim('plays the film after the sign-in', () => signsInAndPlays(browser, becomes));
  await claim('has the poster', async () => {
    assert.deepEqual(await picture(evaluate, `${VIDEO}.poster`), ['/video/film/poster.jpg', 640, 360]);
  });
  await claim('shows the captions', () => showsCaptions(browser, becomes));
  await claim('plays the second language', () => playsSecondLanguage(browser, becomes));
  await claim('shows the picture of the moment that a viewer seeks', () => showsThumbnail(browser, becomes));
}

/** By cookies; or by a signed URL, where the browser does not keep Secure cookies of plain http. */
async function signsInAndPlays({ open, evaluate }, becomes) {
  const signed = "document.getElementById('play-signed')";
  await open(page);
  await becomes("document.getElementById('verdict')?.dataset.verdict === 'refused'");
  assert.equal(await evaluate("document.querySelector('#films [aria-current]').dataset.path"), '/video/film/master.m3u8');
  await evaluate("document.getElementById('sign-in').click()");
  await becomes(`${VIDEO}?.currentTime > 1 || !${signed}.hidden`);
  await evaluate(`${signed}.hidden || ${signed}.click()`);
  await becomes(`${VIDEO}?.currentTime > 1`);
  assert.match(await evaluate("document.querySelector('.facts').innerText"), /^Cookies until\s+(no cookies|\d\d:\d\d:\d\d)/);
}

/** WebKitGTK plays on for some milliseconds after pause(), and a seek in this time ends up to two seconds too late. */
async function standsAt(seconds, evaluate, becomes) {
  await evaluate(`${VIDEO}.pause()`);
  await becomes(`new Promise((resolve) => {
    const before = ${VIDEO}.currentTime;
    setTimeout(() => resolve(${VIDEO}.currentTime === before), 250);
  })`);
  await evaluate(`void (${VIDEO}.currentTime = ${seconds})`);
  await becomes(`!${VIDEO}.seeking`);
  assert.equal(await evaluate(`${VIDEO}.currentTime`), seconds);
}

/** The picture of the same moment with captions and without them: all else on the screen is the film. */
async function showsCaptions({ evaluate, screenshot }, becomes) {
  await standsAt(2, evaluate, becomes);
  await evaluate(`void (${VIDEO}.textTracks[0].mode = 'showing')`);
  await becomes(`${VIDEO}.textTracks[0].activeCues?.length`);
  const tracks = `[...${VIDEO}.textTracks].map(({ kind, language, label, cues, activeCues }) =>
    [kind, language, label, [...activeCues].map(({ text }) => text), [...cues].map(({ startTime, endTime, text }) => [startTime, endTime, text])])`;
  assert.deepEqual(await evaluate(tracks), [['subtitles', 'en', 'English', ['The first words'], [
    [1, 3, 'The first words'],
    [5, 13, 'Words across two segments'],
  ]]]);
  await evaluate(`void (${VIDEO}.controls = false, ${VIDEO}.style.cssText = 'position: fixed; inset: 0; width: 100vw; height: 100vh; z-index: 1; background: #000')`);
  const shown = async (mode) => {
    await evaluate(`void (${VIDEO}.textTracks[0].mode = '${mode}')`);
    return still(screenshot);
  };
  const [off, on, offAgain] = [await shown('hidden'), await shown('showing'), await shown('hidden')];
  await evaluate(`void (${VIDEO}.controls = true, ${VIDEO}.style.cssText = '')`);
  assert.deepEqual([off.equals(on), off.equals(offAgain)], [false, true], 'the screen changes with the captions, and by nothing else');
}

async function playsSecondLanguage({ evaluate }, becomes) {
  const menu = `${PLAYER}.shadowRoot.querySelector('[part=language]')`;
  const state = `[${menu}.hidden, ${menu}.value, ...[...${menu}.options].map(({ label }) => label)]`;
  assert.deepEqual(await evaluate(state), [false, '0', 'English', 'Deutsch']);
  await evaluate(`void (${menu}.value = '1', ${menu}.dispatchEvent(new Event('change')))`);
  await becomes("performance.getEntriesByType('resource').some(({ name }) => /\\/audio-de\\/\\d+\\.m4s/.test(name))");
  await evaluate(`${VIDEO}.play()`);
  await becomes(`${VIDEO}.currentTime > 3`);
  assert.deepEqual(await evaluate(state), [false, '1', 'English', 'Deutsch']);
}

async function showsThumbnail({ evaluate }, becomes) {
  const thumbnail = `${PLAYER}.shadowRoot.querySelector('[part=thumbnail]')`;
  await evaluate(`${VIDEO}.pause()`);
  const [image, ...shown] = await evaluate(`new Promise((resolve) => {
    ${VIDEO}.addEventListener('seeking', () => {
      const { hidden, style } = ${thumbnail};
      resolve([style.backgroundImage, hidden, style.backgroundPosition, style.width, style.height]);
    }, { once: true });
    ${VIDEO}.currentTime = 9;
  })`);
  assert.deepEqual(shown, [false, '-640px 0px', '160px', '90px'], 'the fifth picture, from 8 s to 10 s');
  assert.deepEqual(await picture(evaluate, JSON.stringify(/^url\("(.*)"\)$/.exec(image)?.[1])), ['/video/film/thumbnails/1.jpg', 1120, 90]);
  await becomes(`!${VIDEO}.seeking && ${thumbnail}.hidden`);
}

/** The path of a picture, and its size: the browser has decoded it. */
function picture(evaluate, url) {
  return evaluate(`(async () => {
    const image = Object.assign(new Image(), { src: ${url} });
    await image.decode();
    return [new URL(image.src).pathname, image.naturalWidth, image.naturalHeight];
  })()`);
}

/** The screen, when two pictures of it are the same. */
async function still(screenshot) {
  let last = await screenshot();
  return until((now) => now, IN_TIME, async () => {
    const now = await screenshot();
    const isStill = now.equals(last);
    last = now;
    return isStill && now;
  });
}
