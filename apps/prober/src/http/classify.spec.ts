import { describeError, outcomeOfError } from './classify.js';

const failed = (code: string, address: string): Error =>
  Object.assign(new Error(`connect ${code} ${address}`), { code, address });

describe('a name with several addresses', () => {
  const notHere = failed('EADDRNOTAVAIL', '2001:db8::1');
  const down = failed('ECONNREFUSED', '10.0.0.1');

  it('is judged by the addresses that this machine can try: a service that is down is not the prober’s trouble', () => {
    // Node's error if the name also has an IPv6 address and the prober's machine has no IPv6.
    const error = new AggregateError([notHere, down]);
    expect(outcomeOfError(error)).toBe('connect_error');
    expect(describeError(error)).toBe('connect ECONNREFUSED 10.0.0.1');
    // IPv6 addresses only are the team's choice.
    for (const error of [notHere, new AggregateError([notHere])]) {
      expect(outcomeOfError(error)).toBe('connect_error');
      expect(describeError(error)).toBe('connect EADDRNOTAVAIL 2001:db8::1: the prober has no IPv6');
    }
  });

  it('is not judged if the prober’s own trouble may have affected an address that would have answered', () => {
    for (const own of [failed('EMFILE', '10.0.0.2'), failed('EADDRNOTAVAIL', '10.0.0.2')])
      for (const errors of [
        [down, own],
        [notHere, own, down],
      ])
        expect(outcomeOfError(new AggregateError(errors))).toBe('prober_error');
  });
});
