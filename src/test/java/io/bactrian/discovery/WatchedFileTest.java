package io.bactrian.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFileTest {
    private final List<String> read = new ArrayList<>();

    @TempDir
    private Path folder = Path.of("");

    @Test
    void isReadAgainOnlyWhenItsBytesChange() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "one");
        WatchedFile watched = WatchedFile.open(file, 100, this::take);

        settle(watched);
        Files.writeString(file, "one");
        settle(watched);
        Files.writeString(file, "two");
        settle(watched);
        settle(watched);

        assertThat(read).containsExactly("one", "two");
    }

    /** As a ConfigMap changes: the file is a link into a folder that a link names, and that link is replaced. */
    @Test
    void noticesALinkThatPointsElsewhere() throws IOException {
        Path older = Files.createDirectory(folder.resolve("older"));
        Path newer = Files.createDirectory(folder.resolve("newer"));
        Files.writeString(older.resolve("f"), "one");
        Files.writeString(newer.resolve("f"), "two");
        Path data = Files.createSymbolicLink(folder.resolve("..data"), older);
        Path file = Files.createSymbolicLink(folder.resolve("f"), data.resolve("f"));
        WatchedFile watched = WatchedFile.open(file, 100, this::take);

        Files.delete(data);
        Files.createSymbolicLink(data, newer);
        settle(watched);

        assertThat(read).containsExactly("one", "two");
    }

    @Test
    void whatCannotBeUsedIsPassedOverUntilItChanges() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "one");
        WatchedFile watched = WatchedFile.open(file, 100, this::take);

        Files.writeString(file, "bad");
        settle(watched);
        Files.delete(file);
        settle(watched);
        Files.writeString(file, "x".repeat(101));
        settle(watched);
        Files.writeString(file, "two");
        settle(watched);

        assertThat(read).containsExactly("one", "two");
    }

    @Test
    void theFirstReadingMustSucceed() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "bad");

        assertThatThrownBy(() -> WatchedFile.open(file, 100, this::take)).hasMessage("bad: no good");
        assertThatThrownBy(() -> WatchedFile.open(file, 2, this::take))
                .hasMessageEndingWith("f: 3 bytes (expected: at most 2)");
        assertThatThrownBy(() -> WatchedFile.open(folder.resolve("none"), 2, this::take))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: a readable file");
    }

    @Test
    void whatIsHalfWrittenIsWaitedFor() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "one");
        WatchedFile watched = WatchedFile.open(file, 100, this::take);

        Files.writeString(file, "");
        watched.check();
        Files.writeString(file, "tw");
        watched.check();
        Files.writeString(file, "two");
        watched.check();
        watched.check();

        assertThat(read).containsExactly("one", "two");
    }

    private static void settle(WatchedFile watched) {
        watched.check();
        watched.check();
    }

    private void take(byte[] content) {
        String text = new String(content, UTF_8);
        if (text.equals("bad")) {
            throw new IllegalArgumentException("bad: no good");
        }
        read.add(text);
    }
}
