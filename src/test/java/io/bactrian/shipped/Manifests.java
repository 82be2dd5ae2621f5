package io.bactrian.shipped;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Reads manifests of Kubernetes' own kinds into their types; a field the kind does not have is an error. */
final class Manifests {
    private static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .annotationIntrospector(new NoLeftovers())
            .build();

    private Manifests() {}

    static <T> T read(JsonNode manifest, Class<T> kind) throws JsonProcessingException {
        return STRICT.treeToValue(manifest, kind);
    }

    /** The types keep fields they do not know in a map of leftovers, which would let every misspelling pass. */
    private static final class NoLeftovers extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1;

        @Override
        public Boolean hasAnySetter(Annotated annotated) {
            return false;
        }
    }
}
