package io.bactrian.component.modelserver;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bactrian.relay.EventLoops;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What LMCache's senders push by ZeroMQ, with the bytes of libzmq 4.3.5 and msgspec. */
@Timeout(20)
class PushNoticesTest {
    private static final String GREETING = "\u00ff\0\0\0\0\0\0\0\1\u007f\3\1NULL" + "\0".repeat(48);
    private static final String READY = "\4\u001a\5READY\13Socket-Type\0\0\0\4PUSH";
    private static final String NOTICE = "\u0082\u00a4type\u00aaProxyNotif\u00a6req_id\u00a3r-9";

    private final EventLoopGroup loops = EventLoops.create(1, "notices");
    private final PushNotices notices = new PushNotices();
    private final int port = notices.listen(loops, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    private final CountDownLatch arrived = new CountDownLatch(1);

    @AfterEach
    void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private static String frame(String body) {
        return "\0" + (char) body.length() + body;
    }

    private Socket push(String latin1) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.getOutputStream().write(latin1.getBytes(ISO_8859_1));
        return socket;
    }

    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(10_000);
        try {
            while (socket.getInputStream().read() >= 0) {
                // what it says before
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true; // a reset
        }
    }

    @Test
    void aNoticeForEachRankSaysThatBlocksHaveArrived() throws Exception {
        notices.expect("r-9", 2);
        notices.whenArrived("r-9", arrived::countDown);

        try (Socket first = push(GREETING + READY + frame(NOTICE))) {
            assertThat(first.getInputStream().readNBytes(64)[10]).isEqualTo((byte) 3);
            byte[] ready = first.getInputStream().readNBytes(2 + 26);
            assertThat(Arrays.copyOfRange(ready, 2, 8)).isEqualTo("\5READY".getBytes(ISO_8859_1));
            assertThat(new String(ready, ISO_8859_1)).endsWith("Socket-Type\0\0\0\4PULL");
            assertThat(arrived.getCount()).isOne();
            try (Socket second = push(GREETING + READY + frame(NOTICE))) {
                arrived.await();
            }
        }
    }

    @Test
    void aNoticeMayComeByteByByteAndBeforeItIsAskedFor() throws Exception {
        notices.expect("r-9", 1);
        AtomicInteger told = new AtomicInteger();
        String bytes = GREETING + READY + frame("\u0082\u00a4type\u00a1x\u00a6req_id\u00a1y") + frame(NOTICE);
        try (Socket socket = push("")) {
            socket.setTcpNoDelay(true);
            for (int i = 0; i < bytes.length(); i++) {
                socket.getOutputStream().write(bytes.charAt(i));
            }
            await().until(() -> {
                notices.whenArrived("r-9", told::incrementAndGet);
                return told.get() > 0;
            });
        }
        notices.forget("r-9");
        assertThat(notices.size()).isZero();
    }

    @Test
    void namesThatNobodyExpectsAreNotKept() throws Exception {
        notices.expect("other", 1);
        notices.whenArrived("other", arrived::countDown);
        try (Socket socket =
                push(GREETING + READY + frame(NOTICE) + frame(NOTICE.replace("\u00a3r-9", "\u00a5other")))) {
            arrived.await();
        }
        assertThat(notices.size()).isOne();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                "\u00ff\0\0\0\0\0\0\0\1\u007f\2\1NULL",
                "\u00ff\0\0\0\0\0\0\0\1\u007f\3\1CURVE",
                "\0\0\0\0\0\0\0\0\1\u007f\3\1NULL"
            })
    void whoDoesNotGreetIsLeft(String bytes) throws IOException {
        try (Socket socket = push(bytes + "\0".repeat(64 - bytes.length()))) {
            assertThat(isClosed(socket)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\0\1x",
                "\2\0\0\0\0\u007f\u00ff\u00ff\u00ff",
                "\2\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
                "\1\1x",
                "\20\1x"
            })
    void whoBreaksTheProtocolIsLeft(String frame) throws IOException {
        try (Socket socket = push(GREETING + (frame.equals("\0\1x") ? "" : READY) + frame)) {
            assertThat(isClosed(socket)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\u0080",
                "\u0081\u00a6req_id",
                "\u0081\u00a6req_id\u00a9x",
                "\u0081\u00a6req_id\1",
                "\u0092\u00a6req_id\u00a1x",
                "\u0081\u00d9\u00ffreq",
                "\u00c1"
            })
    void whatIsNoNoticeHasNoName(String message) {
        assertThat(PushNotice.nameIn(message.getBytes(ISO_8859_1))).isEmpty();
    }

    @Test
    void aLongNameIsReadToo() {
        String name = "a".repeat(165);
        String message = "\u0082\u00a4type\u00aaProxyNotif\u00a6req_id\u00d9" + (char) name.length() + name;
        assertThat(PushNotice.nameIn(message.getBytes(ISO_8859_1))).isEqualTo(name);
    }
}
