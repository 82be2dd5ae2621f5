package io.bactrian;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.spi.EndpointUriFactory;

/** The names that a route may use, by kind. */
final class KnownNames {
    private final CamelContext camel;

    KnownNames(CamelContext camel) {
        this.camel = camel;
    }

    /** Returns the names of beans. */
    Set<String> beans() {
        return camel.getRegistry().findByTypeWithName(Object.class).keySet();
    }

    /** Returns the schemes of components, those bound by us and those in use. */
    Set<String> components() {
        Set<String> names = new TreeSet<>(
                camel.getRegistry().findByTypeWithName(Component.class).keySet());
        names.addAll(camel.getComponentNames());
        return names;
    }

    /** Returns the options of the endpoints of {@code component}; none if it comes without generated metadata. */
    Set<String> options(String component) {
        EndpointUriFactory factory = camel.getCamelContextExtension().getEndpointUriFactory(component);
        return factory == null ? Set.of() : factory.propertyNames();
    }

    /** Returns the kinds of steps, which the schema of the YAML DSL lists. */
    static Set<String> steps() {
        try (InputStream schema = KnownNames.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            JsonNode items = new ObjectMapper().readTree(schema).path("items");
            Set<String> kinds = new TreeSet<>();
            items.path("properties").fieldNames().forEachRemaining(kinds::add);
            items.at("/definitions/org.apache.camel.model.ProcessorDefinition/properties")
                    .fieldNames()
                    .forEachRemaining(kinds::add);
            return kinds;
        } catch (IOException e) {
            throw new UncheckedIOException("reading the schema of the YAML DSL", e);
        }
    }
}
