package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.config.AllowedTargets;
import io.bactrian.config.BactrianSettings;
import io.bactrian.disaggregation.Peers;
import io.bactrian.endpoint.EndpointPool;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The decode pod with a sidecar agrees with the sidecar's settings and with its engine. */
class SidecarManifestTest {
    private static final Path FOLDER = Path.of("k8s/sidecar");

    private static Map<String, String> properties() throws IOException {
        Properties read = new Properties();
        read.load(new StringReader(Files.readString(FOLDER.resolve("application.properties"))));
        Map<String, String> properties = new HashMap<>();
        read.forEach((key, value) -> properties.put((String) key, (String) value));
        return properties;
    }

    private static PodSpec pod() throws IOException {
        Deployment decode = Manifests.read(YamlFiles.read(FOLDER.resolve("decode.yaml")), Deployment.class);
        return decode.getSpec().getTemplate().getSpec();
    }

    @Test
    void thePortsAreThoseOfTheSettings() throws Exception {
        BactrianSettings settings = BactrianSettings.read(properties(), Map.of());
        Container sidecar = pod().getContainers().get(0);
        Container engine = pod().getContainers().get(1);

        assertThat(settings.isSidecar()).isTrue();
        assertThat(settings.http().host()).isEqualTo("0.0.0.0");
        assertThat(sidecar.getPorts().get(0).getContainerPort())
                .isEqualTo(settings.http().port());
        assertThat(engine.getArgs()).contains("--port=" + settings.sidecar().modelServerPort());
        assertThat(sidecar.getEnv()).anySatisfy(variable -> {
            assertThat(variable.getName()).isEqualTo("BACTRIAN_SIDECAR_POD_IP");
            assertThat(variable.getValueFrom().getFieldRef().getFieldPath()).isEqualTo("status.podIP");
        });
        assertThat(sidecar.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/observe/health/ready");
    }

    @Test
    void theTargetsCanBeRead() throws Exception {
        Map<String, String> given = properties();
        String mounted = sidecarConfig() + "/targets.yaml";
        assertThat(given.put(
                        "bactrian.sidecar.allowed-targets-file",
                        FOLDER.resolve("targets.yaml").toString()))
                .isEqualTo(mounted);
        EndpointPool pool = new EndpointPool("peers", Set.of(), Duration.ofSeconds(1));
        Peers peers = new Peers(pool, true, new Peers.Ranks(1, 8000), InstantSource.system());

        new AllowedTargets(BactrianSettings.read(given, Map.of()).sidecar(), peers);

        assertThat(peers.find("10.0.0.11:8000")).isNotNull();
    }

    private static String sidecarConfig() throws IOException {
        return pod().getContainers().get(0).getVolumeMounts().get(0).getMountPath();
    }
}
