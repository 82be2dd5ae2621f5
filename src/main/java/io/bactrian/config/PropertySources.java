package io.bactrian.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Where properties come from: a file, and above it Java's system properties. */
public final class PropertySources {
    private static final Path DEFAULT_FILE = Path.of("application.properties");

    private PropertySources() {}

    /**
     * Reads the properties of {@code file}, else of {@code application.properties} in the working folder if there is one,
     * and those system properties that are ours or Camel's.
     */
    public static Map<String, String> read(@Nullable Path file) {
        Map<String, String> properties = new HashMap<>();
        if (file != null || Files.exists(DEFAULT_FILE)) {
            putAll(properties, load(file == null ? DEFAULT_FILE : file));
        }
        putAll(properties, System.getProperties());
        return properties;
    }

    private static Properties load(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
            return properties;
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigurationException("--config: " + file + " (expected: a readable properties file): " + e, e);
        }
    }

    private static void putAll(Map<String, String> properties, Properties from) {
        for (String key : from.stringPropertyNames()) {
            if (key.startsWith("bactrian.") || key.startsWith("camel.")) {
                properties.put(key, from.getProperty(key));
            }
        }
    }
}
