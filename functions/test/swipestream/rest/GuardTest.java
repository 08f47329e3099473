package swipestream.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.io.network.netty.InboundChannelHandlerFactory;
import org.apache.flink.shaded.netty4.io.netty.buffer.ByteBuf;
import org.apache.flink.shaded.netty4.io.netty.buffer.Unpooled;
import org.apache.flink.shaded.netty4.io.netty.channel.embedded.EmbeddedChannel;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpObject;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpObjectAggregator;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpServerCodec;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** The guard stands before everything else, on every request of a connection. */
class GuardTest {
    private static final String GOOD =
            "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic "
                    + Base64.getEncoder().encodeToString("operator:long".getBytes())
                    + "\r\n\r\n";
    private static final String BAD = "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Length: 100000\r\nExpect: 100-continue\r\n\r\nthe beginning";

    private static Configuration configuration(String login) {
        Configuration configuration = new Configuration();
        configuration.set(GuardFactory.LOGIN, login);
        return configuration;
    }

    /** A connection as Flink makes it: the factory's handler comes after those that read bodies. */
    private static EmbeddedChannel connection(Configuration configuration) {
        EmbeddedChannel channel =
                new EmbeddedChannel(new HttpServerCodec(), new HttpObjectAggregator(1000));
        new GuardFactory()
                .createHandler(configuration, Map.of())
                .ifPresent(handler -> channel.pipeline().addLast(handler));
        return channel;
    }

    private static EmbeddedChannel guarded() {
        return connection(configuration(Logins.sha256("operator:long")));
    }

    private static void send(EmbeddedChannel channel, String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    private static String answer(EmbeddedChannel channel) {
        StringBuilder text = new StringBuilder();
        for (ByteBuf piece = channel.readOutbound(); piece != null; piece = channel.readOutbound()) {
            text.append(piece.toString(StandardCharsets.US_ASCII));
        }
        return text.toString();
    }

    @Test
    void flinkFindsIt() {
        assertTrue(
                ServiceLoader.load(InboundChannelHandlerFactory.class).stream()
                        .anyMatch(found -> found.type() == GuardFactory.class));
    }

    @Test
    void itComesRightAfterWhatReadsRequests() {
        List<String> names = guarded().pipeline().names();
        assertEquals(1, names.indexOf(Guard.class.getName()), names.toString());
    }

    @Test
    void withoutALoginInTheConfigurationThereIsNone() {
        assertNull(connection(new Configuration()).pipeline().get(Guard.class));
        assertNotNull(connection(configuration("")).pipeline().get(Guard.class));
    }

    @Test
    void aGoodRequestIsHandedOn() {
        EmbeddedChannel channel = guarded();
        send(channel, GOOD);
        assertInstanceOf(HttpObject.class, channel.readInbound());
        assertEquals("", answer(channel));
    }

    @Test
    void aBadOneIsAnsweredAndTheConnectionEnds() {
        EmbeddedChannel channel = guarded();
        send(channel, BAD);
        String answer = answer(channel);
        assertTrue(answer.startsWith("HTTP/1.1 401 Unauthorized\r\n"), answer);
        assertTrue(answer.contains("WWW-Authenticate: Basic realm=\"Flink\"\r\n"), answer);
        assertFalse(answer.contains("Access-Control"), answer);
        assertNull(channel.readInbound());
        assertFalse(channel.isOpen());
    }

    @Test
    void aBadOneAfterAGoodOneIsRefusedToo() {
        EmbeddedChannel channel = guarded();
        send(channel, GOOD);
        assertNotNull(channel.readInbound());
        send(channel, BAD);
        assertNull(channel.readInbound());
        assertFalse(channel.isOpen());
    }

    @Test
    void noRequestBehindABadOneIsRead() {
        EmbeddedChannel channel = guarded();
        send(channel, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + GOOD);
        // When the connection ends, the rest of a body may remain that nothing reads any more.
        for (Object read = channel.readInbound(); read != null; read = channel.readInbound()) {
            assertFalse(read instanceof HttpRequest, read.toString());
        }
        assertFalse(channel.isOpen());
    }
}
