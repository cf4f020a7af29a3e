package dev.payday.bench;

import com.hazelcast.jet.core.AbstractProcessor;
import com.hazelcast.jet.datamodel.KeyedWindowResult;

/** Reads and sums up every output; the sums of the last run are kept for its result line. */
final class Sink extends AbstractProcessor {
    static volatile long endedAtCpuNs;
    static volatile long results;
    static volatile long outputs;
    static volatile long cents;

    private long seenResults;
    private long seenOutputs;
    private long seenCents;

    @Override
    @SuppressWarnings("unchecked")
    protected boolean tryProcess0(Object item) {
        Tally.Summary summary = ((KeyedWindowResult<Integer, Tally.Summary>) item).result();
        seenOutputs++;
        seenResults += summary.count();
        seenCents += summary.cents();
        return true;
    }

    @Override
    public boolean complete() {
        results = seenResults;
        outputs = seenOutputs;
        cents = seenCents;
        endedAtCpuNs = Source.cpuNs();
        return true;
    }
}
