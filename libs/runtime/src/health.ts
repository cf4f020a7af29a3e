import { Controller, Get, Inject, Injectable, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Registry } from 'prom-client';
import { messageOf } from '#kernel';
import { METRICS } from './tokens.js';

/** What must hold before the service can work. Each check resolves, or rejects with the reason. */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, () => Promise<void> | void>();

  register(name: string, check: () => Promise<void> | void): void {
    this.checks.set(name, check);
  }

  async report(): Promise<{ ready: boolean; checks: Record<string, string> }> {
    const checks: Record<string, string> = {};
    let ready = true;
    for (const [name, check] of this.checks) {
      try {
        await check();
        checks[name] = 'ok';
      } catch (error) {
        checks[name] = messageOf(error);
        ready = false;
      }
    }
    return { ready, checks };
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

  /** The process answers. */
  @Get('healthz')
  healthz(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The process can do its work: 200, or 503 with the check that failed. */
  @Get('readyz')
  async readyz(
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<{ ready: boolean; checks: Record<string, string> }> {
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
