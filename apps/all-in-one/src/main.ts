import { run } from './run.js';

/** `npm start`: a whole game in one command. */
process.exit(await run(process.argv.slice(2)));
