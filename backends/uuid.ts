import { createHash } from 'node:crypto';

/** This product's own namespace for name-based uuids; chosen once, never changed. */
const NAMESPACE = Buffer.from('6f1a2c9e4b7d4e0c9a35d2b8f0c4716e', 'hex');

/** A uuid of version 5 (RFC 9562, section 5.5): the same parts always give the same id. */
export function uuidOf(...parts: (string | number)[]): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(parts.join('/')).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
