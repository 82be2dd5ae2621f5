package io.bactrian.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads properties into a tree of records: a component is a key in kebab-case, a record is a level, a map of records is
 * a level of names. What is not given keeps the default that stands in the records; what no record knows is an error.
 */
final class SettingsReader {
    private final Map<String, String> given;
    private final Map<String, String> environment;
    private final Set<String> known = new TreeSet<>();

    /**
     * @param given property keys and values
     * @param environment environment variables, which win over {@code given}; those no record knows are ignored, since
     *     a platform adds its own
     */
    SettingsReader(Map<String, String> given, Map<String, String> environment) {
        this.given = given;
        this.environment = environment;
    }

    /** Reads everything under {@code prefix}, which ends in no dot. */
    <T extends Record> T read(Class<T> type, String prefix, T defaults) {
        T settings = type.cast(readRecord(type, prefix, defaults));
        for (String key : new TreeSet<>(given.keySet())) {
            if (key.startsWith(prefix + ".") && !known.contains(key)) {
                throw new ConfigurationException(key + ": unknown (expected: one of " + String.join(", ", known) + ")");
            }
        }
        return settings;
    }

    private Object readRecord(Class<?> type, String prefix, Object defaults) {
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = readComponent(components[i], prefix, valueOf(components[i], defaults));
        }
        return construct(type, components, values, prefix);
    }

    private Object readComponent(RecordComponent component, String prefix, Object fallback) {
        String key = prefix + "." + PropertyNames.kebab(component.getName());
        if (component.getType().isRecord()) {
            return readRecord(component.getType(), key, fallback);
        }
        if (component.getType() == Map.class) {
            return readMap(component, key);
        }
        known.add(key);
        String text = text(key);
        if (text == null) {
            return fallback;
        }
        try {
            return SettingValues.parse(component.getGenericType(), text);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new ConfigurationException(key + ": " + text + " (expected: " + e.getMessage() + ")", e);
        }
    }

    private @org.jspecify.annotations.Nullable String text(String key) {
        String fromEnvironment = environment.get(PropertyNames.environment(key));
        return fromEnvironment != null ? fromEnvironment : given.get(key);
    }

    private Map<String, Object> readMap(RecordComponent component, String prefix) {
        Type[] arguments = ((ParameterizedType) component.getGenericType()).getActualTypeArguments();
        Class<?> type = (Class<?>) arguments[1];
        Map<String, Object> entries = new TreeMap<>();
        for (String name : names(type, prefix)) {
            entries.put(name, readRecord(type, prefix + "." + name, defaultsOf(type)));
        }
        return entries;
    }

    private Set<String> names(Class<?> type, String prefix) {
        Set<String> names = new TreeSet<>();
        for (String key : given.keySet()) {
            if (key.startsWith(prefix + ".")) {
                String rest = key.substring(prefix.length() + 1);
                names.add(rest.contains(".") ? rest.substring(0, rest.indexOf('.')) : rest);
            }
        }
        String before = PropertyNames.environment(prefix) + "_";
        for (RecordComponent component : type.getRecordComponents()) {
            String after = "_" + PropertyNames.environment(PropertyNames.kebab(component.getName()));
            for (String variable : environment.keySet()) {
                if (variable.startsWith(before)
                        && variable.endsWith(after)
                        && variable.length() > before.length() + after.length()) {
                    names.add(variable.substring(before.length(), variable.length() - after.length())
                            .toLowerCase(java.util.Locale.ROOT)
                            .replace('_', '-'));
                }
            }
        }
        return names;
    }

    private static Object construct(Class<?> type, RecordComponent[] components, Object[] values, String prefix) {
        try {
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException invalid) {
                throw new ConfigurationException(
                        prefix + "." + asKey(components, String.valueOf(invalid.getMessage())), invalid);
            }
            throw new IllegalStateException("reading " + prefix, e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("reading " + prefix, e);
        }
    }

    /** Records name the component at fault; a user knows it as a key. */
    private static String asKey(RecordComponent[] components, String message) {
        for (RecordComponent component : components) {
            if (message.startsWith(component.getName() + ":")) {
                return PropertyNames.kebab(component.getName())
                        + message.substring(component.getName().length());
            }
        }
        return message;
    }

    private static Object valueOf(RecordComponent component, Object record) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("reading the default of " + component, e);
        }
    }

    static Object defaultsOf(Class<?> type) {
        try {
            return type.getField("DEFAULTS").get(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " has no DEFAULTS", e);
        }
    }

    /** Returns every key the records know, for the documentation; names of maps stand as {@code <name>}. */
    static List<Setting> describe(Class<?> type, String prefix, Object defaults) {
        List<Setting> settings = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            String key = prefix + "." + PropertyNames.kebab(component.getName());
            if (component.getType().isRecord()) {
                settings.addAll(describe(component.getType(), key, valueOf(component, defaults)));
            } else if (component.getType() == Map.class) {
                Type[] arguments = ((ParameterizedType) component.getGenericType()).getActualTypeArguments();
                Class<?> value = (Class<?>) arguments[1];
                settings.addAll(describe(value, key + ".<name>", defaultsOf(value)));
            } else {
                settings.add(new Setting(
                        key,
                        type,
                        component.getName(),
                        SettingValues.show(component.getName(), valueOf(component, defaults))));
            }
        }
        return settings;
    }

    /**
     * One key.
     *
     * @param key as written in a properties file
     * @param owner the record whose Javadoc describes it
     * @param component the record's component
     * @param defaultValue as one would write it; empty if there is none
     */
    record Setting(String key, Class<?> owner, String component, String defaultValue) {}
}
