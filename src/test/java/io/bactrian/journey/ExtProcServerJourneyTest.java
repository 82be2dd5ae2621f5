package io.bactrian.journey;

import static io.bactrian.fixture.TestProxy.body;
import static io.bactrian.fixture.TestProxy.head;
import static io.bactrian.fixture.TestProxy.hinting;
import static io.bactrian.fixture.TestProxy.in;
import static io.bactrian.fixture.TestProxy.set;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Empty;
import com.google.protobuf.UnknownFieldSet;
import io.bactrian.fixture.RouterFixture;
import io.bactrian.fixture.TestProxy;
import io.bactrian.relay.RelayRecord;
import io.bactrian.request.Finish.Outcome;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.HeaderSendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server around the endpoint picker: TLS, health, what it does without answers, its stop. */
class ExtProcServerJourneyTest {
    private static final String CHAT = "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    private static RouterFixture.Builder picker() {
        return RouterFixture.picker().simulated("a");
    }

    private static ServingStatus health(ManagedChannel channel, String service) {
        return HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.newBuilder().setService(service).build())
                .getStatus();
    }

    private static TestProxy tls(int port) throws Exception {
        return new TestProxy(NettyChannelBuilder.forAddress("127.0.0.1", port)
                .sslContext(GrpcSslContexts.configure(
                                SslContextBuilder.forClient().trustManager(InsecureTrustManagerFactory.INSTANCE))
                        .build()));
    }

    private static void pick(TestProxy proxy) throws Exception {
        TestProxy.Stream stream = proxy.open().send(head(false)).send(body(CHAT, true));
        assertThat(set(stream.next().getRequestHeaders().getResponse(), "x-gateway-destination-endpoint"))
                .startsWith("127.0.0.1:");
        stream.next();
        stream.cancel();
    }

    @Test
    void servesTlsWithACertificateOfItsOwnUnlessTold() throws Exception {
        try (RouterFixture router = picker().property("bactrian.ext-proc.tls", "self-signed")
                        .build()
                        .start();
                TestProxy proxy = tls(router.pickerPort())) {
            pick(proxy);
            router.awaitQuiet();
        }
    }

    @Test
    void servesTlsWithTheCertificateOfAFolder(@TempDir Path folder) throws Exception {
        io.netty.handler.ssl.util.SelfSignedCertificate made =
                new io.netty.handler.ssl.util.SelfSignedCertificate("picker.test");
        Files.copy(made.certificate().toPath(), folder.resolve("tls.crt"));
        Files.copy(made.privateKey().toPath(), folder.resolve("tls.key"));
        try (RouterFixture router = picker().property("bactrian.ext-proc.tls", folder.toString())
                        .build()
                        .start();
                TestProxy proxy = new TestProxy(NettyChannelBuilder.forAddress("127.0.0.1", router.pickerPort())
                        .overrideAuthority("picker.test")
                        .sslContext(GrpcSslContexts.configure(
                                        SslContextBuilder.forClient().trustManager(made.certificate()))
                                .build()))) {
            pick(proxy);
            router.awaitQuiet();
        } finally {
            made.delete();
        }
    }

    @Test
    void answersAboutHealthOnBothPorts() {
        try (RouterFixture router = picker().build().start()) {
            int[] ports = {
                router.pickerPort(), router.router().settings().extProc().healthPort()
            };
            for (int port : ports) {
                try (TestProxy asking = new TestProxy(port)) {
                    for (String service : new String[] {
                        "",
                        "readiness",
                        "liveness",
                        "inference-extension",
                        "envoy.service.ext_proc.v3.ExternalProcessor"
                    }) {
                        assertThat(health(asking.channel(), service))
                                .as(service)
                                .isEqualTo(ServingStatus.SERVING);
                    }
                    assertThat(health(asking.channel(), "another")).isEqualTo(ServingStatus.SERVICE_UNKNOWN);
                    assertThat(list(asking.channel()).getField(1).getLengthDelimitedList())
                            .hasSize(5);
                }
            }
            router.router().application().drain().leave();
            try (TestProxy asking = new TestProxy(ports[1])) {
                assertThat(health(asking.channel(), "readiness")).isEqualTo(ServingStatus.NOT_SERVING);
                assertThat(health(asking.channel(), "liveness")).isEqualTo(ServingStatus.SERVING);
            }
        }
    }

    private static UnknownFieldSet list(ManagedChannel channel) {
        MethodDescriptor<Empty, UnknownFieldSet> method = MethodDescriptor.<Empty, UnknownFieldSet>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("grpc.health.v1.Health/List")
                .setRequestMarshaller(ProtoUtils.marshaller(Empty.getDefaultInstance()))
                .setResponseMarshaller(new Fields())
                .build();
        return ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, Empty.getDefaultInstance());
    }

    private static final class Fields implements MethodDescriptor.Marshaller<UnknownFieldSet> {
        @Override
        public InputStream stream(UnknownFieldSet message) {
            return message.toByteString().newInput();
        }

        @Override
        public UnknownFieldSet parse(InputStream bytes) {
            try {
                return UnknownFieldSet.parseFrom(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void servesOnWhileItLeavesThenRefusesAndFinishesWhatIsUnderWay() throws Exception {
        try (RouterFixture router = picker().build().start();
                TestProxy proxy = new TestProxy(router.pickerPort())) {
            TestProxy.Stream underWay = proxy.open().send(head(false)).send(body(CHAT, true));
            underWay.next();
            underWay.next();
            router.router().application().drain().leave();
            pick(proxy);
            await().until(() -> router.router().application().drain().inFlight() == 1);
            CompletableFuture<Boolean> idle = CompletableFuture.supplyAsync(() -> {
                try {
                    return router.router().application().drain().refuseAndAwaitIdle(java.time.Duration.ofSeconds(15));
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().until(() ->
                    router.router().application().drain().stage().name().equals("REFUSING"));
            ProcessingResponse refusal = proxy.open().send(head(false)).next();
            assertThat(refusal.getImmediateResponse().getStatus().getCodeValue())
                    .isEqualTo(503);
            assertThat(set(
                            io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse.newBuilder()
                                    .setHeaderMutation(
                                            refusal.getImmediateResponse().getHeaders())
                                    .build(),
                            "x-llm-d-request-dropped-reason"))
                    .isEqualTo("rejected-shutting-down");
            assertThat(idle).isNotDone();
            underWay.send(TestProxy.responseHead(200, "application/json", true));
            assertThat(idle.get()).isTrue();
        }
    }

    @Test
    void leavesTheAnswerToTheProxyWhenItIsNotToBeRead() throws Exception {
        try (RouterFixture router = picker().property("bactrian.ext-proc.read-responses", "false")
                        .build()
                        .start();
                TestProxy proxy = new TestProxy(router.pickerPort())) {
            TestProxy.Stream stream = proxy.open().send(head(false)).send(body(CHAT, true));
            stream.next();
            stream.next();
            assertThat(stream.end()).isEqualTo(Status.OK);
            assertThatNothingIsKnownOfTheAnswer(router.awaitRecords(1).get(0));
            router.awaitQuiet();
        }
    }

    @Test
    void asksAProxyThatBuffersNotToSendTheAnswer() throws Exception {
        try (RouterFixture router = picker().property("bactrian.ext-proc.read-responses", "false")
                        .property("bactrian.ext-proc.mode-override", "true")
                        .build()
                        .start();
                TestProxy proxy = new TestProxy(router.pickerPort())) {
            TestProxy.Stream stream = proxy.open().send(in(BodySendMode.BUFFERED, BodySendMode.BUFFERED, head(false)));
            ProcessingMode wish = stream.next().getModeOverride();
            assertThat(wish.getResponseHeaderMode()).isEqualTo(HeaderSendMode.SKIP);
            assertThat(wish.getRequestBodyMode()).isEqualTo(BodySendMode.BUFFERED);
            stream.send(body(CHAT, true));
            stream.next();
            stream.cancel();
            assertThatNothingIsKnownOfTheAnswer(router.awaitRecords(1).get(0));
            router.awaitQuiet();
        }
    }

    @Test
    void sendsARequestAnywhereWhenHintsOfTheProxyDoNotCount() throws Exception {
        try (RouterFixture router = picker().property("bactrian.ext-proc.disable-endpoint-subset-filter", "true")
                        .build()
                        .start();
                TestProxy proxy = new TestProxy(router.pickerPort())) {
            TestProxy.Stream stream = proxy.open()
                    .send(hinting(head(false), TestProxy.list("10.0.0.1:1")))
                    .send(body(CHAT, true));
            assertThat(set(stream.next().getRequestHeaders().getResponse(), "x-gateway-destination-endpoint"))
                    .isEqualTo("127.0.0.1:" + router.server().port());
            stream.cancel();
            router.awaitQuiet();
        }
    }

    @Test
    void countsAnUnreadRequestForABoundedTimeIfItsEndpointDoesNotReport() throws Exception {
        try (RouterFixture router = picker().property("bactrian.ext-proc.read-responses", "false")
                        .property("bactrian.ext-proc.unread-hold", "300ms")
                        .property("bactrian.metrics.interval", "1h")
                        .property("bactrian.metrics.stale-after", "1h")
                        .build()
                        .start();
                TestProxy proxy = new TestProxy(router.pickerPort())) {
            TestProxy.Stream stream = proxy.open().send(head(false)).send(body(CHAT, true));
            stream.next();
            stream.next();
            assertThat(router.reserved("main")).isEqualTo(1);
            router.awaitRecords(1);
            router.awaitQuiet();
        }
    }

    private static void assertThatNothingIsKnownOfTheAnswer(RelayRecord record) {
        assertThat(record.outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(record.usage()).isNull();
        assertThat(record.timeToFirstToken()).isEmpty();
        assertThat(record.status()).isZero();
    }
}
