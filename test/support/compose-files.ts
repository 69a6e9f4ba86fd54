import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../../stack/project';

const service = z.object({
  image: z.string(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  ports: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
const composeFile = z.object({ services: z.record(z.string(), service) });

export type Service = z.output<typeof service>;

/** One of the Compose files of the project. */
export interface ComposeFile {
  path: string;
  text: string;
  services: Record<string, Service>;
}

export const COMPOSE_FILES: readonly ComposeFile[] = ['docker-compose.yml', 'docker-compose.temporal.yml'].map(
  (name) => {
    const file = path.join(projectRoot(), name);
    const text = readFileSync(file, 'utf8');
    return { path: file, text, ...composeFile.parse(parse(text)) };
  },
);

const PRODUCT = path.join(projectRoot(), 'docker-compose.product.yml');

/** The file of the product itself, which runs on the servers of the others. */
export const PRODUCT_FILE: Omit<ComposeFile, 'services'> = { path: PRODUCT, text: readFileSync(PRODUCT, 'utf8') };

/** What each of its services does, and after what. */
export const PRODUCT_SERVICES = z
  .object({ services: z.record(z.string(), service.pick({ command: true, depends_on: true })) })
  .parse(parse(PRODUCT_FILE.text, { merge: true })).services;

/** All services of both files. */
export const SERVICES: Readonly<Record<string, Service>> = Object.assign(
  {},
  ...COMPOSE_FILES.map(({ services }) => services),
);

/** A variable that Compose puts in: `${NAME}`, `${NAME:-default}` or `${NAME:?else refused}`. */
export interface Interpolation {
  name: string;
  operator: string;
  operand: string;
}

/** Those of a file, comments aside; `$$` is a dollar for the container. */
export const interpolationsOf = ({ text }: Pick<ComposeFile, 'text'>): Interpolation[] =>
  [
    ...text
      .replaceAll(/^\s*#.*$/gm, '')
      .replaceAll('$$', '')
      .matchAll(/\$\{(\w+)(:?[-?+]?)([^}]*)\}/g),
  ].map(([, name = '', operator = '', operand = '']) => ({ name, operator, operand }));

/** A service's command line as its container gets it. */
export const commandLine = (words: readonly string[]): string[] => words.map((word) => word.replaceAll('$$', '$'));
