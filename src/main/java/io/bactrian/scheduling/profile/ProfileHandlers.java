package io.bactrian.scheduling.profile;

import io.bactrian.scheduling.PluginParameters;
import io.bactrian.scheduling.PluginServices;
import io.bactrian.scheduling.ProfileHandler;
import java.util.List;
import java.util.Map;

/** The profile handlers a policy may name, by their {@code type} in the configuration. */
public final class ProfileHandlers {
    public static final Map<String, Factory> CATALOG = Map.of(
            SingleProfileHandler.TYPE,
                    (profiles, parameters, services) ->
                            SingleProfileHandler.create(profiles, SingleProfileHandler.TYPE),
            HeaderProfileHandler.TYPE, HeaderProfileHandler::create,
            DataParallelProfileHandler.TYPE, DataParallelProfileHandler::create);

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
         */
        ProfileHandler create(List<String> profiles, PluginParameters parameters, PluginServices services);
    }
}
