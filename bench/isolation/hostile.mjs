// The hostile team's server, selected by the name of its row; without a name it lists the rows. Runs with tools/typescript-hooks.mjs.
import { HOSTILE_ROWS } from '../../test/support/hostile/index.ts';

const row = HOSTILE_ROWS.find(({ name }) => name === process.argv[2]);
let listening;
if (row === undefined)
  process.send({ rows: HOSTILE_ROWS.map(({ name, does, outcomes }) => ({ name, does, outcomes })) });
else {
  listening = await row.listen();
  process.send({ url: listening.url });
}
process.on('disconnect', () => {
  listening?.close();
  process.exit(0);
});
