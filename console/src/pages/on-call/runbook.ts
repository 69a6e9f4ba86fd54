import { marked, type Token, type Tokens } from 'marked';

export type Inline =
  | { as: 'text' | 'code'; text: string }
  | { as: 'strong' | 'em'; parts: Inline[] }
  | { as: 'link'; to: string; parts: Inline[] };

export type Block =
  | { as: 'paragraph'; parts: Inline[] }
  | { as: 'list'; items: Inline[][] }
  | { as: 'code'; text: string };

/** What the runbook says under an anchor, or under a heading by its words in lower case. */
export type Paragraphs = ReadonlyMap<string, readonly Block[]>;

/** Takes the runbook apart by its anchors: each reaches up to the next one, or the next heading. */
export function readParagraphs(markdown: string): Paragraphs {
  const found = new Map<string, Block[]>();
  let current: Block[] = [];
  const open = (names: readonly string[], blocks: Block[]) => names.forEach((name) => found.set(name, blocks));
  for (const token of marked.lexer(markdown) as MarkedToken[]) {
    if (token.type === 'heading') {
      current = [];
      open([token.text.toLowerCase().replaceAll(/[^\w]+/g, '-')], current);
    } else if (token.type === 'paragraph') {
      const anchors = anchorsIn(token.tokens);
      if (anchors.length > 0) open(anchors, (current = []));
      current.push({ as: 'paragraph', parts: inlinesOf(token.tokens) });
    } else if (token.type === 'list') {
      const items = token.items.map((item) => item.tokens.flatMap(inlineTokensOf));
      for (const tokens of items) open(anchorsIn(tokens), [{ as: 'paragraph', parts: inlinesOf(tokens) }]);
      current.push({ as: 'list', items: items.map(inlinesOf) });
    } else if (token.type === 'code') {
      current.push({ as: 'code', text: token.text });
    }
  }
  return found;
}

/** Of what the lexer gives out, by what is read here. */
type MarkedToken = Tokens.Heading | Tokens.Paragraph | Tokens.List | Tokens.Code;

const ANCHOR = /^<a id="([\w-]+)">$/;

const anchorsIn = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((it) => (it.type === 'html' ? (ANCHOR.exec(it.raw)?.[1] ?? []) : []));

/** An item has its words in blocks of its own. */
const inlineTokensOf = (token: Token): Token[] => ('tokens' in token && token.tokens ? token.tokens : []);

const inlinesOf = (tokens: readonly Token[]): Inline[] => tokens.flatMap(inlineOf);

function inlineOf(token: Token): Inline[] {
  const parts = () => inlinesOf(inlineTokensOf(token));
  switch (token.type) {
    case 'text':
    case 'escape':
      return [{ as: 'text', text: (token as Tokens.Text).text.replaceAll('\n', ' ') }];
    case 'codespan':
      return [{ as: 'code', text: (token as Tokens.Codespan).text }];
    case 'strong':
    case 'em':
      return [{ as: token.type, parts: parts() }];
    case 'link':
      return [{ as: 'link', to: (token as Tokens.Link).href, parts: parts() }];
    default:
      // Anchors and pictures.
      return [];
  }
}
