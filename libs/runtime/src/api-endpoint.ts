import { HttpCode, SetMetadata, applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '#contracts';
import { Problem, jsonSchema } from '#contracts/api';

/** What the published OpenAPI document says of an endpoint. All shapes are schemas of `#contracts/api`. */
export interface ApiEndpointOptions {
  summary: string;
  description?: string;
  /** What each path parameter is, by name. */
  params?: Readonly<Record<string, string>>;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Absent: the endpoint answers 204 without a body. */
  answer?: z.ZodType;
  /** Default: 200, or 204 without an answer. */
  status?: number;
  /** Codes of the problems that it answers with. */
  problems?: readonly ProblemCode[];
}

const ANSWER_KEY = 'payday:answer';

/**
 * Documents an endpoint from its schemas and sets its status code. It checks nothing itself: a handler reads its query and
 * body with the same schemas, in the order that keeps each refusal's code.
 */
export function ApiEndpoint(options: ApiEndpointOptions): MethodDecorator {
  const { summary, description, params = {}, query, body, answer, problems = [] } = options;
  const { status = answer === undefined ? 204 : 200 } = options;
  return applyDecorators(
    HttpCode(status),
    SetMetadata(ANSWER_KEY, answer),
    ApiOperation({ summary, ...(description === undefined ? {} : { description }) }),
    ...Object.entries(params).map(([name, what]) => ApiParam({ name, description: what })),
    ...(query === undefined ? [] : queryParameters(query)),
    ...(body === undefined
      ? []
      : [ApiBody({ schema: openApi(body, 'input'), required: !body.safeParse(undefined).success })]),
    ApiResponse({
      status,
      description: answer?.description ?? '',
      ...(answer === undefined ? {} : { schema: openApi(answer, 'output') }),
    }),
    ...problemResponses(problems),
  );
}

/** The schema of a handler's answer. For tests that check answers. */
export function answerSchemaOf(handler: object): z.ZodType | undefined {
  return Reflect.getMetadata(ANSWER_KEY, handler) as z.ZodType | undefined;
}

function queryParameters(query: z.ZodObject): MethodDecorator[] {
  const { properties } = openApi(query, 'input') as { properties: Record<string, { description?: string }> };
  return Object.entries(properties).map(([name, { description, ...schema }]) =>
    ApiQuery({
      name,
      required: !query.shape[name]!.safeParse(undefined).success,
      ...(description === undefined ? {} : { description }),
      schema,
    }),
  );
}

function problemResponses(codes: readonly ProblemCode[]): MethodDecorator[] {
  const schema = openApi(Problem, 'output');
  return [...new Set(codes.map((code) => PROBLEMS[code].status))].map((status) =>
    ApiResponse({
      status,
      description: codes
        .filter((code) => PROBLEMS[code].status === status)
        .map((code) => `\`${code}\`: ${PROBLEMS[code].title}`)
        .join('; '),
      content: { 'application/problem+json': { schema } },
    }),
  );
}

function openApi(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  return jsonSchema(schema, io, 'openapi-3.0');
}
