package io.bactrian.simulator;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A client that sees the bytes of a connection as they are, and reads only when told to. */
final class RawConnection implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket = new Socket();
    private final InputStream in;

    RawConnection(SimulatedModelServer server) throws IOException {
        this(server, 1 << 16);
    }

    RawConnection(SimulatedModelServer server, int receiveBufferBytes) throws IOException {
        socket.setReceiveBufferSize(receiveBufferBytes);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()), TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream(), 4096);
    }

    void post(String path, String body) throws IOException {
        post(path, body, "HTTP/1.1");
    }

    void post(String path, String body, String version) throws IOException {
        send("POST " + path + " " + version + "\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
    }

    void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    /** Reads until {@code text} has come, and returns all that came until then. */
    String readUntil(String text) throws IOException {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        // The last bytes that came, as many as are wanted.
        byte[] tail = new byte[wanted.length];
        while (!Arrays.equals(tail, wanted)) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("closed before " + text + " came");
            }
            read.write(next);
            System.arraycopy(tail, 1, tail, 0, tail.length - 1);
            tail[tail.length - 1] = (byte) next;
        }
        return read.toString(StandardCharsets.UTF_8);
    }

    /** Reads all that comes until the server closes. */
    byte[] readToEnd() throws IOException {
        return in.readAllBytes();
    }

    String readTextToEnd() throws IOException {
        return new String(readToEnd(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
