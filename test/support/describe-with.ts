/**
 * `describe`, or its skipping kin where what it needs is missing: loudly, and under `CI=true` as a failure.
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
