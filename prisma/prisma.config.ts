// Read by the `prisma` command line alone (generate, migrate status, studio, ...); db:migrate doesn't need it.
import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  // `generate` runs without a database, so a missing URL is no error here.
  datasource: { url: process.env.MASTER_DATABASE_URL ?? '' },
});
