/** What went wrong, from the caller's point of view. */
export type ErrorKind =
  /** The caller's input is wrong; the same call fails again. */
  | 'input'
  /** The input names something that does not exist. */
  | 'missing'
  /** The present state does not allow the call. */
  | 'conflict'
  /** The caller has no permission. */
  | 'denied'
  /** A limit on load or size. */
  | 'limit'
  /** A dependency is unreachable, overloaded or refused the call. */
  | 'unavailable'
  /** The installation, its configuration or its stored data needs an operator. */
  | 'environment'
  /** The process is stopping, or the object was closed. */
  | 'closed'
  /** A fault of this program. */
  | 'internal';

export interface ErrorSpec {
  kind: ErrorKind;
  /** Status of the problem details with this code; absent for codes that never reach HTTP clients. */
  http?: number;
  /** Exit code of a command that ends with this error: 2 for a mistake of the user. Default: 1. */
  exit?: 2;
  /** Default of `PaydayError.retryable`: the same call may succeed later. Default: false. */
  retryable?: true;
  /** Another service or an operator will resolve it soon, so a service that starts waits for that. */
  awaited?: true;
}

export function defineErrors<T extends Record<string, ErrorSpec>>(
  errors: T,
): Readonly<Record<keyof T, ErrorSpec>> {
  return errors;
}

/** Every code of a `PaydayError`. */
export const ERRORS = defineErrors({
  // HTTP and socket requests
  bad_request: { kind: 'input', http: 400, exit: 2 },
  invalid_query: { kind: 'input', http: 400 },
  truncated_batch: { kind: 'input', http: 400 },
  invalid_batch: { kind: 'input', http: 422 },
  invalid_event: { kind: 'input' },
  unauthenticated: { kind: 'denied', http: 401 },
  forbidden: { kind: 'denied', http: 403 },
  not_found: { kind: 'missing', http: 404 },
  method_not_allowed: { kind: 'input', http: 405 },
  duplicate_batch: { kind: 'conflict', http: 409 },
  payload_too_large: { kind: 'limit', http: 413 },
  unsupported_media_type: { kind: 'input', http: 415 },
  too_many_requests: { kind: 'limit', http: 429 },
  internal_error: { kind: 'internal', http: 500 },
  unavailable: { kind: 'unavailable', http: 503 },

  // Games, teams and tokens
  unknown_game: { kind: 'missing', http: 404, exit: 2 },
  unknown_team: { kind: 'missing', http: 404, exit: 2 },
  unknown_service: { kind: 'missing', http: 404, exit: 2 },
  unknown_token: { kind: 'missing', http: 404, exit: 2 },
  game_exists: { kind: 'conflict', http: 409 },
  team_exists: { kind: 'conflict', http: 409 },
  endpoint_taken: { kind: 'conflict', http: 409 },
  game_over: { kind: 'conflict', http: 409 },
  wrong_state: { kind: 'conflict', http: 409 },
  invalid_transition: { kind: 'conflict' },
  invalid_schedule: { kind: 'input' },
  invalid_id: { kind: 'input' },
  no_game: { kind: 'missing', exit: 2 },
  not_started: { kind: 'conflict' },
  nothing_to_resume: { kind: 'missing' },
  unknown_case: { kind: 'internal' },
  corrupt_state: { kind: 'internal' },

  // Files and options
  invalid_scenario: { kind: 'input', http: 422, exit: 2 },
  invalid_teams_file: { kind: 'input', http: 422, exit: 2 },
  invalid_chaos_targets: { kind: 'input', exit: 2 },
  invalid_targets_file: { kind: 'input' },
  invalid_config: { kind: 'input', exit: 2 },
  invalid_database_url: { kind: 'input', exit: 2 },
  invalid_log_url: { kind: 'input', exit: 2 },
  invalid_speed: { kind: 'input', exit: 2 },
  invalid_pay: { kind: 'input', exit: 2 },
  invalid_option: { kind: 'input', exit: 2 },
  invalid_team_count: { kind: 'input' },
  bad_range: { kind: 'input' },
  usage: { kind: 'input' },
  unreadable_file: { kind: 'input', exit: 2 },
  unwritable_file: { kind: 'input', exit: 2 },
  no_database: { kind: 'input', exit: 2 },

  // Faults
  unknown_fault: { kind: 'missing', http: 404 },
  unknown_fault_kind: { kind: 'missing', http: 422, exit: 2 },
  invalid_fault_params: { kind: 'input', http: 422, exit: 2 },
  command_conflict: { kind: 'conflict', http: 409 },
  chaos_limit: { kind: 'limit', http: 409 },
  confirmation_required: { kind: 'input', http: 409, exit: 2 },
  out_of_reach: { kind: 'conflict', http: 409 },
  invalid_fault: { kind: 'input' },
  duplicate_fault_kind: { kind: 'internal' },
  no_fault_agent: { kind: 'environment' },
  fault_agent_unreachable: { kind: 'unavailable', retryable: true },
  fault_refused: { kind: 'unavailable' },
  unreachable_service: { kind: 'unavailable' },
  driver_client_missing: { kind: 'environment' },
  not_running: { kind: 'unavailable', retryable: true },
  not_stopped: { kind: 'unavailable', retryable: true },
  not_injected: { kind: 'unavailable', retryable: true },
  not_recovered: { kind: 'unavailable', retryable: true },
  experiment_failed: { kind: 'unavailable' },
  too_many_experiments: { kind: 'limit', retryable: true },
  unknown_template: { kind: 'environment' },
  no_aws_credentials: { kind: 'environment' },
  aws_unreachable: { kind: 'unavailable', retryable: true },
  invalid_kubeconfig: { kind: 'environment' },
  kubernetes_unreachable: { kind: 'unavailable', retryable: true },
  toxiproxy_proxy_missing: { kind: 'environment', retryable: true },
  toxiproxy_unreachable: { kind: 'unavailable', retryable: true },
  webhook_secret_missing: { kind: 'environment' },
  webhook_unreachable: { kind: 'unavailable', retryable: true },

  // Fault agents of teams and probers
  body_too_large: { kind: 'limit' },
  fault_conflict: { kind: 'conflict' },
  invalid_body: { kind: 'input' },
  invalid_fault_id: { kind: 'input' },
  invalid_params: { kind: 'input' },
  invalid_request: { kind: 'input' },
  invalid_ttl: { kind: 'input' },
  too_many_faults: { kind: 'limit' },
  unknown_kind: { kind: 'missing' },

  // Event log
  adapter_unavailable: { kind: 'environment' },
  consumer_stalled: { kind: 'unavailable', retryable: true },
  invalid_options: { kind: 'input' },
  invalid_position: { kind: 'input' },
  invalid_record: { kind: 'input' },
  invalid_topic: { kind: 'input' },
  lease_ended: { kind: 'conflict', retryable: true },
  log_closed: { kind: 'closed' },
  log_corrupt: { kind: 'environment' },
  log_refused: { kind: 'environment' },
  log_too_short: { kind: 'environment' },
  log_unavailable: { kind: 'unavailable', retryable: true },
  log_version: { kind: 'environment' },
  poison_not_in_batch: { kind: 'internal' },
  poison_record: { kind: 'input' },
  position_beyond_end: { kind: 'environment' },
  position_expired: { kind: 'environment' },
  record_too_large: { kind: 'limit' },
  topic_mismatch: { kind: 'environment' },
  topic_resharded: { kind: 'environment' },
  unknown_topic: { kind: 'missing', awaited: true },

  // Database
  data_dir_in_use: { kind: 'environment' },
  data_folder_in_use: { kind: 'environment' },
  data_folder_unusable: { kind: 'environment' },
  database_closed: { kind: 'closed' },
  database_refused: { kind: 'environment' },
  database_unavailable: { kind: 'unavailable', retryable: true },
  fenced: { kind: 'conflict' },
  guardian_missing: { kind: 'environment' },
  migration_failed: { kind: 'environment' },
  not_json: { kind: 'internal' },
  postgres_init_failed: { kind: 'environment' },
  postgres_start_failed: { kind: 'environment' },
  postgres_unavailable: { kind: 'environment' },
  postgres_unreachable_path: { kind: 'environment' },
  postgres_unstoppable: { kind: 'environment' },
  schema_outdated: { kind: 'environment', awaited: true },
  timeout: { kind: 'unavailable', retryable: true },
  unsafe_integer: { kind: 'internal' },

  // Processes
  address_unusable: { kind: 'environment' },
  interrupted: { kind: 'closed' },
  port_taken: { kind: 'environment' },
  rehearsal_failed: { kind: 'conflict' },
  sandbox_not_ready: { kind: 'unavailable' },
  service_not_ready: { kind: 'unavailable' },
  stopping: { kind: 'closed' },
  web_not_built: { kind: 'environment' },
});

export type ErrorCode = keyof typeof ERRORS;

/** The entry of a code; undefined for a code of another program. */
export function errorSpec(code: string): ErrorSpec | undefined {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined;
}

/** The exit code of a command that ends with this code: 2 for a mistake of the user, else 1. */
export function exitCodeOf(code: string): 1 | 2 {
  return errorSpec(code)?.exit ?? 1;
}
