package io.bactrian.simulator;

/**
 * What a simulated model server has handed over to others and got from them, since it was started or restarted.
 *
 * @param engineId under which others know its engine; another one after a restart
 * @param pinnedSets prompts whose blocks are kept for a reader, here or where they were pushed to
 * @param pinnedBlocks their blocks: 0 when nothing leaks
 * @param expiredLeases prompts nobody read in time
 * @param expiredReads attempts to read after that, or for too long
 * @param secondReads attempts to read blocks that had a reader
 * @param unknownReads attempts to read what was never offered, or not in time
 * @param foreignReads attempts to read blocks of an engine that is not, or no longer, here
 * @param mismatches attempts to read blocks of another prompt
 * @param transfers prompts handed over
 * @param transferredBytes their bytes
 * @param loads prompts, or parts of them, that came from others
 * @param failedLoads prompts that should have come and did not: computed here, or failed
 * @param malformedParameters requests whose {@code kv_transfer_params} name no blocks
 * @param reusedRooms requests refused because their room, or id, had been used
 * @param belowThreshold requests answered with {@code cache_threshold}
 * @param encodedItems images, videos and sounds encoded here
 * @param encoderReads those that came from an encoder
 * @param encoderMisses those that should have
 */
public record TransferSnapshot(
        String engineId,
        int pinnedSets,
        int pinnedBlocks,
        long expiredLeases,
        long expiredReads,
        long secondReads,
        long unknownReads,
        long foreignReads,
        long mismatches,
        long transfers,
        long transferredBytes,
        long loads,
        long failedLoads,
        long malformedParameters,
        long reusedRooms,
        long belowThreshold,
        long encodedItems,
        long encoderReads,
        long encoderMisses) {}
