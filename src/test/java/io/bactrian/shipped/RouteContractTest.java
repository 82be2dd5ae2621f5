package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.exchange.InferenceExchange;
import io.bactrian.fixture.RouterUnderTest;
import io.bactrian.request.Api;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Route;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** What docs/route-contract.md promises is there, and what is there is promised. */
@TestInstance(Lifecycle.PER_CLASS)
class RouteContractTest {
    private static final String CONTRACT = YamlFiles.text(Path.of("docs/route-contract.md"));
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    private final RouterUnderTest router = new RouterUnderTest();
    private final RouterUnderTest picker = new RouterUnderTest()
            .set("bactrian.role", "endpoint-picker")
            .set("bactrian.ext-proc.port", "0")
            .set("bactrian.ext-proc.health-port", "0");

    private final RouterUnderTest sidecar =
            new RouterUnderTest().asSidecar().set("bactrian.sidecar.data-parallel-size", "2");

    @BeforeAll
    void start() {
        router.start();
        picker.start();
        sidecar.start();
    }

    @AfterAll
    void close() {
        router.close();
        picker.close();
        sidecar.close();
    }

    /** Returns the cells of the rows of the table under {@code heading}; code spans lose their marks. */
    private static List<List<String>> table(String heading) {
        String section = CONTRACT.substring(CONTRACT.indexOf("\n## " + heading + "\n") + 1);
        List<List<String>> rows = new ArrayList<>();
        for (String line : section.lines().skip(2).toList()) {
            if (!line.startsWith("|")) {
                if (rows.isEmpty()) {
                    continue;
                }
                break;
            }
            rows.add(Arrays.stream(line.substring(1).split("\\|", -1))
                    .map(cell -> cell.strip().replace("`", ""))
                    .toList());
        }
        return rows.subList(2, rows.size()); // after the names of the columns and the line below them
    }

    private static List<String> column(String heading, int column) {
        return table(heading).stream().map(row -> row.get(column)).toList();
    }

    @Test
    void listsEveryRouteAndWhereItBegins() {
        List<Route> routes = Stream.of(router, picker, sidecar)
                .flatMap(of -> of.router().camel().getRoutes().stream())
                .toList();

        assertThat(column("Routes", 0))
                .containsExactlyInAnyOrderElementsOf(
                        routes.stream().map(RouteContractTest::idOf).collect(Collectors.toSet()));
        assertThat(column("Routes", 1).stream().filter(entry -> entry.startsWith("direct:")))
                .containsExactlyInAnyOrderElementsOf(routes.stream()
                        .map(route -> route.getEndpoint().getEndpointUri().replace("://", ":"))
                        .filter(uri -> uri.startsWith("direct:"))
                        .collect(Collectors.toSet()));
    }

    /** Routes made from a template are listed by its name. */
    private static String idOf(Route route) {
        return route.getRouteId().replaceFirst("^serve-rank-\\d+$", "serve-rank");
    }

    @Test
    void listsEveryStep() {
        Set<String> steps = new TreeSet<>();
        for (Path file : YamlFiles.under(YamlFiles.ROUTES, ".camel.yaml")) {
            String name = file.getFileName().toString().replace(".camel.yaml", "");
            JsonNode content = YamlFiles.read(file).get(0);
            content.findValuesAsText("id").forEach(id -> steps.add(name + " " + id));
            steps.remove(name + " " + content.at("/route/id").asText()); // the route itself, unless a step has its name
            steps.remove(name + " " + content.at("/routeTemplate/id").asText());
        }

        assertThat(table("Steps").stream().map(row -> row.get(0) + " " + row.get(1)))
                .containsExactlyInAnyOrderElementsOf(steps);
    }

    @Test
    void listsEveryBeanThatARouteNames() {
        List<String> beans = column("Beans", 0);
        Set<String> named = new TreeSet<>();
        for (Path file : YamlFiles.under(YamlFiles.ROUTES, ".camel.yaml")) {
            Matcher reference = Pattern.compile("(?:ref: |\"#)(\\w+)").matcher(YamlFiles.text(file));
            while (reference.find()) {
                named.add(reference.group(1));
            }
        }

        assertThat(beans).containsAll(named);
        assertThat(beans).allSatisfy(bean -> assertThat(Stream.of(picker, sidecar)
                        .map(of -> of.router().camel().getRegistry().lookupByName(bean))
                        .filter(Objects::nonNull))
                .as(bean)
                .isNotEmpty());
    }

    @Test
    void listsEveryHeader() {
        List<String> headers = Arrays.stream(InferenceExchange.class.getFields())
                .filter(field -> Modifier.isStatic(field.getModifiers()))
                .map(RouteContractTest::constant)
                .toList();

        assertThat(column("Headers", 0)).containsExactlyInAnyOrderElementsOf(headers);
        assertThat(CONTRACT).contains(Arrays.stream(Api.values()).map(Api::name).toList());
    }

    private static String constant(java.lang.reflect.Field field) {
        try {
            return String.valueOf(field.get(null));
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void listsEveryKamelet() {
        List<String> kamelets = YamlFiles.under(YamlFiles.KAMELETS, ".kamelet.yaml").stream()
                .map(file -> "kamelet:" + file.getFileName().toString().replace(".kamelet.yaml", ""))
                .toList();

        assertThat(column("Component and kamelets", 0))
                .containsAll(kamelets)
                .contains("model-server:prefill", "model-server:decode");
    }

    @Test
    void namesSettingsThatExist() {
        String configuration = YamlFiles.text(Path.of("docs/configuration.md"));

        assertThat(CODE.matcher(CONTRACT)
                        .results()
                        .map(match -> match.group(1))
                        .filter(code -> code.startsWith("bactrian.")))
                .isNotEmpty()
                .allSatisfy(key -> assertThat(configuration).contains(key));
    }
}
