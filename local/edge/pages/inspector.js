// The inspector: the requests to the edge, newest first, and why each was admitted or refused.
//
// Paths and messages come from anyone who sends a request, so the page shows everything as text, never as
// markup.

const KEPT = 200;
const ANNOUNCE_EVERY_MS = 10_000;

const ORIGINS = {
  bucket: 'the bucket, which holds the files',
  'issue-cookies': 'the function issue-cookies, which signs viewers in and hands out cookies',
  'resign-manifest': 'the function resign-manifest, which reads a playlist and signs the addresses in it',
  usher: 'Usher itself: the pages of this local edge',
};

const CREDENTIALS = {
  cookies: 'signed cookies',
  url: 'signed URL',
};

const element = (id) => document.getElementById(id);
const list = element('requests');
/** What is or was in the list: a connection made anew replays what we have already. */
const seen = new Set();
const waiting = [];
const counts = { admitted: 0, refused: 0, open: 0 };
let paused = false;
let announced = summary();

start();

function start() {
  element('refused-only').addEventListener('change', filter);
  element('own-pages').addEventListener('change', filter);
  element('pause').addEventListener('click', togglePause);
  element('clear').addEventListener('click', clear);
  setInterval(announce, ANNOUNCE_EVERY_MS);
  filter();

  const events = new EventSource('/__usher/events');
  events.addEventListener('open', () => connection('live', 'yes'));
  events.addEventListener('error', () => connection('not connected, trying again', 'no'));
  events.addEventListener('request', ({ data }) => receive(JSON.parse(data)));
}

function receive(request) {
  // After a restart the edge counts from one again, so the key contains the time.
  const key = `${request.number} ${request.time}`;
  if (seen.has(key)) return;
  seen.add(key);
  if (seen.size > 5 * KEPT) seen.delete(seen.values().next().value);
  if (paused) {
    waiting.push(request);
    if (waiting.length > KEPT) waiting.shift();
    showPause();
  } else {
    show(request);
  }
}

function show(request) {
  counts[request.verdict] = (counts[request.verdict] ?? 0) + 1;
  list.prepend(row(request));
  while (list.children.length > KEPT) list.lastElementChild.remove();
  showEmpty();
}

// ---- A row

function row(request) {
  const item = make('li', {}, details(request));
  item.dataset.verdictOf = request.verdict;
  item.dataset.own = request.origin === 'usher' && request.verdict !== 'refused' ? 'yes' : 'no';
  return item;
}

function details(request) {
  const badge = make('span', { className: 'badge' }, request.verdict);
  badge.dataset.verdict = request.verdict;
  const target = make('span', { className: 'target' }, `${request.method} ${request.target}`);
  if (request.verdict === 'refused') target.append(make('span', { className: 'why' }, shortly(request)));
  const summary = make('summary', { className: 'row' },
    make('span', { className: 'time' }, new Date(request.time).toLocaleTimeString([], { hourCycle: 'h23' })),
    make('span', {}, badge),
    target,
    make('span', { className: 'quiet behavior' }, request.behavior ?? '–'),
    make('span', { className: 'quiet' }, CREDENTIALS[request.credential] ?? '–'),
    make('span', { className: 'number' }, String(request.status)));
  const whole = make('details', {}, summary);
  // Built when first opened: most rows are never opened.
  whole.addEventListener('toggle', () => {
    if (whole.children.length === 1) whole.append(more(request));
  });
  return whole;
}

function shortly({ code, reason, message }) {
  return [code, reason ?? message].filter(Boolean).join(': ');
}

function more(request) {
  const facts = factsOf(request).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return make('div', { className: 'more' },
    make('p', { className: 'sentence' }, sentence(request)),
    make('dl', {}, ...facts.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, String(value))])));
}

function sentence(request) {
  const by = CREDENTIALS[request.credential];
  switch (request.verdict) {
    case 'admitted':
      return `Admitted by its ${by ?? 'signature'}: signed by a key this edge trusts, for this resource, and not expired.`;
    case 'refused':
      return `Refused${by ? `, although it carried ${by === 'signed URL' ? 'a signed URL' : by}` : ''}: ${request.reason ?? request.message ?? request.code}`;
    default:
      return 'Open: this behavior requires no signature.';
  }
}

function factsOf(request) {
  const { policy } = request;
  return [
    ['Request', `${request.method} ${request.target}`],
    ['Came at', new Date(request.time).toLocaleString([], { hourCycle: 'h23' })],
    ['Behavior', behavior(request)],
    ['Went to', request.verdict === 'refused' ? 'nowhere: refused at the edge' : ORIGINS[request.origin] ?? request.origin],
    ['Credential', CREDENTIALS[request.credential] ?? 'none'],
    ['Key pair id', request.key_pair_id],
    ['Policy covers', policy?.resource],
    ['Policy ends', policy?.expires_at && moment(policy.expires_at, request.time)],
    ['Policy begins', policy?.not_before && moment(policy.not_before, request.time)],
    ['Policy address', policy?.ip_address],
    ['CloudFront’s code', request.code],
    ['CloudFront’s message', request.message],
    ['Status', request.status],
    ['Size', request.bytes === null ? null : `${request.bytes.toLocaleString()} bytes`],
    ['Took', `${request.milliseconds.toFixed(1)} ms`],
  ];
}

function behavior({ behavior: pattern, restricted }) {
  if (pattern === null) return 'none: this path belongs to the local edge, not to the distribution';
  return `${pattern}, which ${restricted ? 'requires a signature' : 'is open to all'}`;
}

/** `20:31:00, 30 min later`: what counts is how far it was when the request came. */
function moment(seconds, since) {
  const far = seconds - Date.parse(since) / 1000;
  const size = Math.abs(far);
  const words = size < 120 ? `${Math.round(size)} s` : size < 7200 ? `${Math.round(size / 60)} min` : `${Math.round(size / 3600)} h`;
  return `${new Date(seconds * 1000).toLocaleString([], { hourCycle: 'h23' })}, ${words} ${far < 0 ? 'before' : 'after'} the request`;
}

/** An element with properties and children; strings become text nodes. */
function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// ---- The list

function filter() {
  list.classList.toggle('refused-only', element('refused-only').checked);
  list.classList.toggle('hide-own', !element('own-pages').checked);
  showEmpty();
}

function togglePause() {
  paused = !paused;
  if (!paused) waiting.splice(0).forEach(show);
  showPause();
}

function clear() {
  list.replaceChildren();
  waiting.length = 0;
  showPause();
  showEmpty();
}

function showPause() {
  element('pause').setAttribute('aria-pressed', String(paused));
  element('pause').textContent = paused && waiting.length ? `Paused, ${waiting.length} new` : paused ? 'Paused' : 'Pause';
}

function showEmpty() {
  const refusedOnly = element('refused-only').checked;
  const hideOwn = !element('own-pages').checked;
  element('empty').hidden = [...list.children].some(({ dataset }) =>
    !(refusedOnly && dataset.verdictOf !== 'refused') && !(hideOwn && dataset.own === 'yes'));
}

/** Counts, now and then: reading out each request would drown everything else. */
function announce() {
  const text = summary();
  if (text === announced || paused) return;
  announced = text;
  element('summary').textContent = text;
}

function summary() {
  return `${counts.admitted} admitted, ${counts.refused} refused.`;
}

function connection(text, live) {
  element('connection').textContent = text;
  element('connection').dataset.live = live;
}
