// Words for JSON Schema: what is not named in an object is refused, so that a misspelt value is.

export type Schema = Readonly<Record<string, unknown>>;

export const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });
export const name = (description: string): Schema => text(description, { minLength: 1 });
export const number = (description: string, minimum = 0): Schema => ({ type: 'integer', minimum, description });
export const flag = (description: string): Schema => ({ type: 'boolean', description });
export const list = (items: Schema, description: string): Schema => ({ type: 'array', items, description });

/** Of Kubernetes itself: its API server says what is wrong with it. */
export const raw = (description: string): Schema => ({ type: 'object', description });
export const rawList = (description: string): Schema => list({ type: 'object' }, description);

/** Names and texts, such as labels. */
export const texts = (description: string): Schema => ({
  type: 'object',
  additionalProperties: { type: 'string' },
  description,
});

export const object = (
  properties: Readonly<Record<string, Schema>>,
  { required = [], ...more }: { required?: readonly string[]; description?: string } = {},
): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required.length === 0 ? {} : { required }),
  ...more,
});
