package io.bactrian.exchange;

/** What the prefill step of a route leaves for the decode step, which alone knows what is in it. */
public interface Split {}
