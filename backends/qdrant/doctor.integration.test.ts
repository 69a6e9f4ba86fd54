import { readStackInfo } from '../../stack/stack-info';
import { doctor } from '../../test/support/doctor';
import { TEST_STACK } from '../../test/support/master';
import { startQdrant } from '../../test/support/own-qdrant';

const info = readStackInfo(TEST_STACK);

/** A server of one's own, less strict than the stack's. */
async function withQdrant<T>(env: Record<string, string>, use: (url: string) => Promise<T>): Promise<T> {
  const { url, stop } = await startQdrant(env);
  try {
    return await use(url);
  } finally {
    await stop();
  }
}

const KEY = 'hunter22'.repeat(4);

test.each<[string, Record<string, string>, string, RegExp, RegExp]>([
  [
    'without an API key: anybody may do anything',
    {},
    'qdrant.wrong-key',
    /a wrong API key is answered 200, not refused/,
    /QDRANT__SERVICE__API_KEY/,
  ],
  [
    "without tokens: a tenant's is refused",
    { QDRANT__SERVICE__API_KEY: KEY },
    'qdrant.rbac',
    /a token of one collection is answered 401/,
    /QDRANT__SERVICE__JWT_RBAC=true/,
  ],
])('%s', async (_what, server, failing, seen, advice) => {
  const { code, lines } = await withQdrant(server, (url) => doctor({ info }, { QDRANT_URL: url, QDRANT_API_KEY: KEY }));
  expect({ code, [failing]: lines[failing] }).toEqual({
    code: 1,
    [failing]: { status: 'fail', seen: expect.stringMatching(seen), advice: expect.stringMatching(advice) },
  });
});

test('a key that a tenant could guess from its token', async () => {
  const short = 'hunter22'.repeat(3);
  const { code, lines } = await withQdrant(
    { QDRANT__SERVICE__API_KEY: short, QDRANT__SERVICE__JWT_RBAC: 'true' },
    (url) => doctor({ info }, { QDRANT_URL: url, QDRANT_API_KEY: short }),
  );
  expect({ code, found: lines['qdrant.key-length'] }).toEqual({
    code: 1,
    found: {
      status: 'fail',
      seen: expect.stringMatching(/has 24 bytes/),
      advice: expect.stringMatching(/at least 32 bytes \(openssl rand -base64 32\)/),
    },
  });
});
