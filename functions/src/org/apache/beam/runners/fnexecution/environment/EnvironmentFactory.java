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
 * Stands in front of Beam's interface of this name, which PyFlink starts its workers by.
 *
 * <p>Beam's own has its servers listen on every address of the machine, without asking who calls. It
 * is the only place where that is decided, and nothing sets it from outside. What is declared here
 * is what Beam's classes call and implement; the one thing that differs is {@link
 * Provider#getServerFactory}.
 */
public interface EnvironmentFactory {
    /** Starts a worker. */
    RemoteEnvironment createEnvironment(RunnerApi.Environment environment, String workerId)
            throws Exception;

    /** Makes a factory once the servers that the workers talk to are there. */
    interface Provider {
        EnvironmentFactory createEnvironmentFactory(
                GrpcFnServer<FnApiControlClientPoolService> control,
                GrpcFnServer<GrpcLoggingService> logging,
                GrpcFnServer<ArtifactRetrievalService> artifacts,
                GrpcFnServer<StaticGrpcProvisionService> provisioning,
                ControlClientPool clients,
                IdGenerator ids);

        /** What the servers are made by. */
        default ServerFactory getServerFactory() {
            return new SocketServerFactory();
        }
    }
}
