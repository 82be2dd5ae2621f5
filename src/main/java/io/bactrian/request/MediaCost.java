package io.bactrian.request;

/** What pictures and videos of a prompt weigh, in tokens. */
public interface MediaCost {

    /** Returns the tokens of a picture of so many {@code pixels}; -1 stands for a size that is not known. */
    int image(long pixels);

    /** Returns the tokens of a video. */
    int video();
}
