package io.bactrian.request;

/** The headers of an answer that is about to go to the client. */
@FunctionalInterface
public interface ResponseHeaders {

    /** Sets header {@code name}, replacing what the model server sent under it. */
    void set(String name, String value);
}
