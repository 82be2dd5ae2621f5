package io.bactrian.request;

/** The headers a request came with. */
@FunctionalInterface
public interface RequestHeaders {

    /** No headers. */
    RequestHeaders NONE = name -> "";

    /** Returns the first value of header {@code name}, whatever its case, or the empty string. */
    String first(String name);

    /** Returns the first value of header {@code name}, else that of its older name, or the empty string. */
    default String first(String name, String olderName) {
        String value = first(name);
        return value.isEmpty() ? first(olderName) : value;
    }
}
