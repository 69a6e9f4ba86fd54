import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { CodedError } from '@freeflow/lib/errors';
import { findOnPath } from '../../stack/fetch/on-path';
import { projectRoot } from '../../stack/project';

const CONTAINERFILE = path.join(projectRoot(), 'deploy/image/Containerfile');

/** Programs that build images, in the order in which they are looked for. */
const BUILDERS = ['buildah', 'docker'] as const;
type Builder = (typeof BUILDERS)[number];

/** Not built, for a reason that whoever asked for it can do something about. */
export class ImageError extends CodedError<'image'> {
  constructor(message: string) {
    super('image', message);
  }
}

/** What an image is built of, and called. */
export interface ImageBuild {
  context: string;
  /** `scratch`, or a reference with a digest. */
  base: string;
  tags: readonly string[];
  version: string;
  /** The commit it was built from, and when that was made, in seconds; undefined where there is no repository. */
  commit: { hash: string; time: number } | undefined;
}

/** The first builder that is on this machine. */
export const findBuilder = (env: NodeJS.ProcessEnv): Builder | undefined =>
  BUILDERS.find((it) => findOnPath(it, env) !== undefined);

/**
 * Builds an image. The same files and commit make the same layers.
 * @returns its id
 * @throws ImageError where the builder fails; it has printed why
 */
export function buildImage(builder: Builder, build: ImageBuild): string {
  const args = [...ownArguments(builder, build), ...sharedArguments(build), build.context];
  runBuilder(builder, args);
  const [tag = ''] = build.tags;
  const inspect =
    builder === 'buildah'
      ? ['inspect', '--type', 'image', '--format', '{{.FromImageID}}']
      : ['inspect', '--format', '{{.Id}}'];
  return execFileSync(builder, [...inspect, tag], { encoding: 'utf8' })
    .trim()
    .replace(/^sha256:/, '');
}

/**
 * Buildah in a chroot: all that a step runs is ours, and namespaces can't be had everywhere, as in a container without
 * privileges. That goes with the network of the machine alone.
 */
function ownArguments(builder: Builder, { commit }: ImageBuild): string[] {
  if (builder === 'docker') return ['build', '--network', 'none'];
  const time = commit === undefined ? [] : ['--timestamp', String(commit.time)];
  // Docker's format, since that of OCI has no health check.
  return ['build', '--layers', '--format', 'docker', '--isolation', 'chroot', '--network', 'host', ...time];
}

function sharedArguments({ base, tags, version, commit }: ImageBuild): string[] {
  const buildArgs = {
    BASE: base,
    VERSION: version,
    REVISION: commit?.hash ?? '',
    CREATED: commit === undefined ? '' : new Date(commit.time * 1_000).toISOString(),
  };
  return [
    ...['--file', CONTAINERFILE],
    ...Object.entries(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...tags.flatMap((it) => ['--tag', it]),
  ];
}

/** Writes an image into an archive, which `podman load`, `docker load` and `skopeo copy` take. */
export function saveImage(builder: Builder, image: string, file: string): void {
  const args =
    builder === 'buildah' ? ['push', image, `docker-archive:${file}:${image}`] : ['save', '--output', file, image];
  runBuilder(builder, args);
}

function runBuilder(builder: Builder, args: readonly string[]): void {
  // What it prints is for people: our own output names the image.
  const { status } = spawnSync(builder, args, { stdio: ['ignore', process.stderr, process.stderr] });
  if (status !== 0)
    throw new ImageError(`${builder} ${args[0]} ended with ${status ?? 'a signal'}; it has printed why.`);
}
