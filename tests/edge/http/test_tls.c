/* Certificates are checked: the system's authorities know nothing of the test's, a file can name it, and only a request
 * that is marked insecure takes what no authority vouches for. Proxies: a named one is used, "none" is none. */
#include "kit.h"

#include "alloc.h"
#include "certificate.h"
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsafe"

typedef struct tls_server {
    SSL_CTX *context; /* NULL: speaks plain HTTP */
    int listener;
    unsigned port;
    pthread_t thread;
    atomic_uint n_answered;
    char request[4096]; /* the last one; read after the server has stopped, or answered */
} tls_server;

/* One connection: reads up to the end of the head, answers, closes. */
static void serve_one(tls_server *s, int fd)
{
    SSL *ssl = s->context ? SSL_new(s->context) : NULL;
    char bytes[4096];
    size_t have = 0;
    if (ssl)
        (void)SSL_set_fd(ssl, fd);
    bool good = !ssl || SSL_accept(ssl) == 1;
    while (good && have + 1 < sizeof(bytes)) {
        ssize_t n = ssl ? SSL_read(ssl, bytes + have, (int)(sizeof(bytes) - 1 - have))
                        : recv(fd, bytes + have, sizeof(bytes) - 1 - have, 0);
        if (n <= 0)
            break;
        have += (size_t)n;
        bytes[have] = '\0';
        if (!strstr(bytes, "\r\n\r\n"))
            continue;
        memcpy(s->request, bytes, have + 1);
        atomic_fetch_add(&s->n_answered, 1);
        if (ssl)
            (void)SSL_write(ssl, ANSWER, (int)strlen(ANSWER));
        else
            (void)send(fd, ANSWER, strlen(ANSWER), MSG_NOSIGNAL);
        break;
    }
    if (ssl && good)
        (void)SSL_shutdown(ssl);
    SSL_free(ssl);
    (void)close(fd);
}

static void *serve(void *user)
{
    tls_server *s = user;
    for (int fd = accept(s->listener, NULL, NULL); fd >= 0; fd = accept(s->listener, NULL, NULL))
        serve_one(s, fd);
    return NULL;
}

static void start(tls_server *s, const char *name, const char *ca_path)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(address);
    if (name) {
        EVP_PKEY *key = certificate_key();
        X509 *cert = certificate_self_signed(key, name);
        s->context = SSL_CTX_new(TLS_server_method());
        assert_int_equal(SSL_CTX_use_certificate(s->context, cert), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(s->context, key), 1);
        certificate_write(cert, ca_path, NULL, NULL);
        X509_free(cert);
        EVP_PKEY_free(key);
    }
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (const struct sockaddr *)&address, n), 0);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &n), 0);
    s->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stop(tls_server *s)
{
    (void)shutdown(s->listener, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->listener);
    SSL_CTX_free(s->context);
}

static void get(pl_transport *t, const char *url, const pl_http_route *route, pl_http_failure want)
{
    pl_http_req req = {.route = route, .timeout_total_ms = 60000};
    pl_http_completion done = {0};
    pl_error err = {0};
    size_t n = 0;
    req.url = pl__strdup(url);
    PL_KIT_OK(t->ops->submit(t, &req, 1, &err), &err);
    while (n == 0)
        PL_KIT_OK(t->ops->poll(t, UINT64_MAX, &done, 1, &n, &err), &err);
    if (done.failure != want)
        print_message("%s: %s\n", url, done.error.msg);
    assert_int_equal(done.failure, want);
    if (want == PL_HTTP_OK)
        assert_string_equal(done.reply.body.ptr, "safe");
    pl__http_reply_clear(&done.reply);
}

static void certificates_are_checked(void **state)
{
    tls_server ours = {0};
    tls_server theirs = {0};
    char *ca = pl__kit_path(*state, "ca.pem");
    char *other_ca = pl__kit_path(*state, "other.pem");
    const pl_http_route trusting = {.ca_file = ca};
    const pl_http_route mistaken = {.ca_file = other_ca};
    const pl_http_route missing = {.ca_file = "/nonexistent/ca.pem"};
    const pl_http_route careless = {.insecure = true};
    char url[100];
    char by_name[100];
    char wrong_name[100];
    pl_transport *t = NULL;
    pl_error err = {0};
    start(&ours, "IP:127.0.0.1", ca);
    start(&theirs, "DNS:somewhere.example", other_ca);
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/", ours.port);
    (void)snprintf(by_name, sizeof(by_name), "https://localhost:%u/", ours.port);
    (void)snprintf(wrong_name, sizeof(wrong_name), "https://127.0.0.1:%u/", theirs.port);
    PL_KIT_OK(pl__transport_curl_new(NULL, &t, &err), &err);
    get(t, url, NULL, PL_HTTP_UNREACHABLE);
    get(t, url, &mistaken, PL_HTTP_UNREACHABLE);
    get(t, url, &missing, PL_HTTP_UNREACHABLE);
    assert_int_equal(atomic_load(&ours.n_answered), 0); /* nothing was sent before the certificate was known */
    get(t, url, &trusting, PL_HTTP_OK);
    get(t, by_name, &trusting, PL_HTTP_UNREACHABLE); /* trusted, but not for this name */
    get(t, wrong_name, &mistaken, PL_HTTP_UNREACHABLE);
    get(t, wrong_name, &careless, PL_HTTP_OK);
    get(t, url, &careless, PL_HTTP_OK);
    get(t, url, NULL, PL_HTTP_UNREACHABLE); /* the same handle forgets both */
    assert_int_equal(atomic_load(&ours.n_answered), 2);
    t->ops->free(t);
    const pl_transport_opts opts = {.ca_file = ca};
    PL_KIT_OK(pl__transport_curl_new(&opts, &t, &err), &err);
    get(t, url, NULL, PL_HTTP_OK);
    get(t, url, &mistaken, PL_HTTP_UNREACHABLE);
    t->ops->free(t);
    stop(&ours);
    stop(&theirs);
    free(ca);
    free(other_ca);
}

static void proxies_are_used_as_said(void **state)
{
    tls_server proxy = {0};
    char address[100];
    char text[100];
    pl_transport *t = NULL;
    pl_error err = {0};
    (void)state;
    start(&proxy, NULL, NULL);
    (void)snprintf(address, sizeof(address), "http://127.0.0.1:%u", proxy.port);
    (void)snprintf(text, sizeof(text), "http://127.0.0.1:%u/x", proxy.port);
    const pl_http_route named = {.proxy = address};
    const pl_http_route none = {.proxy = "none"};
    PL_KIT_OK(pl__transport_curl_new(NULL, &t, &err), &err);
    get(t, "http://model.invalid/v1", &named, PL_HTTP_OK);
    assert_non_null(strstr(proxy.request, "GET http://model.invalid/v1 HTTP/1.1\r\n"));
    get(t, "http://127.0.0.1:1/v1", &named, PL_HTTP_OK);
    setenv("http_proxy", address, 1);
    get(t, "http://model.invalid/v2", NULL, PL_HTTP_OK);
    get(t, "http://model.invalid/v2", &none, PL_HTTP_UNREACHABLE);
    get(t, "http://127.0.0.1:1/v1", NULL, PL_HTTP_UNREACHABLE); /* this machine needs none */
    setenv("no_proxy", "model.invalid", 1);
    get(t, "http://model.invalid/v2", NULL, PL_HTTP_UNREACHABLE);
    get(t, "http://model.invalid/v3", &named, PL_HTTP_OK);
    unsetenv("no_proxy");
    unsetenv("http_proxy");
    assert_int_equal(atomic_load(&proxy.n_answered), 4);
    get(t, text, NULL, PL_HTTP_OK);
    assert_non_null(strstr(proxy.request, "GET /x HTTP/1.1\r\n"));
    t->ops->free(t);
    stop(&proxy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_checked),
        cmocka_unit_test(proxies_are_used_as_said),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* of the server: clients that refuse it hang up */
    return cmocka_run_group_tests(tests, pl__kit_temp_setup, pl__kit_temp_teardown);
}
