package io.bactrian;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDefinition;

/** Checks that each {@code direct:} route that is called is there; Camel would notice with the first request. */
final class DirectCalls {
    private static final String SCHEME = "direct:";

    private DirectCalls() {}

    /** A call of a route that is not there. */
    static final class NoTarget extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final String route;
        private final String uri;
        private final transient Set<String> known;

        private NoTarget(String route, String uri, Set<String> known) {
            super("route " + route + " calls " + uri + " (expected: one of " + known + ")");
            this.route = route;
            this.uri = uri;
            this.known = known;
        }

        /** Returns the id of the route that calls. */
        String route() {
            return route;
        }

        /** Returns what is called. */
        String uri() {
            return uri;
        }

        /** Returns what could be called. */
        Set<String> known() {
            return known;
        }
    }

    /** Throws {@link NoTarget} for the first call that has none. */
    static void requireTargets(CamelContext camel) {
        List<RouteDefinition> routes =
                camel.getCamelContextExtension().getContextPlugin(Model.class).getRouteDefinitions();
        Set<String> entries = new TreeSet<>();
        for (RouteDefinition route : routes) {
            entries.add(withoutQuery(camel, route.getInput().getEndpointUri()));
        }
        for (RouteDefinition route : routes) {
            for (ToDefinition call :
                    ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ToDefinition.class)) {
                String uri = withoutQuery(camel, call.getEndpointUri());
                if (uri.startsWith(SCHEME) && !entries.contains(uri)) {
                    entries.removeIf(entry -> !entry.startsWith(SCHEME));
                    throw new NoTarget(route.getRouteId(), uri, entries);
                }
            }
        }
    }

    private static String withoutQuery(CamelContext camel, String uri) {
        String resolved;
        try {
            resolved = camel.resolvePropertyPlaceholders(uri);
        } catch (IllegalArgumentException e) {
            return uri; // an unknown placeholder: Camel says so when it makes the route
        }
        int query = resolved.indexOf('?');
        return query < 0 ? resolved : resolved.substring(0, query);
    }
}
