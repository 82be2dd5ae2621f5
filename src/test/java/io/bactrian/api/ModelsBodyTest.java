package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ModelsBodyTest {
    @Test
    void listsModelsInTheirOrder() {
        assertThat(new String(ModelsBody.json(List.of("b", "a\"ü"), 7), UTF_8))
                .isEqualTo("{\"object\":\"list\",\"data\":["
                        + "{\"id\":\"b\",\"object\":\"model\",\"created\":7,\"owned_by\":\"bactrian\"},"
                        + "{\"id\":\"a\\\"ü\",\"object\":\"model\",\"created\":7,\"owned_by\":\"bactrian\"}]}");
    }

    @Test
    void listsNothingWithoutModels() {
        assertThat(new String(ModelsBody.json(List.of(), 0), UTF_8)).isEqualTo("{\"object\":\"list\",\"data\":[]}");
    }
}
