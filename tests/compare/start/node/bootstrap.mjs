// Implements the Runtime API for index.mjs: AWS's own client requires a compiler.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { handler } from './index.mjs';

const invocation = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

for (;;) {
  const next = await fetch(`${invocation}/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  let kind = 'response';
  let answer;
  try {
    answer = await handler(await next.json());
  } catch (error) {
    kind = 'error';
    answer = { errorType: error.name, errorMessage: error.message };
  }
  await fetch(`${invocation}/${id}/${kind}`, { method: 'POST', body: JSON.stringify(answer) });
}
