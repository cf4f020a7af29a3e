/** The company's services; the order is the order of the status indicators. */
export const DEMO_SERVICES = ['router', 'catalog', 'pricing', 'booking'] as const;

export type DemoService = (typeof DEMO_SERVICES)[number];

/** What a team process sends to the launcher that forked it, once everything listens. */
export interface TeamReady {
  type: 'ready';
  endpoints: Record<DemoService, string>;
  /** Origin of the team's fault agent. */
  agentUrl: string;
}

/** What the launcher sends to a team process once it knows the team's proof of ownership. */
export interface TeamProofMessage {
  type: 'proof';
  teamProof: string;
}
