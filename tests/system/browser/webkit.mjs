// WebKitGTK by WebDriver: as much of it as these tests need. It wants a display, such as that of xvfb-run.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const CAPABILITIES = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { args: ['--automation', '--autoplay-policy=allow'] } };

/** `binary` is MiniBrowser, which is on no PATH. */
export async function openWebKit(binary) {
  const port = await freePort();
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], { stdio: 'ignore' });
  const send = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}/session${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error} ${value.message}`);
    return value;
  };
  const options = { ...CAPABILITIES['webkitgtk:browserOptions'], binary };
  const alwaysMatch = { ...CAPABILITIES, 'webkitgtk:browserOptions': options };
  const { sessionId } = await eventually(() => send('POST', '', { capabilities: { alwaysMatch } }));
  return {
    open: (url) => send('POST', `/${sessionId}/url`, { url }),
    /** The value of an expression, as JSON. */
    evaluate: (expression) => send('POST', `/${sessionId}/execute/async`, {
      script: `const done = arguments[0]; (async () => (${expression}))().then(done, (error) => done({ error: String(error) }));`,
      args: [],
    }),
    screenshot: async () => Buffer.from(await send('GET', `/${sessionId}/screenshot`), 'base64'),
    close: async () => {
      await send('DELETE', `/${sessionId}`).catch(() => {});
      driver.kill();
    },
  };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function eventually(action) {
  for (let tries = 50; ; tries -= 1) {
    try {
      return await action();
    } catch (error) {
      // Only while the driver starts.
      if (!tries || !(error instanceof TypeError)) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 200); });
    }
  }
}
