import { writeFileSync } from 'node:fs';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import parseExpression from 'spdx-expression-parse';
import type { DebianPackage } from './debian-base';
import { DEBIAN_LICENCES, NODE_LICENCE } from './licences';
import type { NpmPackage } from './packages';

/** What is in an image. */
export interface ImageParts {
  version: string;
  packages: readonly NpmPackage[];
  /** None where the base comes from a registry: it has a list of its own. */
  debian: readonly DebianPackage[];
  /** Node's version, and those of what it was built with. */
  node: NodeJS.ProcessVersions;
}

const licences = new Contrib.License.Factories.LicenseFactory((text) => void parseExpression(text));
const npm = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  licences,
);
const spec = Spec.Spec1dot6;
const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(spec));

/** Writes the bill of materials of an image, by CycloneDX. The same parts make the same file. */
export function writeSbom(file: string, parts: ImageParts): void {
  const bom = new Models.Bom();
  const { version } = parts;
  bom.metadata.component = new Models.Component(Enums.ComponentType.Container, 'freeflow', {
    version,
    bomRef: `freeflow@${version}`,
  });
  for (const it of componentsOf(parts)) bom.components.add(it);
  writeFileSync(file, `${serializer.serialize(bom, { sortLists: true, space: 1 })}\n`);
}

const componentsOf = ({ packages, debian, node }: ImageParts): Models.Component[] => [
  nodeComponent(node),
  ...packages.map(npmComponent),
  ...debian.map(debianComponent),
];

function npmComponent({ name, version, manifest }: NpmPackage): Models.Component {
  const component = npm.makeComponent(manifest);
  if (component === undefined) throw new Error(`${name} has no name that CycloneDX takes.`);
  component.purl = `pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`;
  component.bomRef.value = component.purl;
  return component;
}

function debianComponent({ name, version, architecture }: DebianPackage): Models.Component {
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;
  const licence = DEBIAN_LICENCES.find(([form]) => form.test(name))?.[1];
  return new Models.Component(Enums.ComponentType.Library, name, {
    version,
    purl,
    bomRef: purl,
    licenses: new Models.LicenseRepository(licence === undefined ? [] : [licences.makeFromString(licence)]),
  });
}

/** Scanners know Node by its CPE. What it was built with is inside it, by the names that it has for them itself. */
function nodeComponent({ node, ...inside }: NodeJS.ProcessVersions): Models.Component {
  const parts = Object.entries(inside).flatMap(([name, version = '']) =>
    /^\d/.test(version) && !['modules', 'napi'].includes(name)
      ? [new Models.Component(Enums.ComponentType.Library, name, { version, bomRef: `node/${name}@${version}` })]
      : [],
  );
  return new Models.Component(Enums.ComponentType.Platform, 'node', {
    version: node,
    purl: `pkg:generic/node@${node}`,
    bomRef: `pkg:generic/node@${node}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${node}:*:*:*:*:*:*:*`,
    licenses: new Models.LicenseRepository([licences.makeFromString(NODE_LICENCE)]),
    components: new Models.ComponentRepository(parts),
  });
}
