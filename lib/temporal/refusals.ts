import { isGrpcServiceError } from '@temporalio/client';

/** https://grpc.io/docs/guides/status-codes/ */
export const GRPC = {
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
} as const;

/** Whether a server has answered like this, itself or by way of the client library. */
export const hasStatus = (error: unknown, status: number): boolean => {
  const inner: unknown = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(inner) && Number(inner.code) === status;
};

/** Undefined where the server will never permit it; any other failure may pass, and is thrown. */
export async function ifAllowed<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (hasStatus(error, GRPC.permissionDenied) || hasStatus(error, GRPC.unimplemented)) return undefined;
    throw error;
  }
}
