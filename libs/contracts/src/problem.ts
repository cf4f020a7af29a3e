import type { Problem } from './api/problem.js';

/** Every problem code of the HTTP face, with its status and title. */
export const PROBLEMS = {
  bad_request: { status: 400, title: 'The request is malformed' },
  invalid_query: { status: 400, title: 'A query parameter is invalid' },
  truncated_batch: { status: 400, title: 'The batch ends too early or is not the declared format' },
  invalid_batch: { status: 422, title: 'The batch breaks a rule' },
  unauthenticated: { status: 401, title: 'A valid token is required' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  not_found: { status: 404, title: 'There is no such resource' },
  method_not_allowed: { status: 405, title: 'The method is not supported here' },
  unknown_game: { status: 404, title: 'There is no such game' },
  unknown_team: { status: 404, title: 'The team is not part of the game' },
  unknown_service: { status: 404, title: 'The service is not part of the scenario' },
  duplicate_batch: { status: 409, title: 'The batch was already accepted' },
  game_over: { status: 409, title: 'The game is sealed' },
  unknown_fault: { status: 404, title: 'There is no such fault' },
  game_exists: { status: 409, title: 'There is a game with this id already' },
  unknown_token: { status: 404, title: 'There is no such token' },
  endpoint_taken: { status: 409, title: 'The address is another team’s service already' },
  team_exists: { status: 409, title: 'The game has a team with this id or name already' },
  command_conflict: { status: 409, title: 'The command id was used for another command' },
  chaos_limit: { status: 409, title: 'A limit for chaos would be exceeded' },
  confirmation_required: { status: 409, title: 'The command needs a typed confirmation' },
  unknown_fault_kind: { status: 422, title: 'No driver knows this kind of fault' },
  out_of_reach: { status: 409, title: 'No team that was asked for is in reach of the driver' },
  invalid_fault_params: { status: 422, title: 'The fault has parameters that its kind does not take' },
  invalid_scenario: { status: 422, title: 'The scenario has mistakes' },
  invalid_teams_file: { status: 422, title: 'The list of teams has mistakes' },
  wrong_state: { status: 409, title: 'The game is in no state that allows this' },
  payload_too_large: { status: 413, title: 'The request body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something failed on our side' },
  unavailable: { status: 503, title: 'Not ready yet, or overloaded' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Problem details for a code. `detail` says what was wrong, where and what to do. */
export function problem(code: ProblemCode, detail: string, errors?: Problem['errors']): Problem {
  return {
    type: `urn:payday:problem:${code}`,
    ...PROBLEMS[code],
    code,
    detail,
    ...(errors ? { errors } : {}),
  };
}
