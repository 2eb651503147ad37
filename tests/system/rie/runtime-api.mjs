// Lambda's Runtime API for one program: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// Unlike the Runtime Interface Emulator it takes an answer of any length, as it comes.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

export class RuntimeApi {
  #waiting = [];
  #invocations = [];
  #server = createServer((request, response) => this.#serve(request, response).catch((error) => response.destroy(error)));
  #program;

  /** Starts a program; what it logs is of no interest. */
  async start(path) {
    await new Promise((resolve) => { this.#server.listen(0, '127.0.0.1', resolve); });
    const environment = { ...process.env, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${this.#server.address().port}` };
    this.#program = spawn(path, { env: environment, stdio: 'ignore' });
    this.#program.on('exit', (code) => this.#fail(new Error(`the function ended with ${code}`)));
  }

  stop() {
    this.#program.kill();
    this.#server.close();
  }

  /** Answers { headers, trailers, pieces, body }, as the function sent them. */
  invoke(event) {
    return new Promise((resolve, reject) => {
      this.#invocations.push({ event, resolve, reject });
      this.#next();
    });
  }

  /** The most memory that the program ever had, in bytes. */
  peakMemory() {
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.#program.pid}/status`, 'utf8'))[1]);
  }

  async #serve(request, response) {
    if (request.url.endsWith('/invocation/next')) {
      this.#waiting.push(response);
      this.#next();
      return;
    }
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    response.writeHead(202).end();
    const body = Buffer.concat(pieces);
    const { headers, trailers, complete } = request;
    if (!complete || !request.url.endsWith('/response')) this.#fail(new Error(`${request.url}: ${body}`));
    else this.#invocations.shift().resolve({ headers, trailers, pieces: pieces.length, body });
  }

  #next() {
    if (!this.#waiting.length || !this.#invocations.length) return;
    this.#waiting.shift().writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
      'lambda-runtime-deadline-ms': String(Date.now() + 60_000),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:123456789012:function:resign-manifest',
    }).end(JSON.stringify(this.#invocations[0].event));
  }

  #fail(error) {
    for (const { reject } of this.#invocations.splice(0)) reject(error);
  }
}
