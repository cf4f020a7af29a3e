/** Who a token stands for. */
export const TOKEN_ROLES = ['facilitator', 'team', 'prober', 'integration', 'read-only'] as const;
export type TokenRole = (typeof TOKEN_ROLES)[number];
