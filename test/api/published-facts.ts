/** What a reader of a published document may rely on, as sorted lines that are easy to compare and to review. */

type Json = Record<string, unknown>;

/** Parameters, bodies, status codes, problem codes and fields of an OpenAPI 3.0 document. */
export function openApiFacts(document: object): string[] {
  const facts = new Set<string>();
  const { paths } = document as { paths: Record<string, Record<string, Json>> };
  const schemaFacts = schemaFactsOf(document, facts);
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      const route = `${method.toUpperCase()} ${path}`;
      facts.add(`${route} security ${JSON.stringify(operation['security'] ?? [])}`);
      for (const each of (operation['parameters'] ?? []) as Json[]) {
        const { name, in: place, required, schema } = each;
        const parameter = `${route} ${String(place)} ${String(name)}`;
        if (required === true) facts.add(`${parameter} is required`);
        schemaFacts(parameter, schema);
      }
      const body = operation['requestBody'] as { required?: boolean; content: Json } | undefined;
      if (body !== undefined) {
        if (body.required === true) facts.add(`${route} body is required`);
        contentFacts(`${route} body`, body.content);
      }
      for (const [status, answer] of Object.entries(operation['responses'] as Record<string, Json>)) {
        facts.add(`${route} ${status}`);
        for (const [code] of String(answer['description']).matchAll(
          /\b[a-z]+(_[a-z]+)+\b|(?<=`)[a-z]+(?=`)/g,
        ))
          if (Number(status) >= 400) facts.add(`${route} ${status} ${code}`);
        contentFacts(`${route} ${status}`, answer['content'] as Json | undefined);
      }
    }
  return [...facts].sort();

  function contentFacts(place: string, content: Json | undefined): void {
    for (const [type, { schema }] of Object.entries(
      (content ?? {}) as Record<string, { schema?: unknown }>,
    )) {
      // Every error has the same fields, so they are listed once.
      const isProblem = type === 'application/problem+json';
      if (isProblem) facts.add(`${place} ${type}`);
      schemaFacts(isProblem ? type : `${place} ${type}`, schema);
    }
  }
}

/** Addresses, operations, events and fields of an AsyncAPI 3.0 document. */
export function asyncApiFacts(document: object): string[] {
  const facts = new Set<string>();
  const { channels, operations, components } = document as {
    channels: Record<string, { address: string; messages: object }>;
    operations: Record<string, { action: string; reply?: object }>;
    components: { messages: Record<string, { name: string; payload: unknown }> };
  };
  const schemaFacts = schemaFactsOf(document, facts);
  for (const [name, { address, messages }] of Object.entries(channels))
    for (const key of Object.keys(messages)) facts.add(`channel ${name} ${address} ${key}`);
  for (const [name, { action, reply }] of Object.entries(operations))
    facts.add(`operation ${name} ${action}${reply === undefined ? '' : ' with a reply'}`);
  for (const [key, { name, payload }] of Object.entries(components.messages))
    schemaFacts(`message ${key} ${name}`, payload);
  return [...facts].sort();
}

function schemaFactsOf(document: object, facts: Set<string>) {
  return function add(place: string, given: unknown): void {
    const schema = resolve(document, given);
    const variants = (schema['oneOf'] ?? schema['anyOf']) as Json[] | undefined;
    if (variants !== undefined) {
      if (schema['nullable'] === true) facts.add(`${place}: null`);
      for (const variant of variants) add(place, variant);
      return;
    }
    for (const type of [schema['type'] ?? 'anything'].flat() as string[]) facts.add(`${place}: ${type}`);
    if (schema['nullable'] === true) facts.add(`${place}: null`);
    const values = 'const' in schema ? [schema['const']] : ((schema['enum'] ?? []) as unknown[]);
    for (const value of values) facts.add(`${place} = ${JSON.stringify(value)}`);
    const required = (schema['required'] ?? []) as string[];
    for (const [name, field] of Object.entries((schema['properties'] ?? {}) as Json)) {
      if (required.includes(name)) facts.add(`${place}.${name} is required`);
      add(`${place}.${name}`, field);
    }
    if (schema['items'] !== undefined) add(`${place}[]`, schema['items']);
    if (typeof schema['additionalProperties'] === 'object') add(`${place}{}`, schema['additionalProperties']);
  };
}

function resolve(document: object, schema: unknown): Json {
  const { $ref, ...rest } = (schema ?? {}) as Json & { $ref?: string };
  if ($ref === undefined) {
    const { allOf, ...only } = rest as Json & { allOf?: unknown[] };
    return allOf?.length === 1 ? { ...resolve(document, allOf[0]), ...only } : rest;
  }
  let target: unknown = document;
  for (const step of $ref.slice(2).split('/')) target = (target as Json)[step];
  return resolve(document, target);
}
