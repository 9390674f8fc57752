#ifndef PL_TEST_CERTIFICATE_H
#define PL_TEST_CERTIFICATE_H

#include <openssl/x509v3.h>

/* A new key, and a certificate of it that is valid for an hour. `name` is the subject's other name: "IP:127.0.0.1". */
EVP_PKEY *certificate_key(void);
X509 *certificate_self_signed(EVP_PKEY *key, const char *name);
/* As PEM files; key_path may be NULL. */
void certificate_write(X509 *cert, const char *cert_path, EVP_PKEY *key, const char *key_path);

#endif
