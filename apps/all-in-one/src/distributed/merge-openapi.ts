interface OpenApi {
  paths: Record<string, object>;
  tags?: { name: string }[];
  components?: Record<string, Record<string, unknown>>;
}

/** One document for several services under one address. Services that do not answer are missing. */
export async function mergeOpenApi(urls: readonly string[]): Promise<OpenApi> {
  const documents = await Promise.all(
    urls.map((url) =>
      fetch(`${url}/api/openapi.json`)
        .then((response) => response.json() as Promise<OpenApi>)
        .catch(() => null),
    ),
  );
  const merged: OpenApi = { paths: {} };
  for (const document of documents) {
    if (document === null) continue;
    const { paths, components = {}, tags = [], ...rest } = document;
    Object.assign(merged, { ...rest, ...merged });
    const known = new Set(merged.tags?.map(({ name }) => name));
    merged.tags = [...(merged.tags ?? []), ...tags.filter(({ name }) => !known.has(name))];
    for (const [path, operations] of Object.entries(paths))
      merged.paths[path] = { ...merged.paths[path], ...operations };
    merged.components ??= {};
    for (const [kind, parts] of Object.entries(components))
      merged.components[kind] = { ...merged.components[kind], ...parts };
  }
  return merged;
}
