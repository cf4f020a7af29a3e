export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** Mistakes in what the user gave. */
const USAGE_ERRORS = new Set([
  'bad_request',
  'confirmation_required',
  'invalid_fault_params',
  'unknown_fault_kind',
  'unknown_service',
  'invalid_config',
  'invalid_database_url',
  'invalid_log_url',
  'invalid_scenario',
  'invalid_speed',
  'invalid_pay',
  'invalid_option',
  'no_database',
  'no_game',
  'unknown_game',
  'unknown_team',
  'unknown_token',
  'unreadable_file',
  'unwritable_file',
]);

export function isUsageError(code: string): boolean {
  return USAGE_ERRORS.has(code);
}
