package dev.payday.bench;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Aggregates results in tumbling windows of event time, per team and service. Records are already keyed by team, so nothing has
 * to be repartitioned. Every 100 ms it emits each changed team and service, as a scoreboard requires.
 */
final class WindowProcessor implements Processor<String, byte[], String, String> {
    static final String STORE = "windows";
    static final long WINDOW_MS = 1000;
    /** Read by the main thread. */
    static final AtomicLong RESULTS = new AtomicLong();
    private static final Duration EMIT_EVERY = Duration.ofMillis(100);

    private final boolean combines;
    private final ProbeBatch batch = new ProbeBatch();
    private final Map<String, String> changed = new LinkedHashMap<>();
    private ProcessorContext<String, String> context;
    private WindowStore<String, Tally> store;

    /** @param combines whether to add up the results of one record and window before accessing the store; otherwise once per result */
    WindowProcessor(boolean combines) {
        this.combines = combines;
    }

    @Override
    public void init(ProcessorContext<String, String> given) {
        context = given;
        store = given.getStateStore(STORE);
        given.schedule(EMIT_EVERY, PunctuationType.WALL_CLOCK_TIME, this::emit);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        batch.read(record.value());
        String key = record.key() + "/" + batch.serviceId;
        Tally tally = null;
        long open = -1;
        for (int i = 0; i < batch.size; i++) {
            long at = batch.baseIntendedAtMs + batch.offsetMs[i];
            long start = at - at % WINDOW_MS;
            if (tally == null || start != open) {
                if (tally != null) {
                    store.put(key, tally, open);
                }
                open = start;
                tally = store.fetch(key, start);
                if (tally == null) {
                    tally = new Tally();
                }
            }
            tally.add(batch.latencyUs[i], batch.outcome[i] != 0);
            if (!combines) {
                store.put(key, tally, open);
                tally = null;
            }
        }
        if (tally != null) {
            store.put(key, tally, open);
        }
        changed.put(key, open + " " + (tally == null ? store.fetch(key, open) : tally).summary());
        RESULTS.addAndGet(batch.size);
    }

    private void emit(long nowMs) {
        for (Map.Entry<String, String> entry : changed.entrySet()) {
            context.forward(new Record<>(entry.getKey(), entry.getValue(), nowMs));
        }
        changed.clear();
    }
}
