// The front, in place of CloudFront: `node front.mjs EDGE SITE` puts both on one host. `node front.mjs EDGE --cors
// ORIGIN` is the video's own host, with the headers that the distribution's response headers policy adds for the
// pages of ORIGIN.

import { createServer, request as ask } from 'node:http';

const [edge, site, allowedOrigin] = process.argv.slice(2);

const server = createServer((request, response) => {
  const isVideo = /^\/(auth|video)\//.test(request.url);
  const upstream = new URL(isVideo || allowedOrigin ? edge : site);
  const { method, url: path, headers } = request;
  // The headers include the viewer's own Host: signatures cover it, and Django compares it.
  const onward = ask({ host: upstream.hostname, port: upstream.port, method, path, headers }, (answer) => {
    const added = path.startsWith('/video/') && allowedOrigin && headers.origin === allowedOrigin ? policyHeaders() : {};
    response.writeHead(answer.statusCode, { ...answer.headers, ...added });
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
});
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

function policyHeaders() {
  return { 'access-control-allow-origin': allowedOrigin, 'access-control-allow-credentials': 'true', vary: 'Origin' };
}
