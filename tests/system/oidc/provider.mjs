// An OpenID provider on loopback: several issuers on one origin, each with its own keys, which the test
// changes.

import { createHash, createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

const KINDS = {
  RS256: { pair: ['rsa', { modulusLength: 2048 }], signed: (data, key) => sign('sha256', data, key) },
  ES256: { pair: ['ec', { namedCurve: 'P-256' }], signed: (data, key) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }) },
  EdDSA: { pair: ['ed25519'], signed: (data, key) => sign(null, data, key) },
};

export function signingKey(algorithm, kid) {
  const { privateKey, publicKey } = generateKeyPairSync(...KINDS[algorithm].pair);
  return { algorithm, kid, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' } };
}

/** `header` changes what stands there. */
export function token(key, claims, header = {}) {
  const message = unsigned({ alg: key.algorithm, typ: 'JWT', kid: key.kid, ...header }, claims);
  return `${message}.${KINDS[key.algorithm].signed(Buffer.from(message), key.privateKey).toString('base64url')}`;
}

export function hmacToken(secret, header, claims) {
  const message = unsigned({ alg: 'HS256', typ: 'JWT', ...header }, claims);
  return `${message}.${createHmac('sha256', secret).update(message).digest('base64url')}`;
}

export function unsigned(header, claims) {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}

/** One issuer: what it publishes, and how often it was asked for that. Whoever comes signs in, as the same viewer. */
export class Issuer {
  constructor(name, keys, lifetime = 600) {
    const base = name.replace(/\/$/, '');
    Object.assign(this, { name, base, keys, lifetime, secrets: [], requests: 0, codes: new Map(), refreshTokens: new Set() });
  }

  claims(changes = {}) {
    const now = Math.floor(Date.now() / 1000);
    return { iss: this.name, aud: 'usher', sub: 'anna', iat: now, exp: now + this.lifetime, ...changes };
  }

  token(changes, header) {
    return token(this.keys[0], this.claims(changes), header);
  }

  /** The routes below `base`. */
  routes() {
    return {
      '/.well-known/openid-configuration': () => ({
        issuer: this.name,
        jwks_uri: `${this.base}/keys`,
        authorization_endpoint: `${this.base}/authorize`,
        token_endpoint: `${this.base}/token`,
        end_session_endpoint: `${this.base}/logout`,
      }),
      '/keys': () => {
        this.requests += 1;
        return { keys: [...this.secrets, ...this.keys.map(({ jwk }) => jwk)] };
      },
      '/authorize': (query) => {
        if (query.get('code_challenge_method') !== 'S256' || query.get('response_type') !== 'code') return null;
        const code = randomUUID();
        this.codes.set(code, query);
        return location(query.get('redirect_uri'), { code, state: query.get('state') });
      },
      '/logout': (query) => location(query.get('post_logout_redirect_uri'), {}),
      '/token': (query) => (query.get('grant_type') === 'refresh_token' ? this.refresh(query) : this.redeem(query)),
    };
  }

  /** For a code, and what its challenge was made of (RFC 7636). */
  redeem(query) {
    const asked = this.codes.get(query.get('code'));
    this.codes.delete(query.get('code'));
    const challenge = createHash('sha256').update(query.get('code_verifier') ?? '').digest('base64url');
    if (asked?.get('code_challenge') !== challenge || asked.get('redirect_uri') !== query.get('redirect_uri')) return null;
    return this.tokens({ aud: asked.get('client_id'), nonce: asked.get('nonce') ?? undefined });
  }

  refresh(query) {
    return this.refreshTokens.delete(query.get('refresh_token')) ? this.tokens({ aud: query.get('client_id') }) : null;
  }

  tokens(idClaims) {
    const refreshToken = randomUUID();
    this.refreshTokens.add(refreshToken);
    return {
      token_type: 'Bearer',
      expires_in: this.lifetime,
      scope: 'openid',
      access_token: this.token({ jti: randomUUID() }),
      id_token: this.token(idClaims),
      refresh_token: refreshToken,
    };
  }
}

/** The certificate that `run` made, and its key. */
export function loadTls(folder) {
  const [cert, key] = ['server.pem', 'server.key'].map((name) => readFileSync(join(folder, name)));
  return { cert, key };
}

/** Serves issuers until it is stopped. */
export async function startProvider(port, tls, issuers) {
  const routes = new Map(issuers.flatMap((issuer) => Object.entries(issuer.routes())
    .map(([path, answer]) => [new URL(issuer.base + path).pathname, answer])));
  const server = createServer(tls, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'https://localhost');
    const body = (await request.setEncoding('utf8').toArray()).join('');
    const answer = routes.get(pathname)?.(body ? new URLSearchParams(body) : searchParams);
    const headers = { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' };
    if (!answer) return response.writeHead(400, headers).end('{"error":"invalid_request"}');
    if (answer.location) return response.writeHead(302, { Location: answer.location }).end();
    return response.writeHead(200, headers).end(JSON.stringify(answer));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
}

function location(page, parameters) {
  const url = new URL(page);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { location: url.href };
}
