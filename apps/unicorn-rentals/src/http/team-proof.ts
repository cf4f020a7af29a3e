/** The header by which a service shows whose it is. */
export const TEAM_PROOF_HEADER = 'payday-team';

/** The allowed form of `PAYDAY_TEAM_PROOF`: it has to fit into a header. */
export const TEAM_PROOF_RULE = 'PAYDAY_TEAM_PROOF must be 1 to 200 visible ASCII characters';

/**
 * The team's proof from the environment: undefined if it is not set, null if it is malformed.
 * @param env the process's environment
 */
export function teamProofFrom(env: NodeJS.ProcessEnv): string | null | undefined {
  const text = env['PAYDAY_TEAM_PROOF'] ?? '';
  if (text === '') return undefined;
  return /^[\x21-\x7e]{1,200}$/.test(text) ? text : null;
}
