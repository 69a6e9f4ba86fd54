import { createContext, useContext } from 'react';
import { z } from 'zod';

const settingsSchema = z.object({
  issuer: z.string(),
  clientId: z.string(),
  audience: z.string(),
  scope: z.string(),
  /** Where people see a trace, with `{traceId}` for its id; null where nobody has said. */
  traceUrl: z.string().nullable(),
});

export type Settings = z.output<typeof settingsSchema>;

/** What the API that serves this page has written into it. */
export function readSettings(): Settings {
  const text = document.querySelector<HTMLMetaElement>('meta[name="freeflow-settings"]')?.content ?? '';
  return settingsSchema.parse(JSON.parse(text));
}

export const SettingsContext = createContext<Settings | null>(null);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (settings === null) throw new Error('used outside the page');
  return settings;
}
