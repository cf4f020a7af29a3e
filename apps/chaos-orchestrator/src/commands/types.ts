import type { FaultInfo, FaultScoring, TimelineEntry } from '#contracts';
import type { FaultParams, TeamChaos } from '#faults';
import type { AuditActor } from '#persistence';
import type { FaultSelector } from '../fault-selector.js';
import type { LimitViolation } from '../limits.js';

export type { FaultSelector, LimitViolation };

/** Who gives a command. */
export type Actor = AuditActor;

/**
 * What every command carries. The same id with the same content (and the same token) is carried out once and always gives
 * the same answer; with other content it is refused (`command_conflict`). A refused command leaves no trace, so that its
 * id may be used again, e.g. with the confirmation that was missing.
 */
export interface CommandMeta {
  /** Chosen by the client: 1 to 64 letters, digits, hyphens and underscores; a UUID will do. */
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
   * All, or so many of the ranked teams with the service deployed that were dealt least so far (ties by a seeded draw), or
   * exactly these.
   */
  readonly teams: 'all' | number | readonly string[];
  /** Mandatory: whole ms. */
  readonly ttlMs: number;
  /** Shown to the audience; 1 to 200 characters. */
  readonly label: string;
  /** Default: `count`. */
  readonly scoring?: FaultScoring;
}

export interface InjectCommand extends CommandMeta {
  readonly request: InjectRequest;
  /** What `InjectPreview.confirmation` asked to be typed. */
  readonly confirm?: string;
  /** Of a preview: refuses the command (`wrong_state`) if other teams would be struck than were shown, or it is too old. */
  readonly previewId?: string;
}

/** A team that the request asks for, or could have chosen. */
export interface PreviewTeam extends TeamChaos {
  readonly name: string;
  readonly ranked: boolean;
  /** Whether the injection would strike it. */
  readonly struck: boolean;
  /** Why it would not, for people; null where it would. */
  readonly spared: string | null;
  /** Whether the driver has a way to this team. */
  readonly reachable: boolean;
  /** The endpoint that its customers use for the service; null: none is registered. */
  readonly endpoint: string | null;
  /** Faults that act on any service of this team now. */
  readonly activeFaults: readonly string[];
  /** What the injection is expected to cost it, cents, ≥ 0; 0 where it is spared, or serves nothing there. */
  readonly expectedCostCents: number;
  /** What a traffic spike is expected to bring it, likewise. */
  readonly expectedGainCents: number;
}

/** What an injection would do. Nothing has happened. */
export interface InjectPreview {
  readonly previewId: string;
  readonly gameId: string;
  readonly madeAt: number;
  /** From then on the preview id is refused. */
  readonly expiresAt: number;
  /** When the faults would be over at the latest, if it were injected now. */
  readonly endsAt: number;
  readonly driver: string;
  readonly kind: string;
  readonly serviceId: string;
  readonly ttlMs: number;
  readonly label: string;
  readonly scoring: FaultScoring;
  /** Those that would be struck first, then the others; each in the order in which they joined. */
  readonly teams: readonly PreviewTeam[];
  /** How many teams would be struck, of how many. */
  readonly blastRadius: { readonly teams: number; readonly ofTeams: number; readonly endpoints: number };
  /** All struck teams together, over the whole time to live, cents, ≥ 0. */
  readonly expectedCostCents: number;
  readonly expectedGainCents: number;
  /** What was assumed, for people. */
  readonly expectedBasis: string;
  /** Empty: it is allowed. */
  readonly violations: readonly LimitViolation[];
  /** What has to be typed; null: nothing. */
  readonly confirmation: { readonly type: string; readonly why: string } | null;
}

/** The answer of a command. `seq` is its place in the one order of all commands. */
export interface CommandResult {
  readonly commandId: string;
  readonly seq: number;
  readonly at: number;
}

export interface InjectResult extends CommandResult {
  readonly gameId: string;
  readonly injectionId: string;
  /** As they were when the command was taken: armed. */
  readonly faults: readonly FaultInfo[];
  /** Teams that were asked for and can't be struck. */
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
  /** Faults that could not be verified in time; the orchestrator goes on trying. */
  readonly unverified: readonly FaultInfo[];
  /** Games whose timeline is held from now on, until somebody resumes it. */
  readonly heldTimelines: readonly string[];
  /** False: it was done, but the database did not take it in time; the orchestrator goes on trying to store it. */
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
  /** Its time has come; it waits for its condition, or for a limit. */
  | 'waiting'
  | 'fired'
  | 'announced'
  | 'skipped';

export interface TimelineEntryView {
  readonly entry: TimelineEntry;
  readonly state: TimelineEntryState;
  /** Wall time: when it is due, or when it was done; null: not known yet. */
  readonly at: number | null;
  /** Why it waits, was trimmed or skipped; may be empty. */
  readonly detail: string;
}

export interface TimelineView {
  readonly gameId: string;
  /** Whether a facilitator holds it: nothing of it begins. */
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
  /** Faults that may act, then the latest that are over; newest first. Armed ones are among them. */
  readonly faults: readonly FaultInfo[];
  /** Of the games that are not over. */
  readonly timelines: readonly TimelineView[];
}

/** What happens, for those who watch. */
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
 * What facilitators can do. Commands are carried out one after the other, in the order of `seq`; only stopping waits for
 * nobody. Every command that was carried out is in the audit log. Refusals are `PaydayError`s with a problem code:
 * `bad_request`, `unknown_game`, `unknown_service`, `unknown_team`, `unknown_fault_kind`, `invalid_fault_params`,
 * `out_of_reach`, `wrong_state`, `chaos_limit` (details: `violations`), `confirmation_required` (details: `confirmation`),
 * `command_conflict`, `unknown_fault`, `not_found`, and `unavailable` (retryable) while the database is away.
 */
export interface ChaosCommands {
  /** What `inject` would do now. Changes nothing. */
  preview(request: InjectRequest): Promise<InjectPreview>;
  inject(command: InjectCommand): Promise<InjectResult>;
  /** Stops faults. Answers within two seconds, whatever a driver does. @throws PaydayError `unknown_fault` if none fits */
  stop(selector: FaultSelector, command: StopCommand): Promise<StopResult>;
  /** The panic button: stops every fault, also those that have not fired, and holds the timelines. Answers within two seconds. */
  stopAll(command: StopAllCommand): Promise<StopResult>;
  list(filter: ListFilter): ChaosList;
  /** Holds a timeline: what falls due meanwhile waits, and is skipped if it is then late by more than its time to live. */
  pauseTimeline(command: TimelineCommand): Promise<TimelineResult>;
  resumeTimeline(command: TimelineCommand): Promise<TimelineResult>;
  /** Takes one entry out of the timeline. */
  skipEntry(command: SkipCommand): Promise<TimelineResult>;
  /** Tells of every change from now on. @returns how to stop it */
  watch(listener: (change: ChaosChange) => void): () => void;
}
