package org.apache.flink.table.runtime.operators.python.scalar.arrow;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.fnexecution.v1.FlinkFnApi.CoderInfoDescriptor;
import org.apache.flink.python.PythonOptions;
import org.apache.flink.python.util.ProtoUtils;
import org.apache.flink.runtime.io.network.partition.consumer.IndexedInputGate;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.python.PythonFunctionInfo;
import org.apache.flink.table.runtime.arrow.serializers.ArrowSerializer;
import org.apache.flink.table.runtime.generated.GeneratedProjection;
import org.apache.flink.table.runtime.operators.python.scalar.AbstractPythonScalarFunctionOperator;
import org.apache.flink.table.types.logical.RowType;

/**
 * Replaces PyFlink's operator of the same name, which hands rows to vectorized Python functions,
 * and decides when a bundle of them ends.
 *
 * <p>PyFlink ends a bundle after a fixed time. If that is short, bundles stay small in a backlog,
 * and most of the CPU goes into bundles instead of rows; if it is long, each row waits for it. Here
 * a bundle ends when no further row waits in the task's input and the time since the previous
 * bundle is at least twice what a bundle usually takes. So a lone row is handed on at once, and
 * whatever makes bundles slow (many rows, a busy machine) makes them larger. A bundle also ends at
 * {@code python.fn-execution.bundle.size} rows and after the longest time below; {@code
 * python.fn-execution.bundle.time} has no effect.
 *
 * <p>The planner finds this class by its name; it declares what PyFlink's base classes call. Like
 * PyFlink's own, it has no serialized fields, so a client with one of them and a TaskManager with
 * the other understand each other.
 */
public class ArrowPythonScalarFunctionOperator extends AbstractPythonScalarFunctionOperator {
    /** Shortest time between the ends of two bundles. */
    public static final ConfigOption<Duration> LEAST_INTERVAL =
            ConfigOptions.key("swipestream.bundle.least-interval")
                    .durationType()
                    .defaultValue(Duration.ofMillis(5));

    /** Time after which a bundle ends although more rows wait. */
    public static final ConfigOption<Duration> LONGEST =
            ConfigOptions.key("swipestream.bundle.longest")
                    .durationType()
                    .defaultValue(Duration.ofMillis(200));

    /** The interval is this many times what a bundle takes, so two thirds of the time are free. */
    private static final long TIMES_TAKEN = 2;

    /** The weight of a new bundle in the average duration is one part of this many. */
    private static final long AVERAGED = 8;

    private static final long serialVersionUID = 1L;

    private transient ArrowSerializer batch;
    private transient int rowsInBatch;
    private transient int mostInBatch;
    private transient long leastNanos;
    private transient long endedAtNanos;
    private transient long takenNanos;
    private transient IndexedInputGate[] gates;
    private transient ScheduledFuture<?> timer;

    public ArrowPythonScalarFunctionOperator(
            Configuration config,
            PythonFunctionInfo[] functions,
            RowType inputType,
            RowType functionInputType,
            RowType functionOutputType,
            GeneratedProjection functionInput,
            GeneratedProjection forwarded) {
        super(
                config,
                functions,
                inputType,
                functionInputType,
                functionOutputType,
                functionInput,
                forwarded);
    }

    @Override
    public void open() throws Exception {
        // PyFlink's own timer would end a bundle even if rows wait.
        config.set(PythonOptions.MAX_BUNDLE_TIME_MILLS, config.get(LONGEST).toMillis());
        super.open();
        batch = new ArrowSerializer(udfInputType, udfOutputType);
        batch.open(bais, baos);
        mostInBatch = Math.min(config.get(PythonOptions.MAX_ARROW_BATCH_SIZE), maxBundleSize);
        long leastMs = Math.max(1, config.get(LEAST_INTERVAL).toMillis());
        leastNanos = Duration.ofMillis(leastMs).toNanos();
        endedAtNanos = System.nanoTime();
        gates = getContainingTask().getEnvironment().getAllInputGates();
        // The rows that waited may never get here: a copy, for example, is not scored.
        timer =
                getProcessingTimeService()
                        .scheduleAtFixedRate(now -> endBundleIfIdle(), leastMs, leastMs);
    }

    @Override
    public CoderInfoDescriptor createInputCoderInfoDescriptor(RowType type) {
        return ProtoUtils.createArrowTypeCoderInfoDescriptorProto(
                type, CoderInfoDescriptor.Mode.MULTIPLE, false);
    }

    @Override
    public CoderInfoDescriptor createOutputCoderInfoDescriptor(RowType type) {
        return ProtoUtils.createArrowTypeCoderInfoDescriptorProto(
                type, CoderInfoDescriptor.Mode.SINGLE, false);
    }

    @Override
    public void processElementInternal(RowData row) throws Exception {
        batch.write(getFunctionInput(row));
        rowsInBatch++;
        if (rowsInBatch >= mostInBatch) {
            sendBatch();
        }
    }

    /** Is called after each row. */
    @Override
    protected void checkInvokeFinishBundleByCount() throws Exception {
        super.checkInvokeFinishBundleByCount();
        endBundleIfIdle();
    }

    private void endBundleIfIdle() throws Exception {
        long interval = Math.max(leastNanos, TIMES_TAKEN * takenNanos);
        if (elementCount > 0 && !isMoreWaiting() && System.nanoTime() - endedAtNanos >= interval) {
            invokeFinishBundle();
        }
    }

    private boolean isMoreWaiting() {
        for (IndexedInputGate gate : gates) {
            if (gate.isAvailable()) {
                return true;
            }
        }
        return false;
    }

    @Override
    protected void invokeFinishBundle() throws Exception {
        if (elementCount == 0) {
            return;
        }
        long begin = System.nanoTime();
        sendBatch();
        super.invokeFinishBundle();
        endedAtNanos = System.nanoTime();
        takenNanos += (endedAtNanos - begin - takenNanos) / AVERAGED;
    }

    private void sendBatch() throws Exception {
        if (rowsInBatch == 0) {
            return;
        }
        rowsInBatch = 0;
        batch.finishCurrentBatch();
        pythonFunctionRunner.process(baos.toByteArray());
        baos.reset();
        batch.resetWriter();
    }

    @Override
    public void emitResult(Tuple3<String, byte[], Integer> answer) throws Exception {
        bais.setBuffer(answer.f1, 0, answer.f2);
        int count = batch.load();
        for (int index = 0; index < count; index++) {
            RowData row = forwardedInputQueue.poll();
            reuseJoinedRow.setRowKind(row.getRowKind());
            rowDataWrapper.collect(reuseJoinedRow.replace(row, batch.read(index)));
        }
        batch.resetReader();
    }

    @Override
    public void endInput() throws Exception {
        sendBatch();
        super.endInput();
    }

    @Override
    public void finish() throws Exception {
        sendBatch();
        super.finish();
    }

    @Override
    public void close() throws Exception {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
        super.close();
        if (batch != null) {
            batch.close();
            batch = null;
        }
    }
}
