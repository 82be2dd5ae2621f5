package io.bactrian.component.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/**
 * What a server shows to be believed: a key, and the certificate of it.
 *
 * @param chain the server's certificate first
 */
record Identity(PrivateKey key, List<X509Certificate> chain) {
    private static final byte[] PROBE = {1};

    Identity {
        chain = List.copyOf(chain);
    }

    /**
     * Reads PEM files, the key's in any of the forms that tools write it: PKCS#8, PKCS#1, SEC1.
     *
     * @throws IllegalArgumentException if one cannot be read, or they do not belong together
     */
    static Identity read(String certificates, String key) {
        List<X509Certificate> chain = certificates(certificates);
        Identity read = new Identity(privateKey(key), chain);
        if (!read.isOnePair()) {
            throw new IllegalArgumentException("tls.key: (expected: the key of the first certificate in tls.crt)");
        }
        return read;
    }

    private static List<X509Certificate> certificates(String pem) {
        try {
            List<X509Certificate> chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)))
                    .stream()
                    .map(X509Certificate.class::cast)
                    .toList();
            if (chain.isEmpty()) {
                throw new IllegalArgumentException("tls.crt: no certificate (expected: at least one, as PEM)");
            }
            return chain;
        } catch (CertificateException e) {
            throw new IllegalArgumentException("tls.crt: (expected: certificates as PEM)", e);
        }
    }

    private static PrivateKey privateKey(String pem) {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            for (Object read = parser.readObject(); read != null; read = parser.readObject()) {
                if (read instanceof PEMKeyPair pair) {
                    return new JcaPEMKeyConverter().getPrivateKey(pair.getPrivateKeyInfo());
                }
                if (read instanceof PrivateKeyInfo info) {
                    return new JcaPEMKeyConverter().getPrivateKey(info);
                }
            }
        } catch (PEMException e) {
            throw new IllegalArgumentException("tls.key: (expected: a key that is not encrypted, as PEM)", e);
        } catch (IOException e) {
            throw new IllegalArgumentException("tls.key: (expected: a key as PEM)", e);
        }
        throw new IllegalArgumentException("tls.key: no key (expected: one that is not encrypted, as PEM)");
    }

    /** A certificate and the key of another would be noticed by clients only. */
    private boolean isOnePair() {
        try {
            Signature signing = Signature.getInstance(algorithm());
            signing.initSign(key);
            signing.update(PROBE);
            byte[] signed = signing.sign();
            signing.initVerify(chain.get(0));
            signing.update(PROBE);
            return signing.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // one kind of key and a certificate of another
        }
    }

    private String algorithm() {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC", "ECDSA" -> "SHA256withECDSA";
            default -> key.getAlgorithm(); // of Edwards curves a key's name is that of the signature
        };
    }
}
