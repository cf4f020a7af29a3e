import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { readConfig } from '#runtime';
import { PROBER_SECTIONS } from '../../apps/prober/src/config.js';
import { ROOT } from '../support/game-process.js';

/**
 * Needs no container engine and no cluster: the libraries of Docker Compose, Helm and Kubernetes themselves read the
 * configuration (infra/check), promtool reads the rules, and everything that they name must exist here.
 */
const run = promisify(execFile);
const INFRA = join(ROOT, 'infra');
const CHECK = join(ROOT, '.cache/infra/check');
const BUILD_MS = 900_000;

function lacks(command: string, args: string[], install: string): boolean {
  if (spawnSync(command, args).status === 0) return false;
  const message = `SKIPPED: ${command} is missing; install ${install}`;
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`${message}\n`);
  return true;
}

interface KubernetesObject {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
  spec: Record<string, unknown>;
}
interface Container {
  args: string[];
  env: { name: string; value?: string }[];
  readinessProbe: { httpGet: { path: string } };
  livenessProbe: { httpGet: { path: string } };
  resources: { requests: object; limits: object };
  securityContext: object;
}

const SERVICES = ['broadcaster', 'chaos-orchestrator', 'control', 'ingest', 'prober', 'scorer'];
const read = (path: string): string => readFileSync(join(INFRA, path), 'utf8');

/** Every metric that our own code registers. */
function registeredMetrics(): Set<string> {
  const names = new Set<string>();
  const walk = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else if (/(?<!\.spec)\.ts$/.test(name))
        for (const [found] of readFileSync(path, 'utf8').matchAll(/payday_[a-z_]+/g)) names.add(found);
    }
  };
  walk(join(ROOT, 'apps'));
  walk(join(ROOT, 'libs'));
  return names;
}

/** The settings as the prober reads them. */
function readAddressSettings(env: ReadonlyMap<string, string | undefined>): {
  allow: string[];
  deniedOrigins: string[];
} {
  const given = { PAYDAY_PROBER_TOKEN: 'x', PAYDAY_GAME_ID: 'g', PAYDAY_PROBER_ID: 'p' };
  const { prober } = readConfig(PROBER_SECTIONS, {
    flags: [],
    env: { ...Object.fromEntries(env), ...given },
  });
  return { allow: prober.allow.map(({ text }) => text), deniedOrigins: prober.deniedOrigins };
}

function unknownMetrics(text: string): string[] {
  const known = registeredMetrics();
  const named = [...text.matchAll(/payday_[a-z_]+/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, ''),
  );
  return [...new Set(named)].filter((name) => !known.has(name));
}

describe('Prometheus and Grafana', () => {
  const isMissing = lacks('promtool', ['--version'], 'prometheus (Debian)');
  const whenThere = isMissing ? it.skip : it;

  whenThere('the alerts are well-formed, and fire when they should and not otherwise', async () => {
    const at = { cwd: join(INFRA, 'prometheus') };
    expect((await run('promtool', ['check', 'rules', 'alerts.yaml'], at)).stdout).toContain('SUCCESS');
    expect((await run('promtool', ['test', 'rules', 'alerts.test.yaml'], at)).stdout).toContain('SUCCESS');
    await run('promtool', ['check', 'config', '--syntax-only', 'prometheus.yml'], at);
  });

  it('alerts and dashboard ask for metrics that exist', () => {
    expect(unknownMetrics(read('prometheus/alerts.yaml'))).toEqual([]);
    expect(unknownMetrics(read('grafana/dashboards/payday.json'))).toEqual([]);
    expect(unknownMetrics('rate(payday_never_was_total[1m])')).toEqual(['payday_never_was_total']);
  });

  it('the dashboard’s panels have queries, titles of their own, and the provisioned data source', () => {
    const { panels } = JSON.parse(read('grafana/dashboards/payday.json')) as {
      panels: { title: string; datasource: { uid: string }; targets: { expr: string }[] }[];
    };
    const { datasources } = parse(read('grafana/provisioning/datasources/prometheus.yaml')) as {
      datasources: { uid: string }[];
    };
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { datasource, targets } of panels) {
      expect(datasource.uid).toBe(datasources[0]!.uid);
      expect(targets.every(({ expr }) => expr.length > 0)).toBe(true);
    }
  });

  it('the chart’s copy of the alerts is the original', () => {
    expect(read('helm/payday/alerts.yaml')).toBe(read('prometheus/alerts.yaml'));
  });
});

describe('Compose and Helm', () => {
  // The `go` line of infra/check/go.mod is what its libraries need; an older Go cannot even read it.
  const isMissing = lacks('go', ['-C', join(INFRA, 'check'), 'list', '-m'], 'Go 1.24 or newer');
  const whenThere = isMissing ? it.skip : it;
  const check = async <T>(...args: string[]): Promise<T> =>
    JSON.parse((await run(CHECK, args, { maxBuffer: 64 * 1024 * 1024 })).stdout) as T;

  beforeAll(async () => {
    if (!isMissing) await run('go', ['build', '-o', CHECK, '.'], { cwd: join(INFRA, 'check') });
  }, BUILD_MS);

  whenThere(
    'Compose loads the file; every service of ours is in it, as no root and with a real command',
    async () => {
      const { services } = await check<{
        services: Record<string, { command: string[] | null; image: string; read_only?: boolean }>;
      }>('compose', join(INFRA, 'compose.yaml'));
      const ours = Object.entries(services).filter(([, { image }]) => image === 'payday:local');
      expect(ours.map(([name]) => name).sort()).toEqual(
        [...SERVICES.filter((name) => name !== 'prober'), 'migrate', 'topics'].sort(),
      );
      for (const [name, { command, read_only: readOnly }] of ours) {
        expect(readOnly).toBe(true);
        if (SERVICES.includes(name)) expect(command).toEqual(['run', name]);
      }
      expect(Object.keys(services)).toEqual(
        expect.arrayContaining(['kafka', 'postgres', 'prometheus', 'grafana', 'edge']),
      );
    },
  );

  whenThere(
    'Kubernetes takes every object of the chart, with the defaults and with everything on',
    async () => {
      const chart = join(INFRA, 'helm/payday');
      const plain = await check<KubernetesObject[]>('helm', chart);
      const full = await check<KubernetesObject[]>('helm', chart, join(INFRA, 'helm/everything.yaml'));
      const deployments = (objects: KubernetesObject[]): KubernetesObject[] =>
        objects.filter(({ kind }) => kind === 'Deployment');
      const names = (objects: KubernetesObject[]): string[] =>
        deployments(objects).map(({ metadata }) => metadata.name.replace('payday-', ''));
      expect(names(plain)).toEqual(SERVICES.filter((name) => name !== 'prober'));
      expect(names(full)).toEqual(SERVICES);
      for (const { metadata, spec } of deployments(full)) {
        const pod = (spec['template'] as { spec: { containers: Container[] } }).spec;
        const [container] = pod.containers as [Container];
        expect(container.args).toEqual(['run', metadata.name.replace('payday-', '')]);
        expect(container.readinessProbe.httpGet.path).toBe('/readyz');
        expect(container.livenessProbe.httpGet.path).toBe('/healthz');
        expect(container.securityContext).toMatchObject({ runAsNonRoot: true, readOnlyRootFilesystem: true });
        expect(container.resources).toMatchObject({ requests: {}, limits: {} });
      }
      const kinds = (objects: KubernetesObject[]): Set<string> => new Set(objects.map(({ kind }) => kind));
      expect([...kinds(plain)]).toEqual(
        expect.arrayContaining(['PodDisruptionBudget', 'KafkaTopic', 'Job', 'Ingress']),
      );
      expect([...kinds(full)]).toEqual(expect.arrayContaining(['PodMonitor', 'PrometheusRule']));
    },
  );

  whenThere('the chart’s prober calls nothing of its release for a team', async () => {
    const chart = join(INFRA, 'helm/payday');
    const objects = await check<KubernetesObject[]>('helm', chart, join(INFRA, 'helm/everything.yaml'));
    const pod = objects.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith('-prober'),
    )!.spec['template'] as { spec: { containers: Container[] } };
    const env = new Map(pod.spec.containers[0]!.env.map(({ name, value }) => [name, value]));
    const denied = env.get('PAYDAY_DENIED_ORIGINS')!.split(',');
    const services = objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
    expect(services.length).toBe(SERVICES.length + 1);
    for (const name of services) expect(denied).toContain(`http://${name}:3000`);
    expect(denied).toEqual(
      expect.arrayContaining(['https://kubernetes.default.svc', 'http://grafana.monitoring:80']),
    );
    expect(readAddressSettings(env)).toEqual({ allow: ['10.0.0.0/8', 'fd12::/16'], deniedOrigins: denied });
    expect([env.get('PAYDAY_DNS_SERVERS'), env.get('PAYDAY_DNS_CANARY')]).toEqual([
      '10.96.0.10',
      'status.example.com',
    ]);
    const headless = objects.find(
      ({ kind, metadata }) => kind === 'Service' && metadata.name.endsWith('-pods'),
    )!;
    expect(headless.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
  });

  it('the prober of Compose calls nothing that the file starts for a team, and nothing private unless told so', () => {
    const { services } = parse(read('compose.yaml'), { merge: true }) as {
      services: Record<string, { environment?: Record<string, string> }>;
    };
    const { environment } = services['prober']!;
    const env = new Map(
      // What Compose substitutes where nothing is set.
      Object.entries(environment!).map(([name, value]) => [name, value.replace(/\$\{\w+:-(.*?)\}/g, '$1')]),
    );
    const { allow, deniedOrigins } = readAddressSettings(env);
    expect(allow).toEqual([]);
    const runOnce = ['migrate', 'topics'];
    const hosts = new Set(deniedOrigins.map((origin) => new URL(origin).hostname));
    expect([...hosts].sort()).toEqual(
      Object.keys(services)
        .filter((name) => !runOnce.includes(name))
        .sort(),
    );
    // Ports are those on which they listen, as the file says elsewhere.
    expect(deniedOrigins).toEqual(
      expect.arrayContaining(['kafka://kafka:9093', 'postgres://postgres:5432', 'http://prometheus:9090']),
    );
  });

  whenThere('a mistake in a chart is found', async () => {
    await expect(check('helm', join(INFRA, 'check/testdata/broken'))).rejects.toThrow('unknown field');
  });
});

describe('the image and the settings that are named', () => {
  it('copies what is there, and runs a command that is there', () => {
    const dockerfile = read('Dockerfile');
    for (const [, path] of dockerfile.matchAll(/--from=build \/app\/(\S+)/g))
      expect([path, existsSync(join(ROOT, path!))]).toEqual([path, true]);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(existsSync(join(ROOT, 'dist/apps/cli/src/main.js'))).toBe(true);
  });

  it('every PAYDAY_ variable is one that a service reads', () => {
    const files = [
      'compose.yaml',
      'Dockerfile',
      'helm/payday/templates/services.yaml',
      'helm/payday/templates/_helpers.tpl',
    ];
    const named = new Set(files.flatMap((file) => read(file).match(/PAYDAY_[A-Z_]+/g) ?? []));
    const sources: string[] = [];
    const walk = (folder: string): void => {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (statSync(path).isDirectory()) walk(path);
        else if (name.endsWith('.ts')) sources.push(readFileSync(path, 'utf8'));
      }
    };
    walk(join(ROOT, 'apps'));
    walk(join(ROOT, 'libs'));
    const all = sources.join('\n');
    expect([...named].filter((name) => !all.includes(name))).toEqual([]);
  });
});
