package io.bactrian.benchmarks;

import io.bactrian.Bactrian;
import java.io.IOException;
import java.util.Map;

/** The gateway as it is, with a {@link ControlPage} beside it. */
public final class MeasuredGateway {
    private MeasuredGateway() {}

    /** Runs the command of the gateway that {@code arguments} name. */
    public static void main(String[] arguments) throws IOException {
        Json.print(Map.of("control", ControlPage.start()));
        Bactrian.main(arguments);
    }
}
