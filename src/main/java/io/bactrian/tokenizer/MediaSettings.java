package io.bactrian.tokenizer;

import io.bactrian.request.InferenceRequest;
import io.bactrian.request.MediaCost;
import io.bactrian.scheduling.PluginParameters;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What pictures and videos weigh, as llm-d estimates it.
 *
 * <p>A picture has a token for each {@code factor} pixels, or always the same number. A video has as many for each of its frames, which are sampled,
 * or strided over; how long, how fast and how large it is says a header of the request, else the settings.
 */
record MediaSettings(Frame image, Frame frame, Frames frames) {
    private static final Pattern RESOLUTION = Pattern.compile("(\\d{1,5})[xX](\\d{1,5})");
    private static final String FPS_HEADER = "x-llm-d-video-fps";
    private static final String DURATION_HEADER = "x-llm-d-video-duration-seconds";
    private static final String RESOLUTION_HEADER = "x-llm-d-video-resolution";

    /**
     * How many tokens a picture has.
     *
     * @param staticTokens always so many; 0 for as many as its pixels come to
     * @param defaultPixels of a picture whose size is not known
     */
    record Frame(int staticTokens, long defaultPixels, int factor) {
        int tokens(long pixels) {
            if (staticTokens > 0) {
                return staticTokens;
            }
            long known = pixels < 0 ? defaultPixels : pixels;
            return (int) Math.min(Integer.MAX_VALUE, Math.max(1, known / factor));
        }

        static Frame read(PluginParameters given) {
            boolean isStatic = given.choice("mode", "dynamic", List.of("dynamic", "static"))
                    .equals("static");
            PluginParameters resolution = given.object("defaultResolution");
            long pixels =
                    (long) resolution.integer("width", 640, 1, 100_000) * resolution.integer("height", 360, 1, 100_000);
            int factor = given.object("dynamic").integer("factor", 1024, 1, Integer.MAX_VALUE);
            int tokens = given.object("static").integer("staticToken", 1, 1, Integer.MAX_VALUE);
            return new Frame(isStatic ? tokens : 0, pixels, factor);
        }
    }

    /**
     * How many frames of a video are looked at.
     *
     * @param stride every so many-th frame; 0 for samples
     * @param maxTokens of a video; 0 for no limit
     */
    record Frames(
            int stride,
            double durationSeconds,
            double sampleFps,
            double sourceFps,
            int min,
            int max,
            int patch,
            int maxTokens) {

        static Frames read(PluginParameters given) {
            boolean strided = given.choice("mode", "sampled", List.of("sampled", "strided"))
                    .equals("strided");
            int stride = given.integer("frameStride", 1, 1, Integer.MAX_VALUE);
            return new Frames(
                    strided ? stride : 0,
                    given.number("duration", 10, 0, 1e6),
                    given.number("sampleFPS", 2, 0, 1e6),
                    given.number("sourceFPS", 24, 0, 1e6),
                    given.integer("minFrames", 0, 0, Integer.MAX_VALUE),
                    given.integer("maxFrames", Integer.MAX_VALUE, 1, Integer.MAX_VALUE),
                    given.integer("temporalPatchSize", 1, 1, Integer.MAX_VALUE),
                    given.integer("maxVideoTokens", 0, 0, Integer.MAX_VALUE));
        }

        long count(double seconds, double fps) {
            if (stride > 0) {
                return (long) (seconds * fps) / stride;
            }
            return Math.max(min, Math.min(max, (long) (seconds * sampleFps))) / patch;
        }
    }

    /** Reads {@code estimate} of a token producer. */
    static MediaSettings read(PluginParameters estimate) {
        PluginParameters video = estimate.object("video");
        return new MediaSettings(
                Frame.read(estimate.object("image")),
                Frame.read(video.object("frame")),
                Frames.read(video.object("frames")));
    }

    /** Returns what media of {@code request} weigh. */
    MediaCost costOf(InferenceRequest request) {
        return new MediaCost() {
            @Override
            public int image(long pixels) {
                return image.tokens(pixels);
            }

            @Override
            public int video() {
                return videoOf(request);
            }
        };
    }

    private int videoOf(InferenceRequest request) {
        double seconds = number(request.header(DURATION_HEADER), frames.durationSeconds);
        double fps = number(request.header(FPS_HEADER), frames.sourceFps);
        Matcher resolution = RESOLUTION.matcher(request.header(RESOLUTION_HEADER));
        long pixels =
                resolution.matches() ? Long.parseLong(resolution.group(1)) * Long.parseLong(resolution.group(2)) : -1;
        double tokens = (double) frames.count(seconds, fps) * frame.tokens(pixels);
        double limit = frames.maxTokens > 0 ? frames.maxTokens : Integer.MAX_VALUE;
        return (int) Math.max(1, Math.min(limit, tokens));
    }

    private static double number(String text, double absent) {
        try {
            double value = text.isEmpty() ? absent : Double.parseDouble(text);
            return value > 0 && value < 1e6 ? value : absent;
        } catch (NumberFormatException e) {
            return absent;
        }
    }
}
