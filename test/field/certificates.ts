import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** A private authority, and a certificate of it for `localhost`, 127.0.0.1 and ::1. */
export interface Certificates {
  dir: string;
  /** File of the authority's certificate: what a client has to trust. */
  ca: string;
  /** Files of a server: certificate, key, and both in one as MongoDB wants them. */
  cert: string;
  key: string;
  pem: string;
  close(): void;
}

const HOSTS = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1';

/** Makes them by the program openssl, since Node can check certificates and not make any. */
export async function makeCertificates(): Promise<Certificates> {
  const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-certificates-'));
  const file = (name: string) => path.join(dir, name);
  const key = (name: string) => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    file(name),
  ];
  writeFileSync(file('hosts'), HOSTS);
  await openssl(
    'req',
    '-x509',
    ...key('ca.key'),
    '-out',
    file('ca.crt'),
    '-days',
    '2',
    '-subj',
    '/CN=freeflow test authority',
    '-addext',
    'basicConstraints=critical,CA:TRUE',
  );
  await openssl('req', ...key('server.key'), '-out', file('server.csr'), '-subj', '/CN=localhost');
  await openssl(
    'x509',
    '-req',
    '-in',
    file('server.csr'),
    '-CA',
    file('ca.crt'),
    '-CAkey',
    file('ca.key'),
    '-set_serial',
    '2',
    '-out',
    file('server.crt'),
    '-days',
    '2',
    '-extfile',
    file('hosts'),
  );
  writeFileSync(
    file('server.pem'),
    readFileSync(file('server.crt'), 'utf8') + readFileSync(file('server.key'), 'utf8'),
    { mode: 0o600 },
  );
  return {
    dir,
    ca: file('ca.crt'),
    cert: file('server.crt'),
    key: file('server.key'),
    pem: file('server.pem'),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

async function openssl(...args: string[]): Promise<void> {
  await promisify(execFile)('openssl', args).catch((error: unknown) => {
    throw new Error('these tests need the program openssl (apt-get install openssl) to make certificates', {
      cause: error,
    });
  });
}
