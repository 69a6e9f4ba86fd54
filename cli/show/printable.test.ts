import { openTerminal } from '../terminal';
import { printable, sayAside } from './printable';

afterEach(() => jest.restoreAllMocks());

const HIDDEN = [
  ['C0', '\u0007'],
  ['the end of a terminal line', '\r'],
  ['an escape sequence that moves the cursor', '\u001b[2A'],
  ['an escape sequence that conceals', '\u001b[8m'],
  ['C1', '\u009b'],
  ['a soft hyphen', '\u00ad'],
  ['a space without width', '\u200b'],
  ['a mark of direction', '\u200f'],
  ['an override of direction', '\u202e'],
  ['an isolate', '\u2066'],
  ['the mark of Arabic', '\u061c'],
  ['an end of line of Unicode', '\u2028'],
  ['a letter without a shape', '\u{e0041}'],
] as const;

test.each(HIDDEN)('%s is shown as an escape, and JSON is the same value with it', (_what, character) => {
  const text = `gold${character}xcod`;
  expect(printable(text)).toMatch(/^gold(\\u[0-9a-f]{4}){1,2}(\[2A|\[8m)?xcod$/);
  const json = printable(JSON.stringify({ text }, null, 2));
  expect(JSON.parse(json)).toEqual({ text });
  expect(json).not.toContain(character);
});

test('colours, lines, every script and emoji are shown as they are', () => {
  for (const text of [
    '\u001b[2mNAME\u001b[22m\n\u001b[31mfailed\u001b[39m\tx',
    '株式会社 שלום \u06a9\u200c\u0647 👩‍💻 ❤️',
    '',
  ])
    expect(printable(text)).toBe(text);
});

test('what a command prints, to stdout and beside it, is shown that way', () => {
  const shown = [jest.spyOn(console, 'log'), jest.spyOn(console, 'error')].map((it) =>
    it.mockImplementation(() => undefined),
  );
  openTerminal({}).print('acme  tier=\u202edlog');
  sayAside('held: \u2066x');
  expect(shown.map(({ mock }) => mock.calls)).toEqual([[['acme  tier=\\u202edlog']], [['held: \\u2066x']]]);
});
