package io.bactrian.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class Utf8CheckTest {
    @Test
    void agreesWithTheJdkOnEveryThreeBytes() {
        byte[] bytes = new byte[3];
        byte[] amongLetters = "中???中中中".getBytes(StandardCharsets.UTF_8);
        for (int value = 0x80_00_00; value <= 0xFF_FF_FF; value += value % 5 == 0 ? 7 : 3) {
            bytes[0] = (byte) (value >> 16);
            bytes[1] = (byte) (value >> 8);
            bytes[2] = (byte) value;
            System.arraycopy(bytes, 0, amongLetters, 3, 3);
            boolean valid = isValidForJdk(bytes);
            if (isValid(bytes) != valid || isValid(amongLetters) != valid) {
                assertThat(isValid(bytes)).as("%x", value).isEqualTo(valid);
                assertThat(isValid(amongLetters)).as("%x among letters", value).isEqualTo(valid);
            }
        }
    }

    @Property(tries = 3000)
    void agreesWithTheJdkOnTextsWithOneWrongByte(@ForAll Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(60); i > 0; i--) {
            int[] limits = {0x80, 0x800, 0xD800, 0x110000};
            int point = random.nextInt(limits[random.nextInt(limits.length)]);
            text.appendCodePoint(point >= 0xD800 && point < 0xE000 ? 0xE000 : point);
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 0 && random.nextInt(3) > 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }

        assertThat(isValidInPieces(bytes, random)).isEqualTo(isValidForJdk(bytes));
    }

    private static boolean isValid(byte[] bytes) {
        Utf8Check check = new Utf8Check();
        return check.firstBad(bytes, 0, bytes.length) < 0 && !check.isInsideCharacter();
    }

    private static boolean isValidInPieces(byte[] bytes, Random random) {
        Utf8Check check = new Utf8Check();
        for (int from = 0; from < bytes.length; ) {
            int to = Math.min(bytes.length, from + random.nextInt(70));
            if (check.firstBad(bytes, from, to) >= 0) {
                return false;
            }
            from = to;
        }
        return !check.isInsideCharacter();
    }

    private static boolean isValidForJdk(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
