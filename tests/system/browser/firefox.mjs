// Debian's Firefox by WebDriver BiDi: as much of it as these tests need.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const PREFERENCES = `
user_pref('media.autoplay.default', 0);
user_pref('media.volume_scale', '0.0');
user_pref('app.update.enabled', false);
user_pref('datareporting.policy.dataSubmissionEnabled', false);
user_pref('toolkit.telemetry.reportingpolicy.firstRun', false);
`;

export async function openFirefox() {
  const profile = await mkdtemp(join(tmpdir(), 'usher-firefox-'));
  await writeFile(join(profile, 'user.js'), PREFERENCES);
  const options = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'];
  const program = spawn('firefox-esr', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  const address = await addressOf(program);
  const socket = new WebSocket(`${address}/session`);
  await new Promise((resolve, reject) => { socket.on('open', resolve).on('error', reject); });
  const waiting = new Map();
  socket.on('message', (data) => {
    const answer = JSON.parse(data);
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  let count = 0;
  const send = async (method, params) => {
    count += 1;
    const answer = await new Promise((resolve) => {
      waiting.set(count, resolve);
      socket.send(JSON.stringify({ id: count, method, params }));
    });
    if (answer.type === 'error') throw new Error(`${method}: ${answer.message}`);
    return answer.result;
  };
  await send('session.new', { capabilities: {} });
  const { contexts: [{ context }] } = await send('browsingContext.getTree', {});
  return {
    open: (url) => send('browsingContext.navigate', { context, url, wait: 'complete' }),
    /** The value of an expression, as JSON. */
    evaluate: async (expression) => {
      const script = `(async () => JSON.stringify(await (${expression})))()`;
      const { result, exceptionDetails } = await send('script.evaluate', { expression: script, target: { context }, awaitPromise: true, userActivation: true });
      if (exceptionDetails) throw new Error(exceptionDetails.text);
      return result.value === undefined ? undefined : JSON.parse(result.value);
    },
    screenshot: async () => Buffer.from((await send('browsingContext.captureScreenshot', { context })).data, 'base64'),
    close: async () => {
      const ended = new Promise((resolve) => { program.on('exit', resolve); });
      await send('browser.close', {}).catch(() => program.kill());
      await ended;
      await rm(profile, { recursive: true, force: true });
    },
  };
}

async function addressOf(program) {
  for await (const line of createInterface(program.stderr)) {
    const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? [];
    if (address) {
      program.stderr.resume();
      return address;
    }
  }
  throw new Error('Firefox has ended');
}
