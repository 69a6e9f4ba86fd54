import { trace } from '@opentelemetry/api';

/** What every span of ours is made by; without the SDK it makes none. */
export const tracer = trace.getTracer('freeflow');

let isOn = false;

/** Whether this process traces. What costs something is set up by it, so it is to be asked after the start. */
export const isTracing = (): boolean => isOn;

export const setTracing = (isNowOn: boolean): void => {
  isOn = isNowOn;
};
