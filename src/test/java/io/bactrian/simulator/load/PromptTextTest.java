package io.bactrian.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PromptTextTest {

    @Property
    void anIdAlwaysGivesTheSameText(@ForAll long id, @ForAll @IntRange(min = 1, max = 100) int tokens) {
        assertThat(text(id, tokens)).isEqualTo(text(id, tokens));
    }

    @Property
    void differentIdsDifferWithinFiveTokens(@ForAll long one, @ForAll long other) {
        Assume.that(one != other);

        assertThat(text(one, 5)).isNotEqualTo(text(other, 5));
    }

    @Property
    void neighbouringIdsDifferWithinFiveTokens(@ForAll long id) {
        assertThat(text(id, 5)).isNotEqualTo(text(id + 1, 5));
    }

    @Property
    void fewerTokensAreAPrefixOfMore(@ForAll long id, @ForAll @IntRange(min = 1, max = 100) int tokens) {
        assertThat(text(id, tokens + 1)).startsWith(text(id, tokens));
    }

    @Property
    void aTokenIsAWordOfFourBytes(@ForAll long id, @ForAll @IntRange(min = 1, max = 100) int tokens) {
        assertThat(text(id, tokens)).matches("([a-z]{3} ){" + tokens + "}");
    }

    @Example
    void theTextOfAnIdNeverChanges() {
        // Published figures rest on this text: a change would make other prompts of the same workload.
        assertThat(text(0, 6)).isEqualTo("hwh avj zrd sdb ksb tig ");
        assertThat(text(1, 6)).isEqualTo("wfi wii mul ndd yff tli ");
    }

    private static String text(long id, int tokens) {
        ByteBuf out = Unpooled.buffer();
        PromptText.write(new PromptBlock(id, tokens), out);
        return out.toString(StandardCharsets.US_ASCII);
    }
}
