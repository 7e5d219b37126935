"""Judges signatures by GnuTLS. A line of input is a case: algorithm, length of the salt, then the files of the certificate
(PEM), the message and the signature, separated by tabs. A line of output is GnuTLS's answer: 0 or more when it holds."""

import ctypes
import sys

gnutls = ctypes.CDLL("libgnutls.so.30")
ALLOW_SIGN_WITH_SHA1 = 1 << 15


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_uint)]


def content(path):
    with open(path, "rb") as file:
        read = file.read()
    return ctypes.byref(Datum(read, len(read)))


def must(code):
    if code < 0:
        sys.exit(f"GnuTLS: {code}")


def new(kind):
    made = ctypes.c_void_p()
    must(getattr(gnutls, f"gnutls_{kind}_init")(ctypes.byref(made)))
    return made


for line in sys.stdin:
    scheme, salt, certificate, message, signature = line.rstrip("\n").split("\t")
    algorithm = gnutls.gnutls_sign_get_id(scheme.encode())
    if algorithm == 0:
        sys.exit(f"GnuTLS has no {scheme}")
    shown, key = new("x509_crt"), new("pubkey")
    must(gnutls.gnutls_x509_crt_import(shown, content(certificate), 1))
    must(gnutls.gnutls_pubkey_import_x509(key, shown, 0))
    if scheme.startswith("RSA-PSS-"):
        parameters = new("x509_spki")
        digest = gnutls.gnutls_sign_get_hash_algorithm(algorithm)
        gnutls.gnutls_x509_spki_set_rsa_pss_params(parameters, digest, int(salt))
        must(gnutls.gnutls_pubkey_set_spki(key, parameters, 0))
    print(
        gnutls.gnutls_pubkey_verify_data2(
            key, algorithm, ALLOW_SIGN_WITH_SHA1, content(message), content(signature)
        )
    )
