import { join, resolve } from 'node:path';
import type { ChaosTargetsFile } from '../../../chaos-orchestrator/src/index.js';
import { Fleet } from '../fleet.js';
import type { Stage, StageParts, StageTiming } from '../stage.js';
import { startFront, type Front } from './front.js';
import { TargetsFile } from './targets-file.js';

const READY_WITHIN_MS = 120_000;
/** What the services read of our own environment: how to get into the log and the database. */
const PASSED_ON = /^(PAYDAY_KAFKA_|PG|AWS_)/;

/** Number of processes of each service that scales. */
export interface FleetSize {
  controls: number;
  scorers: number;
  ingests: number;
  broadcasters: number;
}

/** The distributed shape on this machine: every service a process of its own, behind one address. */
export class FleetStage implements Stage {
  readonly timing: StageTiming = {
    startDelayMs: 3_000,
    sandboxesMs: READY_WITHIN_MS,
    proberMs: READY_WITHIN_MS,
    graceMs: 6_000,
  };
  readonly canResume = false;
  private parts: StageParts | undefined;
  private fleet: Fleet | undefined;
  private front: Front | undefined;
  private targets: TargetsFile | undefined;

  constructor(private readonly size: FleetSize) {}

  async boot(parts: StageParts): Promise<Fleet> {
    this.parts = parts;
    const { options, logger, progress, folder, engines, chaosTargets, url, onProcessUp } = parts;
    this.targets = new TargetsFile(join(folder.path, 'chaos-targets.json'));
    this.targets.write([]);
    const env = {
      ...environment((name) => PASSED_ON.test(name)),
      PAYDAY_LOG_URL: engines.logUrl,
      DATABASE_URL: engines.databaseUrl,
      PAYDAY_LOG_LEVEL: options.logLevel,
      // The only balancer is our own front, which knows which processes are up.
      PAYDAY_DRAIN_MS: '0',
    };
    const fleet = new Fleet(env, logger, onProcessUp);
    this.fleet = fleet;
    const { controls, scorers, ingests, broadcasters } = this.size;
    fleet.add('control', controls);
    fleet.add('scorer', scorers);
    fleet.add('ingest', ingests);
    fleet.add('broadcaster', broadcasters);
    fleet.add('chaos-orchestrator', 1, {
      env: {
        ...targetsEnvironment(chaosTargets, options.chaosTargets),
        PAYDAY_CHAOS_TARGETS: this.targets.path,
        PAYDAY_CONTROL_URL: url,
      },
    });
    await fleet.allReady(READY_WITHIN_MS);
    this.front = await startFront({ host: options.host, port: options.port }, fleet, logger);
    progress.step(`${fleet.members.length} services are up`);
    return fleet;
  }

  /** Only new games are played here (`canResume`). */
  async recoverGame(): Promise<void> {}

  /** The services take everything as soon as they are up. */
  async open(): Promise<void> {}

  async goOn(): Promise<void> {}

  /** Control does it by itself. */
  runGames(): void {}

  publishTargets(gameId: string, teamIds: readonly string[]): void {
    const { targetOf } = this.parts!;
    this.targets!.write(teamIds.map((teamId) => ({ gameId, teamId, ...targetOf(teamId) })));
  }

  /** The prober knows the log and the database by its own settings. */
  deniedOrigins(): string[] {
    return (this.fleet?.members ?? []).flatMap(({ url }) => url ?? []);
  }

  describe(): string[] {
    return (this.fleet?.members ?? []).map(({ name, url }) => `  ${name.padEnd(20)} ${url ?? 'not up'}`);
  }

  async stopGames(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.all([this.front?.close(), this.fleet?.stop(this.timing.graceMs)]);
    this.targets?.remove();
  }
}

/** What the orchestrator needs for a chaos targets file: the secrets that it names, and access to Kubernetes and AWS. */
function targetsEnvironment(targets: ChaosTargetsFile | null, path: string | null): Record<string, string> {
  if (targets === null || path === null) return {};
  const secrets = new Set(targets.secretNames);
  return {
    ...environment((name) => secrets.has(name) || name === 'KUBECONFIG' || name.startsWith('AWS_')),
    PAYDAY_CHAOS_TARGETS_FILE: resolve(path),
  };
}

/** The variables of our own environment whose names are wanted. */
function environment(isWanted: (name: string) => boolean): Record<string, string> {
  const found = Object.entries(process.env).filter(([name, value]) => isWanted(name) && value !== undefined);
  return Object.fromEntries(found) as Record<string, string>;
}
