// A site with a sign-in, behind `usher serve --website`: `node site.mjs USHER_JS HLS_JS`.
// Its token names two hundred films, and is valid for twelve seconds, so that cookies are renewed during a test.

import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const [usher, hls] = process.argv.slice(2);
const FILMS = 200;
const SECONDS = 12;

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://site');
  const isSignedIn = /(^|; )session=open(;|$)/.test(request.headers.cookie ?? '');
  const answer = (status, type, body, headers = {}) => response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  if (pathname === '/usher.js') return answer(200, 'text/javascript', await readFile(usher));
  if (pathname === '/hls.mjs') return answer(200, 'text/javascript', await readFile(hls));
  if (pathname === '/sign-in') return answer(204, 'text/plain', '', { 'set-cookie': 'session=open; Path=/; HttpOnly; SameSite=Lax' });
  if (pathname === '/hand-off/') {
    if (!isSignedIn) return answer(401, 'application/json', '{}');
    return answer(200, 'application/json', JSON.stringify({ credential: token() }), { 'cache-control': 'no-store' });
  }
  if (pathname === '/') return answer(200, 'text/html', page(searchParams.getAll('film')), { 'content-security-policy': POLICY });
  return answer(404, 'text/plain', 'not found');
});

/** As strict as the documents say that a site's policy may be. */
const POLICY = "default-src 'self'; img-src data:; media-src 'self' blob:; worker-src blob:";

function page(films) {
  const element = (film) => `<usher-video src="/video/film-${film}/master.m3u8" hand-off="/hand-off/" autoplay muted>
    <p slot="sign-in">Please sign in</p>
  </usher-video>`;
  return `<!doctype html><title>Films</title><link rel="icon" href="data:,">
    <script type="module" src="/usher.js"></script>
    <p id="status"></p>
    ${films.map(element).join('\n')}`;
}

function token() {
  const now = Math.floor(Date.now() / 1000);
  const paths = Array.from({ length: FILMS }, (_, index) => `/video/film-${index + 1}/*`);
  const claims = { iss: 'https://site.example', aud: 'video', sub: 'anna', iat: now, exp: now + SECONDS, paths };
  const encoded = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const message = encoded.join('.');
  return `${message}.${createHmac('sha256', process.env.JWT_SECRET).update(message).digest('base64url')}`;
}

server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
