package swipestream.rest;

import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpHeaders;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.QueryStringDecoder;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which requests are let through: those with the password, unless another site's page sent them.
 *
 * <p>A page can make a browser send requests, even with a password that the browser knows. The
 * browser then names the page's site (Origin, Sec-Fetch-Site), or it was tricked into resolving
 * that site's name to this server (Host).
 */
final class Rules {
    // Sent by the page itself, or because somebody typed the address.
    private static final Set<String> OWN_SITES = Set.of("same-origin", "none");
    private static final String SCHEME = "basic ";

    private final byte[] login;
    private final Set<String> hosts;

    /**
     * @param login SHA-256, in hex, of user:password; empty lets nobody through
     * @param hosts names of this server, without a port
     */
    Rules(String login, List<String> hosts) {
        this.login = HexFormat.of().parseHex(login.strip().toLowerCase(Locale.ROOT));
        this.hosts = Set.copyOf(hosts);
    }

    /** Why a request is refused, if it is. */
    Optional<Refusal> refusal(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return refuse(400, "the request cannot be read");
        }
        HttpHeaders headers = request.headers();
        List<String> named = headers.getAll("Host");
        if (named.size() != 1 || !hosts.contains(withoutPort(named.get(0)))) {
            return refuse(403, "the request is for another host");
        }
        for (String origin : headers.getAll("Origin")) {
            if (!isOwn(origin, named.get(0))) {
                return refuse(403, "the request comes from a page of another origin");
            }
        }
        for (String site : headers.getAll("Sec-Fetch-Site")) {
            if (!OWN_SITES.contains(site)) {
                return refuse(403, "the request comes from a page of another site");
            }
        }
        if (!isLogin(headers.getAll("Authorization"))) {
            return refuse(401, "user and password are needed");
        }
        if (endsAJob(request.uri())) {
            return refuse(403, "a GET ends no job here");
        }
        return Optional.empty();
    }

    private static Optional<Refusal> refuse(int status, String reason) {
        return Optional.of(new Refusal(status, reason));
    }

    private static String withoutPort(String host) {
        int end = host.indexOf(':', host.lastIndexOf(']') + 1);
        return (end < 0 ? host : host.substring(0, end)).toLowerCase(Locale.ROOT);
    }

    private static boolean isOwn(String origin, String host) {
        return origin.equalsIgnoreCase("http://" + host)
                || origin.equalsIgnoreCase("https://" + host);
    }

    private boolean isLogin(List<String> given) {
        if (given.size() != 1 || !given.get(0).toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            return false;
        }
        try {
            String encoded = given.get(0).substring(SCHEME.length()).strip();
            // In a time that does not depend on how much of it is correct.
            return MessageDigest.isEqual(login, sha256(Base64.getDecoder().decode(encoded)));
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    /** Flink has GET requests, made for YARN, that cancel or stop a job. */
    private static boolean endsAJob(String uri) {
        String path = new QueryStringDecoder(uri, StandardCharsets.UTF_8).path();
        for (String part : path.split("/")) {
            if (part.toLowerCase(Locale.ROOT).startsWith("yarn-")) {
                return true;
            }
        }
        return false;
    }

    private static byte[] sha256(byte[] value) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(value);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
