package swipestream.workers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.beam.model.pipeline.v1.Endpoints.ApiServiceDescriptor;
import org.apache.beam.runners.fnexecution.environment.EnvironmentFactory;
import org.apache.beam.runners.fnexecution.environment.ProcessEnvironmentFactory;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.Server;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Python workers are served on Unix sockets alone. */
class SocketServerFactoryTest {
    private final ApiServiceDescriptor.Builder descriptor = ApiServiceDescriptor.newBuilder();

    private Server serve() throws IOException {
        return new SocketServerFactory().allocateAddressAndCreate(List.of(), descriptor);
    }

    private Path socket() {
        assertTrue(descriptor.getUrl().startsWith("unix:///"), descriptor.getUrl());
        return Path.of(descriptor.getUrl().substring("unix://".length()));
    }

    private static boolean answers(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException refused) {
            return false;
        }
    }

    private static void end(Server server) throws InterruptedException {
        assertTrue(server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS));
    }

    @Test
    void beamsOwnClassesAskForIt() {
        EnvironmentFactory.Provider provider =
                new ProcessEnvironmentFactory.Provider(PipelineOptionsFactory.create());
        assertInstanceOf(SocketServerFactory.class, provider.getServerFactory());
    }

    @Test
    void aServerIsASocketInAFolderOfItsUser() throws Exception {
        Server server = serve();
        try {
            assertTrue(answers(socket()));
            assertEquals(-1, server.getPort());
            assertEquals(
                    "rwx------",
                    PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(socket().getParent())));
        } finally {
            end(server);
        }
    }

    @Test
    void nothingIsLeftOfOneThatHasEnded() throws Exception {
        end(serve());
        assertFalse(answers(socket()));
        assertFalse(Files.exists(socket()));
    }

    @Test
    void theFolderIsMadeAgainIfItHasGone() throws Exception {
        end(serve());
        Files.delete(socket().getParent());
        Server server = serve();
        try {
            assertTrue(answers(socket()));
        } finally {
            end(server);
        }
    }

    @Test
    void aGivenSocketIsServed() throws Exception {
        end(serve());
        Server server = new SocketServerFactory().create(List.of(), descriptor.build());
        try {
            assertTrue(answers(socket()));
        } finally {
            end(server);
        }
    }

    @Test
    void aPortIsRefused() {
        descriptor.setUrl("localhost:0");
        IOException refused =
                assertThrows(
                        IOException.class,
                        () -> new SocketServerFactory().create(List.of(), descriptor.build()));
        assertEquals("localhost:0 is no Unix socket", refused.getMessage());
    }
}
