package io.bactrian.scheduling.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.endpoint.EndpointState;
import io.bactrian.fixture.Candidates;
import io.bactrian.fixture.InferenceRequests;
import io.bactrian.fixture.Plugins;
import io.bactrian.fixture.Prompts;
import io.bactrian.request.InferenceRequest;
import io.bactrian.request.MediaItem;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.ProfileResult;
import io.bactrian.scheduling.ScoredCandidates;
import io.bactrian.scheduling.Scorer;
import io.bactrian.scheduling.Scores;
import io.bactrian.scheduling.scorer.Scorers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sections 5.7 and 7.8 of llm-d's scheduling. */
class EncoderCacheTest {
    private final DataProducer producer = producer(Map.of());
    private final Scorer scorer = Plugins.create(Scorers.CATALOG, "mm-embeddings-cache-scorer", Map.of());

    @Test
    void oneOfThreePicturesScoresAThird() {
        send(producer, "decode", Map.of("decode", "a"), "cat");

        Scores scores = scores(producer, "cat", "dog", "bird", "cat");

        assertThat(scores.get(0)).isCloseTo(1 / 3.0, org.assertj.core.data.Offset.offset(1e-9));
        assertThat(scores.get(1)).isZero();
    }

    @Test
    void textScoresNothing() {
        assertThat(scores(producer).get(0)).isZero();
    }

    /** Who has the embeddings afterwards is who encodes. */
    @ParameterizedTest
    @CsvSource({
        "decode=a, 1, 0",
        "decode=b prefill=a, 1, 0",
        "decode=b prefill=b encode=a, 1, 0",
        "decode=a prefill=b, 0, 1"
    })
    void thePictureIsRememberedWhereItIsEncoded(String profiles, double a, double b) {
        Map<String, String> endpoints = new HashMap<>();
        for (String profile : profiles.split(" ", -1)) {
            endpoints.put(profile.split("=", 2)[0], profile.split("=", 2)[1]);
        }
        send(producer, "decode", endpoints, "cat");

        Scores scores = scores(producer, "cat");

        assertThat(scores.get(0)).isEqualTo(a);
        assertThat(scores.get(1)).isEqualTo(b);
    }

    @Test
    void theLongestUnusedIsForgottenFirst() {
        DataProducer two = producer(Map.of("cacheSizeInMBPerServer", 4));
        for (String picture : List.of("cat", "dog", "cat", "bird")) {
            send(two, "decode", Map.of("decode", "a"), picture);
        }

        assertThat(scores(two, "cat").get(0)).isEqualTo(1);
        assertThat(scores(two, "bird").get(0)).isEqualTo(1);
        assertThat(scores(two, "dog").get(0)).isZero();
    }

    private static DataProducer producer(Map<String, Object> parameters) {
        return Plugins.create(DataProducers.CATALOG, "mm-embeddings-cache-producer", parameters);
    }

    private Scores scores(DataProducer from, String... pictures) {
        InferenceRequest request = request(pictures);
        List<EndpointState> candidates = List.of(Candidates.silent("a"), Candidates.silent("b"));
        from.produce(request, candidates);
        return scorer.score(request, candidates);
    }

    private static void send(DataProducer producer, String primary, Map<String, String> endpoints, String... pictures) {
        Map<String, ProfileResult.Picked> profiles = new HashMap<>();
        endpoints.forEach((profile, name) -> {
            List<EndpointState> chosen = List.of(Candidates.silent(name));
            profiles.put(profile, new ProfileResult.Picked(chosen, new ScoredCandidates(chosen, new double[1])));
        });
        producer.produce(request(pictures), List.of(Candidates.silent("a")))
                .picked(new Decision.Picked(primary, profiles));
    }

    private static InferenceRequest request(String... pictures) {
        List<MediaItem> media = Stream.of(pictures)
                .map(hash -> new MediaItem("image", hash, 0, 1))
                .toList();
        return InferenceRequests.completion(Prompts.showing(media, 1));
    }
}
