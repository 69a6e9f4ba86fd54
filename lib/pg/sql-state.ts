/**
 * The SQLSTATE by which PostgreSQL has refused a statement, wherever Prisma hides it: the adapter's own error has it in
 * `cause.originalCode`, an error of Prisma's client in `meta`, at one of two depths. Undefined when no server has
 * refused anything.
 */
export function sqlStateOf(error: unknown): string | undefined {
  const { cause, meta } = fieldsOf(error);
  const { driverAdapterError, code } = fieldsOf(meta);
  const candidates = [fieldsOf(cause), fieldsOf(fieldsOf(driverAdapterError)['cause'])].flatMap((it) => [
    it['originalCode'],
    it['code'],
  ]);
  return [...candidates, code].find((it): it is string => typeof it === 'string' && /^[0-9A-Z]{5}$/.test(it));
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
