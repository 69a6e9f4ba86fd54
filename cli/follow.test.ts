import type { LogRowBody, OperationBody, TenantDetailBody } from '@freeflow/contract/http';
import type { Tenants } from './client/tenants';
import { EXIT, Failure } from './failure';
import { follow, isUntaken, isWaiting, parkOf } from './follow';
import type { Look } from './news';

const SINCE = '2026-11-27T06:00:00.000Z';
const park = (step: string, parkId: number, since = SINCE) => ({ step, parkId, cause: 'away', advice: '', since });
const operation = (state: OperationBody['state'], ...parked: OperationBody['parked']) =>
  ({ state, parked }) as OperationBody;
const answered = new Set([park('qdrant.create', 1), park('mongodb.create', 2)].map(parkOf));

test.each<[string, OperationBody, boolean]>([
  ['the answer has not arrived yet', operation('parked', park('qdrant.create', 1), park('mongodb.create', 2)), false],
  [
    'one is tried again, the other has failed again',
    operation('parked', park('qdrant.create', 1), park('mongodb.create', 3)),
    false,
  ],
  ['one is done, the other is tried again', operation('parked', park('mongodb.create', 2)), false],
  ['both have failed again', operation('parked', park('qdrant.create', 4), park('mongodb.create', 3)), true],
  ['one is done, the other has failed again', operation('parked', park('mongodb.create', 3)), true],
  ['one that was not answered is left', operation('parked', park('keycloak.create', 5)), true],
  [
    'a new run, which counts anew, has parked it',
    operation('parked', park('qdrant.create', 1, '2026-11-27T06:05:00.000Z')),
    true,
  ],
  ['it goes on', operation('running'), false],
  ['it is undone', operation('undoing'), false],
])('after an answer: %s', (_what, it, expected) => {
  expect(isWaiting(it, answered)).toBe(expected);
});

test('without an answer, whatever is parked waits', () => {
  expect(isWaiting(operation('parked', park('qdrant.create', 1)))).toBe(true);
});

const create = operation('running');
test.each<[string, OperationBody, OperationBody | null, boolean]>([
  ['nobody has begun it', operation('requested'), null, true],
  ['a forced deletion waits for what it interrupts', operation('requested'), create, false],
  ['an answer has not arrived yet', operation('parked', park('qdrant.create', 1)), null, true],
  ['it is parked anew', operation('parked', park('qdrant.create', 4)), null, false],
  ['it goes on', operation('running'), null, false],
  ['it is undone', operation('undoing'), null, false],
])('whether a worker has taken it up: %s', (_what, it, interrupted, expected) => {
  expect(isUntaken({ interrupted }, it, answered)).toBe(expected);
});

describe('what is followed', () => {
  const tooMany = new Failure(EXIT.refused, 'Too many requests.', '', { retryAfterS: 0 });
  const away = new Failure(EXIT.unreachable, 'It does not answer.', '');
  const tenantIn = (state: OperationBody['state']) =>
    ({
      name: 'acme',
      operation: { id: 'op', state, parked: [] },
      interrupted: null,
      adoptions: [],
    }) as unknown as TenantDetailBody;
  const row = (seq: number) => ({ seq, operationId: 'op' }) as LogRowBody;
  const next = <T>(of: (T | Error)[]): T => {
    const [first = new Error('asked too often')] = of.splice(0, 1);
    if (first instanceof Error) throw first;
    return first;
  };
  afterEach(() => jest.restoreAllMocks());

  /** Follows with these answers, looking as the news have it. */
  async function followed(answers: (TenantDetailBody | Error)[], looks: Look[] = []) {
    const [rows, outages]: [number[], string[]] = [[], []];
    let [gets, seq] = [0, 0];
    const tenants = {
      get: async () => {
        gets += 1;
        return next(answers);
      },
      logs: () => async () => [row((seq += 1))],
    } as unknown as Tenants;
    const viewer = {
      row: (it: LogRowBody) => void rows.push(it.seq),
      state: () => undefined,
      untaken: () => undefined,
      outage: ({ message }: Failure) => void outages.push(message),
    };
    const it = { tenantId: 'id', operationId: 'op', news: { next: async () => looks.shift() ?? ('all' as const) } };
    const ended = follow(tenants, it, viewer).then(({ operation: { state } }) => state);
    return { state: await ended, rows, outages, gets };
  }

  test('is looked at in the log alone where no more than a step has succeeded', async () => {
    const answers = [tenantIn('running'), tenantIn('done')];
    expect(await followed(answers, ['rows', 'rows', 'all'])).toEqual({
      state: 'done',
      rows: [1, 2, 3, 4],
      outages: [],
      gets: 2,
    });
  });

  test('is followed to its end though there be too many requests, however long that takes', async () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 60_000));
    const answers = [tenantIn('running'), tooMany, tooMany, tenantIn('done')];
    expect(await followed(answers)).toMatchObject({ state: 'done', outages: [tooMany.message, tooMany.message] });
  });

  test('is left where the API stays away: 4, not that it was refused', async () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 20_000));
    await expect(followed([tenantIn('running'), away, away, away, away])).rejects.toMatchObject({ exitCode: 4 });
  });
});
