package io.bactrian.scheduling.session;

import io.bactrian.scheduling.PluginParameters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Writes the id of an endpoint as a pin that clients keep, and reads it back. Without a key that is base64 of the id, as
 * llm-d's, which anybody can make up; with one, a signature follows, and a pin that the key has not signed for this pool is none. Safe between threads.
 */
final class PinCode {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int MIN_KEY_BYTES = 16;
    private static final int MAX_KEY_BYTES = 4096;

    /** Half of HMAC-SHA256, the least that RFC 2104 section 5 advises. */
    private static final int SIGNATURE_BYTES = 16;

    /** Longer than any id, which is a namespace and a name. */
    private static final int MAX_PIN_LENGTH = 1024;

    private final String pool;
    private final @Nullable SecretKeySpec key;

    private PinCode(String pool, @Nullable SecretKeySpec key) {
        this.pool = pool;
        this.key = key;
    }

    /** Reads {@code keyFile}, the file with the key that signs pins; without it they are not signed. */
    static PinCode create(PluginParameters parameters, String pool) {
        String file = parameters.text("keyFile", "");
        if (file.isEmpty()) {
            return new PinCode(pool, null);
        }
        try {
            byte[] secret = Files.readString(Path.of(file), StandardCharsets.ISO_8859_1)
                    .strip()
                    .getBytes(StandardCharsets.ISO_8859_1);
            if (secret.length < MIN_KEY_BYTES || secret.length > MAX_KEY_BYTES) {
                throw parameters.wrong(
                        "keyFile", file, "a key of " + MIN_KEY_BYTES + " to " + MAX_KEY_BYTES + " bytes in it");
            }
            return new PinCode(pool, new SecretKeySpec(secret, ALGORITHM));
        } catch (IOException e) {
            throw parameters.wrong("keyFile", file, "a readable file");
        }
    }

    /** Returns the pin for the endpoint called {@code id}. */
    String write(String id) {
        byte[] utf8 = id.getBytes(StandardCharsets.UTF_8);
        if (key == null) {
            return Base64.getEncoder().encodeToString(utf8);
        }
        Base64.Encoder letters = Base64.getUrlEncoder().withoutPadding();
        return letters.encodeToString(utf8) + '.' + letters.encodeToString(signature(key, utf8));
    }

    /** Returns the id that {@code pin} was written for; empty if it is none. */
    String read(String pin) {
        if (pin.isEmpty() || pin.length() > MAX_PIN_LENGTH) {
            return "";
        }
        try {
            return key == null
                    ? new String(Base64.getDecoder().decode(pin), StandardCharsets.UTF_8)
                    : readSigned(key, pin);
        } catch (IllegalArgumentException e) {
            return ""; // what nobody wrote pins nothing
        }
    }

    private String readSigned(SecretKeySpec secret, String pin) {
        int dot = pin.indexOf('.');
        if (dot < 0) {
            return "";
        }
        byte[] id = Base64.getUrlDecoder().decode(pin.substring(0, dot));
        byte[] given = Base64.getUrlDecoder().decode(pin.substring(dot + 1));
        return MessageDigest.isEqual(given, signature(secret, id)) ? new String(id, StandardCharsets.UTF_8) : "";
    }

    /** Signs the pool too, so that a pin of one is none of another. */
    private byte[] signature(SecretKeySpec secret, byte[] id) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            mac.update(pool.getBytes(StandardCharsets.UTF_8));
            mac.update((byte) 0);
            return Arrays.copyOf(mac.doFinal(id), SIGNATURE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
