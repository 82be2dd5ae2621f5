package io.bactrian.component.extproc;

import io.bactrian.component.nettyhttp.HttpSettings;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;

/** Serves {@code envoy.service.ext_proc.v3.ExternalProcessor/Process}. */
final class ProcessorService {
    private static final MethodDescriptor<ProcessingRequest, Reply> PROCESS =
            ExternalProcessorGrpc.getProcessMethod().toBuilder(
                            ExternalProcessorGrpc.getProcessMethod().getRequestMarshaller(), Reply.MARSHALLER)
                    .build();

    private final RoutedRequests requests;
    private final ExtProcComponent.Services services;
    private final ProcessorStream.Rules rules;

    ProcessorService(RoutedRequests requests, ExtProcComponent.Services services) {
        this.requests = requests;
        this.services = services;
        HttpSettings limits = services.limits();
        this.rules = new ProcessorStream.Rules(
                limits.maxHeaderBytes(),
                limits.maxBodyBytes(),
                services.settings().readResponses(),
                services.settings().modeOverride(),
                services.settings().disableEndpointSubsetFilter(),
                services.settings().emitEndpointScores());
    }

    ServerServiceDefinition definition() {
        return ServerServiceDefinition.builder(ExternalProcessorGrpc.SERVICE_NAME)
                .addMethod(
                        PROCESS,
                        (call, metadata) -> new ProcessorCall(
                                call,
                                (asked, home) ->
                                        new ProcessorStream(asked, requests.on(home, asked), rules, services.budget())))
                .build();
    }
}
