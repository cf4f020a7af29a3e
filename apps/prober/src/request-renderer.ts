import type { CheckSpec, Scenario } from '#contracts';
import { renderRequest } from '#scenario';
import type { CustomerRequest } from './http/customer-request.js';

const UUID = /\{\{\s*uuid\s*\}\}/;

/** Renders requests, and those without unique parts only once: most requests ask for the same few things. */
export class RequestRenderer {
  private readonly checks: Map<string, { check: CheckSpec; isUnique: boolean; cases: CustomerRequest[] }>[];
  /** Per service: how many requests have no unique parts. */
  private readonly slots: number[];

  constructor(
    scenario: Scenario,
    private readonly uuid: () => string,
  ) {
    this.slots = scenario.services.map(() => 0);
    this.checks = scenario.services.map(
      ({ checks }) =>
        new Map(
          checks.map((check) => [
            check.id,
            { check, isUnique: UUID.test(JSON.stringify([check.request, check.expect])), cases: [] },
          ]),
        ),
    );
  }

  /** @throws PaydayError `unknown_case`. */
  render(serviceIndex: number, checkId: string, caseIndex: number): CustomerRequest {
    const { check, isUnique, cases } = this.checks[serviceIndex]!.get(checkId)!;
    if (isUnique) return renderRequest(check, caseIndex, this.uuid());
    return (cases[caseIndex] ??= {
      ...renderRequest(check, caseIndex, ''),
      slot: this.slots[serviceIndex]!++,
      rightBody: null,
    });
  }
}
