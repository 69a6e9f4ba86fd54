import { variablesOf } from '@freeflow/lib/config';
import { z } from 'zod';

/** One line for every value that is not of its variable's form. The value is left out: it may hold a secret. */
export const describeUnfit = (variables: z.ZodRawShape, values: Readonly<Record<string, string>>): string[] =>
  variablesOf(z.object(variables)).flatMap(({ name, form }) => {
    const value = values[name] ?? '';
    const isFit = value === '' || z.safeParse(variables[name] ?? z.unknown(), value).success;
    return isFit ? [] : [`${name} is not of the form ${form}.`];
  });
