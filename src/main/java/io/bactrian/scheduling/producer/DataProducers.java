package io.bactrian.scheduling.producer;

import io.bactrian.endpoint.RequestCost;
import io.bactrian.endpoint.Topology;
import io.bactrian.kvcache.EncoderCacheMatch;
import io.bactrian.kvcache.PrefixMatch;
import io.bactrian.scheduling.DataProducer;
import io.bactrian.scheduling.PluginFactory;
import java.util.Map;

/** The data producers a policy may name, by their {@code type} in the configuration. */
public final class DataProducers {
    public static final Map<String, PluginFactory<DataProducer>> CATALOG = Map.of(
            ApproximatePrefixProducer.TYPE, ApproximatePrefixProducer::create,
            InFlightLoadProducer.TYPE, InFlightLoadProducer::create,
            CacheSourceProducer.TYPE, CacheSourceProducer::create,
            EncoderCacheProducer.TYPE, EncoderCacheProducer::create,
            SessionIdProducer.TYPE, SessionIdProducer::create,
            TopologyExtractor.TYPE, TopologyExtractor::create);

    /** By type of data, the producer that is added when a plug-in needs such data and nobody produces it. */
    public static final Map<String, String> DEFAULT_FOR = Map.of(
            PrefixMatch.TYPE, ApproximatePrefixProducer.TYPE,
            EncoderCacheMatch.TYPE, EncoderCacheProducer.TYPE,
            RequestCost.TYPE, InFlightLoadProducer.TYPE,
            Topology.TYPE, TopologyExtractor.TYPE);

    private DataProducers() {}
}
