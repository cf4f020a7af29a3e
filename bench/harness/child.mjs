// Runs one bench in a separate process, so that its heap and compiled code do not affect the next one.
// Figures are sent through the IPC channel; the output of a bench and its libraries goes to stderr.
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
