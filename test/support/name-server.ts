import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIPv4 } from 'node:net';

/** A name server: a real one, of a few names. */
export interface NameServer {
  /** With its port. */
  address: string;
  /** The names that it was asked for. */
  asked: string[];
  close: () => Promise<void>;
}

const HEADER_BYTES = 12;
const TYPE_A = 1;
/** An answer, and that there is no such name: https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1 */
const ANSWER = 0x8180;
const NO_SUCH_NAME = 0x8183;
const REFUSALS: Readonly<Record<string, number>> = { SERVFAIL: 0x8182, REFUSED: 0x8185 };

/** @param addresses of IPv4, by name; null: it says nothing about that name at all; or that it can't, or won't, tell */
export async function openNameServer(addresses: Readonly<Record<string, string | null>>): Promise<NameServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, end, type } = questionOf(query);
    asked.push(name);
    const address = addresses[name];
    if (address !== null) socket.send(answerTo(query.subarray(0, end), type, address), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
}

function questionOf(query: Buffer): { name: string; end: number; type: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(question: Buffer, type: number, address: string | undefined): Buffer {
  const records = address !== undefined && isIPv4(address) && type === TYPE_A ? [recordOf(address)] : [];
  const header = Buffer.from(question.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(address === undefined ? NO_SUCH_NAME : (REFUSALS[address] ?? ANSWER), 2);
  for (const [at, count] of [1, records.length, 0, 0].entries()) header.writeUInt16BE(count, 4 + 2 * at);
  return Buffer.concat([header, question.subarray(HEADER_BYTES), ...records]);
}

/** Of the name of the question, to be kept for no time. */
const recordOf = (address: string): Buffer =>
  Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]);
