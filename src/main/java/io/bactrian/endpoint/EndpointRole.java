package io.bactrian.endpoint;

import java.util.Map;

/** What part of a request an endpoint computes, by its label {@value #LABEL}. */
public enum EndpointRole {
    /** Computes prompts. */
    PREFILL("prefill", false, true, false),
    /** Generates tokens. */
    DECODE("decode", false, false, true),
    /** Encodes images, video and sound. */
    ENCODE("encode", true, false, false),
    /** Computes prompts and generates tokens. */
    PREFILL_DECODE("prefill-decode", false, true, true),
    /** An older name of {@link #PREFILL_DECODE}. */
    BOTH("both", false, true, true),
    /** Encodes and computes prompts. */
    ENCODE_PREFILL("encode-prefill", true, true, false),
    /** Encodes and generates tokens. */
    ENCODE_DECODE("encode-decode", true, false, true),
    /** Does everything. */
    ENCODE_PREFILL_DECODE("encode-prefill-decode", true, true, true),
    /** Has no such label: a model server that stands alone, which is asked for whole answers. */
    NONE("", false, false, true),
    /** Has a label of another value; nothing is known of what it does. */
    OTHER("", false, false, false);

    /** The label, as llm-d names it. */
    public static final String LABEL = "llm-d.ai/role";

    private static final Map<String, EndpointRole> BY_VALUE = Map.of(
            PREFILL.value, PREFILL,
            DECODE.value, DECODE,
            ENCODE.value, ENCODE,
            PREFILL_DECODE.value, PREFILL_DECODE,
            BOTH.value, BOTH,
            ENCODE_PREFILL.value, ENCODE_PREFILL,
            ENCODE_DECODE.value, ENCODE_DECODE,
            ENCODE_PREFILL_DECODE.value, ENCODE_PREFILL_DECODE);

    private final String value;
    private final boolean encodes;
    private final boolean prefills;
    private final boolean decodes;

    EndpointRole(String value, boolean encodes, boolean prefills, boolean decodes) {
        this.value = value;
        this.encodes = encodes;
        this.prefills = prefills;
        this.decodes = decodes;
    }

    /** Returns the role that {@code labels} give. */
    public static EndpointRole of(Map<String, String> labels) {
        String value = labels.get(LABEL);
        return value == null ? NONE : BY_VALUE.getOrDefault(value, OTHER);
    }

    /** Returns the value of its label. */
    public String value() {
        return value;
    }

    /** Tells whether it can encode images, video and sound. */
    public boolean encodes() {
        return encodes;
    }

    /** Tells whether it can compute a prompt for another endpoint. */
    public boolean prefills() {
        return prefills;
    }

    /** Tells whether it can generate the answer. */
    public boolean decodes() {
        return decodes;
    }
}
