import { EXIT, Failure } from '../failure';
import type { Terminal } from '../terminal';
import { showOnce, untilAnswered, watch, type Snapshot } from './watch';

const PIPE: Terminal = { print: () => undefined, isJson: false, isInteractive: false, columns: undefined };
let stdout: string[];
let stderr: string[];
beforeEach(() => {
  [stdout, stderr] = [[], []];
  jest.spyOn(console, 'log').mockImplementation((text: string) => void stdout.push(text));
  jest.spyOn(console, 'error').mockImplementation((text: string) => void stderr.push(text));
});
afterEach(() => jest.restoreAllMocks());

const found = (answer: string[], age = ''): Snapshot => ({
  answer,
  text: `${answer.join(' ')}${age}`,
  notes: ['more'],
});

/** Watches these one after the other, and then fails for good. */
async function watched(terminal: Terminal, ...looks: (Snapshot | Error)[]): Promise<void> {
  const rest = [...looks, new Error('the end')];
  const look = async () => {
    const next = rest.shift() ?? new Error('asked again after it has failed');
    if (next instanceof Error) throw next;
    return next;
  };
  await expect(watch(terminal, look, 1)).rejects.toThrow('the end');
}

test('in a pipe, what is as before is not shown again, though its age is another by now', async () => {
  await watched(PIPE, found(['acme'], ' 1 s'), found(['acme'], ' 3 s'), found(['acme', 'globex']));
  expect(stdout).toEqual(['acme 1 s', 'acme globex']);
});

test('for programs each change is one line of JSON', async () => {
  await watched({ ...PIPE, isJson: true }, found(['acme']), found(['acme']), found([]));
  expect(stdout).toEqual(['["acme"]', '[]']);
  showOnce({ ...PIPE, isJson: true }, found(['acme']));
  expect(stdout.at(-1)).toBe('[\n  "acme"\n]');
});

test('at a terminal each look takes the place of the one before', async () => {
  await watched({ ...PIPE, isInteractive: true, columns: 80 }, found(['acme'], ' 1 s'), found(['acme'], ' 3 s'));
  expect(stdout).toEqual([expect.stringMatching(/acme 1 s$/), expect.stringMatching(/acme 3 s$/)]);
  for (const shown of stdout) expect(shown.startsWith('\u001B[2J\u001B[H')).toBe(true);
});

test.each([
  ['by one request too many', new Failure(EXIT.refused, 'Too many requests.', '', { retryAfterS: 0 })],
  ['by an API that is not there', new Failure(EXIT.unreachable, 'It does not answer.', '')],
])('what is asked for is asked again where it is refused for now, %s, and that is said', async (_how, refusal) => {
  const answers = [refusal, refusal, 'an answer'];
  const ask = async () => {
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  expect(await untilAnswered(ask, 1)).toBe('an answer');
  expect(stderr).toEqual(Array(2).fill(expect.stringContaining(`${refusal.message} Trying again.`)));
});

test('an API that does not answer is asked again, and that is said; what is known is not repeated then', async () => {
  const away = new Failure(EXIT.unreachable, 'http://api does not answer.', 'Check it.');
  await watched(PIPE, found(['acme']), away, found(['acme']));
  expect(stdout).toEqual(['acme']);
  expect(stderr).toEqual(['more', expect.stringMatching(/http:\/\/api does not answer\. Trying again\./)]);
});
