package io.bactrian.scheduling;

/** Where the scheduler calls a plug-in. */
public enum ExtensionPoint {
    SCREENER("Screener"),
    DATA_PRODUCER("DataProducer"),
    ADMITTER("Admission"),
    /** The profile handler, as it chooses the profiles that run next. */
    PROFILE_PICKER("ProfilePicker"),
    FILTER("Filter"),
    SCORER("Scorer"),
    PICKER("Picker"),
    /** The profile handler, as it joins the results of the profiles. */
    PROFILE_RESULTS("ProcessProfilesResults");

    private final String label;

    ExtensionPoint(String label) {
        this.label = label;
    }

    /** Returns what llm-d's metrics call it. */
    public String label() {
        return label;
    }
}
