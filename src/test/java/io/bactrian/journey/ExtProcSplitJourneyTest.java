package io.bactrian.journey;

import static io.bactrian.fixture.TestProxy.body;
import static io.bactrian.fixture.TestProxy.head;
import static io.bactrian.fixture.TestProxy.set;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.fixture.MediaChats;
import io.bactrian.fixture.RawModelServer;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.SplitPool;
import io.bactrian.fixture.TestProxy;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A picker beside a proxy leaves the split of prefill and decode to the sidecar at the decode endpoint. */
@Timeout(60)
class ExtProcSplitJourneyTest {
    @TempDir
    private Path dir = Path.of("");

    private final RawModelServer prefill = RawModelServer.answering("");
    private final RawModelServer decode = RawModelServer.answering("");
    private final RawModelServer encode = RawModelServer.answering("");

    private CommonResponse picked(SplitPool pool, String chat) throws Exception {
        try (RouterFixture picker = pool.asPicker().start();
                TestProxy proxy = TestProxy.of(picker)) {
            TestProxy.Stream stream = proxy.open()
                    .send(head(false, "x-prefiller-host-port", "10.9.9.9:1", "x-encoder-hosts-ports", "10.9.9.9:2"))
                    .send(body(chat, true));
            CommonResponse changes = stream.next().getRequestHeaders().getResponse();
            stream.cancel();
            picker.awaitQuiet();
            return changes;
        }
    }

    private SplitPool pool() {
        return new SplitPool(dir).prefill(prefill).decode(decode);
    }

    @Test
    void theSidecarIsToldWhereToHaveThePromptComputed() throws Exception {
        CommonResponse changes =
                picked(pool(), "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");

        assertThat(set(changes, "x-gateway-destination-endpoint")).isEqualTo("127.0.0.1:" + decode.port());
        assertThat(set(changes, "x-prefiller-host-port")).isEqualTo("127.0.0.1:" + prefill.port());
        assertThat(changes.getHeaderMutation().getRemoveHeadersList()).contains("x-encoder-hosts-ports");
        assertThat(prefill.requests()).as("the picker itself asks for nothing").isEmpty();
    }

    @Test
    void theSidecarIsToldWhereToHavePicturesEncoded() throws Exception {
        CommonResponse changes = picked(pool().add("encode", encode), MediaChats.CHAT);

        assertThat(set(changes, "x-encoder-hosts-ports")).isEqualTo("127.0.0.1:" + encode.port());
        assertThat(encode.requests()).as("the picker itself asks for nothing").isEmpty();
    }
}
