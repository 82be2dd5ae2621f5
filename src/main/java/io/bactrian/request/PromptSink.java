package io.bactrian.request;

/** Receives one prompt piece by piece, in the order in which the model server would read it. */
public interface PromptSink {

    /**
     * Takes a piece of text; the array belongs to the caller and changes after the call.
     *
     * @return whether more is wanted; false ends the reading
     */
    boolean text(byte[] utf8, int offset, int length);

    /**
     * Takes one token of a prompt given as token ids, an unsigned 32-bit number.
     *
     * @return whether more is wanted; false ends the reading
     */
    boolean tokenId(int id);
}
