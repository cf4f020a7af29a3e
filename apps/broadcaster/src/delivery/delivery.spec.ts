import { TokenBucket } from '#kernel';
import { LagGate } from './lag-gate.js';
import { formatEventId, parseEventId, parseResumePoint } from './resume-point.js';

describe('LagGate', () => {
  const busy = { packets: 9, bytes: 0 };
  const empty = { packets: 0, bytes: 0 };

  test('delivers to a viewer that reads, even with a small backlog', () => {
    expect(new LagGate().decide({ packets: 8, bytes: 512 * 1024 }, 0)).toBe('deliver');
  });

  test.each([
    ['packets', busy],
    ['bytes', { packets: 0, bytes: 512 * 1024 + 1 }],
  ])('skips frames while too many %s wait, then sends a snapshot', (_, backlog) => {
    const gate = new LagGate();
    expect(gate.decide(backlog, 0)).toBe('skip');
    expect(gate.decide({ packets: 1, bytes: 0 }, 100)).toBe('skip');
    expect(gate.decide(empty, 200)).toBe('resync');
    expect(gate.decide(empty, 300)).toBe('deliver');
  });

  test('drops a viewer that reads nothing for thirty seconds, counted anew each time', () => {
    const gate = new LagGate();
    gate.decide(busy, 0);
    expect(gate.decide(busy, 30_000)).toBe('skip');
    expect(gate.decide(empty, 30_000)).toBe('resync');
    expect(gate.decide(busy, 40_000)).toBe('skip');
    expect(gate.decide(busy, 70_001)).toBe('drop');
  });

  test('drops a viewer whose backlog exceeds the hard cap', () => {
    expect(new LagGate().decide({ packets: 0, bytes: 17 * 1024 * 1024 }, 0)).toBe('drop');
  });
});

test('TokenBucket allows a burst, then a rate', () => {
  const bucket = new TokenBucket(2, 1);
  expect([0, 0, 0, 500, 1000, 1000, 60_000, 60_000, 60_000].map((at) => bucket.takeToken(at))).toEqual([
    true,
    true,
    false,
    false,
    true,
    false,
    true,
    true,
    false,
  ]);
});

describe('resume points', () => {
  test.each([
    [undefined],
    [null],
    ['text'],
    [42],
    [[]],
    [{ epoch: 'e' }],
    [{ epoch: 1, seq: 1 }],
    [{ epoch: 'e', seq: -1 }],
    [{ epoch: 'e', seq: 1.5 }],
    [{ epoch: 'e', seq: '1' }],
    [{ epoch: 'e'.repeat(65), seq: 1 }],
  ])('%j is refused', (payload) => {
    expect(() => parseResumePoint(payload)).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });

  test('contain only the two fields', () => {
    expect(parseResumePoint({ epoch: 'e', seq: 3, more: 1 })).toEqual({ epoch: 'e', seq: 3 });
  });

  test('event ids round-trip; other text is rejected', () => {
    const point = { epoch: 'aZ0-_', seq: 17 };
    expect(parseEventId(formatEventId(point))).toEqual(point);
    for (const text of [undefined, '', 'e', 'e:', ':1', 'e:-1', 'e:1e5', 'e:1\nx', `e:${'9'.repeat(20)}`])
      expect(parseEventId(text)).toBeNull();
  });
});
