import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { VERSION } from './version.js';

/** The tags of controllers and their meanings, in reading order. */
const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['standings', 'What everybody may see, now and as it changes'],
  ['scores', 'Why, and how it came to be'],
  ['games', 'Games, their life, their teams, and what facilitators tell or give them'],
  ['faults', 'What is broken on purpose'],
  ['probe results', 'Where probers send their results'],
  ['tokens', 'Who may do what'],
  ['audit', 'Who did what'],
];

/** Serves the OpenAPI document at `/api/openapi.json` and, for people, at `/api/docs`. */
export function serveOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('api/docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'api/openapi.json',
    yamlDocumentUrl: 'api/openapi.yaml',
  });
}

function openApiOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Payday')
    .setDescription(
      'Self-hosted GameDays. Money is integer cents; times are epoch milliseconds in fields named …At.',
    )
    .setVersion(VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/', 'where this document is served')
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config);
  // A service documents only the tags that it serves.
  const used = new Set(
    Object.values(document.paths)
      .flatMap((path) => Object.values(path as Record<string, { tags?: string[] }>))
      .flatMap(({ tags }) => tags ?? []),
  );
  const tags = TAGS.filter(([name]) => used.has(name)).map(([name, description]) => ({ name, description }));
  return { ...document, tags };
}
