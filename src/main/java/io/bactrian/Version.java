package io.bactrian;

import picocli.CommandLine.IVersionProvider;

/** Tells the version the jar was built as. */
public final class Version implements IVersionProvider {

    /** Returns the version; "development" when run from classes. */
    public static String current() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"bactrian " + current()};
    }
}
