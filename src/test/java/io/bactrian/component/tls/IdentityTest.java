package io.bactrian.component.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentityTest {
    private static final int CURVE_BITS = 256;
    private static final X500Name NAME = new X500Name("CN=picker.test");

    private static KeyPair keys(String algorithm) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("EC")) {
            generator.initialize(CURVE_BITS);
        }
        return generator.generateKeyPair();
    }

    private static X509CertificateHolder certificate(KeyPair keys, String signature) throws Exception {
        return new JcaX509v3CertificateBuilder(
                        NAME,
                        BigInteger.ONE,
                        Date.from(Instant.EPOCH),
                        Date.from(Instant.EPOCH.plusSeconds(1)),
                        NAME,
                        keys.getPublic())
                .build(new JcaContentSignerBuilder(signature).build(keys.getPrivate()));
    }

    private static String pem(Object... objects) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            for (Object object : objects) {
                writer.writeObject(object);
            }
        }
        return text.toString();
    }

    private static Object pkcs8(KeyPair keys) throws IOException {
        return new JcaPKCS8Generator(keys.getPrivate(), null);
    }

    private static Object older(KeyPair keys) throws IOException {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(keys.getPrivate().getEncoded());
        if (!keys.getPrivate().getAlgorithm().equals("EC")) {
            return info;
        }
        ECPrivateKey bare = ECPrivateKey.getInstance(info.parsePrivateKey());
        ECPrivateKey withCurve = new ECPrivateKey(
                CURVE_BITS, bare.getKey(), info.getPrivateKeyAlgorithm().getParameters());
        return new PemObject("EC PRIVATE KEY", withCurve.getEncoded());
    }

    /** In PKCS#8 as openssl writes keys, and in the older forms, of which one is cert-manager's default. */
    @ParameterizedTest
    @CsvSource({
        "RSA, SHA256withRSA, true, BEGIN PRIVATE KEY",
        "RSA, SHA256withRSA, false, BEGIN RSA PRIVATE KEY",
        "EC, SHA256withECDSA, true, BEGIN PRIVATE KEY",
        "EC, SHA256withECDSA, false, BEGIN EC PRIVATE KEY",
        "Ed25519, Ed25519, true, BEGIN PRIVATE KEY"
    })
    void readsKeysInEachFormThatToolsWrite(String algorithm, String signature, boolean pkcs8, String form)
            throws Exception {
        KeyPair keys = keys(algorithm);
        String written = pem(pkcs8 ? pkcs8(keys) : older(keys));
        assertThat(written).contains(form);

        Identity read = Identity.read(pem(certificate(keys, signature)), written);

        assertThat(read.chain().get(0).getPublicKey().getEncoded())
                .isEqualTo(keys.getPublic().getEncoded());
    }

    @Test
    void keepsTheOrderOfAChain() throws Exception {
        KeyPair own = keys("EC");
        KeyPair authority = keys("EC");

        Identity read = Identity.read(
                pem(certificate(own, "SHA256withECDSA"), certificate(authority, "SHA256withECDSA")), pem(pkcs8(own)));

        assertThat(read.chain()).hasSize(2);
        assertThat(read.chain().get(1).getPublicKey().getEncoded())
                .isEqualTo(authority.getPublic().getEncoded());
    }

    @Test
    void refusesAKeyOfAnotherCertificate() throws Exception {
        String certificate = pem(certificate(keys("EC"), "SHA256withECDSA"));
        String another = pem(pkcs8(keys("EC")));
        String anotherKind = pem(pkcs8(keys("RSA")));

        assertThatThrownBy(() -> Identity.read(certificate, another))
                .hasMessage("tls.key: (expected: the key of the first certificate in tls.crt)");
        assertThatThrownBy(() -> Identity.read(certificate, anotherKind))
                .hasMessage("tls.key: (expected: the key of the first certificate in tls.crt)");
    }

    @Test
    void saysWhichFileCannotBeRead() throws Exception {
        KeyPair keys = keys("EC");
        String certificate = pem(certificate(keys, "SHA256withECDSA"));
        String key = pem(pkcs8(keys));

        assertThatThrownBy(() -> Identity.read("", key)).hasMessageStartingWith("tls.crt: ");
        assertThatThrownBy(() -> Identity.read(certificate.substring(0, 90), key))
                .hasMessageStartingWith("tls.crt: ");
        assertThatThrownBy(() -> Identity.read(certificate, "")).hasMessageStartingWith("tls.key: no key");
        assertThatThrownBy(() -> Identity.read(certificate, key.substring(0, 60)))
                .hasMessageStartingWith("tls.key: ");
    }
}
