package io.bactrian;

import io.bactrian.config.ConfigurationException;
import io.bactrian.config.NearestName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.ExpressionIllegalSyntaxException;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.NoSuchEndpointException;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.VetoCamelContextStartException;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * Says in one line what is wrong with a route that Camel refuses: {@code file:line: route, step: fault (nearest: name)}.
 *
 * <p>Camel names the route and the bean, option or component it misses, but neither file nor step: those are looked up in
 * the files, which costs nothing until something is wrong.
 */
final class RouteFault {
    private static final Pattern UNKNOWN_STEP = Pattern.compile("Unknown node id: (.*)", Pattern.DOTALL);
    private static final Pattern UNKNOWN_OPTION = Pattern.compile("Unknown parameters=\\[\\{([^=]+)=");
    private static final Pattern UNKNOWN_PROPERTY = Pattern.compile("Property with key \\[(.+?)] not found");
    private static final Pattern DUPLICATE = Pattern.compile("Duplicate route ids detected: ([^,.]+)");
    private static final Pattern KAMELET = Pattern.compile("Failure creating route from template: (\\S+)");

    private final RoutePlaces places;
    private final KnownNames known;

    /** @param locations the files that routes were read from, as Camel names them */
    RouteFault(List<String> locations, CamelContext camel) {
        this.places = new RoutePlaces(locations);
        this.known = new KnownNames(camel);
    }

    /** Returns what to tell the routes' author, or nothing if {@code failure} is not about a route. */
    Optional<ConfigurationException> explain(Throwable failure) {
        List<Throwable> causes = causes(failure);
        return causes.stream()
                .map(cause -> explain(cause, causes))
                .flatMap(Optional::stream)
                .findFirst()
                .map(message -> new ConfigurationException(message, failure));
    }

    private static List<Throwable> causes(Throwable failure) {
        List<Throwable> causes = new ArrayList<>();
        for (Throwable cause = failure; cause != null && !causes.contains(cause); cause = cause.getCause()) {
            causes.add(cause);
        }
        return causes;
    }

    private Optional<String> explain(Throwable cause, List<Throwable> causes) {
        if (cause instanceof MarkedYamlEngineException yaml) {
            return Optional.of(yaml(yaml));
        }
        if (cause instanceof DirectCalls.NoTarget missing) {
            return Optional.of(noTarget(missing));
        }
        if (cause instanceof VetoCamelContextStartException veto) {
            return kamelet(text(veto), rootMessage(causes));
        }
        if (cause instanceof FailedToCreateRouteException refused) {
            return Optional.of(refused(orEmpty(refused.getRouteId()), causes));
        }
        if (cause instanceof FailedToStartRouteException refused) {
            return Optional.of(places.inRoute(orEmpty(refused.getRouteId()), word -> false) + rootMessage(causes));
        }
        return Optional.empty();
    }

    private String yaml(MarkedYamlEngineException refused) {
        Optional<Mark> mark = refused.getProblemMark().or(refused::getContextMark);
        String place = places.atLine(
                mark.map(Mark::getName).orElse(""),
                mark.map(at -> at.getLine() + 1).orElse(1));
        String problem = orEmpty(refused.getProblem());
        Matcher unknown = UNKNOWN_STEP.matcher(problem);
        return unknown.matches()
                ? place + unknown.group(1) + ": unknown step" + nearest(unknown.group(1), KnownNames.steps())
                : place + problem;
    }

    private String noTarget(DirectCalls.NoTarget missing) {
        return places.inRoute(missing.route(), missing.uri()::equals) + missing.uri() + ": no route begins there"
                + nearest(missing.uri(), missing.known());
    }

    private Optional<String> kamelet(String veto, String why) {
        Matcher matcher = KAMELET.matcher(veto);
        if (!matcher.find()) {
            return Optional.empty();
        }
        String uri = "kamelet:" + matcher.group(1);
        return Optional.of(
                places.anywhere(word -> before(word, "?").equals(uri)).orElse(uri + ": ") + why);
    }

    private String refused(String route, List<Throwable> causes) {
        Throwable root = causes.get(causes.size() - 1);
        if (root instanceof NoSuchBeanException missing) {
            return noBean(route, missing.getName());
        }
        if (root instanceof NoSuchEndpointException missing) {
            return noComponent(route, before(missing.getUri(), ":"));
        }
        if (root instanceof ResolveEndpointFailedException refused) {
            Matcher option = UNKNOWN_OPTION.matcher(text(refused));
            if (option.find()) {
                return noOption(route, before(refused.getUri(), ":"), option.group(1));
            }
        }
        for (Throwable cause : causes) {
            if (cause instanceof ExpressionIllegalSyntaxException wrong) {
                String expression = wrong.getExpression();
                return places.inRoute(route, expression::equals) + expression + ": " + text(root);
            }
        }
        Matcher property = UNKNOWN_PROPERTY.matcher(text(root));
        if (property.find()) {
            String placeholder = "{{" + property.group(1);
            return places.inRoute(route, word -> word.contains(placeholder)) + placeholder + "}}: no such property";
        }
        Matcher duplicate = DUPLICATE.matcher(text(root));
        if (duplicate.find()) {
            return places.lastRoute(duplicate.group(1)) + "another route has this id already";
        }
        return places.inRoute(route, word -> false) + text(root);
    }

    private String noBean(String route, String bean) {
        return places.inRoute(
                        route, word -> word.equals(bean) || word.equals("#" + bean) || word.equals("#bean:" + bean))
                + bean + ": no such bean" + nearest(bean, known.beans());
    }

    private String noComponent(String route, String component) {
        return places.inRoute(route, word -> word.startsWith(component + ":")) + component + ": no such component"
                + nearest(component, known.components());
    }

    private String noOption(String route, String component, String option) {
        Pattern inUri = Pattern.compile("[?&]" + Pattern.quote(option) + "=");
        return places.inRoute(
                        route,
                        word -> word.equals(option) || inUri.matcher(word).find()) + option + ": no option of "
                + component + nearest(option, known.options(component));
    }

    private static String nearest(String written, Collection<String> known) {
        return NearestName.of(written, known)
                .map(name -> " (nearest: " + name + ")")
                .orElse("");
    }

    private static String rootMessage(List<Throwable> causes) {
        return text(causes.get(causes.size() - 1));
    }

    private static String text(Throwable cause) {
        return orEmpty(cause.getMessage());
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static String before(String text, String end) {
        int at = text.indexOf(end);
        return at < 0 ? text : text.substring(0, at);
    }
}
