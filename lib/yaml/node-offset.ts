import { isAlias, isMap, isNode, isScalar, isSeq, type Document } from 'yaml';

export type NodePath = readonly PropertyKey[];

/**
 * Where in the text of a document something is: the key of a field, the beginning of an item; of what is not there,
 * what it would be in. Behind an alias, where the alias is: there the reader has to look first.
 */
export function offsetOf(document: Document, path: NodePath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) return offset;
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === step) : undefined;
    const next: unknown = isSeq(node) && typeof step === 'number' ? node.items[step] : pair?.value;
    const start = startOf(pair?.key) ?? startOf(next);
    if (start === undefined) return offset;
    offset = start;
    node = next;
  }
  return offset;
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
