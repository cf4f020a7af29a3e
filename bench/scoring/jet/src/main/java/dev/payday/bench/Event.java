package dev.payday.bench;

/** One probe result. */
final class Event {
    final long intendedAt;
    /** team × 4 + service, boxed once per key. */
    final Integer key;
    final int latencyUs;
    final boolean failed;

    Event(long intendedAt, Integer key, int latencyUs, boolean failed) {
        this.intendedAt = intendedAt;
        this.key = key;
        this.latencyUs = latencyUs;
        this.failed = failed;
    }
}
