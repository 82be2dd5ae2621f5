package io.bactrian.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.endpoint.EndpointRole;
import org.junit.jupiter.api.Test;

class PoolShapeTest {
    @Test
    void readsCountsAndRoles() {
        assertThat(PoolShape.parse("4").roles()).hasSize(4).containsOnly(EndpointRole.NONE);
        assertThat(PoolShape.parse("1P+2D+1PD").roles())
                .containsExactly(
                        EndpointRole.PREFILL, EndpointRole.DECODE, EndpointRole.DECODE, EndpointRole.PREFILL_DECODE);
    }

    @Test
    void refusesWhatIsNoShape() {
        for (String wrong : new String[] {"", "0", "P", "2E", "1P+", "1000"}) {
            assertThatThrownBy(() -> PoolShape.parse(wrong))
                    .hasMessage("pool: " + wrong + " (expected: such as 4, 1P+3D or 2PD+2D)");
        }
    }
}
