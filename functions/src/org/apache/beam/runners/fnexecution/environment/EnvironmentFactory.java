package org.apache.beam.runners.fnexecution.environment;

import org.apache.beam.model.pipeline.v1.RunnerApi;
import org.apache.beam.runners.fnexecution.artifact.ArtifactRetrievalService;
import org.apache.beam.runners.fnexecution.control.ControlClientPool;
import org.apache.beam.runners.fnexecution.control.FnApiControlClientPoolService;
import org.apache.beam.runners.fnexecution.logging.GrpcLoggingService;
import org.apache.beam.runners.fnexecution.provisioning.StaticGrpcProvisionService;
import org.apache.beam.sdk.fn.IdGenerator;
import org.apache.beam.sdk.fn.server.GrpcFnServer;
import org.apache.beam.sdk.fn.server.ServerFactory;
import swipestream.workers.SocketServerFactory;

/**
 * Replaces Beam's interface of the same name, through which PyFlink starts its workers.
 *
 * <p>With Beam's own, the servers listen on every address of the machine and accept any caller.
 * Only this interface decides that; no option changes it. It declares what Beam's classes call and
 * implement; only {@link Provider#getServerFactory} differs.
 */
public interface EnvironmentFactory {
    /** Starts a worker. */
    RemoteEnvironment createEnvironment(RunnerApi.Environment environment, String workerId)
            throws Exception;

    /** Makes a factory once the servers that the workers talk to exist. */
    interface Provider {
        EnvironmentFactory createEnvironmentFactory(
                GrpcFnServer<FnApiControlClientPoolService> control,
                GrpcFnServer<GrpcLoggingService> logging,
                GrpcFnServer<ArtifactRetrievalService> artifacts,
                GrpcFnServer<StaticGrpcProvisionService> provisioning,
                ControlClientPool clients,
                IdGenerator ids);

        /** Makes the servers. */
        default ServerFactory getServerFactory() {
            return new SocketServerFactory();
        }
    }
}
