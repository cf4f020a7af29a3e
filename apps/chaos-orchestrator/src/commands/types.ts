import type { FaultInfo, FaultScoring, TimelineEntry } from '#contracts';
import type { FaultParams, TeamChaos } from '#faults';
import type { AuditActor } from '#persistence';
import type { FaultSelector } from '../faults/fault-selector.js';
import type { LimitViolation } from '../faults/limits.js';

export type { FaultSelector, LimitViolation };

/** The sender of a command. */
export type Actor = AuditActor;

/**
 * The common part of every command. A command with the same id, content and token is carried out once and always gets the same
 * answer; with different content it is refused (`command_conflict`). A refused command leaves no trace, so its id may be
 * used again, e.g. with the missing confirmation.
 */
export interface CommandMeta {
  /** Idempotency key, chosen by the client: 1 to 64 letters, digits, hyphens and underscores, e.g. a UUID. */
  readonly commandId: string;
  readonly actor: Actor;
}

/** One fault to inject, on one or many teams. */
export interface InjectRequest {
  readonly gameId: string;
  readonly kind: string;
  readonly serviceId: string;
  readonly params: FaultParams;
  /**
   * All teams; or this many of the ranked teams with the service deployed, those that were dealt the least so far (ties broken
   * by a seeded draw); or exactly these.
   */
  readonly teams: 'all' | number | readonly string[];
  /** Required, whole ms. */
  readonly ttlMs: number;
  /** Shown to the audience; 1 to 200 characters. */
  readonly label: string;
  /** Default: `count`. */
  readonly scoring?: FaultScoring;
}

export interface InjectCommand extends CommandMeta {
  readonly request: InjectRequest;
  /** The text that `InjectPreview.confirmation` requires. */
  readonly confirm?: string;
  /** Id of a preview: refuses the command (`wrong_state`) if it would strike other teams than shown, or if the preview is too old. */
  readonly previewId?: string;
}

/** A team in a preview. */
export interface PreviewTeam extends TeamChaos {
  readonly name: string;
  readonly ranked: boolean;
  /** Whether the injection would strike it. */
  readonly struck: boolean;
  /** Why it would not be struck, for people; null: it would. */
  readonly spared: string | null;
  /** Whether the driver reaches this team. */
  readonly reachable: boolean;
  /** The endpoint that its customers use for the service; null: none is registered. */
  readonly endpoint: string | null;
  /** Ids of the unfinished faults on any service of this team. */
  readonly activeFaults: readonly string[];
  /** Expected cost of the injection to it, cents, ≥ 0; 0 if it is spared or has no endpoint of the service. */
  readonly expectedCostCents: number;
  /** Expected gain from a traffic spike, likewise. */
  readonly expectedGainCents: number;
}

/** What an injection would do. A preview changes nothing. */
export interface InjectPreview {
  readonly previewId: string;
  readonly gameId: string;
  readonly madeAt: number;
  /** From then on, the preview id is refused. */
  readonly expiresAt: number;
  /** Latest end of the faults if they were injected now. */
  readonly endsAt: number;
  readonly driver: string;
  readonly kind: string;
  readonly serviceId: string;
  readonly ttlMs: number;
  readonly label: string;
  readonly scoring: FaultScoring;
  /** Struck teams first, then the others; each in the order in which they joined. */
  readonly teams: readonly PreviewTeam[];
  /** The number of struck teams, of all teams, and of affected endpoints. */
  readonly blastRadius: { readonly teams: number; readonly ofTeams: number; readonly endpoints: number };
  /** Sum over all struck teams, over the whole time to live, cents, ≥ 0. */
  readonly expectedCostCents: number;
  readonly expectedGainCents: number;
  /** The assumptions of the estimate, for people. */
  readonly expectedBasis: string;
  /** Violated limits; empty: the injection is allowed. */
  readonly violations: readonly LimitViolation[];
  /** The required confirmation; null: none. */
  readonly confirmation: { readonly type: string; readonly why: string } | null;
}

/** The answer to a command. `seq` is its position in the total order of commands. */
export interface CommandResult {
  readonly commandId: string;
  readonly seq: number;
  readonly at: number;
}

export interface InjectResult extends CommandResult {
  readonly gameId: string;
  readonly injectionId: string;
  /** Their state when the command was accepted: armed. */
  readonly faults: readonly FaultInfo[];
  /** Requested teams that can't be struck. */
  readonly spared: readonly { readonly teamId: string; readonly reason: string }[];
}

export interface StopCommand extends CommandMeta {
  /** For people; default `stopped by hand`. */
  readonly reason?: string;
}

export interface StopAllCommand extends StopCommand {
  /** Default: every game. */
  readonly gameId?: string;
}

export interface StopResult extends CommandResult {
  /** Faults that are verified gone. */
  readonly verified: readonly FaultInfo[];
  /** Faults that could not be verified in time; the orchestrator keeps trying. */
  readonly unverified: readonly FaultInfo[];
  /** Games whose timeline is held from now on, until a facilitator resumes it. */
  readonly heldTimelines: readonly string[];
  /** False: it was done but not stored in time; the orchestrator keeps trying to store it. */
  readonly recorded: boolean;
}

export interface TimelineCommand extends CommandMeta {
  readonly gameId: string;
}

export interface SkipCommand extends TimelineCommand {
  readonly entryId: string;
}

export interface TimelineResult extends CommandResult {
  readonly timeline: TimelineView;
}

export type TimelineEntryState =
  /** Not yet. */
  | 'pending'
  /** Due, but waiting for its condition or for a limit. */
  | 'waiting'
  | 'fired'
  | 'announced'
  | 'skipped';

export interface TimelineEntryView {
  readonly entry: TimelineEntry;
  readonly state: TimelineEntryState;
  /** When it is due or was done, epoch ms; null: not known yet. */
  readonly at: number | null;
  /** Why it waits, was trimmed or skipped; may be empty. */
  readonly detail: string;
}

export interface TimelineView {
  readonly gameId: string;
  /** Whether a facilitator holds it: no entry starts. */
  readonly held: boolean;
  readonly entries: readonly TimelineEntryView[];
}

export interface ListFilter {
  readonly gameId?: string;
  readonly teamId?: string;
  /** Only faults that are not reverted yet. */
  readonly unfinished?: boolean;
}

export interface ChaosList {
  /** Armed and active faults, then the latest that are over; newest first. */
  readonly faults: readonly FaultInfo[];
  /** The timelines of games that are not over. */
  readonly timelines: readonly TimelineView[];
}

/** A change, for listeners. */
export type ChaosChange =
  | { readonly type: 'fault'; readonly gameId: string; readonly info: FaultInfo }
  | { readonly type: 'timeline'; readonly gameId: string; readonly timeline: TimelineView }
  /** A command was carried out. */
  | {
      readonly type: 'command';
      readonly gameId: string | null;
      readonly seq: number;
      readonly at: number;
      readonly actor: Actor;
      readonly action: string;
      readonly subject: Readonly<Record<string, string>>;
      readonly details: Readonly<Record<string, unknown>>;
    };

/**
 * The commands of facilitators. They run one after another, in the order of `seq`; only stops do not wait for their turn.
 * Every command that was carried out is in the audit log. Refusals are `PaydayError`s with a problem code:
 * `bad_request`, `unknown_game`, `unknown_service`, `unknown_team`, `unknown_fault_kind`, `invalid_fault_params`,
 * `out_of_reach`, `wrong_state`, `chaos_limit` (details: `violations`), `confirmation_required` (details: `confirmation`),
 * `command_conflict`, `unknown_fault`, `not_found`, and `unavailable` (retryable) while the database is unavailable.
 */
export interface ChaosCommands {
  /** Returns what `inject` would do now. Changes nothing. */
  preview(request: InjectRequest): Promise<InjectPreview>;
  inject(command: InjectCommand): Promise<InjectResult>;
  /** Stops faults. Answers within two seconds, even if a driver hangs. @throws PaydayError `unknown_fault` if none matches */
  stop(selector: FaultSelector, command: StopCommand): Promise<StopResult>;
  /** The panic button: stops every fault, including those that have not fired, and holds the timelines. Answers within two seconds. */
  stopAll(command: StopAllCommand): Promise<StopResult>;
  list(filter: ListFilter): ChaosList;
  /** Holds a timeline: entries that fall due wait, and are skipped if they are then late by more than their time to live. */
  pauseTimeline(command: TimelineCommand): Promise<TimelineResult>;
  resumeTimeline(command: TimelineCommand): Promise<TimelineResult>;
  /** Takes one entry out of the timeline. */
  skipEntry(command: SkipCommand): Promise<TimelineResult>;
  /** Calls `listener` for every change from now on. @returns a function that unsubscribes */
  watch(listener: (change: ChaosChange) => void): () => void;
}
