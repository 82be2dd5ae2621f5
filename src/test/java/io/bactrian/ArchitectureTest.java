package io.bactrian;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The walls between the packages: what each may import of ours, and where foreign libraries may be seen. */
@AnalyzeClasses(packages = "io.bactrian", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "io.bactrian";
    private static final Set<String> DOMAIN =
            Set.of("request", "endpoint", "kvcache", "scheduling", "flowcontrol", "disaggregation");

    /** The rooms; each may import itself and what is named here. */
    private static final Map<String, Set<String>> MAY_IMPORT = Map.ofEntries(
            Map.entry("request", Set.of()),
            Map.entry("endpoint", Set.of("request")),
            Map.entry("kvcache", Set.of("request", "endpoint")),
            Map.entry("scheduling", Set.of("request", "endpoint", "kvcache", "flowcontrol")),
            Map.entry("flowcontrol", Set.of("request", "endpoint")),
            Map.entry("disaggregation", Set.of("request", "endpoint")),
            Map.entry("dashboard", with(DOMAIN, "relay")),
            Map.entry("api", Set.of("request")),
            Map.entry("tokenizer", DOMAIN),
            Map.entry("engine", Set.of("request", "endpoint", "kvcache", "disaggregation", "api")),
            Map.entry("relay", Set.of("request", "endpoint", "api")),
            Map.entry("discovery", DOMAIN),
            Map.entry("exchange", with(DOMAIN, "api")),
            Map.entry("step", with(DOMAIN, "api", "engine", "relay", "exchange")),
            Map.entry("component", with(DOMAIN, "api", "engine", "relay", "exchange")),
            Map.entry("telemetry", with(DOMAIN, "api", "relay")),
            Map.entry("config", with(DOMAIN, "api", "engine", "relay", "discovery", "component")),
            Map.entry("simulator", with(DOMAIN, "api", "engine")));

    private static final Map<String, Set<String>> ONLY_SEEN_BY = Map.of(
            "simulator", Set.of("cli"),
            "telemetry", Set.of("cli"),
            "dashboard", Set.of("cli"),
            "config", Set.of("cli"),
            "cli", Set.of());

    @ArchTest
    static void roomsImportOnlyWhatTheirWallsLetThrough(JavaClasses classes) {
        MAY_IMPORT.forEach((room, allowed) -> classes()
                .that()
                .resideInAPackage(ROOT + "." + room + "..")
                .should()
                .onlyDependOnClassesThat(outsideOrIn(with(allowed, room)))
                .check(classes));
    }

    @ArchTest
    static void outerRoomsAreSeenOnlyByTheCommandsAndTheMainClass(JavaClasses classes) {
        ONLY_SEEN_BY.forEach((room, seers) -> noClasses()
                .that(areInNoneOf(with(seers, room)))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + "." + room + "..")
                .check(classes));
    }

    @ArchTest
    static void theDomainKnowsNoCamelNoNettyNoJsonAndNoClockOfItsOwn(JavaClasses classes) {
        noClasses()
                .that(areInOneOf(DOMAIN))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.camel..", "io.netty..", "com.fasterxml..", "io.micrometer..", "picocli..")
                .check(classes);
    }

    @ArchTest
    static void camelLivesOnlyInExchangesStepsComponentsAndTheMainClass(JavaClasses classes) {
        noClasses()
                .that(areInNoneOf(Set.of("exchange", "step", "component", "cli", "telemetry")))
                .and()
                .resideOutsideOfPackage(ROOT)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.camel..")
                .check(classes);
    }

    @ArchTest
    static void everyRoomHasItsWalls(JavaClasses classes) {
        Set<String> rooms = classes.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(ROOT + "."))
                .map(name -> name.substring(ROOT.length() + 1).replaceAll("\\..*", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        rooms.remove("cli");
        assertThat(rooms).isEqualTo(new TreeSet<>(MAY_IMPORT.keySet()));
    }

    @ArchTest
    static void everyPackageSaysWhatItIsFor(JavaClasses classes) throws IOException {
        Path sources = Path.of("src/main/java");
        try (Stream<Path> folders = Files.walk(sources)) {
            List<Path> silent = folders.filter(Files::isDirectory)
                    .filter(ArchitectureTest::hasJavaFiles)
                    .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                    .toList();
            assertThat(silent).isEmpty();
        }
    }

    private static boolean hasJavaFiles(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(file -> file.toString().endsWith(".java"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static DescribedPredicate<JavaClass> outsideOrIn(Set<String> rooms) {
        return DescribedPredicate.describe(
                "are not ours or in one of " + rooms,
                type -> !type.getPackageName().startsWith(ROOT) || isIn(type, rooms));
    }

    private static DescribedPredicate<JavaClass> areInOneOf(Set<String> rooms) {
        return DescribedPredicate.describe("are in one of " + rooms, type -> isIn(type, rooms));
    }

    private static DescribedPredicate<JavaClass> areInNoneOf(Set<String> rooms) {
        return DescribedPredicate.describe(
                "are in none of " + rooms,
                type -> !isIn(type, rooms) && !type.getPackageName().equals(ROOT));
    }

    private static boolean isIn(JavaClass type, Set<String> rooms) {
        return rooms.stream()
                .map(room -> ROOT + "." + room)
                .anyMatch(room -> type.getPackageName().equals(room)
                        || type.getPackageName().startsWith(room + "."));
    }

    private static Set<String> with(Set<String> rooms, String... more) {
        return Stream.concat(rooms.stream(), Arrays.stream(more)).collect(Collectors.toSet());
    }
}
