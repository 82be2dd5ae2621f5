package io.bactrian.config.datalayer;

import io.bactrian.endpoint.EndpointLoad;
import io.bactrian.endpoint.EndpointPool;
import io.bactrian.relay.HealthSettings;
import io.bactrian.relay.ModelServerClient;
import io.bactrian.relay.PageScraper;
import io.bactrian.relay.ScrapeSettings;
import io.netty.channel.EventLoopGroup;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the endpoints of pools whether they are alive, and leaves out those that say no or nothing. Any answer but a 5xx is a
 * yes: a server without such a page is alive, too.
 */
public final class HealthChecks {
    private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);
    private static final int SERVER_ERROR = 500;
    private static final int MAX_ANSWER_BYTES = 64 * 1024;

    private final EventLoopGroup loops;
    private final ModelServerClient client;
    private final HealthSettings settings;
    private final ScrapeSettings scrape;

    public HealthChecks(EventLoopGroup loops, ModelServerClient client, HealthSettings settings) {
        this.loops = loops;
        this.client = client;
        this.settings = settings;
        this.scrape = new ScrapeSettings(
                settings.path().isEmpty() ? "/" : settings.path(),
                settings.interval(),
                settings.timeout(),
                settings.interval(),
                MAX_ANSWER_BYTES);
    }

    /** Checks every endpoint of {@code pool} from now on, unless checks are off: also of those that join. */
    public void watch(EndpointPool pool) {
        if (settings.path().isEmpty()) {
            return;
        }
        Map<EndpointLoad, PageScraper> checks = new HashMap<>(); // an endpoint keeps its load while it is a member
        pool.onMembersChanged(() -> follow(pool, checks));
        follow(pool, checks);
    }

    private void follow(EndpointPool pool, Map<EndpointLoad, PageScraper> checks) {
        synchronized (checks) {
            Map<EndpointLoad, PageScraper> gone = new HashMap<>(checks);
            for (EndpointPool.Member member : pool.snapshot().members()) {
                gone.remove(member.load());
                checks.computeIfAbsent(member.load(), load -> {
                    Check check = new Check(member);
                    PageScraper.Target target =
                            new PageScraper.Target(member.endpoint().address(), settings.path());
                    return PageScraper.start(loops.next(), client, target, scrape, () -> check);
                });
            }
            gone.forEach((load, check) -> {
                check.stop();
                checks.remove(load);
            });
        }
    }

    /** The checks of one endpoint, one after the other. */
    private final class Check implements PageScraper.Page {
        private final EndpointPool.Member member;
        private int inARow; // checks with the newest outcome
        private boolean lastWell = true;
        private boolean leftOut;

        Check(EndpointPool.Member member) {
            this.member = member;
        }

        @Override
        public boolean accepts(int status) {
            return status < SERVER_ERROR;
        }

        @Override
        public void feed(ByteBuffer piece) {}

        @Override
        public void done() {
            count(true);
            if (leftOut && inARow >= settings.successes()) {
                leftOut = false;
                member.breaker().setAlive(true);
                LOG.info("{}: alive again", member.endpoint());
            }
        }

        @Override
        public void failed(String problem) {
            count(false);
            if (!leftOut && inARow >= settings.failures()) {
                leftOut = true;
                member.breaker().setAlive(false);
                LOG.warn(
                        "{}: left out, as {} checks of {} in a row failed: {}",
                        member.endpoint(),
                        inARow,
                        settings.path(),
                        problem);
            }
        }

        private void count(boolean well) {
            inARow = well == lastWell ? inARow + 1 : 1;
            lastWell = well;
        }
    }
}
