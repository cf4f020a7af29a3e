import { z } from 'zod';

type JsonSchema = Readonly<Record<string, unknown>>;

/** What the documents say of schemas whose checks JSON Schema can't express. */
const PUBLISHED = z.registry<JsonSchema>();

/** Lets the published documents show `as` where the schema itself reads something else, such as the text of a query. */
export function published<T extends z.ZodType>(schema: T, as: JsonSchema): T {
  PUBLISHED.add(schema, as);
  return schema;
}

/**
 * A schema as OpenAPI 3.0 or, by default, as JSON Schema draft 7, which AsyncAPI uses.
 * @param io `input`: what a client sends; `output`: what the server answers
 */
export function jsonSchema(
  schema: z.ZodType,
  io: 'input' | 'output',
  target: 'draft-7' | 'openapi-3.0' = 'draft-7',
): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target,
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: made }) =>
      adjust(zodSchema, made as Record<string, unknown>, { io, target }),
  });
  return rest;
}

function adjust(
  zodSchema: z.core.$ZodType,
  made: Record<string, unknown>,
  { io, target }: { io: 'input' | 'output'; target: string },
): void {
  const as = PUBLISHED.get(zodSchema as z.ZodType);
  if (as !== undefined) {
    const { description } = made;
    for (const key of Object.keys(made)) delete made[key];
    Object.assign(made, as, description === undefined ? {} : { description });
  }
  if (made['minimum'] === Number.MIN_SAFE_INTEGER) delete made['minimum'];
  if (made['maximum'] === Number.MAX_SAFE_INTEGER) {
    delete made['maximum'];
    if (target === 'openapi-3.0') made['format'] = 'int64';
  }
  // An answer may get more fields later; a client must not take the present ones for all there will ever be.
  if (io === 'output' && made['additionalProperties'] === false) delete made['additionalProperties'];
}
