// Makes the calls that standard input describes, one after the other; prints their outcomes, a JSON line each.
import { createInterface } from 'node:readline';
import { Answer, AuthnzerverError, Client } from '../../tools/clients/js/authnzerver-client.js';

function outcomeOf(result) {
  if (result instanceof Answer) {
    const { problems, mayRetry } = result;
    return { kind: 'Answer', ...result, problems, mayRetry };
  }
  if (!(result instanceof AuthnzerverError)) return { kind: result.constructor.name, what: result.message };
  const { name, message, status, uncertain, retryAfter = null } = result;
  return { kind: name, what: message, status, uncertain, retryAfter };
}

async function outcome(act) {
  try {
    return outcomeOf(await act());
  } catch (error) {
    return outcomeOf(error);
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value ?? 'null');
const { url, key, options } = await read();
let client;
try {
  client = new Client(url, key, options);
} catch (error) {
  console.log(JSON.stringify(outcomeOf(error)));
  process.exit();
}
for (let call = await read(); call; call = await read()) {
  const { method, request, body, with: given } = call;
  const ask = method ? () => client[method](body, given) : () => client.call(request, body, given);
  console.log(JSON.stringify(await outcome(ask)));
}
client.close();
