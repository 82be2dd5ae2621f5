package io.bactrian.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * HuggingFace's tokenizers, which are native code, out of the jar on the class path.
 *
 * <p>DJL's own loader is not asked: it looks for graphics cards, keeps a folder in the user's home, and downloads what it does not find.
 */
final class NativeLibrary {
    private static boolean isLoaded;

    private NativeLibrary() {}

    /** Loads the library if it is not yet; throws {@link IllegalStateException} saying why it cannot be. */
    static synchronized TokenizersLibrary load() {
        if (!isLoaded) {
            load(platform());
            isLoaded = true;
        }
        return TokenizersLibrary.LIB;
    }

    private static void load(String platform) {
        String name = System.mapLibraryName("tokenizers");
        String resource = "/native/lib/" + platform + "/cpu/" + name;
        try (InputStream library = TokenizersLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                throw new IllegalStateException("no tokenizer for " + platform
                        + " (expected: linux-x86_64, linux-aarch64 or osx-aarch64; vllm and tokenize work everywhere)");
            }
            Path folder = Files.createTempDirectory("bactrian-tokenizers");
            Path file = folder.resolve(name);
            try {
                Files.copy(library, file);
                System.load(file.toString());
            } finally {
                Files.deleteIfExists(file); // it stays mapped
                Files.deleteIfExists(folder);
            }
        } catch (IOException | UnsatisfiedLinkError e) {
            throw new IllegalStateException(
                    "the tokenizer for " + platform + " cannot be loaded: " + e.getMessage()
                            + " (expected: a folder for java.io.tmpdir that can be written to and executed from, and glibc)",
                    e);
        }
    }

    private static String platform() {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String name = system.startsWith("mac") ? "osx" : system.startsWith("windows") ? "win" : system;
        return name + "-" + (machine.equals("amd64") ? "x86_64" : machine);
    }
}
