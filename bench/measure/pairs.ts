import { rowOf, type Group, type Unit } from '../report/schema';
import { ratiosOf } from './statistics';

/** The same, measured twice: by the product and by the script. */
export interface Pair {
  product: number[];
  script: number[];
}

export const newPair = (): Pair => ({ product: [], script: [] });

/** Does both, alternately the one or the other first, so that neither always follows the other. */
export async function alternate(
  rounds: number,
  byProduct: () => Promise<void>,
  byScript: () => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const [first, second] = round % 2 === 0 ? [byScript, byProduct] : [byProduct, byScript];
    await first();
    await second();
  }
}

/** How long it took, in ms. */
export async function timeMs(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

/** Two tables: what each took, and the product's share of the script's, pair by pair. */
export function groupsOfPairs(title: string, unit: Unit, pairs: Readonly<Record<string, Pair>>): Group[] {
  const all = Object.entries(pairs).filter(([, { product }]) => product.length > 0);
  return [
    {
      title,
      unit,
      plot: 'ranges',
      rows: all.flatMap(([label, { product, script }]) => [
        rowOf(`${label}: FreeFlow`, product),
        rowOf(`${label}: script`, script),
      ]),
    },
    {
      title: `${title}: FreeFlow / script, pair by pair`,
      unit: '×',
      plot: 'none',
      rows: all.map(([label, { product, script }]) => rowOf(label, ratiosOf(product, script))),
    },
  ];
}
