import { AppendCall, Outbox, type ProducerSession } from './outbox.js';
import { toWire } from './record-codec.js';

const session = (producerId: string): ProducerSession => ({ producerId, producerEpoch: 0 });

function give(outbox: Outbox, texts: string[], atMs = 0): AppendCall {
  const call = new AppendCall(atMs, texts.length);
  texts.forEach((text, i) => outbox.add(toWire({ key: 'k', value: Buffer.from(text) }, 0), call, i));
  call.positions.catch(() => {});
  return call;
}

const textsOf = (outbox: Outbox): string[] =>
  outbox.batch!.entries.map(({ record }) => record.value.toString());

describe('the records of a partition on their way', () => {
  it('travel in batches that stay as they are until they are acknowledged, numbered without a gap', async () => {
    const outbox = new Outbox('t', 3);
    const first = give(outbox, ['a', 'b']);
    const one = session('1');
    expect(outbox.next(one)).toMatchObject({ session: one, firstSequence: 0 });
    const second = give(outbox, ['c']);
    // A retry sends the same batch, or the brokers could not recognize the duplicate.
    expect(outbox.next(session('2'))).toMatchObject({ session: one, firstSequence: 0 });
    expect(textsOf(outbox)).toEqual(['a', 'b']);
    outbox.acknowledged('70');
    expect(await first.positions).toEqual([
      { partition: 3, position: '70' },
      { partition: 3, position: '71' },
    ]);
    expect(outbox.next(one)).toMatchObject({ session: one, firstSequence: 2 });
    outbox.acknowledged('72');
    expect(await second.positions).toEqual([{ partition: 3, position: '72' }]);
    expect(outbox.isEmpty).toBe(true);
    expect(outbox.next(one)).toBeUndefined();
  });

  it('start a new sequence in another session', () => {
    const outbox = new Outbox('t', 0);
    give(outbox, ['a']);
    outbox.next(session('1'));
    outbox.acknowledged('0');
    give(outbox, ['b']);
    expect(outbox.next(session('2'))).toMatchObject({ session: session('2'), firstSequence: 0 });
  });

  it('are resent in a new session, still first, when the brokers have forgotten theirs', () => {
    const outbox = new Outbox('t', 0);
    give(outbox, ['a']);
    outbox.next(session('1'));
    give(outbox, ['b']);
    outbox.restamped();
    expect(outbox.next(session('2'))).toMatchObject({ firstSequence: 0 });
    expect(textsOf(outbox)).toEqual(['a', 'b']);
  });

  it('are not sent if another record of their call was refused: the caller appends all of them again', async () => {
    const outbox = new Outbox('t', 0);
    const large = Array.from({ length: 3 }, (_, i) => String(i).repeat(600_000));
    const refused = give(outbox, large);
    const other = give(outbox, ['later']);
    outbox.next(session('1'));
    expect(textsOf(outbox)).toHaveLength(1);
    outbox.rejected(new Error('no'));
    await expect(refused.positions).rejects.toThrow('no');
    expect(outbox.next(session('1'))).toMatchObject({ firstSequence: 0 });
    expect(textsOf(outbox)).toEqual(['later']);
    outbox.acknowledged('5');
    expect(await other.positions).toEqual([{ partition: 0, position: '5' }]);
  });

  it('of about a megabyte make a batch; a larger one goes alone', () => {
    const outbox = new Outbox('t', 0);
    give(outbox, ['x'.repeat(1_000_000), 'y'.repeat(400_000), 'z'.repeat(400_000), 'z'.repeat(400_000)]);
    const sizes: number[] = [];
    while (outbox.next(session('1'))) {
      sizes.push(textsOf(outbox).length);
      outbox.acknowledged('0');
    }
    expect(sizes).toEqual([1, 2, 1]);
  });

  it('report how long the oldest of them has waited', () => {
    const outbox = new Outbox('t', 0);
    expect(outbox.oldestMs).toBe(Infinity);
    give(outbox, ['a'], 10);
    give(outbox, ['b'], 20);
    expect(outbox.oldestMs).toBe(10);
    outbox.next(session('1'));
    outbox.acknowledged('0');
    expect(outbox.oldestMs).toBe(Infinity);
  });
});
