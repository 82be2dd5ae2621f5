package io.bactrian.request;

/**
 * Names a value that a plug-in attaches to a request, or to the candidates of one request.
 *
 * @param type what the value is, by llm-d's name
 * @param producer the plug-in instance that attaches it
 * @param <T> the value's type
 */
@SuppressWarnings("UnusedTypeParameter") // it ties a key to the type of its values
public record DataKey<T>(String type, String producer) {}
