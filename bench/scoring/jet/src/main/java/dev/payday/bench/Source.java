package dev.payday.bench;

import com.hazelcast.jet.core.AbstractProcessor;
import com.hazelcast.jet.core.Watermark;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;

/**
 * Emits the results of workload.mjs from columns in memory as fast as the queue accepts them: one batch per slot of 100 ms,
 * team and service, then the watermark, which lags by the maximum disorder of results.
 */
final class Source extends AbstractProcessor {
    static volatile long startedAtCpuNs;

    private static final int SERVICES = 4;
    private static final int SLOT_MS = 100;
    private static final int DISORDER_MS = 1000;
    private static final int POOL = 97;
    private static final long STARTS_AT = 1_700_000_000_000L;

    private final int teams;
    private final int size;
    private final int slots;
    private final int[][] offsetMs = new int[POOL][];
    private final int[][] latencyUs = new int[POOL][];
    private final boolean[][] failed = new boolean[POOL][];
    private final Integer[] keys;
    private int slot;
    private int key;
    private int index;
    private Object pending;

    Source(int teams, int size, int slots) {
        this.teams = teams;
        this.size = size;
        this.slots = slots;
        this.keys = new Integer[teams * SERVICES];
    }

    @Override
    protected void init(Context context) {
        for (int i = 0; i < keys.length; i++) {
            keys[i] = i;
        }
        SplittableRandom random = new SplittableRandom(1);
        for (int p = 0; p < POOL; p++) {
            offsetMs[p] = new int[size];
            latencyUs[p] = new int[size];
            failed[p] = new boolean[size];
            for (int i = 0; i < size; i++) {
                offsetMs[p][i] = random.nextDouble() < 0.05
                        ? random.nextInt(DISORDER_MS)
                        : DISORDER_MS + (int) ((i + random.nextDouble()) * SLOT_MS / size);
                double gauss = Math.sqrt(-2 * Math.log(1 - random.nextDouble()))
                        * Math.cos(2 * Math.PI * random.nextDouble());
                latencyUs[p][i] = (int) Math.min(2_000_000, Math.round(20_000 * Math.exp(0.7 * gauss)));
                failed[p][i] = random.nextDouble() < 0.03;
            }
        }
        System.gc();
        startedAtCpuNs = cpuNs();
    }

    @Override
    public boolean complete() {
        if (pending != null) {
            if (!tryEmit(pending)) {
                return false;
            }
            pending = null;
        }
        while (slot < slots) {
            long baseMs = STARTS_AT + (long) slot * SLOT_MS;
            while (key < keys.length) {
                int p = (key / SERVICES * 31 + key % SERVICES + slot) % POOL;
                int[] offsets = offsetMs[p];
                int[] latencies = latencyUs[p];
                boolean[] failures = failed[p];
                Integer boxed = keys[key];
                while (index < size) {
                    Event event = new Event(baseMs + offsets[index], boxed, latencies[index], failures[index]);
                    index++;
                    if (!tryEmit(event)) {
                        pending = event;
                        return false;
                    }
                }
                index = 0;
                key++;
            }
            key = 0;
            slot++;
            Watermark watermark = new Watermark(baseMs);
            if (!tryEmit(watermark)) {
                pending = watermark;
                return false;
            }
        }
        return true;
    }

    static long cpuNs() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
