/**
 * Whether a query failed because its connection was cut, or fell silent, before the reply: pg reports it by message
 * only, and it is the one error that Prisma's adapter passes on as pg threw it. The statement may have taken effect.
 */
export function isCutConnection(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(connection terminated|query read timeout|timeout exceeded|timeout expired)|is not queryable$/i.test(
      error.message,
    )
  );
}
