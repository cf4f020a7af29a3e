/**
 * `describe`, or a skipped `describe` where a requirement is missing: with a message, and under `CI=true` as a failure.
 * @param lacks what is missing and how to get it; undefined if nothing is
 */
export function describeWith(name: string, lacks: string | undefined, define: () => void): void {
  if (lacks === undefined) {
    describe(name, define);
    return;
  }
  const reason = `SKIPPED: ${name}: ${lacks}`;
  if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(reason);
    });
    return;
  }
  process.stderr.write(`${reason}\n`);
  test.skip(name, () => undefined);
}
