package io.bactrian.component.tls;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate made at the start, as llm-d makes it: organisation {@code Inference Ext}, for servers, valid for ten years. Nobody
 * can verify it; it keeps listeners out, not impostors. Its key is on a curve: an RSA key of llm-d's 4096 bits can take seconds to
 * find.
 */
record SelfSigned(PrivateKey key, X509Certificate certificate) {
    private static final String CURVE = "secp256r1";
    private static final int SERIAL_BITS = 128;
    private static final Duration VALID = Duration.ofDays(3650);
    private static final Duration CLOCKS_APART = Duration.ofHours(1);

    static SelfSigned make() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(CURVE));
        KeyPair pair = generator.generateKeyPair();
        X500Name name = new X500Name("O=Inference Ext");
        Instant now = Clock.systemUTC().instant();
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    name,
                    new BigInteger(SERIAL_BITS, new SecureRandom()),
                    Date.from(now.minus(CLOCKS_APART)),
                    Date.from(now.plus(VALID)),
                    name,
                    pair.getPublic());
            builder.addExtension(
                    Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
            X509Certificate certificate = new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
            return new SelfSigned(pair.getPrivate(), certificate);
        } catch (OperatorCreationException | CertIOException e) {
            throw new GeneralSecurityException("making a certificate", e);
        }
    }
}
