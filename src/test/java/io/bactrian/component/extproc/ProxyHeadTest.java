package io.bactrian.component.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import org.junit.jupiter.api.Test;

class ProxyHeadTest {
    @Test
    void takesTheBytesOfAHeaderOrElseItsText() {
        ProxyHead head = new ProxyHead(HeaderMap.newBuilder()
                .addHeaders(HeaderValue.newBuilder().setKey(":method").setValue("POST"))
                .addHeaders(HeaderValue.newBuilder()
                        .setKey(":path")
                        .setRawValue(ByteString.copyFromUtf8("/v1/models"))
                        .setValue("/not/this"))
                .addHeaders(HeaderValue.newBuilder().setKey("x-text").setValue("text"))
                .build());

        assertThat(head.method()).isEqualTo("POST");
        assertThat(head.target()).isEqualTo("/v1/models");
        assertThat(head.header("x-text")).isEqualTo("text");
        assertThat(head.header(":path")).isEmpty();
    }
}
