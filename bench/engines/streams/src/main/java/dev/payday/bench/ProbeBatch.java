package dev.payday.bench;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Reads the columns of a ProbeBatch (libs/contracts/src/probe_batch.proto) by hand into reused arrays, which is faster than
 * generated code, to the peer's advantage. Fields that the job does not need are skipped.
 */
final class ProbeBatch {
    String serviceId;
    long baseIntendedAtMs;
    int size;
    int[] offsetMs = new int[256];
    int[] latencyUs = new int[256];
    int[] outcome = new int[256];

    private byte[] bytes;
    private int at;

    ProbeBatch read(byte[] message) {
        bytes = message;
        at = 0;
        size = 0;
        while (at < message.length) {
            int tag = (int) varint();
            int field = tag >>> 3;
            if ((tag & 7) == 2) {
                int length = (int) varint();
                switch (field) {
                    case 4 -> serviceId = new String(message, at, length, StandardCharsets.UTF_8);
                    case 10 -> offsetMs = column(offsetMs, length, count -> size = count);
                    case 11 -> latencyUs = column(latencyUs, length, count -> { });
                    case 12 -> outcome = column(outcome, length, count -> { });
                    default -> { }
                }
                if (field < 10 || field > 12) {
                    at += length;
                }
                continue;
            }
            long value = varint();
            if (field == 9) {
                baseIntendedAtMs = value;
            }
        }
        return this;
    }

    private int[] column(int[] into, int length, Consumer<Integer> sized) {
        int end = at + length;
        int[] column = into.length >= length ? into : new int[length];
        int count = 0;
        while (at < end) {
            column[count++] = (int) varint();
        }
        sized.accept(count);
        return column;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = bytes[at++];
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }
}
