// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Private keys in the forms that files have them in. The JDK reads PKCS #8 only, into which the
 * older forms are wrapped: PKCS #1 for RSA, SEC 1 for elliptic curves.
 */
final class PrivateKeys {
  private static final Pattern DEK_INFO = Pattern.compile("DEK-Info: ([A-Z0-9-]+),([0-9A-Fa-f]+)");

  private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");
  private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");
  private static final byte[] VERSION = {2, 1, 0};
  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 0x04;
  private static final int PARAMETERS = 0xa0;

  private PrivateKeys() {}

  /** The form names its algorithm only by number; each factory takes what is its own. */
  static PrivateKey ofPkcs8(byte[] der) throws GeneralSecurityException {
    for (String algorithm : List.of("RSA", "EC", "EdDSA", "RSASSA-PSS")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (InvalidKeySpecException e) {
        // not of this algorithm; the next one
      }
    }
    throw new InvalidKeySpecException("private key that is malformed, or of an unknown algorithm");
  }

  /** RFC 8017 §A.1.2. */
  static PrivateKey ofPkcs1(byte[] der) throws GeneralSecurityException {
    return ofPkcs8(value(SEQUENCE, VERSION, RSA, value(OCTETS, der)));
  }

  /**
   * RFC 5915 §3.
   *
   * @param curve its curve, where the key itself does not name one
   */
  static PrivateKey ofSec1(byte[] der, byte @Nullable [] curve) throws GeneralSecurityException {
    byte[] own = curveOf(der);
    byte[] named = own == null ? curve : own;
    if (named == null) {
      throw new InvalidKeySpecException("EC private key that names no curve");
    }
    return ofPkcs8(value(SEQUENCE, VERSION, value(SEQUENCE, EC, named), value(OCTETS, der)));
  }

  /** Returns the parameters of a key in SEC 1 form: after a version and the number itself. */
  private static byte @Nullable [] curveOf(byte[] der) throws InvalidKeySpecException {
    ByteBuffer key = content(ByteBuffer.wrap(der), SEQUENCE);
    content(key, 2);
    content(key, OCTETS);
    if (!key.hasRemaining() || (key.get(key.position()) & 0xff) != PARAMETERS) {
      return null;
    }
    ByteBuffer parameters = content(key, PARAMETERS);
    byte[] curve = new byte[parameters.remaining()];
    parameters.get(curve);
    return curve;
  }

  /** Reads a value of DER and goes past it. */
  private static ByteBuffer content(ByteBuffer der, int tag) throws InvalidKeySpecException {
    if (der.remaining() < 2 || (der.get() & 0xff) != tag) {
      throw new InvalidKeySpecException("private key that is malformed");
    }
    int length = der.get() & 0xff;
    if (length > 0x80) {
      int octets = length - 0x80;
      length = 0;
      for (int i = 0; i < octets && der.hasRemaining() && length <= 0xffff; i++) {
        length = length << 8 | (der.get() & 0xff);
      }
    }
    if (length > der.remaining()) {
      throw new InvalidKeySpecException("private key that is malformed");
    }
    ByteBuffer content = der.slice(der.position(), length);
    der.position(der.position() + length);
    return content;
  }

  private static byte[] value(int tag, byte[]... contents) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : contents) {
      content.writeBytes(part);
    }
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    value.write(tag);
    int length = content.size();
    if (length < 0x80) {
      value.write(length);
    } else {
      value.writeBytes(new byte[] {(byte) 0x82, (byte) (length >> 8), (byte) length});
    }
    value.writeBytes(content.toByteArray());
    return value.toByteArray();
  }

  /** RFC 5958 §3, by whatever scheme of PKCS #5 and #12 the JDK has. */
  static PrivateKey ofEncryptedPkcs8(byte[] der, char[] password) throws GeneralSecurityException {
    PBEKeySpec secret = new PBEKeySpec(password);
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
      AlgorithmParameters parameters = info.getAlgParameters();
      // PBES2 is a family: its parameters know the name of the very scheme.
      String name = info.getAlgName();
      String scheme =
          parameters != null && !name.startsWith("PBEWith") ? parameters.toString() : name;
      Cipher cipher = Cipher.getInstance(scheme);
      cipher.init(
          Cipher.DECRYPT_MODE,
          SecretKeyFactory.getInstance(scheme).generateSecret(secret),
          parameters);
      return ofPkcs8(info.getKeySpec(cipher).getEncoded());
    } catch (IOException e) {
      throw new InvalidKeySpecException("encrypted private key that is malformed", e);
    } catch (BadPaddingException | InvalidKeySpecException e) {
      throw wrongPassword(e);
    } finally {
      secret.clearPassword();
    }
  }

  /**
   * Decrypts what OpenSSL before 3 wrote, and still does on request: a key made of the password by
   * MD5, salted with the start of the initialization vector.
   */
  static byte[] decryptOpenSsl(String headers, byte[] encrypted, char[] password)
      throws GeneralSecurityException {
    Matcher info = DEK_INFO.matcher(headers);
    if (!info.find()) {
      throw new InvalidKeyException("encrypted private key that does not say how");
    }
    int length =
        switch (info.group(1)) {
          case "AES-128-CBC" -> 16;
          case "AES-192-CBC", "DES-EDE3-CBC" -> 24;
          case "AES-256-CBC" -> 32;
          default ->
              throw new InvalidKeyException(
                  "private key encrypted with "
                      + info.group(1)
                      + ", expected AES or DES-EDE3 in CBC mode");
        };
    boolean aes = info.group(1).startsWith("AES");
    byte[] iv = HexFormat.of().parseHex(info.group(2));
    ByteBuffer utf8 = StandardCharsets.UTF_8.encode(CharBuffer.wrap(password));
    byte[] secret = new byte[utf8.remaining()];
    utf8.get(secret);
    try {
      Cipher cipher = Cipher.getInstance(aes ? "AES/CBC/PKCS5Padding" : "DESede/CBC/PKCS5Padding");
      cipher.init(
          Cipher.DECRYPT_MODE,
          new SecretKeySpec(
              stretched(secret, Arrays.copyOf(iv, 8), length), aes ? "AES" : "DESede"),
          new IvParameterSpec(iv));
      return cipher.doFinal(encrypted);
    } catch (BadPaddingException e) {
      throw wrongPassword(e);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  private static byte[] stretched(byte[] secret, byte[] salt, int length)
      throws GeneralSecurityException {
    MessageDigest md5 = MessageDigest.getInstance("MD5");
    ByteArrayOutputStream key = new ByteArrayOutputStream();
    byte[] last = {};
    while (key.size() < length) {
      md5.update(last);
      md5.update(secret);
      last = md5.digest(salt);
      key.writeBytes(last);
    }
    return Arrays.copyOf(key.toByteArray(), length);
  }

  private static InvalidKeyException wrongPassword(Exception cause) {
    return new InvalidKeyException(
        "private key that its password does not open, or that is malformed", cause);
  }
}
