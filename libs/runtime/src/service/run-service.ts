import { Registry, collectDefaultMetrics } from 'prom-client';
import { PaydayError, messageOf } from '#kernel';
import { systemClock, systemTimers } from '#kernel/system';
import { ConfigError, configHelp, readConfig, wantsHelp, type ConfigOf } from '../config/index.js';
import { Readiness } from '../health.js';
import { createLogger, type Logger } from '../logger.js';
import { exitWithParent } from '../parent.js';
import { trackInFlight } from './in-flight.js';
import { listen } from './port.js';
import type { Service, ServiceApp, ServiceParts, ServiceSections } from './service.js';
import { waiter } from './wait-for.js';
import { openStartupProbe, type StartupProbe } from './startup-probe.js';

export interface RunOptions {
  /** The command line after the service's name. Default: that of the process. */
  flags?: readonly string[];
  /** For the help. Default: `payday run <name>`. */
  usage?: string;
  /** Sections of other services, which may appear in the same file. */
  foreignSections?: readonly string[];
}

const EXIT = { fine: 0, failed: 1, usage: 2 } as const;
/** The part of the shutdown time reserved for closing, even if requests are still in flight. */
const CLOSE_MS = 2_000;

/**
 * Runs a service as this process until a signal stops it; then it ends the process itself. Configuration mistakes are
 * listed all at once on standard error. SIGTERM and SIGINT stop it gracefully: `/readyz` answers 503, work is handed
 * over, connections are drained. A second signal ends it at once.
 * @returns the exit code, as long as nothing else ends the process: 2 for mistakes in the configuration, else 0
 */
export async function runService<S extends ServiceSections>(
  service: Service<S>,
  options: RunOptions = {},
): Promise<number> {
  const { name, summary, sections } = service;
  const flags = options.flags ?? process.argv.slice(2);
  if (wantsHelp(sections, flags)) {
    process.stdout.write(configHelp(`${options.usage ?? `payday run ${name}`} [options]`, summary, sections));
    return EXIT.fine;
  }
  let config: ConfigOf<S>;
  try {
    config = readConfig(sections, { flags, env: process.env, foreignSections: options.foreignSections });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`payday ${name}: ${error.message}\n`);
    return EXIT.usage;
  }
  exitWithParent();
  await new ServiceProcess(service, config).run();
  return EXIT.fine;
}

class ServiceProcess<S extends ServiceSections> {
  private readonly logger: Logger;
  private readonly metrics = new Registry();
  private readonly readiness = new Readiness();
  private readonly stopping = new AbortController();
  private readonly settings: { host: string; port: number; drainMs: number; stopWithinMs: number };
  private startupProbe: StartupProbe | undefined;
  private running: ServiceApp | undefined;
  private inFlight: ReturnType<typeof trackInFlight> | undefined;
  private exitCode: number = EXIT.fine;

  constructor(
    private readonly service: Service<S>,
    private readonly config: ConfigOf<S>,
  ) {
    const { http, process: settings } = config as ConfigOf<ServiceSections>;
    this.settings = { ...http, drainMs: settings.drainMs, stopWithinMs: settings.stopWithinMs };
    this.logger = createLogger({ service: service.name, level: settings.logLevel });
    collectDefaultMetrics({ register: this.metrics });
  }

  async run(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.onSignal(signal));
    try {
      await this.start();
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.logger.fatal({ err: error }, messageOf(error));
      this.exitCode = EXIT.failed;
      await this.stop();
    }
  }

  private async start(): Promise<void> {
    const { logger, metrics, readiness, settings } = this;
    readiness.register('start', () => {
      throw new Error('the service is starting');
    });
    this.startupProbe = await openStartupProbe(settings, readiness, metrics);
    const at = { host: settings.host, port: this.startupProbe.port };
    const parts: ServiceParts = {
      clock: systemClock,
      logger,
      metrics,
      readiness,
      waitFor: waiter(readiness, logger, this.stopping.signal),
      stopping: this.stopping.signal,
      listensAt: at,
      fail: (reason) => this.fail(reason),
    };
    const running = await this.service.start(this.config, parts);
    this.running = running;
    this.inFlight = trackInFlight(running.app);
    await running.app.init();
    await running.begin?.();
    if (this.stopping.signal.aborted) return;
    await this.startupProbe.close();
    this.startupProbe = undefined;
    await listen(running.app, at.host, at.port);
    readiness.remove('start');
    logger.info(at, 'running');
    // Tell the parent process where this service listens.
    process.send?.({ type: 'ready', ...at });
  }

  private onSignal(signal: NodeJS.Signals): void {
    // Ctrl-C reaches the whole process group: with a parent, the parent decides when we stop.
    if (signal === 'SIGINT' && process.channel !== undefined) return;
    if (this.stopping.signal.aborted) process.exit(EXIT.failed);
    this.logger.info({ signal }, 'stopping');
    void this.stop();
  }

  private fail(reason: Error): void {
    if (this.stopping.signal.aborted) return;
    this.logger.fatal({ err: reason }, messageOf(reason));
    this.exitCode = EXIT.failed;
    void this.stop();
  }

  private async stop(): Promise<void> {
    const { logger, settings } = this;
    const { drainMs, stopWithinMs } = settings;
    this.readiness.stop();
    this.stopping.abort(new PaydayError('stopping', 'the process is stopping'));
    setTimeout(() => {
      logger.error(`did not stop within ${stopWithinMs} ms; other processes take over the remaining work`);
      process.exit(EXIT.failed);
    }, stopWithinMs).unref();
    try {
      this.inFlight?.turnAway();
      const isRouted = this.running !== undefined && this.exitCode === EXIT.fine;
      await Promise.all([this.running?.handOver?.(), isRouted ? systemTimers.sleep(drainMs) : undefined]);
      await this.inFlight?.drained(Math.max(0, stopWithinMs - drainMs - CLOSE_MS));
      await this.startupProbe?.close();
      await this.running?.app.close();
      await this.running?.close();
    } catch (error) {
      logger.error({ err: error }, `did not stop cleanly: ${messageOf(error)}`);
      this.exitCode = EXIT.failed;
    }
    process.exit(this.exitCode);
  }
}
