package dev.payday.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The windows of Payday's scorer on Kafka Streams: StreamsScoring BOOTSTRAP INPUT OUTPUT default|tuned|combining APPLICATION_ID.
 * Prints the number of processed results ten times a second until its standard input ends.
 */
public final class StreamsScoring {
    private static final Duration RETENTION = Duration.ofSeconds(60);
    private static final Duration WINDOW = Duration.ofMillis(WindowProcessor.WINDOW_MS);

    private StreamsScoring() {
    }

    public static void main(String[] args) throws Exception {
        String mode = args[3];
        boolean isTuned = !mode.equals("default");
        Path stateDir = Files.createTempDirectory("payday-bench-streams");
        KafkaStreams streams = new KafkaStreams(
                topology(args[1], args[2], isTuned, mode.equals("combining")),
                config(args[0], args[4], stateDir, isTuned));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        // The input also ends when the parent process dies.
        Thread ends = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    continue;
                }
            } catch (java.io.IOException gone) {
                return;
            }
        });
        ends.setDaemon(true);
        ends.start();
        while (ends.isAlive()) {
            System.out.println(WindowProcessor.RESULTS.get());
            System.out.flush();
            Thread.sleep(100);
        }
        streams.close(Duration.ofSeconds(10));
        streams.cleanUp();
        System.exit(0);
    }

    private static Topology topology(String input, String output, boolean isTuned, boolean combines) {
        WindowBytesStoreSupplier supplier = isTuned
                ? Stores.inMemoryWindowStore(WindowProcessor.STORE, RETENTION, WINDOW, false)
                : Stores.persistentWindowStore(WindowProcessor.STORE, RETENTION, WINDOW, false);
        StoreBuilder<WindowStore<String, Tally>> store = Stores
                .windowStoreBuilder(supplier, Serdes.String(), Tally.SERDE)
                .withLoggingEnabled(Map.of());
        // A cache in front of the store collects the changes of one commit, for the store and for its changelog.
        store = store.withCachingEnabled();
        return new Topology()
                .addSource("results", Serdes.String().deserializer(), Serdes.ByteArray().deserializer(), input)
                .addProcessor("windows", () -> new WindowProcessor(combines), "results")
                .addStateStore(store, "windows")
                .addSink("scores", output, Serdes.String().serializer(), Serdes.String().serializer(), "windows");
    }

    private static Properties config(String bootstrap, String applicationId, Path stateDir, boolean isTuned) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        if (isTuned) {
            // As often as our scorer commits, so that everything on a screen is durable. The default is 30 s.
            config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
            config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L * 1024 * 1024);
            config.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000);
            config.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
            config.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MIN_BYTES_CONFIG), 65_536);
            config.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG), 5);
            config.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 8 * 1024 * 1024);
            config.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5);
            config.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 512 * 1024);
        }
        return config;
    }
}
