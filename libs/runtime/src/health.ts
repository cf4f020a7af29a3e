import { Controller, Get, Inject, Injectable, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Registry } from 'prom-client';
import { messageOf } from '#kernel';
import { METRICS } from './tokens.js';

/** Resolves if the check passes, optionally with a remark; rejects with the reason if it fails. */
export type ReadinessCheck = () => Promise<string | void> | string | void;

export interface ReadinessReport {
  ready: boolean;
  /** Result by check: `ok`, `ok: <remark>`, or the problem. */
  checks: Record<string, string>;
}

/** A check that takes longer counts as failed, because probes time out as well. */
const CHECK_WITHIN_MS = 2_000;

/** The conditions that the service needs before it can work. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();
  private running: Promise<ReadinessReport> | undefined;

  /** Replaces a check of the same name. */
  register(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  remove(name: string): void {
    this.checks.delete(name);
  }

  /** Makes the process permanently not ready, whatever the checks return. */
  stop(): void {
    this.register('stopping', () => {
      throw new Error('this process is stopping');
    });
  }

  /** Concurrent callers share one run of the checks, so frequent probes cost no more. */
  report(): Promise<ReadinessReport> {
    this.running ??= this.runChecks().finally(() => (this.running = undefined));
    return this.running;
  }

  private async runChecks(): Promise<ReadinessReport> {
    const answers = await Promise.all(
      [...this.checks].map(async ([name, check]) => ({ name, ...(await answer(check)) })),
    );
    return {
      ready: answers.every(({ ok }) => ok),
      checks: Object.fromEntries(answers.map(({ name, text }) => [name, text])),
    };
  }
}

async function answer(check: ReadinessCheck): Promise<{ ok: boolean; text: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${CHECK_WITHIN_MS / 1000} s`)),
      CHECK_WITHIN_MS,
    );
  });
  try {
    const remark = await Promise.race([Promise.resolve().then(check), late]);
    return { ok: true, text: typeof remark === 'string' ? `ok: ${remark}` : 'ok' };
  } catch (error) {
    return { ok: false, text: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
}

@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(METRICS) private readonly metrics: Registry,
  ) {}

  /** Liveness: the process answers. */
  @Get('healthz')
  healthz(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Readiness: 200, or 503 with the check that failed. */
  @Get('readyz')
  async readyz(@Res({ passthrough: true }) reply: Reply): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    reply.status(report.ready ? 200 : 503);
    return report;
  }

  @Get('metrics')
  async metricsText(@Res({ passthrough: true }) reply: Reply): Promise<string> {
    reply.header('content-type', this.metrics.contentType);
    return this.metrics.metrics();
  }
}
