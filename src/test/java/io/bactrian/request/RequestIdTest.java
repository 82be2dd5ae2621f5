package io.bactrian.request;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestIdTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "6f1c2e0a-7a3b-4d0f-9a56-0242ac120002", "tenant:batch_7.3"})
    void aPlainNameIsAllowed(String id) {
        assertThat(RequestId.isAllowed(id)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a/b", "<script>", "a\n", "\u00e4"})
    void whatCouldBreakALogOrAPathIsNot(String id) {
        assertThat(RequestId.isAllowed(id)).isFalse();
    }

    @Test
    void aNameHasALongestLength() {
        assertThat(RequestId.isAllowed("a".repeat(128))).isTrue();
        assertThat(RequestId.isAllowed("a".repeat(129))).isFalse();
    }
}
