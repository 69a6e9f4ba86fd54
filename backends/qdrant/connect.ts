import { hostAndPort } from '../address';
import { type ConnectionFields, type ConnectionRow, defineRecordedConnect, textOptions } from '../connect';

const STANDARD_PORT = 6333;

/** A Qdrant connection. `prefix` is what JavaScript's client, which takes no path from a URL, calls it. */
export function qdrantForm(
  { host, port, dbName, options }: ConnectionRow,
  token: string | undefined,
): ConnectionFields {
  const { tls, path: prefix } = textOptions(options);
  return {
    collection: dbName,
    apiKey: token,
    prefix,
    url: `${tls === 'true' ? 'https' : 'http'}://${hostAndPort(host, port ?? STANDARD_PORT)}${prefix ?? ''}`,
  };
}

/** How `freeflow tenants connect` prints a connection to Qdrant. */
export const CONNECT = defineRecordedConnect(qdrantForm, 'token', ({ url, apiKey, collection }) => [
  'curl',
  '-sS',
  ...(apiKey === undefined ? [] : ['-H', `api-key: ${apiKey}`]),
  `${url}/collections/${collection}`,
]);
