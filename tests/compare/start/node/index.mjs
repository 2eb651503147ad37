// The same work in Node: a playlist from S3, one policy signed with KMS, its parameters on each URI.
import { KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';

const { BUCKET, KEY_PAIR_ID, KMS_KEY_ID, SIGNING_ALGORITHM } = process.env;
// moto has no buckets by host name.
const s3 = new S3Client({ forcePathStyle: true });
const kms = new KMSClient({});

export async function handler(event) {
  const path = event.rawPath;
  const object = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: path.slice(1) }));
  const playlist = await object.Body.transformToString();
  const folder = `https://${event.headers['x-viewer-host']}${path.slice(0, path.lastIndexOf('/'))}`;
  const parameters = await signed(`${folder}/*`);
  const body = playlist.replace(/^[^#\r\n].*$/gm, (uri) => `${uri}${uri.includes('?') ? '&' : '?'}${parameters}`);
  const headers = { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'private, no-store' };
  return { statusCode: 200, headers, body };
}

async function signed(resource) {
  const expires = Math.floor(Date.now() / 1000) + 21_600;
  const condition = { DateLessThan: { 'AWS:EpochTime': expires } };
  const policy = Buffer.from(JSON.stringify({ Statement: [{ Resource: resource, Condition: condition }] }));
  const { Signature: signature } = await kms.send(
    new SignCommand({
      KeyId: KMS_KEY_ID,
      Message: policy,
      MessageType: 'RAW',
      SigningAlgorithm: SIGNING_ALGORITHM,
    }),
  );
  const parameters = { Policy: text(policy), Signature: text(signature) };
  parameters['Key-Pair-Id'] = KEY_PAIR_ID;
  parameters['Hash-Algorithm'] = 'SHA256';
  return Object.entries(parameters).map(([name, value]) => `${name}=${value}`).join('&');
}

function text(bytes) {
  const replaced = { '+': '-', '=': '_', '/': '~' };
  return Buffer.from(bytes).toString('base64').replace(/[+=/]/g, (sign) => replaced[sign]);
}
