package dev.payday.bench;

import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/** A window's totals per team and service: count, failures, pay, and latencies in 64 log-linear buckets per power of two. */
final class Tally {
    static final Serde<Tally> SERDE = Serdes.serdeFrom(new Writer(), new Reader());
    private static final int SUB_BITS = 6;
    private static final int GROWTH = 64;
    private static final int HEADER = 8 * 3 + 4;
    private static final int[] BAND_UP_TO_US = {20_000, 50_000, 200_000, 1_000_000};
    private static final int[] BAND_CENTS = {10, 7, 3, 1, 0};
    private static final int FAILURE_CENTS = -10;

    private long count;
    private long failed;
    private long cents;
    private int low;
    private int[] buckets = new int[0];

    long count() {
        return count;
    }

    Tally add(int latencyUs, boolean isFailed) {
        count++;
        if (isFailed) {
            failed++;
            cents += FAILURE_CENTS;
            return this;
        }
        int band = 0;
        while (band < BAND_UP_TO_US.length && latencyUs > BAND_UP_TO_US[band]) {
            band++;
        }
        cents += BAND_CENTS[band];
        int bucket = bucketOf(latencyUs);
        int at = bucket - low;
        if (at < 0 || at >= buckets.length) {
            reserve(bucket);
            at = bucket - low;
        }
        buckets[at]++;
        return this;
    }

    /** Count, failures, cents and p95 in µs, as text for the output topic. */
    String summary() {
        long rank = (long) Math.ceil((count - failed) * 0.95);
        long seen = 0;
        long p95Us = -1;
        for (int i = 0; i < buckets.length && p95Us < 0; i++) {
            seen += buckets[i];
            if (seen >= rank && seen > 0) {
                p95Us = startOf(low + i);
            }
        }
        return count + " " + failed + " " + cents + " " + p95Us;
    }

    private void reserve(int bucket) {
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

    private static final class Writer implements Serializer<Tally> {
        @Override
        public byte[] serialize(String topic, Tally tally) {
            ByteBuffer out = ByteBuffer.allocate(HEADER + 4 * tally.buckets.length);
            out.putLong(tally.count).putLong(tally.failed).putLong(tally.cents).putInt(tally.low);
            out.asIntBuffer().put(tally.buckets);
            return out.array();
        }
    }

    private static final class Reader implements Deserializer<Tally> {
        @Override
        public Tally deserialize(String topic, byte[] bytes) {
            if (bytes == null) {
                return null;
            }
            ByteBuffer in = ByteBuffer.wrap(bytes);
            Tally tally = new Tally();
            tally.count = in.getLong();
            tally.failed = in.getLong();
            tally.cents = in.getLong();
            tally.low = in.getInt();
            tally.buckets = new int[(bytes.length - HEADER) / 4];
            in.asIntBuffer().get(tally.buckets);
            return tally;
        }
    }
}
