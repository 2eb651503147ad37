// The requests that the page sends to the edge, and how it reads the answers.

/** How many files `findTrouble` requests: enough for the beginning of each rendition. */
const REQUESTS = 60;

/** Asks for `url` as the player would. Returns null when admitted, else the denial. */
export async function probe(url) {
  const response = await reach(url);
  if (!response.ok) return denialOf(response);
  await response.body?.cancel();
  return null;
}

/** Follows a playlist as a player would, and returns the first denial: null if all is there. */
export async function findTrouble(url, budget = { requests: REQUESTS }) {
  budget.requests -= 1;
  if (budget.requests < 0) return null;
  const response = await reach(url);
  if (!response.ok) return denialOf(response);
  if (!new URL(response.url).pathname.endsWith('.m3u8')) {
    await response.body?.cancel();
    return null;
  }
  for (const [, quoted, line] of (await response.text()).matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm)) {
    const target = new URL(quoted ?? line, response.url);
    if (target.origin !== location.origin || target.href.includes('$')) continue;
    const denial = await findTrouble(target.href, budget);
    if (denial) return denial;
  }
  return null;
}

/** Calls the HTTP API; an answer that is none of 2xx is thrown as an Error with its problem's sentence. */
export async function call(method, path, { token = null, body = null } = {}) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) headers['content-type'] = 'application/json';
  const response = await reach(path, { method, headers, body: body && JSON.stringify(body) });
  if (response.ok) return response.json();
  const { code, message } = await denialOf(response);
  throw new Error([code, message].filter(Boolean).join(': '));
}

async function reach(url, options) {
  try {
    return await fetch(url, { cache: 'no-store', ...options });
  } catch (error) {
    throw new Error('The edge does not answer.', { cause: error });
  }
}

/** CloudFront and S3 answer in XML, the functions by RFC 9457 (application/problem+json), others as they like. */
async function denialOf(response) {
  const [text, type] = [await response.text(), response.headers.get('content-type') ?? ''];
  const { title, detail } = type.includes('json') ? JSON.parse(text) : {};
  // Of what is no XML, Chromium makes a document with styles, which the policy of this page forbids.
  const xml = type.includes('xml') ? new DOMParser().parseFromString(text, 'application/xml') : null;
  return {
    url: response.url,
    status: response.status,
    code: title ?? xml?.querySelector('Error > Code')?.textContent ?? `HTTP ${response.status}`,
    message: detail ?? xml?.querySelector('Error > Message')?.textContent ?? '',
    why: response.headers.get('x-usher-why') ?? '',
  };
}
