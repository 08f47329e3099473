package swipestream.rest;

import org.apache.flink.shaded.netty4.io.netty.buffer.Unpooled;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelFutureListener;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandlerAdapter;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultFullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.FullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpVersion;
import org.apache.flink.shaded.netty4.io.netty.util.ReferenceCountUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Refuses the requests of one connection that the rules do not let through, and closes it.
 *
 * <p>After a refusal, nothing more of the connection is read. RulesTest and GuardTest show what
 * gets through.
 */
final class Guard extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);
    private static final long NANOS_BETWEEN_WARNINGS = 60_000_000_000L;
    private static final AtomicLong NEXT_WARNING = new AtomicLong(System.nanoTime());

    private final Rules rules;
    private boolean hasRefused;

    Guard(Rules rules) {
        this.rules = rules;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!hasRefused && message instanceof HttpRequest request) {
            rules.refusal(request).ifPresent(refusal -> refuse(context, refusal));
        }
        if (hasRefused) {
            ReferenceCountUtil.release(message);
        } else {
            context.fireChannelRead(message);
        }
    }

    private void refuse(ChannelHandlerContext context, Refusal refusal) {
        hasRefused = true;
        warn(context, refusal);
        byte[] text = (refusal.reason() + "\n").getBytes(StandardCharsets.UTF_8);
        FullHttpResponse response =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        HttpResponseStatus.valueOf(refusal.status()),
                        Unpooled.wrappedBuffer(text));
        response.headers()
                .set("Content-Type", "text/plain; charset=UTF-8")
                .set("Content-Length", text.length)
                .set("Connection", "close");
        if (refusal.status() == HttpResponseStatus.UNAUTHORIZED.code()) {
            response.headers().set("WWW-Authenticate", "Basic realm=\"Flink\"");
        }
        context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    /** Once a minute at most, so that refused callers cannot fill the log. */
    private static void warn(ChannelHandlerContext context, Refusal refusal) {
        long now = System.nanoTime();
        long next = NEXT_WARNING.get();
        if (now - next >= 0 && NEXT_WARNING.compareAndSet(next, now + NANOS_BETWEEN_WARNINGS)) {
            LOG.warn(
                    "refused status={} reason=\"{}\" from={}",
                    refusal.status(),
                    refusal.reason(),
                    context.channel().remoteAddress());
        }
    }
}
