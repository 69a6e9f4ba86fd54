import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { getDefaultAutoSelectFamilyAttemptTimeout, setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startProgram } from './start-program';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-start-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a program that was never bundled says how to build it', () => {
  expect(() => startProgram(folder)).toThrow(`${folder}/program.bundle.js is missing: run the build`);
});

test('what is started is the bundle, not the files it was made of', () => {
  writeFileSync(path.join(folder, 'program.js'), `throw new Error('one file of many');`);
  writeFileSync(path.join(folder, 'program.bundle.js'), `process.emit('freeflow.started', __dirname);`);
  const started = jest.fn();
  process.once('freeflow.started' as 'exit', started);
  startProgram(folder);
  expect(started).toHaveBeenCalledWith(folder);
});

test('it gives each address of a server as long as it takes to send again what was lost', () => {
  const before = getDefaultAutoSelectFamilyAttemptTimeout();
  writeFileSync(path.join(folder, 'program.bundle.js'), '');
  startProgram(folder);
  expect(getDefaultAutoSelectFamilyAttemptTimeout()).toBe(2_500);
  setDefaultAutoSelectFamilyAttemptTimeout(before);
});
