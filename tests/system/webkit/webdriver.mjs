// The W3C WebDriver protocol, as far as this test needs it. https://www.w3.org/TR/webdriver2/

const POLL_MS = 250;

/** Opens a browser behind the WebDriver at `endpoint`. */
export async function openSession(endpoint, capabilities) {
  await until((isReady) => isReady, 30, () => send(endpoint, 'GET', '/status').then(({ ready }) => ready, () => false));
  const { sessionId } = await send(endpoint, 'POST', '/session', { capabilities: { alwaysMatch: capabilities } });
  const session = (method, path, body) => send(endpoint, method, `/session/${sessionId}${path}`, body);
  await session('POST', '/timeouts', { script: 30_000, pageLoad: 30_000 });
  return {
    close: () => session('DELETE', ''),
    cookies: () => session('GET', '/cookie'),
    open: (url) => session('POST', '/url', { url }),
    /** What the body of an async function with these arguments returns. */
    run: async (body, ...args) => {
      const script = `const done = arguments[arguments.length - 1];
        (async (...args) => { ${body} })(...Array.from(arguments).slice(0, -1))
          .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      const { value, error } = await session('POST', '/execute/async', { script, args });
      if (error) throw new Error(error);
      return value;
    },
  };
}

async function send(endpoint, method, path, body = method === 'POST' ? {} : undefined) {
  const response = await fetch(endpoint + path, { method, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
  return value;
}

/** Asks again until the answer is true, or the time is over; the last answer. */
export async function until(isTrue, seconds, ask) {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (isTrue(answer) || Date.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
