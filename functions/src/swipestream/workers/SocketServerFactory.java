package swipestream.workers;

import org.apache.beam.model.pipeline.v1.Endpoints.ApiServiceDescriptor;
import org.apache.beam.sdk.fn.server.GrpcContextHeaderAccessorProvider;
import org.apache.beam.sdk.fn.server.ServerFactory;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.BindableService;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.Server;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.ServerInterceptors;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.netty.NettyServerBuilder;
import org.apache.beam.vendor.grpc.v1p60p1.io.netty.channel.EventLoopGroup;
import org.apache.beam.vendor.grpc.v1p60p1.io.netty.channel.epoll.Epoll;
import org.apache.beam.vendor.grpc.v1p60p1.io.netty.channel.epoll.EpollEventLoopGroup;
import org.apache.beam.vendor.grpc.v1p60p1.io.netty.channel.epoll.EpollServerDomainSocketChannel;
import org.apache.beam.vendor.grpc.v1p60p1.io.netty.channel.unix.DomainSocketAddress;
import org.apache.beam.vendor.grpc.v1p60p1.io.netty.util.concurrent.DefaultThreadFactory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The servers that Python workers talk to, each a Unix socket in a folder of this process.
 *
 * <p>No other machine can reach them, and no other user of this one: only this user may enter the
 * folder. The factory keeps no state in a server. SocketServerFactoryTest tries out these rules.
 */
public final class SocketServerFactory extends ServerFactory {
    private static final String SCHEME = "unix://";
    // As Beam's own servers allow; the size of a message is limited before it is sent.
    private static final int LONGEST_MESSAGE = Integer.MAX_VALUE;
    private static final int LEAST_SECONDS_BETWEEN_PINGS = 20;

    @Override
    public Server allocateAddressAndCreate(
            List<BindableService> services, ApiServiceDescriptor.Builder descriptor)
            throws IOException {
        Path socket = SocketFolder.newSocket();
        descriptor.setUrl(SCHEME + socket);
        return start(services, socket);
    }

    @Override
    public Server create(List<BindableService> services, ApiServiceDescriptor descriptor)
            throws IOException {
        String url = descriptor.getUrl();
        if (!url.startsWith(SCHEME)) {
            throw new IOException(url + " is no Unix socket");
        }
        return start(services, Path.of(url.substring(SCHEME.length())));
    }

    private static Server start(List<BindableService> services, Path socket) throws IOException {
        if (!Epoll.isAvailable()) {
            throw new IOException(
                    "Python workers need Unix sockets, which Java cannot use here",
                    Epoll.unavailabilityCause());
        }
        NettyServerBuilder builder =
                NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                        .channelType(EpollServerDomainSocketChannel.class)
                        .bossEventLoopGroup(Threads.ALL)
                        .workerEventLoopGroup(Threads.ALL)
                        .maxInboundMessageSize(LONGEST_MESSAGE)
                        .permitKeepAliveTime(LEAST_SECONDS_BETWEEN_PINGS, TimeUnit.SECONDS);
        for (BindableService service : services) {
            // Tells the services which worker calls.
            builder.addService(
                    ServerInterceptors.intercept(
                            service, GrpcContextHeaderAccessorProvider.interceptor()));
        }
        return builder.build().start();
    }

    /** Shared by all servers of the process, which come and go with each start of a job. */
    private static final class Threads {
        static final EventLoopGroup ALL =
                new EpollEventLoopGroup(0, new DefaultThreadFactory("python-workers", true));
    }
}
