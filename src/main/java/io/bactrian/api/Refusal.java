package io.bactrian.api;

import com.fasterxml.jackson.core.JsonToken;
import io.bactrian.request.ErrorCode;
import io.bactrian.request.InferenceException;
import org.jspecify.annotations.Nullable;

/** Words for refusing a body; they name the place and what was expected there, never what the client wrote. */
final class Refusal {
    private Refusal() {}

    /** Returns the refusal of the member at {@code place}, where {@code found} stands instead of {@code expected}. */
    static InferenceException at(String place, String found, String expected) {
        return new InferenceException(ErrorCode.BAD_REQUEST, place + ": " + found + " (expected: " + expected + ")");
    }

    static InferenceException at(String place, @Nullable JsonToken found, String expected) {
        return at(place, describe(found), expected);
    }

    static InferenceException duplicate(String place) {
        return at(place, "given twice", "at most once");
    }

    private static String describe(@Nullable JsonToken token) {
        if (token == null) {
            return "nothing";
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            default -> "something else";
        };
    }
}
