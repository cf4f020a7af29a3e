import { messageOf } from '#kernel';
import { startTestPostgres } from '#testing';
import { kafkaMedium, lmdbMedium, type Medium } from './medium.js';
import { FULL, QUICK, SCENARIOS, play, type Outcome } from './scenarios.js';
import { isRight, toJson, toTable } from './table.js';

export interface AllOptions {
  json: boolean;
  quick: boolean;
  seed: string;
  log: Medium['name'];
  /** Only scenarios with this text in their name. */
  only: string;
}

/** Runs all scenarios in turn. @returns the exit code: 0, or 1 if anything was lost, counted twice or not played */
export async function runAll(options: AllOptions): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const tellTenths = (kills: number, of: number): void => {
    if (kills % Math.ceil(of / 10) === 0) say(`  ${kills} of ${of}`);
  };
  const size = options.quick ? QUICK : FULL;
  const startedAt = performance.now();
  const outcomes: Outcome[] = [];
  let failed = false;
  const medium = options.log === 'kafka' ? await kafkaMedium() : lmdbMedium;
  const postgres = await startTestPostgres();
  try {
    for (const scenario of SCENARIOS[options.log]) {
      if (!scenario.name.includes(options.only)) continue;
      const since = performance.now();
      say(`${scenario.name} …`);
      try {
        const outcome = await play(scenario, postgres, medium, size, options.seed, tellTenths);
        outcomes.push(outcome);
        if (!isRight(outcome)) failed = true;
        for (const example of outcome.examples) say(`  WRONG ${example}`);
      } catch (error) {
        failed = true;
        say(`  FAILED ${messageOf(error)}`);
      }
      say(`  ${((performance.now() - since) / 1000).toFixed(1)} s`);
    }
  } finally {
    await postgres.stop();
    await medium.close();
  }
  const json = { seed: options.seed, log: options.log, scenarios: outcomes.map(toJson) };
  process.stdout.write(`${options.json ? JSON.stringify(json, null, 2) : toTable(outcomes)}\n`);
  say(`seed ${options.seed}, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  return failed ? 1 : 0;
}
