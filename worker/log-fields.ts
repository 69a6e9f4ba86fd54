import { stepLabelsOf } from '@freeflow/lib/metrics';
import { traceIdOf } from '@freeflow/lib/tracing';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** What an activity is given, as far as its lines name it. */
interface Input {
  tenantId?: string;
  operationId?: string;
  trace?: { traceparent: string };
}

/** Gives each line that an activity logs, the SDK's own included, what it is about. */
export const activityLogFields: ActivityInterceptorsFactory = ({ info: { activityType } }) => {
  const labels = stepLabelsOf(activityType);
  let fields: Record<string, unknown> = labels === undefined ? {} : { step: activityType, backend: labels.backend };
  return {
    inbound: {
      execute: (input, next) => {
        const [{ tenantId, operationId, trace } = {}] = input.args as [Input?];
        fields = {
          ...fields,
          ...defined({ tenantId, operationId, traceId: traceIdOf(trace?.traceparent) ?? undefined }),
        };
        return next(input);
      },
    },
    outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, ...fields }) },
  };
};

const defined = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The SDK's fields by our names, without the token by which whoever has it could answer a task. */
export function toLogFields({ taskToken: _token, workflowRunId, error, ...fields }: Record<string, unknown>) {
  return defined({ runId: workflowRunId, err: error, ...fields });
}
