let chosen: string | undefined;

/** Starts a span under an id that is known before: OpenTelemetry's own API has no way to choose one. */
export function withSpanId<T>(id: string, startSpan: () => T): T {
  chosen = id;
  try {
    return startSpan();
  } finally {
    chosen = undefined;
  }
}

/** The id that the span which is started now was given; undefined where any will do. */
export const chosenSpanId = (): string | undefined => chosen;
