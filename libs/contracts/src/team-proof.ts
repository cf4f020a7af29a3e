/**
 * How a service proves which team owns it: it shows the team's proof, either in this header of every answer, or at
 * `PROOF_PATH` of its origin (text/plain, one proof per line, so that a gateway can serve several teams).
 */
export const PROOF_HEADER = 'payday-team';
export const PROOF_PATH = '/.well-known/payday-team';

/** A proof: `pt_` and 32 random bytes in base64url. It identifies the owner of a service and grants no access: docs/adr/0023. */
export const PROOF_PATTERN = /^pt_[A-Za-z0-9_-]{43}$/;

/** Further proofs in one answer are ignored, so that an answer costs a bounded number of hashes. */
export const MAX_PROOFS_PER_ANSWER = 64;
/** Longer texts are read only up to this length. */
const MAX_TEXT = 8 * 1024;

/**
 * The well-formed proofs in a header's value or a body, each once: separated by commas (which is how several headers of
 * one name are joined), blanks or line breaks. Everything else is ignored.
 */
export function proofsIn(text: string): string[] {
  const found = new Set<string>();
  for (const word of text.slice(0, MAX_TEXT).split(/[\s,]+/)) {
    if (!PROOF_PATTERN.test(word)) continue;
    found.add(word);
    if (found.size === MAX_PROOFS_PER_ANSWER) break;
  }
  return [...found];
}
