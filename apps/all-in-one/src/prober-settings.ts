/** Settings of the prober that have no flag here: they are given in the environment. */
const HANDED_ON = ['PAYDAY_DNS_SERVERS', 'PAYDAY_DNS_CANARY', 'PAYDAY_PUBLIC_URL'];

/** Those that are set, for the prober's own environment. */
export function proberSettings(environment: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    HANDED_ON.flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}
