package io.bactrian.exchange;

/** What the encode step of a route leaves for the step that has the prompt computed, which alone knows what is in it. */
public interface Encoding {}
