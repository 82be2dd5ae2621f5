package io.bactrian.scheduling.profile;

import io.bactrian.scheduling.Decider;
import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileHandler;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The profile handlers a policy may name, by their {@code type} in the configuration. */
public final class ProfileHandlers {
    public static final Map<String, Factory> CATALOG = Map.of(
            SingleProfileHandler.TYPE,
                    (profiles, parameters, services, deciders) ->
                            SingleProfileHandler.create(profiles, SingleProfileHandler.TYPE),
            HeaderProfileHandler.TYPE,
                    (profiles, parameters, services, deciders) ->
                            HeaderProfileHandler.create(profiles, parameters, services),
            DataParallelProfileHandler.TYPE,
                    (profiles, parameters, services, deciders) ->
                            DataParallelProfileHandler.create(profiles, parameters, services),
            DisaggregationSetup.TYPE, DisaggregationSetup::create,
            DisaggregationSetup.OLDER_TYPE, DisaggregationSetup::createOlder);

    /** The type used by a policy that names no profile handler. */
    public static final String DEFAULT_TYPE = SingleProfileHandler.TYPE;

    private ProfileHandlers() {}

    /** Makes profile handlers of one type. */
    @FunctionalInterface
    public interface Factory {

        /**
         * Makes an instance.
         *
         * @param profiles the names of all profiles, in the order of the policy
         * @param deciders finds the policy's decider of a name; null if there is none
         */
        ProfileHandler create(
                List<String> profiles,
                PluginParameters parameters,
                PluginServices services,
                Function<String, @Nullable Decider> deciders);
    }
}
