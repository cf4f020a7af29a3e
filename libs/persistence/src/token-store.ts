export type TokenRole = 'facilitator' | 'team' | 'prober' | 'integration' | 'read-only';
