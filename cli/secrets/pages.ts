/** Before the id of any row. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Goes through rows by their ids, page by page, until a page is empty. What comes meanwhile with an id that was passed
 * is left to the next time.
 * @param readPage the next rows after an id, in order
 */
export async function eachPage<Row extends { id: string }>(
  readPage: (after: string) => PromiseLike<Row[]>,
  work: (page: readonly Row[]) => Promise<void>,
): Promise<void> {
  for (let after = FIRST; ;) {
    const page = await readPage(after);
    await work(page);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}
