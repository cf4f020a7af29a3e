// Runs one bench in a process of its own, so that neither heap nor compiled code of one bench colours the next.
// Figures leave through the IPC channel; whatever a bench or its libraries print goes to stderr.
const [name, settings] = process.argv.slice(2);
const bench = await import(new URL(`../${name}/bench.mjs`, import.meta.url).href);
const progress = (text) => process.stderr.write(`[${name}] ${text}\n`);
try {
  for await (const figure of bench.run({ ...JSON.parse(settings), progress })) process.send(figure);
} catch (error) {
  progress(`failed: ${error?.stack ?? error}`);
  process.exitCode = 1;
}
process.disconnect();
