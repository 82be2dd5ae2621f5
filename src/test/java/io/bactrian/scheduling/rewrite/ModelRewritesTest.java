package io.bactrian.scheduling.rewrite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bactrian.scheduling.rewrite.RewriteRule.Target;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ModelRewritesTest {
    private static final RewriteRule CANARY =
            new RewriteRule("canary", "p", "asked", List.of(new Target("old", 90), new Target("new", 10)));

    private final ModelRewrites rewrites = new ModelRewrites();

    @Test
    void drawsUpToEachWeight() {
        RewriteRule rule = new RewriteRule("r", "", "m", List.of(new Target("a", 70), new Target("b", 30)));

        assertThat(rule.choose(drawing(69))).isEqualTo("a");
        assertThat(rule.choose(drawing(70))).isEqualTo("b");
        assertThat(rule.choose(drawing(99))).isEqualTo("b");
    }

    private static RandomGenerator drawing(long value) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                return value;
            }

            @Override
            public long nextLong(long bound) {
                assertThat(value).isLessThan(bound);
                return value;
            }
        };
    }

    /** The standard deviation of 10,000 draws of a tenth is 30; five of it are missed once in two million runs. */
    @Property(tries = 20)
    void givesACanaryItsTenth(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int drawn = 0;
        for (int i = 0; i < 10_000; i++) {
            drawn += CANARY.choose(random).equals("new") ? 1 : 0;
        }
        assertThat(drawn).isCloseTo(1000, within(150));
    }

    @Test
    void choosesAmongEqualsWhereNobodyHasAWeight() {
        RewriteRule rule = new RewriteRule("r", "", "m", List.of(new Target("a", 0), new Target("b", 0)));
        SplittableRandom random = new SplittableRandom(7);
        int first = 0;
        for (int i = 0; i < 1000; i++) {
            first += rule.choose(random).equals("a") ? 1 : 0;
        }
        assertThat(first).isCloseTo(500, within(80));
    }

    @Test
    void neverChoosesWhoHasNoWeightBesideOthers() {
        RewriteRule rule = new RewriteRule("r", "", "m", List.of(new Target("a", 0), new Target("b", 1)));

        assertThat(rule.choose(new SplittableRandom(1))).isEqualTo("b");
    }

    @Test
    void prefersTheRuleForTheModelThenTheFirst() {
        rewrites.replace(List.of(rule("all", "", ""), rule("one", "", "m"), rule("two", "", "m")));

        assertThat(found("m", "p")).isEqualTo("one");
        assertThat(found("other", "p")).isEqualTo("all");
    }

    @Test
    void looksAtRulesOfThePoolAlone() {
        rewrites.replace(List.of(rule("q", "q", "m"), rule("all of q", "q", ""), rule("p", "p", "m")));

        assertThat(found("m", "p")).isEqualTo("p");
        assertThat(found("m", "q")).isEqualTo("q");
        assertThat(rewrites.find("other", "p")).isNull();
    }

    @Test
    void findsThePoolOfAModelThatNobodyServes() {
        rewrites.replace(List.of(rule("all of q", "q", ""), rule("q", "q", "m")));

        assertThat(found("m", "")).isEqualTo("q");
        assertThat(rewrites.find("other", "")).isNull();
    }

    @Test
    void isEmptyUntilThereAreRules() {
        assertThat(rewrites.isEmpty()).isTrue();
        rewrites.replace(List.of(CANARY));
        assertThat(rewrites.isEmpty()).isFalse();
    }

    private String found(String model, String pool) {
        return Objects.requireNonNull(rewrites.find(model, pool)).name();
    }

    private static RewriteRule rule(String name, String pool, String model) {
        return new RewriteRule(name, pool, model, List.of(new Target("t", 1)));
    }
}
