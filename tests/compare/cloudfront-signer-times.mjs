// @aws-sdk/cloudfront-signer accepts PEM text only, so Node parses the key for every signature.
// Usage: cloudfront-signer-times.mjs RSA_PEM URL WILDCARD KEY_PAIR_ID EXPIRES; prints
// `program<TAB>measure<TAB>microseconds`.
import { readFileSync } from 'node:fs';

import { getSignedCookies, getSignedUrl } from '@aws-sdk/cloudfront-signer';

const program = 'cloudfront-signer';
const seconds = 0.5;

const [pem, url, wildcard, keyPairId, expires] = process.argv.slice(2);
const privateKey = readFileSync(pem, 'utf8');
const dateLessThan = new Date(Number(expires) * 1000).toISOString();
const folder = wildcard.replace(/\*$/, '');
const segments = Array.from({ length: 1000 }, (_, number) => `${folder}s${String(number).padStart(4, '0')}.ts`);
const policy = JSON.stringify({
  Statement: [{ Resource: wildcard, Condition: { DateLessThan: { 'AWS:EpochTime': Number(expires) } } }],
});

for (const algorithm of ['SHA1', 'SHA256']) {
  const key = { keyPairId, privateKey, algorithm };
  const canned = () => getSignedUrl({ url, dateLessThan, ...key });
  console.log(`${program}\turl ${algorithm}\t${canned()}`);
  report(`canned URL, ${algorithm}`, canned);
  report(`cookie set, ${algorithm}`, () => getSignedCookies({ policy, ...key }));
  report(`1,000 URLs, ${algorithm}`, () => segments.map((segment) => getSignedUrl({ url: segment, policy, ...key })));
}

// The mean over at least that many seconds.
function report(measure, call) {
  let calls = 1;
  let taken = timeOf(call, calls);
  while (taken < seconds) {
    calls = Math.floor(calls * Math.min(10, (1.1 * seconds) / taken)) + 1;
    taken = timeOf(call, calls);
  }
  console.log(`${program}\t${measure}\t${((taken / calls) * 1e6).toFixed(4)}`);
}

// Processor time, as `openssl speed` counts.
function timeOf(call, calls) {
  const started = process.cpuUsage();
  for (let done = 0; done < calls; done += 1) call();
  const { user, system } = process.cpuUsage(started);
  return Math.max(user + system, 1) / 1e6;
}
