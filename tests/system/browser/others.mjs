// Firefox and WebKitGTK on the player page: `node others.mjs ORIGIN MINIBROWSER`.

import { strict as assert } from 'node:assert';
import { openFirefox } from './firefox.mjs';
import { openWebKit } from './webkit.mjs';

const [origin, miniBrowser] = process.argv.slice(2);
const STREAMS = ['/video/clock-fmp4/master.m3u8', '/video/clock-ts/master.m3u8', '/video/film.mp4'];
const BROWSERS = { Firefox: openFirefox, WebKit: () => openWebKit(miniBrowser) };
const count = { passed: 0, failed: 0 };

for (const [name, open] of Object.entries(BROWSERS)) {
  for (const stream of STREAMS) await check(`${name} plays 3 s of ${stream}`, open, stream);
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed || !count.passed ? 1 : 0;

async function check(name, open, stream) {
  const browser = await open();
  try {
    await plays(browser, stream);
    console.log(`ok   ${name}, ${await browser.evaluate("document.getElementById('verdict').textContent")}`);
    count.passed += 1;
  } catch (error) {
    const said = await browser.evaluate("document.querySelector('main')?.innerText.slice(0, 400) ?? ''").catch(() => '');
    console.log(`FAIL ${name}\n     ${error.message}\n     ${said.replaceAll('\n', '\n     ')}`);
    count.failed += 1;
  } finally {
    await browser.close();
  }
}

/** By cookies; or by a signed URL, where the browser does not keep Secure cookies of plain http. */
async function plays(browser, stream) {
  const until = async (expression, milliseconds = 90_000) => {
    for (const end = Date.now() + milliseconds; !await browser.evaluate(expression);) {
      assert.ok(Date.now() < end, `in time: ${expression}`);
      await new Promise((resolve) => { setTimeout(resolve, 200); });
    }
  };
  const video = "document.querySelector('usher-video').video";
  const signed = "document.getElementById('play-signed')";
  await browser.open(`${origin}/?stream=${encodeURIComponent(stream)}`);
  await until("document.getElementById('verdict')?.dataset.verdict === 'refused'");
  await browser.evaluate("document.getElementById('sign-in').click()");
  await until(`${video}?.currentTime > 3 || !${signed}.hidden`);
  await browser.evaluate(`${signed}.hidden || ${signed}.click()`);
  await until(`${video}?.currentTime > 3`);
}
