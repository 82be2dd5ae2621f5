package io.bactrian.relay;

/**
 * How a connection to a model server is encrypted. Paths are of PEM files; empty for none.
 *
 * @param verify whether the server's certificate must be valid and its own
 * @param caCertPath certificates that are trusted in place of the JDK's
 * @param clientCertPath the certificate that the router shows
 * @param clientKeyPath the key of that certificate, PKCS#8
 */
public record TlsSettings(boolean verify, String caCertPath, String clientCertPath, String clientKeyPath) {
    public TlsSettings {
        if (clientCertPath.isEmpty() != clientKeyPath.isEmpty()) {
            throw new IllegalArgumentException("clientCertPath: "
                    + (clientCertPath.isEmpty() ? "none" : clientCertPath)
                    + " (expected: given together with clientKeyPath)");
        }
    }
}
