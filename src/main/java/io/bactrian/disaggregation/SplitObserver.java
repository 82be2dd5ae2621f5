package io.bactrian.disaggregation;

/** Is told what becomes of requests that are split; called on event loops, so it must be quick. */
public interface SplitObserver {

    /** Takes no notice. */
    SplitObserver NONE = new SplitObserver() {};

    /** How a request that was split ended. */
    enum Outcome {
        OK,
        /** Prefill failed, and the decode endpoint computed the prompt. */
        PREFILL_FAILED_FALLBACK,
        /** Prefill failed, and so did the request. */
        PREFILL_FAILED,
        /** Prefill succeeded, and the request failed. */
        DECODE_FAILED,
        CLIENT_CANCELLED,
        /** The prefill endpoint told nothing by which its blocks could be fetched. */
        HANDOFF_MISSING
    }

    /** A leg of a request was sent; {@code stage} is {@code encode}, {@code prefill} or {@code decode}. */
    default void legBegan(String stage) {}

    /** A leg has ended, in whatever way. */
    default void legEnded(String stage) {}

    /** What becomes of one image, video or sound: {@code ok}, {@code retried}, {@code skipped}, {@code failed}. */
    default void encoded(String outcome) {}

    /** All of a request's media were encoded, or left to others, {@code nanos} after the first was looked for. */
    default void encodingTook(String connector, long nanos) {}

    /** A prompt was computed {@code nanos} after it was sent. */
    default void prefillTook(String connector, long nanos) {}

    /** The first token came {@code nanos} after the prompt was computed. */
    default void handoffTook(String connector, long nanos) {}

    /** The first token of a stream came {@code nanos} after the request had been read. */
    default void firstToken(String connector, long nanos) {}

    /** Another prefill endpoint is asked; {@code reason} is of a small set. */
    default void prefillRetried(String reason) {}

    /** What a decode endpoint said that was asked first: {@code served}, or {@code below_threshold}. */
    default void tried(String outcome) {}

    /** The decode endpoint computes the prompt after all; {@code reason} is of a small set. */
    default void fellBack(String reason) {}

    /** A client left blocks behind at a prefill endpoint: {@code drained}, or {@code left_to_lease}. */
    default void stranded(String action) {}

    /** A request that was split has ended. */
    default void ended(String connector, Outcome outcome) {}
}
