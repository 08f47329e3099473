package swipestream.rest;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.io.network.netty.InboundChannelHandlerFactory;
import org.apache.flink.shaded.netty4.io.netty.channel.Channel;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandler;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInitializer;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelPipeline;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpServerCodec;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts a {@link Guard} before everything that Flink's REST server does, if Flink's configuration
 * has {@value #LOGIN_KEY}.
 *
 * <p>Flink finds it through {@code META-INF/services} in any jar of the JobManager's class path. It
 * holds no state.
 */
public final class GuardFactory implements InboundChannelHandlerFactory {
    static final String LOGIN_KEY = "swipestream.rest.login-sha256";
    static final ConfigOption<String> LOGIN =
            ConfigOptions.key(LOGIN_KEY)
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "SHA-256, in hex, of user:password of who may use the REST server. The"
                                    + " password has to be a long random one. Empty: nobody may.");
    static final ConfigOption<List<String>> HOSTS =
            ConfigOptions.key("swipestream.rest.hosts")
                    .stringType()
                    .asList()
                    .defaultValues("127.0.0.1", "localhost", "[::1]")
                    .withDescription("Names, without a port, under which the server is asked.");

    @Override
    public int priority() {
        return Integer.MAX_VALUE;
    }

    @Override
    public Optional<ChannelHandler> createHandler(
            Configuration configuration, Map<String, String> responseHeaders) {
        return configuration
                .getOptional(LOGIN)
                .map(login -> new Rules(login, configuration.get(HOSTS)))
                .map(Placement::new);
    }

    /**
     * Flink puts this handler after those that receive uploads. It removes itself and puts the
     * guard first, right after a request is decoded.
     */
    private static final class Placement extends ChannelInitializer<Channel> {
        private final Rules rules;

        Placement(Rules rules) {
            this.rules = rules;
        }

        @Override
        protected void initChannel(Channel channel) {
            ChannelPipeline pipeline = channel.pipeline();
            String reader = pipeline.context(HttpServerCodec.class).name();
            pipeline.addAfter(reader, Guard.class.getName(), new Guard(rules));
        }
    }
}
