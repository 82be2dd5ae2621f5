package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.HeaderSendMode;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The configurations of Envoy fit Envoy's own messages, and say what an endpoint picker needs. */
class EnvoyFilesTest {
    private static final JsonFormat.Parser PARSER = JsonFormat.parser()
            .usingTypeRegistry(JsonFormat.TypeRegistry.newBuilder()
                    .add(HttpConnectionManager.getDescriptor())
                    .add(ExternalProcessor.getDescriptor())
                    .add(Router.getDescriptor())
                    .add(UpstreamTlsContext.getDescriptor())
                    .add(HttpProtocolOptions.getDescriptor())
                    .build());

    static List<Path> files() {
        return YamlFiles.under(Path.of("k8s/envoy"), ".yaml");
    }

    private static Bootstrap bootstrap(JsonNode file) throws InvalidProtocolBufferException {
        // The policy that reads the metadata is younger than the messages; Envoy itself reads it in checks/envoy.
        file.at("/static_resources/clusters")
                .forEach(cluster -> ((ObjectNode) cluster).remove("load_balancing_policy"));
        Bootstrap.Builder bootstrap = Bootstrap.newBuilder();
        PARSER.merge(file.toString(), bootstrap);
        return bootstrap.build();
    }

    private static <T extends Message> T unpack(Any packed, Class<T> type) throws InvalidProtocolBufferException {
        return packed.unpack(type);
    }

    @ParameterizedTest
    @MethodSource("files")
    void saysWhatAnEndpointPickerNeeds(Path file) throws Exception {
        Bootstrap bootstrap = bootstrap(YamlFiles.read(file));

        HttpConnectionManager http = unpack(
                bootstrap
                        .getStaticResources()
                        .getListeners(0)
                        .getFilterChains(0)
                        .getFilters(0)
                        .getTypedConfig(),
                HttpConnectionManager.class);
        ExternalProcessor processor = unpack(http.getHttpFilters(0).getTypedConfig(), ExternalProcessor.class);
        assertThat(processor.getMetadataOptions().getReceivingNamespaces().getUntypedList())
                .containsExactly("envoy.lb");
        assertThat(processor.getMetadataOptions().getForwardingNamespaces().getUntypedList())
                .containsExactly("envoy.lb.subset_hint", "envoy.lb");
        assertThat(processor.getProcessingMode().getResponseHeaderMode()).isEqualTo(HeaderSendMode.SEND);
        boolean failsOpen = file.endsWith("fail-open.yaml");
        assertThat(processor.getFailureModeAllow()).isEqualTo(failsOpen);
        assertThat(processor.getProcessingMode().getRequestBodyMode())
                .isEqualTo(failsOpen ? BodySendMode.BUFFERED : BodySendMode.FULL_DUPLEX_STREAMED);
        assertThat(processor.getMessageTimeout().getSeconds()).isEqualTo(300);
    }

    @Test
    void findsAMisspeltKey() {
        JsonNode wrong = YamlFiles.read(files().get(0)).deepCopy();
        ((ObjectNode) wrong).put("static_resource", 1);
        assertThatThrownBy(() -> bootstrap(wrong)).hasMessageContaining("static_resource");
    }
}
