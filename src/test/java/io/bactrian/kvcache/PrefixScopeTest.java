package io.bactrian.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Vectors: llm-d's {@code approx-prefix-cache-producer}, XXH64 with seed 0 of the model's UTF-8 bytes. */
class PrefixScopeTest {

    @Test
    void aModelAloneIsHashedByItsBytes() {
        assertThat(new PrefixScope("m", "", "").seed()).isEqualTo(0xba2e567083a2b2e8L);
        assertThat(new PrefixScope("meta-llama/Llama-3.1-8B-Instruct", "", "").seed())
                .isEqualTo(0xa903820a10f81cffL);
        assertThat(new PrefixScope("", "", "").seed()).isEqualTo(0xef46db3751d8e999L);
    }

    @Test
    void equalTextIsKeptApartByEachPartAndByWhereAPartEnds() {
        List<PrefixScope> scopes = List.of(
                new PrefixScope("m", "", ""),
                new PrefixScope("ms1", "", ""),
                new PrefixScope("m", "s1", ""),
                new PrefixScope("m", "", "s1"),
                new PrefixScope("m", "s", "1"),
                new PrefixScope("ms", "1", ""),
                new PrefixScope("ms", "", "1"),
                new PrefixScope("", "m", "s1"),
                new PrefixScope("", "", "ms1"));
        Set<Long> seeds = new HashSet<>();
        scopes.forEach(scope -> seeds.add(scope.seed()));
        assertThat(seeds).hasSize(scopes.size());
    }
}
