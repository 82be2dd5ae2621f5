package io.bactrian.simulator.replay;

import io.bactrian.endpoint.EndpointRole;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The endpoints of a pool by their roles.
 *
 * @param name as it was written
 * @param roles one an endpoint
 */
public record PoolShape(String name, List<EndpointRole> roles) {
    private static final Pattern PART = Pattern.compile("([1-9]\\d{0,2})(PD|P|D|)");

    public PoolShape {
        roles = List.copyOf(roles);
    }

    /**
     * Reads a shape: counts of endpoints with {@code P} for prefill, {@code D} for decode, {@code PD} for both and nothing
     * for an endpoint without a role, joined by plus signs, such as {@code 4} or {@code 1P+3D}.
     */
    public static PoolShape parse(String text) {
        List<EndpointRole> roles = new ArrayList<>();
        for (String part : text.split("\\+", -1)) {
            Matcher matcher = PART.matcher(part);
            if (!matcher.matches()) {
                throw new IllegalArgumentException("pool: " + text + " (expected: such as 4, 1P+3D or 2PD+2D)");
            }
            EndpointRole role =
                    switch (matcher.group(2)) {
                        case "P" -> EndpointRole.PREFILL;
                        case "D" -> EndpointRole.DECODE;
                        case "PD" -> EndpointRole.PREFILL_DECODE;
                        default -> EndpointRole.NONE;
                    };
            roles.addAll(Collections.nCopies(Integer.parseInt(matcher.group(1)), role));
        }
        return new PoolShape(text, roles);
    }
}
