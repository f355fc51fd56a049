// A handler for the webhooks of koji: Java 17 or newer, nothing to install.
// HMAC-SHA-256 hex in X-Koji-Signature
// over {body}
// https://www.koji.so/docs/research-automation-webhooks
// Not in here: the answer to its handshake (endpoint verification, ping).
//
//   KOJI_WEBHOOK_SECRET=... java Handler.java
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.util.*;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Handler {
    static final int LIMIT = 25 * 1024 * 1024; // bytes of body; more is answered 413
    static final List<byte[]> KEYS = new ArrayList<>();

    static byte[] keyOf(String secret) throws Exception {
        byte[] key = bytes(secret);
        if (key.length == 0) throw new IllegalArgumentException("KOJI_WEBHOOK_SECRET is not a usable secret");
        return key;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The bytes of a header as they came. */
    static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The values of these headers; nothing when one of them came twice. */
    static List<String> headers(HttpExchange request, String... names) {
        var values = new ArrayList<String>();
        for (String name : names) {
            var found = request.getRequestHeaders().getOrDefault(name, List.of());
            if (found.size() > 1) return List.of();
            values.addAll(found);
        }
        return values;
    }

    /** The value of a header that came once; empty when there is none. */
    static String header(HttpExchange request, String name) {
        var values = headers(request, name);
        return values.isEmpty() ? "" : values.get(0);
    }

    /** Compares in constant time, whatever the lengths. */
    static boolean same(String given, String expected) {
        return MessageDigest.isEqual(bytes(given), bytes(expected));
    }

    static String sign(byte[] key, byte[] content) {
        byte[] tag;
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            tag = mac.doFinal(content);
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(missing); // every Java has it
        }
        return HexFormat.of().formatHex(tag);
    }

    /** The signatures in a value, as they are written. */
    static List<String> read(String value) {
        return value.startsWith("sha256=") ? List.of(value.substring("sha256=".length())) : List.of();
    }

    /** Whether the request comes from whoever has the secret. Never throws. */
    static boolean verify(HttpExchange request, byte[] body) {
        String value = header(request, "X-Koji-Signature");
        if (value.isEmpty()) return false;
        List<String> signatures = read(value);
        boolean holds = false;
        for (var key : KEYS) {
            String expected = sign(key, body);
            for (String signature : signatures) holds |= same(signature.toLowerCase(Locale.ROOT), expected);
        }
        return holds;
    }

    static void handle(HttpExchange request) throws IOException {
        try (request) {
            // The bytes as they came: a body that was parsed and written again has another signature.
            byte[] body = request.getRequestBody().readNBytes(LIMIT + 1);
            if (body.length > LIMIT) {
                request.sendResponseHeaders(413, -1);
            } else if (!verify(request, body)) {
                request.sendResponseHeaders(401, -1);
            } else {
                // It is authentic. Store or queue the body here, answer at once, work on it later.
                request.sendResponseHeaders(200, -1);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        // While a secret is being replaced, the old one goes into KOJI_WEBHOOK_SECRET_PREVIOUS.
        for (String name : List.of("KOJI_WEBHOOK_SECRET", "KOJI_WEBHOOK_SECRET_PREVIOUS")) {
            String secret = System.getenv(name);
            try {
                if (secret != null && !secret.isEmpty()) KEYS.add(keyOf(secret));
            } catch (Exception malformed) {
                System.err.println(name + " is not a usable secret");
                System.exit(1);
            }
        }
        if (KEYS.isEmpty()) throw new IllegalStateException("KOJI_WEBHOOK_SECRET is not set");
        // Seconds for a sender that stalls; without it one may hold a thread for ever.
        System.setProperty("sun.net.httpserver.maxReqTime", "30");
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "3000"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", Handler::handle);
        server.setExecutor(Executors.newFixedThreadPool(200));
        server.start();
        System.out.println("listening on http://127.0.0.1:" + server.getAddress().getPort());
    }
}
