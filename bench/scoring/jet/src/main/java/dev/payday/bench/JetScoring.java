package dev.payday.bench;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.BuildInfoProvider;
import com.hazelcast.jet.aggregate.AggregateOperation;
import com.hazelcast.jet.aggregate.AggregateOperation1;
import com.hazelcast.jet.config.EdgeConfig;
import com.hazelcast.jet.config.JobConfig;
import com.hazelcast.jet.config.ProcessingGuarantee;
import com.hazelcast.jet.core.DAG;
import com.hazelcast.jet.core.Edge;
import com.hazelcast.jet.core.ProcessorMetaSupplier;
import com.hazelcast.jet.core.SlidingWindowPolicy;
import com.hazelcast.jet.core.TimestampKind;
import com.hazelcast.jet.core.Vertex;
import com.hazelcast.jet.core.processor.Processors;
import com.hazelcast.jet.datamodel.KeyedWindowResult;
import com.hazelcast.function.FunctionEx;
import com.hazelcast.function.ToLongFunctionEx;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;

/**
 * The windows of bench/scoring on Hazelcast Jet. Reads lines "teams size slots", runs a job for each and prints
 * {"results", "outputs", "cents", "cpuUs"} on one line when it has ended.
 */
public final class JetScoring {
    private static final long WINDOW_MS = 1000;
    /** The engine's default is 1024; longer queues lead to fewer, larger batches on the single thread. */
    private static final int QUEUE_SIZE = 16_384;

    private JetScoring() {
    }

    public static void main(String[] args) throws Exception {
        HazelcastInstance hz = Hazelcast.newHazelcastInstance(config());
        System.out.printf("{\"version\":\"%s\"}%n", BuildInfoProvider.getBuildInfo().getVersion());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split(" ");
            run(hz, Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
        }
        hz.shutdown();
        System.exit(0);
    }

    private static void run(HazelcastInstance hz, int teams, int size, int slots) {
        JobConfig job = new JobConfig().setMetricsEnabled(false).setProcessingGuarantee(ProcessingGuarantee.NONE);
        hz.getJet().newJob(dag(teams, size, slots), job).join();
        System.out.printf("{\"results\":%d,\"outputs\":%d,\"cents\":%d,\"cpuUs\":%d}%n",
                Sink.results, Sink.outputs, Sink.cents, (Sink.endedAtCpuNs - Source.startedAtCpuNs) / 1000);
    }

    /** One stage of aggregation: with one thread, Jet's usual two stages would only process everything twice. */
    private static DAG dag(int teams, int size, int slots) {
        FunctionEx<Event, Integer> key = event -> event.key;
        ToLongFunctionEx<Event> timestamp = event -> event.intendedAt;
        AggregateOperation1<Event, Tally, Tally.Summary> operation = AggregateOperation
                .withCreate(Tally::new)
                .andAccumulate((Tally tally, Event event) -> tally.add(event))
                .andCombine(Tally::merge)
                .andExportFinish(Tally::summary);
        DAG dag = new DAG();
        Vertex source = dag.newVertex("source", ProcessorMetaSupplier.of(1, () -> new Source(teams, size, slots)));
        Vertex windows = dag.newVertex("windows", Processors.aggregateToSlidingWindowP(
                List.of(key), List.of(timestamp), TimestampKind.EVENT,
                SlidingWindowPolicy.tumblingWinPolicy(WINDOW_MS), 0L, operation,
                (start, end, k, result, isEarly) -> new KeyedWindowResult<>(start, end, k, result, isEarly)));
        Vertex sink = dag.newVertex("sink", ProcessorMetaSupplier.of(1, Sink::new));
        EdgeConfig queue = new EdgeConfig().setQueueSize(QUEUE_SIZE);
        dag.edge(Edge.between(source, windows.localParallelism(1)).isolated().setConfig(queue));
        dag.edge(Edge.between(windows, sink).isolated().setConfig(queue));
        return dag;
    }

    private static Config config() {
        Config config = new Config();
        config.getJetConfig().setEnabled(true).setCooperativeThreadCount(1);
        config.getMetricsConfig().setEnabled(false);
        config.getNetworkConfig().getJoin().getAutoDetectionConfig().setEnabled(false);
        config.getNetworkConfig().getJoin().getMulticastConfig().setEnabled(false);
        config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
        config.setProperty("hazelcast.socket.bind.any", "false");
        config.setProperty("hazelcast.operation.thread.count", "2");
        config.setProperty("hazelcast.operation.generic.thread.count", "2");
        return config;
    }
}
