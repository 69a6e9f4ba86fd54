import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerEnvelope } from 'smtp-server';

/** A server that takes mail of one login, and keeps it. */
export interface MailSink {
  port: number;
  mails: { from: string; to: string[]; text: string }[];
  close: () => Promise<void>;
}

/** A real SMTP server on a port of its own, without TLS; whoever doesn't log in as that user is refused. */
export async function openMailSink(user: string, password: string): Promise<MailSink> {
  const mails: MailSink['mails'] = [];
  const keep = async (stream: Readable, { mailFrom, rcptTo }: SMTPServerEnvelope): Promise<void> => {
    const from = mailFrom === false ? '' : mailFrom.address;
    mails.push({ from, to: rcptTo.map(({ address }) => address), text: await text(stream) });
  };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password: given }, _session, done) =>
      username === user && given === password ? done(null, { user }) : done(new Error('Invalid username or password')),
    onData: (stream, { envelope }, taken) => void keep(stream, envelope).then(() => taken()),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
