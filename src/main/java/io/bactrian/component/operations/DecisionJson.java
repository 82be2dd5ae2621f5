package io.bactrian.component.operations;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bactrian.scheduling.FilterVerdict;
import io.bactrian.scheduling.explain.DecisionRecord;
import io.bactrian.scheduling.explain.Flip;
import io.bactrian.scheduling.explain.ProfileRecord;
import java.util.List;

/** Writes decisions as JSON; {@code docs/explain.md} names every field. */
final class DecisionJson {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> SIGNALS = List.of("waitingRequests", "runningRequests", "kvCacheUsage");

    private DecisionJson() {}

    /** Returns the attempts of one request, the first first. */
    static String of(String requestId, List<DecisionRecord> attempts) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("requestId", requestId);
        ArrayNode list = json.putArray("attempts");
        attempts.forEach(attempt -> write(attempt, list.addObject()));
        return json.toPrettyString();
    }

    /** Returns an error body. */
    static String error(String message) {
        return MAPPER.createObjectNode().put("error", message).toString();
    }

    private static void write(DecisionRecord record, ObjectNode json) {
        json.put("pool", record.pool());
        json.put("generation", record.generation());
        json.put("decidedAt", record.decidedAt().toString());
        json.put("candidates", record.candidates());
        json.put("promptTokens", record.promptTokens());
        json.put("promptTokensFrom", record.tokensFrom());
        if (record.refusal().isEmpty()) {
            json.put("primaryProfile", record.primaryProfile());
        } else {
            json.put("refusal", record.refusal());
        }
        ArrayNode profiles = json.putArray("profiles");
        record.profiles().forEach(profile -> write(profile, profiles.addObject()));
    }

    private static void write(ProfileRecord profile, ObjectNode json) {
        json.put("name", profile.name());
        ArrayNode filters = json.putArray("filters");
        profile.verdicts().forEach(verdict -> write(verdict, filters.addObject()));
        ArrayNode scorers = json.putArray("scorers");
        List<String> names = profile.scorers();
        for (int j = 0; j < names.size(); j++) {
            scorers.addObject().put("name", names.get(j)).put("weight", profile.weight(j));
        }
        json.put("scored", profile.scored());
        ArrayNode endpoints = json.putArray("endpoints");
        for (int i = 0; i < profile.kept(); i++) {
            write(profile, i, endpoints.addObject());
        }
        if (profile.kept() > 0) {
            json.put("winner", profile.endpoint(0).name());
        }
        if (profile.runnerUp() >= 0) {
            json.put("runnerUp", profile.endpoint(profile.runnerUp()).name());
            json.put("wouldFlip", wouldFlip(profile));
        }
    }

    private static void write(FilterVerdict verdict, ObjectNode json) {
        json.put("name", verdict.filter()).put("before", verdict.before()).put("after", verdict.after());
        ArrayNode removed = json.putArray("removed");
        verdict.removed().forEach(endpoint -> removed.add(endpoint.name()));
    }

    private static void write(ProfileRecord profile, int row, ObjectNode json) {
        json.put("name", profile.endpoint(row).name());
        json.put("address", profile.endpoint(row).hostPort());
        json.put("picked", row < profile.picked());
        json.put("total", profile.total(row));
        ObjectNode scores = json.putObject("scores");
        List<String> names = profile.scorers();
        for (int j = 0; j < names.size(); j++) {
            if (Double.isNaN(profile.score(row, j))) {
                scores.putNull(names.get(j));
            } else {
                scores.put(names.get(j), profile.score(row, j));
            }
        }
        ObjectNode ages = json.putObject("agesMillis");
        for (int k = 0; k < SIGNALS.size(); k++) {
            if (profile.ageMillis(row, k) == ProfileRecord.ABSENT) {
                ages.putNull(SIGNALS.get(k));
            } else {
                ages.put(SIGNALS.get(k), profile.ageMillis(row, k));
            }
        }
    }

    /** Returns in words what would have let the runner-up win. */
    private static String wouldFlip(ProfileRecord profile) {
        double gap = profile.total(0) - profile.total(profile.runnerUp());
        if (gap == 0) {
            return "nothing: a tie, decided by chance";
        }
        if (gap < 0) {
            return "nothing: the picker chose by chance, and the runner-up had the higher total";
        }
        return Flip.of(profile)
                .map(flip -> "%s of %s: from %.4f past %.4f"
                        .formatted(
                                profile.scorers().get(flip.scorer()),
                                profile.endpoint(flip.row()).name(),
                                flip.from(),
                                flip.to()))
                .orElse("no change of one score alone");
    }
}
