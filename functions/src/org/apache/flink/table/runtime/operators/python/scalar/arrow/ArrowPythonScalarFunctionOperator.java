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
 * Stands in front of PyFlink's operator of this name, which hands rows to vectorized Python
 * functions, and decides when a bundle of them ends.
 *
 * <p>PyFlink ends one after a fixed time or number of rows. After a short time bundles are small in a
 * backlog too, and most of the CPU goes into bundles instead of rows; after a long one each row waits
 * for it. Here a bundle ends as soon as no further row waits in the task's input, so bundles grow
 * with the load. It also ends at {@code python.fn-execution.bundle.size} rows and at the longest time
 * below; {@code python.fn-execution.bundle.time} has no effect.
 *
 * <p>The planner looks this class up by its name; what is declared is what PyFlink's base classes
 * call. It has no fields that are serialized, like PyFlink's own: a client with the one and a
 * TaskManager with the other understand each other.
 */
public class ArrowPythonScalarFunctionOperator extends AbstractPythonScalarFunctionOperator {
    /** Time between the ends of two bundles, at least: each costs CPU, however few its rows. */
    public static final ConfigOption<Duration> LEAST_INTERVAL =
            ConfigOptions.key("swipestream.bundle.least-interval")
                    .durationType()
                    .defaultValue(Duration.ofMillis(5));

    /** Time after which a bundle ends although more rows wait. */
    public static final ConfigOption<Duration> LONGEST =
            ConfigOptions.key("swipestream.bundle.longest")
                    .durationType()
                    .defaultValue(Duration.ofMillis(100));

    private static final long serialVersionUID = 1L;

    private transient ArrowSerializer batch;
    private transient int rowsInBatch;
    private transient int mostInBatch;
    private transient long leastMs;
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
        // PyFlink's own timer ends a bundle whatever waits.
        config.set(PythonOptions.MAX_BUNDLE_TIME_MILLS, config.get(LONGEST).toMillis());
        super.open();
        batch = new ArrowSerializer(udfInputType, udfOutputType);
        batch.open(bais, baos);
        mostInBatch = Math.min(config.get(PythonOptions.MAX_ARROW_BATCH_SIZE), maxBundleSize);
        leastMs = Math.max(1, config.get(LEAST_INTERVAL).toMillis());
        gates = getContainingTask().getEnvironment().getAllInputGates();
        // What waited behind a bundle's last row may be none that gets here, such as a copy.
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
        if (elementCount > 0
                && !isMoreWaiting()
                && getProcessingTimeService().getCurrentProcessingTime() - lastFinishBundleTime
                        >= leastMs) {
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
        sendBatch();
        super.invokeFinishBundle();
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
