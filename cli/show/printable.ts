import { HIDDEN_CHARACTER } from '@freeflow/contract/http';

/** What our own texts have of them: ends of lines, tabs, and the styles of colours, none of which conceals. */
const OWN = String.raw`\n|\t|\u001b\[(?:[0-4]|[239]\d)m`;
const OWN_OR_HIDDEN = new RegExp(`(${OWN})|${HIDDEN_CHARACTER}`, 'gu');

/**
 * A text as it may be shown: a hidden character as its escape, so that nothing that a server or another system has
 * answered moves the cursor or makes a line read as another. JSON stays the same value: in its texts it is that escape.
 */
export const printable = (text: string): string =>
  text.replaceAll(OWN_OR_HIDDEN, (found: string, own?: string) => own ?? escaped(found));

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => unitOf(character.charCodeAt(at))).join('');
const unitOf = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;

/** Prints a part of the answer. */
export const say = (text: string): void => console.log(printable(text));

/** Prints what is to be known beside the answer, to stderr. */
export const sayAside = (text: string): void => console.error(printable(text));
