package io.bactrian.benchmarks;

import com.sun.management.ThreadMXBean;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Tells {@code run.py} what only a process itself knows: bytes allocated, heap in use, its peak, threads. */
final class ControlPage {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final List<MemoryPoolMXBean> HEAP_POOLS = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .toList();

    private ControlPage() {}

    /**
     * Serves {@code GET /} on a free loopback port and returns the port; {@code /gc} collects garbage first, {@code
     * /reset} starts the peak anew.
     */
    static int start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            switch (exchange.getRequestURI().getPath()) {
                case "/gc" -> System.gc();
                case "/reset" -> HEAP_POOLS.forEach(MemoryPoolMXBean::resetPeakUsage);
                default -> {} // only the figures are wanted
            }
            byte[] body = Json.write(figures()).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
        return server.getAddress().getPort();
    }

    private static Map<String, Long> figures() {
        Map<String, Long> figures = new LinkedHashMap<>();
        figures.put("allocatedBytes", allocatedBytes());
        figures.put("heapBytes", heap(pool -> pool.getUsage().getUsed()));
        figures.put("heapPeakBytes", heap(pool -> pool.getPeakUsage().getUsed()));
        figures.put("directBytes", directBytes());
        figures.put("threads", (long) THREADS.getThreadCount());
        return figures;
    }

    /** Sums over the threads alive; those that move bytes live as long as the process. */
    private static long allocatedBytes() {
        return Arrays.stream(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
    }

    /** Sums what is outside the heap, Netty's pools among it. */
    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private static long heap(ToLongFunction<MemoryPoolMXBean> figure) {
        return HEAP_POOLS.stream().mapToLong(figure).sum();
    }
}
