/** The series of a scrape with their values. */
export const seriesIn = (text: string): Record<string, number> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
  );

/** What a process serves at `/metrics`. */
export async function scrape(baseUrl: string): Promise<{ text: string; series: Record<string, number> }> {
  const response = await fetch(`${baseUrl}/metrics`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${baseUrl}/metrics answers ${response.status} ${text.slice(0, 200)}`);
  return { text, series: seriesIn(text) };
}
