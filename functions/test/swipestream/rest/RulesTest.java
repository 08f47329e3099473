package swipestream.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultHttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpMethod;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Base64;
import java.util.List;

/** Who gets through, and who does not. */
class RulesTest {
    private static final int LET_THROUGH = 200;

    private final HttpRequest request = request("/jobs/overview");

    private static HttpRequest request(String uri) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, uri);
        request.headers().set("Host", "127.0.0.1:8081").set("Authorization", basic("a long one"));
        return request;
    }

    private static String basic(String password) {
        byte[] login = ("operator:" + password).getBytes();
        return "Basic " + Base64.getEncoder().encodeToString(login);
    }

    private static int status(HttpRequest request) {
        return status(request, Logins.sha256("operator:a long one"));
    }

    private static int status(HttpRequest request, String login) {
        return new Rules(login, List.of("127.0.0.1", "localhost", "[::1]"))
                .refusal(request)
                .map(Refusal::status)
                .orElse(LET_THROUGH);
    }

    @Test
    void whoKnowsThePasswordGetsThrough() {
        assertEquals(LET_THROUGH, status(request));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost:1", "LOCALHOST:8081", "[::1]:8081", "[::1]"})
    void everyNameOfThisServerWillDo(String host) {
        request.headers().set("Host", host);
        assertEquals(LET_THROUGH, status(request));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "evil.example", "evil.example:8081", "127.0.0.1.evil.example", "127.0.0.2",
                "localhost.evil.example:8081", "[::2]:8081", "evil.example:127.0.0.1", "0.0.0.0:8081"
            })
    void anotherNameWillNot(String host) {
        request.headers().set("Host", host);
        assertEquals(403, status(request));
    }

    @Test
    void noNameOrTwoWillNot() {
        request.headers().add("Host", "127.0.0.1:8081");
        assertEquals(403, status(request));
        request.headers().remove("Host");
        assertEquals(403, status(request));
    }

    @Test
    void thePageOfThisServerGetsThrough() {
        request.headers().set("Origin", "http://127.0.0.1:8081").set("Sec-Fetch-Site", "same-origin");
        assertEquals(LET_THROUGH, status(request));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null", "http://evil.example", "https://127.0.0.1", "http://127.0.0.1:8080", "",
                "http://localhost:8081", "http://127.0.0.1:80811", "file://", "127.0.0.1:8081"
            })
    void thePageOfAnotherOriginDoesNot(String origin) {
        request.headers().set("Origin", origin);
        assertEquals(403, status(request));
    }

    @Test
    void oneForeignOriginOfTwoIsEnough() {
        request.headers()
                .add("Origin", "http://127.0.0.1:8081")
                .add("Origin", "http://evil.example");
        assertEquals(403, status(request));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cross-site", "same-site", ""})
    void whatAPageOfAnotherSiteLoadsDoesNot(String site) {
        request.headers().set("Sec-Fetch-Site", site);
        assertEquals(403, status(request));
    }

    @Test
    void aTypedAddressDoes() {
        request.headers().set("Sec-Fetch-Site", "none");
        assertEquals(LET_THROUGH, status(request));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "Basic", "Basic ", "Basic !", "Bearer b3BlcmF0b3I6YSBsb25nIG9uZQ==",
                "Basic b3BlcmF0b3I6YSBsb25n", "b3BlcmF0b3I6YSBsb25nIG9uZQ=="
            })
    void aWrongPasswordDoesNot(String given) {
        request.headers().set("Authorization", given);
        assertEquals(401, status(request));
    }

    @Test
    void noPasswordOrTwoDoNot() {
        request.headers().add("Authorization", basic("a long one"));
        assertEquals(401, status(request));
        request.headers().remove("Authorization");
        assertEquals(401, status(request));
    }

    @Test
    void withoutALoginNobodyGetsThrough() {
        assertEquals(401, status(request, ""));
        request.headers().remove("Authorization");
        assertEquals(401, status(request, ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/jobs/1/yarn-cancel", "/v1/jobs/1/yarn-cancel?x=1", "/jobs/1/yarn%2Dcancel",
                "//jobs//1//yarn-stop//", "/jobs/1/YARN-CANCEL", "/jobs/1/%79arn-cancel"
            })
    void noGetEndsAJob(String uri) {
        assertEquals(403, status(request(uri)));
    }
}
