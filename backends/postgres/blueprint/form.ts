import { z } from 'zod';
import { problemsIn, type BlueprintForm } from '../../blueprint';
import { checkSql } from './check-sql';

/** Names of extensions, which may need more rights than the tenant's owner has. */
export const EXTENSIONS_PATH = 'postgres/extensions.json';
export const extensions = z
  .array(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be the name of an extension'))
  .max(50);

/** What a blueprint says of PostgreSQL: files of SQL, applied once each and in the order of their names. */
export const BLUEPRINT_FORM: BlueprintForm = {
  paths: /^postgres\/(extensions\.json|[\w.-]+\.sql)$/,
  pathsShown: 'postgres/*.sql, postgres/extensions.json',
  isOnce: (path) => path !== EXTENSIONS_PATH,
  check: (file) => (file.path === EXTENSIONS_PATH ? problemsIn(file, extensions) : checkSql(file)),
};
