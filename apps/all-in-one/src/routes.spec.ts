import { RequestMethod, type DynamicModule } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { EventLog } from '#event-log';
import { createLogger, declaredRoles, systemClock } from '#runtime';
import { AllInOneModule } from './app.module.js';

interface Route {
  name: string;
  method: string;
  roles: readonly string[] | undefined;
  isDocumented: boolean;
}

type AnyModule = DynamicModule | (new () => object) | { forwardRef(): unknown };

function controllersOf(module: AnyModule, seen = new Set<unknown>()): object[] {
  if (seen.has(module)) return [];
  seen.add(module);
  const dynamic = 'module' in module ? module : undefined;
  const target = (dynamic?.module ?? module) as object;
  const both = (key: 'imports' | 'controllers'): unknown[] => [
    ...((dynamic?.[key] as unknown[] | undefined) ?? []),
    ...((Reflect.getMetadata(key, target) as unknown[] | undefined) ?? []),
  ];
  const inner = both('imports').flatMap((each) => controllersOf(each as AnyModule, seen));
  return [...(both('controllers') as object[]), ...inner];
}

function routesOf(controller: object): Route[] {
  const { prototype, name } = controller as { prototype: Record<string, object>; name: string };
  const hidden = Reflect.hasMetadata('swagger/apiExcludeController', controller);
  return Object.getOwnPropertyNames(prototype).flatMap((key) => {
    if (key === 'constructor') return [];
    const handler = prototype[key]!;
    const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    return {
      name: `${RequestMethod[method]} ${name}.${key}`,
      method: RequestMethod[method],
      roles: declaredRoles(controller, handler),
      isDocumented: hidden || Reflect.hasMetadata('swagger/apiOperation', handler),
    };
  });
}

const parts = {
  clock: systemClock,
  logger: createLogger({ service: 'test', level: 'silent' }),
  metrics: new Registry(),
  eventLog: {} as EventLog,
};
const routes = controllersOf(
  AllInOneModule.register(parts, {
    targets: { targetOf: () => null },
    leadMs: 1000,
    url: 'http://127.0.0.1:1',
  }),
).flatMap(routesOf);

test('the walk finds the routes', () => {
  expect(routes.length).toBeGreaterThan(30);
  expect(routes.map(({ name }) => name)).toContain('POST LifeCycleController.pause');
});

test('every route that may change something says who may', () => {
  const open = routes.filter(({ method, roles }) => method !== 'GET' && (roles ?? []).length === 0);
  expect(open.map(({ name }) => name)).toEqual([]);
});

test('every route is documented', () => {
  expect(routes.filter(({ isDocumented }) => !isDocumented).map(({ name }) => name)).toEqual([]);
});
