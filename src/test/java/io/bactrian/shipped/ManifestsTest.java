package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.config.BactrianSettings;
import io.bactrian.config.RouteFiles;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The manifests are what Kubernetes and Camel K take, and agree with each other and with the router. */
class ManifestsTest {
    private static final Path K8S = Path.of("k8s");
    private static final Path CONFIG = K8S.resolve("config");
    private static final StrictSchema INTEGRATION =
            StrictSchema.ofCustomResource(Path.of("test-fixtures/crds/camel.apache.org_integrations.yaml"), "v1");
    private static final String OBSERVE_PORT = "9876";

    /** What Camel may take for its own services after the drain, with a margin. */
    private static final Duration STOP_MARGIN = Duration.ofSeconds(30);

    private final JsonNode integration = YamlFiles.read(K8S.resolve("camel-k/integration.yaml"));

    private static Deployment deployment() throws IOException {
        return Manifests.read(YamlFiles.read(K8S.resolve("base/deployment.yaml")), Deployment.class);
    }

    private static PodSpec pod() throws IOException {
        return deployment().getSpec().getTemplate().getSpec();
    }

    private static Container container() throws IOException {
        return pod().getContainers().get(0);
    }

    private static Map<String, String> properties() throws IOException {
        Properties read = new Properties();
        read.load(new StringReader(Files.readString(CONFIG.resolve("application.properties"))));
        Map<String, String> properties = new HashMap<>();
        read.forEach((key, value) -> properties.put((String) key, (String) value));
        return properties;
    }

    @Test
    void theServiceFindsThePods() throws Exception {
        Service service = Manifests.read(YamlFiles.read(K8S.resolve("base/service.yaml")), Service.class);

        assertThat(deployment().getSpec().getTemplate().getMetadata().getLabels())
                .containsAllEntriesOf(service.getSpec().getSelector());
        assertThat(service.getSpec().getPorts())
                .extracting(port -> port.getTargetPort().getStrVal())
                .containsExactlyElementsOf(container().getPorts().stream()
                        .map(ContainerPort::getName)
                        .toList());
        assertThat(service.getSpec().getPorts())
                .extracting(ServicePort::getName)
                .containsExactly("http", "observe");
    }

    @Test
    void theProbesAskTheOperationsPort() throws Exception {
        Container container = container();

        assertThat(Stream.of(container.getStartupProbe(), container.getReadinessProbe(), container.getLivenessProbe())
                        .map(Probe::getHttpGet)
                        .map(get -> get.getPort().getStrVal() + " " + get.getPath()))
                .containsExactly(
                        "observe /observe/health/ready",
                        "observe /observe/health/ready",
                        "observe /observe/health/live");
    }

    @Test
    void theProcessMayWriteNothingButItsTemporaryFolder() throws Exception {
        Container container = container();

        assertThat(pod().getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
        assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(container.getVolumeMounts())
                .filteredOn(mount -> !Boolean.TRUE.equals(mount.getReadOnly()))
                .extracting(VolumeMount::getMountPath)
                .containsExactly("/tmp");
        assertThat(container.getResources().getLimits()).containsKey("memory");
        assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
    }

    @Test
    void nothingOfTheClusterLooksLikeASetting() throws Exception {
        assertThat(pod().getEnableServiceLinks()).isFalse();
        assertThat(integration.at("/spec/template/spec/enableServiceLinks").asBoolean(true))
                .isFalse();
    }

    @Test
    void thePodWaitsForTheDrain() throws Exception {
        BactrianSettings settings = BactrianSettings.read(properties(), Map.of());
        Duration drain = settings.drain().delay().plus(settings.drain().timeout());

        assertThat(Duration.ofSeconds(pod().getTerminationGracePeriodSeconds()))
                .isGreaterThanOrEqualTo(drain.plus(STOP_MARGIN));
        assertThat(integration
                        .at("/spec/template/spec/terminationGracePeriodSeconds")
                        .asLong())
                .isEqualTo(pod().getTerminationGracePeriodSeconds());
    }

    @Test
    void theSettingsAreReachableFromOutsideThePod() throws Exception {
        BactrianSettings settings = BactrianSettings.read(properties(), Map.of());

        assertThat(settings.http().host()).isEqualTo("0.0.0.0");
        assertThat(container().getPorts())
                .extracting(ContainerPort::getContainerPort)
                .containsExactly(settings.http().port(), Integer.valueOf(OBSERVE_PORT));
        assertThat(properties()).containsEntry("camel.management.host", "0.0.0.0");
    }

    @Test
    void theRoutesAreMountedWhereTheRouterLooks() throws Exception {
        Map<String, String> mounts = new HashMap<>();
        container().getVolumeMounts().forEach(mount -> mounts.put(mount.getName(), mount.getMountPath()));

        assertThat(mounts).containsEntry("routes", properties().get("bactrian.routes.dir"));
        assertThat(container().getArgs())
                .containsExactly("serve", "--config=" + mounts.get("config") + "/application.properties");
        assertThat(integration.at("/spec/traits/mount/resources"))
                .extracting(JsonNode::asText)
                .containsExactly(
                        "configmap:bactrian-config@" + mounts.get("config"),
                        "configmap:bactrian-routes@" + mounts.get("routes"));
        assertThat(integration.at("/spec/traits/environment/vars"))
                .extracting(JsonNode::asText)
                .contains("BACTRIAN_CONFIG=" + mounts.get("config") + "/application.properties");
    }

    @Test
    void theMountedRoutesAreTheBuiltInOnes() {
        List<Path> routes = YamlFiles.under(CONFIG.resolve("routes"), ".yaml");

        assertThat(routes).isNotEmpty().allSatisfy(file -> {
            String name = file.getFileName().toString();
            assertThat(RouteFiles.BUILT_IN).contains(name);
            assertThat(file).hasSameTextualContentAs(YamlFiles.ROUTES.resolve(name));
        });
    }

    @Test
    void kustomizeNamesEveryFileAndMapThatIsUsed() throws Exception {
        JsonNode config = YamlFiles.read(CONFIG.resolve("kustomization.yaml"));

        assertThat(config.findValuesAsText("name")).containsExactly("bactrian-config", "bactrian-routes");
        assertThat(config.at("/generatorOptions/disableNameSuffixHash").asBoolean())
                .isTrue();
        List<Path> files = new ArrayList<>();
        config.path("configMapGenerator")
                .forEach(map -> map.path("files").forEach(file -> files.add(CONFIG.resolve(file.asText()))));
        assertThat(files)
                .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                YamlFiles.under(CONFIG, ".properties").stream(),
                                YamlFiles.under(CONFIG, ".camel.yaml").stream())
                        .toList());
        for (String overlay : List.of("base", "camel-k")) {
            assertThat(YamlFiles.read(K8S.resolve(overlay).resolve("kustomization.yaml"))
                            .path("resources"))
                    .allSatisfy(resource -> assertThat(K8S.resolve(overlay).resolve(resource.asText()))
                            .exists());
        }
        assertThat(pod().getVolumes())
                .filteredOn(volume -> volume.getConfigMap() != null)
                .extracting(volume -> volume.getConfigMap().getName())
                .containsExactly("bactrian-config", "bactrian-routes");
    }

    @Test
    void theIntegrationIsOneThatCamelKTakes() {
        assertThat(INTEGRATION.faults(integration)).isEmpty();
    }

    @Test
    void theIntegrationIsProbedLikeTheDeployment() throws Exception {
        JsonNode health = integration.at("/spec/traits/health");

        assertThat(health.path("enabled").asBoolean()).isTrue();
        for (String probe : List.of("startup", "readiness", "liveness")) {
            assertThat(health.path(probe + "ProbeEnabled").asBoolean())
                    .as(probe)
                    .isTrue();
            assertThat(health.path(probe + "Port").asText()).as(probe).isEqualTo(OBSERVE_PORT);
        }
        assertThat(health.path("readinessProbe").asText())
                .isEqualTo(container().getReadinessProbe().getHttpGet().getPath());
        assertThat(health.path("livenessProbe").asText())
                .isEqualTo(container().getLivenessProbe().getHttpGet().getPath());
        assertThat(integration.at("/spec/traits/container/image").asText())
                .isEqualTo(container().getImage());
    }

    @Test
    void findsAFieldThatAKindDoesNotHave() {
        JsonNode misspelt = YamlFiles.read(K8S.resolve("base/deployment.yaml"));
        ((ObjectNode) misspelt.at("/spec/template/spec")).put("terminationGracePeriod", 5);
        assertThatThrownBy(() -> Manifests.read(misspelt, Deployment.class))
                .isInstanceOf(UnrecognizedPropertyException.class)
                .hasMessageContaining("terminationGracePeriod");

        ((ObjectNode) integration.at("/spec/traits/health")).put("readinesProbe", "/x");
        assertThat(INTEGRATION.faults(integration)).anyMatch(fault -> fault.contains("readinesProbe"));
    }
}
