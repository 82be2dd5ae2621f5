package io.bactrian.scheduling.profile;

import io.bactrian.scheduling.Decider;
import io.bactrian.scheduling.Decision;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileHandler;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How requests are split into stages: which profile chooses each stage's endpoints, who decides, and in which order.
 *
 * @param pluginName the handler's name in the configuration
 * @param pluginType its type
 * @param prefillFirst whether the prefill endpoint is chosen before the decode endpoint
 * @param decodeProfile the profile whose endpoint answers the client
 * @param prefillProfile the profile whose endpoint computes prompts; null for none
 * @param encodeProfile the profile whose endpoints encode; null for none
 * @param prefillDecider says whether prefill runs apart; null for never
 * @param encodeDecider says whether encoding runs apart; null for never
 * @param primaryPort where the decode endpoint's machine is sent to, with the endpoint in a header; 0 for its own port
 */
record DisaggregationSetup(
        String pluginName,
        String pluginType,
        boolean prefillFirst,
        String decodeProfile,
        @Nullable String prefillProfile,
        @Nullable String encodeProfile,
        @Nullable Decider prefillDecider,
        @Nullable Decider encodeDecider,
        int primaryPort) {

    static final String TYPE = "disagg-profile-handler";
    static final String OLDER_TYPE = "pd-profile-handler";

    private static final Set<String> OLDER_NAMES = Set.of(
            "decodeProfile",
            "prefillProfile",
            "encodeProfile",
            "prefillDeciderPluginName",
            "deciderPluginName",
            "encodeDeciderPluginName");

    static ProfileHandler create(
            List<String> profiles,
            PluginParameters parameters,
            PluginServices services,
            Function<String, @Nullable Decider> deciders) {
        boolean prefillFirst = isPrefillFirst(parameters);
        boolean older = OLDER_NAMES.stream().anyMatch(parameters::has);
        if (older && (parameters.has("profiles") || parameters.has("deciders"))) {
            throw new IllegalArgumentException(parameters.pathOf("profiles")
                    + ": given beside the older names (expected: profiles and deciders, or " + OLDER_NAMES + ")");
        }
        Names names = older ? Names.readOlder(parameters) : Names.read(parameters);
        if (prefillFirst && !names.prefillDecider().isEmpty()) {
            throw parameters.wrong(
                    "stageOrder", "prefill-first with a prefill decider", "decode-first where one decides on prefill");
        }
        return handler(TYPE, parameters, profiles, names, prefillFirst, 0, services, deciders);
    }

    static ProfileHandler createOlder(
            List<String> profiles,
            PluginParameters parameters,
            PluginServices services,
            Function<String, @Nullable Decider> deciders) {
        Names names = new Names(
                parameters.text("decodeProfile", "decode"),
                parameters.text("prefillProfile", "prefill"),
                "",
                parameters.text("deciderPluginName", "prefix-based-pd-decider"),
                "");
        int primaryPort = parameters.integer("primaryPort", 0, 0, 65_535);
        return handler(OLDER_TYPE, parameters, profiles, names, false, primaryPort, services, deciders);
    }

    /** llm-d leaves dashes, underscores and case aside. */
    private static boolean isPrefillFirst(PluginParameters parameters) {
        String order = parameters.text("stageOrder", "");
        return switch (order.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT)) {
            case "", "decode", "decodefirst" -> false;
            case "prefill", "prefillfirst" -> true;
            default -> throw parameters.wrong("stageOrder", order, "decode-first or prefill-first");
        };
    }

    private static ProfileHandler handler(
            String type,
            PluginParameters parameters,
            List<String> profiles,
            Names names,
            boolean prefillFirst,
            int primaryPort,
            PluginServices services,
            Function<String, @Nullable Decider> deciders) {
        if (!profiles.contains(names.decode())) {
            throw new IllegalArgumentException(
                    "schedulingProfiles: " + profiles + " (expected: one named " + names.decode() + ")");
        }
        if (names.decode().equals(names.prefill())
                || names.decode().equals(names.encode())
                || names.prefill().equals(names.encode())
                || names.decode().equals(Decision.PREFILL_PROFILE)
                || names.decode().equals(Decision.ENCODE_PROFILE)) {
            throw parameters.wrong(
                    "profiles", List.of(names.decode(), names.prefill(), names.encode()), "a profile for each stage");
        }
        return new DisaggregationHandler(
                new DisaggregationSetup(
                        parameters.pluginName(),
                        type,
                        prefillFirst,
                        names.decode(),
                        profiles.contains(names.prefill()) ? names.prefill() : null,
                        profiles.contains(names.encode()) ? names.encode() : null,
                        decider(parameters, names.prefillDecider(), deciders),
                        decider(parameters, names.encodeDecider(), deciders),
                        primaryPort),
                services.observer());
    }

    private static @Nullable Decider decider(
            PluginParameters parameters, String name, Function<String, @Nullable Decider> deciders) {
        if (name.isEmpty()) {
            return null;
        }
        Decider decider = deciders.apply(name);
        if (decider == null) {
            throw parameters.wrong("deciders", name, "the name of a decider among the plug-ins");
        }
        return decider;
    }

    /** Names of profiles and deciders; an empty one for none. */
    private record Names(String decode, String prefill, String encode, String prefillDecider, String encodeDecider) {

        static Names read(PluginParameters parameters) {
            PluginParameters profiles = parameters.object("profiles");
            PluginParameters deciders = parameters.object("deciders");
            return new Names(
                    profiles.text("decode", "decode"),
                    profiles.text("prefill", "prefill"),
                    profiles.text("encode", "encode"),
                    decider(deciders, "prefill"),
                    decider(deciders, "encode"));
        }

        private static String decider(PluginParameters deciders, String stage) {
            return deciders.has(stage) ? deciders.object(stage).requiredText("pluginRef") : "";
        }

        static Names readOlder(PluginParameters parameters) {
            return new Names(
                    parameters.text("decodeProfile", "decode"),
                    parameters.text("prefillProfile", "prefill"),
                    parameters.text("encodeProfile", "encode"),
                    parameters.text("prefillDeciderPluginName", parameters.text("deciderPluginName", "")),
                    parameters.text("encodeDeciderPluginName", ""));
        }
    }
}
