package io.bactrian.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.bactrian.scheduling.rewrite.RewriteRule;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads {@code InferenceModelRewrite} resources as llm-d and Kubernetes write them: one document each, or a list.
 *
 * <p>The resource created first goes first; those without a time go last, in the order of the file.
 */
final class ModelRewritesFile {
    /** Longest file that is read. */
    static final int MAX_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(ModelRewritesFile.class);
    private static final String KIND = "InferenceModelRewrite";
    private static final int MAX_WEIGHT = 1_000_000;

    private ModelRewritesFile() {}

    private record Resource(Instant created, List<RewriteRule> rules) {}

    /** Returns the rules, the first first; throws {@link IllegalArgumentException} naming path, value and expectation. */
    static List<RewriteRule> read(byte[] content) {
        List<JsonNode> documents = ResourceNodes.list(YamlReader.documents(content));
        List<Resource> resources = new ArrayList<>();
        for (int i = 0; i < documents.size(); i++) {
            resources.add(readOne(documents.get(i), "[" + i + "]"));
        }
        resources.sort(Comparator.comparing(Resource::created));
        return resources.stream().flatMap(resource -> resource.rules.stream()).toList();
    }

    private static Resource readOne(JsonNode resource, String path) {
        ResourceNodes.requireKind(resource, path, KIND);
        JsonNode metadata = resource.path("metadata");
        String name = metadata.path("name").asText();
        if (name.isEmpty()) {
            throw ResourceNodes.wrong(path + ".metadata.name", "missing", "a name");
        }
        JsonNode spec = resource.path("spec");
        ResourceNodes.requireObject(spec, path + ".spec", Set.of("poolRef", "rules"));
        String pool = ResourceNodes.pool(spec, path + ".spec");
        JsonNode rules = requireArray(spec.path("rules"), path + ".spec.rules");
        List<RewriteRule> read = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            readRule(rules.get(i), path + ".spec.rules[" + i + "]", name, pool, read);
        }
        return new Resource(created(metadata.path("creationTimestamp"), path), read);
    }

    private static Instant created(JsonNode time, String path) {
        if (time.isMissingNode() || time.isNull()) {
            return Instant.MAX;
        }
        try {
            return Instant.parse(time.asText());
        } catch (DateTimeParseException e) {
            throw ResourceNodes.wrong(
                    path + ".metadata.creationTimestamp", time, "a time such as 2026-01-31T12:00:00Z");
        }
    }

    private static void readRule(JsonNode rule, String path, String name, String pool, List<RewriteRule> read) {
        ResourceNodes.requireObject(rule, path, Set.of("matches", "targets"));
        List<RewriteRule.Target> targets = readTargets(rule.path("targets"), path + ".targets");
        JsonNode matches = rule.path("matches");
        if (matches.isMissingNode() || matches.isNull() || matches.isEmpty()) {
            read.add(new RewriteRule(name, pool, "", targets));
            return;
        }
        requireArray(matches, path + ".matches");
        for (int i = 0; i < matches.size(); i++) {
            read.add(new RewriteRule(name, pool, model(matches.get(i), path + ".matches[" + i + "]"), targets));
        }
    }

    private static String model(JsonNode match, String path) {
        ResourceNodes.requireObject(match, path, Set.of("model"));
        JsonNode model = match.path("model");
        ResourceNodes.requireObject(model, path + ".model", Set.of("type", "value"));
        if (!model.path("type").asText("Exact").equals("Exact")) {
            throw ResourceNodes.wrong(path + ".model.type", model.path("type"), "Exact");
        }
        return requireText(model.path("value"), path + ".model.value");
    }

    private static List<RewriteRule.Target> readTargets(JsonNode targets, String path) {
        requireArray(targets, path);
        List<RewriteRule.Target> read = new ArrayList<>();
        int unset = 0;
        for (int i = 0; i < targets.size(); i++) {
            String place = path + "[" + i + "]";
            ResourceNodes.requireObject(targets.get(i), place, Set.of("modelRewrite", "weight"));
            JsonNode weight = targets.get(i).path("weight");
            boolean isSet = !weight.isMissingNode() && !weight.isNull();
            if (isSet && !(weight.isInt() && weight.intValue() >= 1 && weight.intValue() <= MAX_WEIGHT)) {
                throw ResourceNodes.wrong(place + ".weight", weight, "1 to " + MAX_WEIGHT);
            }
            unset += isSet ? 0 : 1;
            read.add(new RewriteRule.Target(
                    requireText(targets.get(i).path("modelRewrite"), place + ".modelRewrite"), weight.asInt(0)));
        }
        if (unset > 0 && unset < read.size()) {
            LOG.warn("{}: targets without a weight, beside others that have one, are never chosen", path);
        }
        return read;
    }

    private static JsonNode requireArray(JsonNode node, String path) {
        if (!node.isArray() || node.isEmpty()) {
            throw ResourceNodes.wrong(path, node.isMissingNode() ? "missing" : node, "a list of at least one");
        }
        return node;
    }

    private static String requireText(JsonNode node, String path) {
        if (!node.isTextual() || node.textValue().isEmpty()) {
            throw ResourceNodes.wrong(path, node.isMissingNode() ? "missing" : node, "the name of a model");
        }
        return node.textValue();
    }
}
