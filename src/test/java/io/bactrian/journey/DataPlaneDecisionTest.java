package io.bactrian.journey;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The record of the data plane promises only what a test keeps. */
class DataPlaneDecisionTest {
    private static final Pattern TEST = Pattern.compile("`(\\w+JourneyTest)\\.(\\w+)`");

    static Stream<String> tests() throws IOException {
        String record = Files.readString(Path.of("docs", "decisions", "0003-data-plane.md"));
        return TEST.matcher(record).results().map(MatchResult::group).distinct();
    }

    @ParameterizedTest
    @MethodSource("tests")
    void namesTestsThatExist(String name) throws ClassNotFoundException {
        String[] parts = name.replace("`", "").split("\\.", 2);
        Class<?> type = Class.forName("io.bactrian.journey." + parts[0]);

        assertThat(Arrays.stream(type.getDeclaredMethods()).map(Method::getName))
                .contains(parts[1]);
    }
}
