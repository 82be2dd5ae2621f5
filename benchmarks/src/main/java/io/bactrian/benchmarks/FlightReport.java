package io.bactrian.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells from a flight recording where the event loops of the gateway spend their time and what they allocate. */
@Command(name = "flight-report", mixinStandardHelpOptions = true, description = "Tables from a flight recording.")
final class FlightReport implements Callable<Integer> {
    private static final List<String> JDK = List.of("java.", "jdk.", "sun.", "javax.");

    @Parameters(paramLabel = "FILE", description = "The recording.")
    private Path file = Path.of("");

    @Option(names = "--top", defaultValue = "30", description = "Lines of each table.")
    private int top;

    @Option(names = "--thread", defaultValue = "bactrian-loop", description = "Beginning of the threads' names.")
    private String thread = "";

    private final Set<Long> threadsThatAllocated = new HashSet<>();
    private final Shares self = new Shares();
    private final Shares packages = new Shares();
    private final Shares inclusive = new Shares();
    private final Shares allocatedClasses = new Shares();
    private final Shares allocationSites = new Shares();
    private final Shares allocationPackages = new Shares();

    @Override
    public Integer call() throws IOException {
        try (RecordingFile recording = new RecordingFile(file)) {
            while (recording.hasMoreEvents()) {
                read(recording.readEvent());
            }
        }
        self.print("Time in Java by method itself (system calls left out)", top);
        packages.print("Time in Java by package of the innermost frame outside the JDK", top);
        inclusive.print("Time in Java by method of ours or Camel's with all it calls", 2 * top);
        allocatedClasses.print("Allocation by class", top);
        allocationSites.print("Allocation by site outside the JDK", top);
        allocationPackages.print("Allocation by package of the innermost frame outside the JDK", top);
        return 0;
    }

    private void read(RecordedEvent event) {
        if (event.getStackTrace() == null) {
            return;
        }
        List<RecordedFrame> frames = event.getStackTrace().getFrames();
        switch (event.getEventType().getName()) {
            case "jdk.ExecutionSample" -> {
                if (isWanted(event.getThread("sampledThread"))) {
                    readSample(frames);
                }
            }
            case "jdk.ObjectAllocationSample" -> {
                if (isWanted(event.getThread("eventThread"))) {
                    readAllocation(event, frames);
                }
            }
            default -> {} // of no interest
        }
    }

    private boolean isWanted(RecordedThread sampled) {
        return sampled != null && String.valueOf(sampled.getJavaName()).startsWith(thread);
    }

    private void readSample(List<RecordedFrame> frames) {
        if (frames.isEmpty()) {
            return;
        }
        self.add(method(frames.get(0)), 1);
        packages.add(owner(frames), 1);
        Set<String> seen = new HashSet<>();
        for (RecordedFrame frame : frames) {
            String type = frame.getMethod().getType().getName();
            if ((type.startsWith("io.bactrian.") || type.startsWith("org.apache.camel.")) && seen.add(method(frame))) {
                inclusive.add(method(frame), 1);
            }
        }
        inclusive.addToTotal(1);
    }

    private void readAllocation(RecordedEvent event, List<RecordedFrame> frames) {
        if (threadsThatAllocated.add(event.getThread("eventThread").getJavaThreadId())) {
            return; // the first sample of a thread weighs all that it allocated before the recording
        }
        long weight = event.getLong("weight");
        RecordedClass type = event.getClass("objectClass");
        allocatedClasses.add(type.getName(), weight);
        allocationPackages.add(owner(frames), weight);
        allocationSites.add(type.getName() + " at " + site(frames), weight);
    }

    private static String owner(List<RecordedFrame> frames) {
        return frames.stream()
                .map(frame -> frame.getMethod().getType().getName())
                .filter(FlightReport::isOutsideJdk)
                .map(type -> type.substring(0, type.lastIndexOf('.')))
                .findFirst()
                .orElse("(only the JDK)");
    }

    private static String site(List<RecordedFrame> frames) {
        return frames.stream()
                .filter(frame -> isOutsideJdk(frame.getMethod().getType().getName()))
                .map(frame -> method(frame) + ":" + frame.getLineNumber())
                .findFirst()
                .orElse("(only the JDK)");
    }

    private static boolean isOutsideJdk(String type) {
        return JDK.stream().noneMatch(type::startsWith);
    }

    private static String method(RecordedFrame frame) {
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }
}
