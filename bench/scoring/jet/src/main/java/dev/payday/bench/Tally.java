package dev.payday.bench;

import java.io.Serializable;

/** A window's totals per team and service: count, failures, pay, and latencies in 64 log-linear buckets per power of two. */
final class Tally implements Serializable {
    private static final int SUB_BITS = 6;
    private static final int GROWTH = 64;
    private static final int[] BAND_UP_TO_US = {20_000, 50_000, 200_000, 1_000_000};
    private static final int[] BAND_CENTS = {10, 7, 3, 1, 0};
    private static final int FAILURE_CENTS = -10;

    private long count;
    private long failed;
    private long cents;
    private int low;
    private int[] buckets = new int[0];

    record Summary(long count, long failed, long cents, long p95Us) implements Serializable {
    }

    void add(Event event) {
        count++;
        if (event.failed) {
            failed++;
            cents += FAILURE_CENTS;
            return;
        }
        int latency = event.latencyUs;
        int band = 0;
        while (band < BAND_UP_TO_US.length && latency > BAND_UP_TO_US[band]) {
            band++;
        }
        cents += BAND_CENTS[band];
        int bucket = bucketOf(latency);
        int at = bucket - low;
        if (at < 0 || at >= buckets.length) {
            reserve(bucket);
            at = bucket - low;
        }
        buckets[at]++;
    }

    void merge(Tally other) {
        count += other.count;
        failed += other.failed;
        cents += other.cents;
        for (int i = 0; i < other.buckets.length; i++) {
            if (other.buckets[i] > 0) {
                reserve(other.low + i);
                buckets[other.low + i - low] += other.buckets[i];
            }
        }
    }

    Summary summary() {
        long rank = (long) Math.ceil((count - failed) * 0.95);
        long seen = 0;
        for (int i = 0; i < buckets.length; i++) {
            seen += buckets[i];
            if (seen >= rank && seen > 0) {
                return new Summary(count, failed, cents, startOf(low + i));
            }
        }
        return new Summary(count, failed, cents, -1);
    }

    private void reserve(int bucket) {
        if (buckets.length > 0 && bucket >= low && bucket < low + buckets.length) {
            return;
        }
        int from = Math.max(0, bucket - GROWTH / 2);
        int to = bucket + GROWTH / 2;
        if (buckets.length > 0) {
            from = Math.min(from, low);
            to = Math.max(to, low + buckets.length);
        }
        int[] grown = new int[to - from];
        System.arraycopy(buckets, 0, grown, buckets.length > 0 ? low - from : 0, buckets.length);
        low = from;
        buckets = grown;
    }

    private static int bucketOf(int value) {
        if (value < 1 << (SUB_BITS + 1)) {
            return value;
        }
        int shift = 31 - Integer.numberOfLeadingZeros(value) - SUB_BITS;
        return (shift << SUB_BITS) + (value >>> shift);
    }

    private static long startOf(int bucket) {
        if (bucket < 1 << (SUB_BITS + 1)) {
            return bucket;
        }
        int shift = (bucket >> SUB_BITS) - 1;
        return (long) (bucket - (shift << SUB_BITS)) << shift;
    }
}
