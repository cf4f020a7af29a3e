#!/usr/bin/env node
import { run } from './run.js';

/** `npx payday …` */
process.exitCode = await run(process.argv.slice(2));
