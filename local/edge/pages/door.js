// The requests that the page sends to the edge, and how it reads the answers.

/** Asks for `url` as the player would. Returns null when admitted, else the denial. */
export async function probe(url) {
  const response = await reach(url);
  if (response.ok) {
    await response.body?.cancel();
    return null;
  }
  const xml = new DOMParser().parseFromString(await response.text(), 'application/xml');
  return {
    at: Date.now() / 1000,
    status: response.status,
    code: xml.querySelector('Error > Code')?.textContent ?? `HTTP ${response.status}`,
    message: xml.querySelector('Error > Message')?.textContent ?? '',
    why: response.headers.get('x-usher-why') ?? '',
  };
}

/** Calls the HTTP API; an answer that is none of 2xx is thrown as an Error with its problem's sentence. */
export async function call(method, path, { token = null, body = null } = {}) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) headers['content-type'] = 'application/json';
  const response = await reach(path, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw await problem(response);
  return response.status === 204 ? null : response.json();
}

async function reach(url, options) {
  try {
    return await fetch(url, { cache: 'no-store', ...options });
  } catch (error) {
    throw new Error('The edge does not answer.', { cause: error });
  }
}

/** RFC 9457 (application/problem+json), or whatever else an error answers. */
async function problem(response) {
  const { title, detail } = await response.json().catch(() => ({}));
  const error = new Error([title, detail].filter(Boolean).join(': ') || `The edge answered ${response.status}.`);
  error.status = response.status;
  const seconds = Number(response.headers.get('retry-after'));
  if (seconds > 0) error.retryAfterMs = seconds * 1000;
  return error;
}
