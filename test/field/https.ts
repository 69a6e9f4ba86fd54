import { readFileSync } from 'node:fs';
import { request } from 'node:https';

/**
 * Asks an HTTPS server whose authority is trusted for this call alone: what `fetch` trusts is fixed when a process
 * starts.
 */
export async function askHttps(
  url: string,
  ca: string,
  { method = 'GET', headers = {}, body = '' } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca: readFileSync(ca), method, headers }, (answer) => {
      let text = '';
      answer.on('data', (it) => (text += String(it)));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
