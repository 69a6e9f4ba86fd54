/**
 * Whether a query failed because its connection was cut, or fell silent, before the reply: the one error that Prisma's
 * adapter passes on as pg threw it, with neither name nor code. What was asked for may have happened.
 */
export function isCutConnection(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(connection terminated|query read timeout|timeout exceeded|timeout expired)|is not queryable$/i.test(
      error.message,
    )
  );
}
