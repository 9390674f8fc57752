/* A thousand requests under way at once, over HTTP/1.1 and over HTTP/2 (nginx in front): none is answered before all
 * have arrived whole, all are answered, and what is under way costs the same memory the third time as the second. */
#include "kit.h"

#include "alloc.h"
#include "barrier.h"
#include "certificate.h"
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CROWD 1024u
#define ROUNDS 3u
#define IMAGE_BYTES 20000u
#define FILES_NEEDED 4096u
#define SHARING 100u /* what libcurl puts on one HTTP/2 connection */
#define TRIES_MAX 600u
#define TRY_NS 50000000L

/* Client, proxy and server ends of a thousand connections. */
static bool files_enough(void)
{
    struct rlimit files = {0};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || (files.rlim_max != RLIM_INFINITY && files.rlim_max < FILES_NEEDED))
        return false;
    if (files.rlim_cur < FILES_NEEDED) {
        files.rlim_cur = FILES_NEEDED;
        return setrlimit(RLIMIT_NOFILE, &files) == 0;
    }
    return true;
}

static void submit(pl_transport *t, const char *url, const pl_http_route *route, pl_blob *image, unsigned tag)
{
    pl_http_req req = {.route = route, .timeout_connect_ms = 60000, .timeout_total_ms = 120000};
    char text[40];
    pl_error err = {0};
    int n = snprintf(text, sizeof(text), "{\"number\": %u, \"image\": \"", tag);
    pl_blob *head = pl__blob_copy(text, (size_t)n);
    pl_blob *tail = pl__blob_copy("\"}", 2);
    req.url = pl__strdup(url);
    PL_KIT_OK(pl__http_req_part(&req, head, &err), &err);
    PL_KIT_OK(pl__http_req_part(&req, image, &err), &err);
    PL_KIT_OK(pl__http_req_part(&req, tail, &err), &err);
    pl__blob_unref(head);
    pl__blob_unref(tail);
    PL_KIT_OK(t->ops->submit(t, &req, tag, &err), &err);
}

static void one_round(pl_transport *t, const char *url, const pl_http_route *route, pl_blob *image, unsigned crowd)
{
    static bool answered[CROWD];
    memset(answered, 0, sizeof(answered));
    for (unsigned i = 0; i < crowd; i++)
        submit(t, url, route, image, i);
    for (unsigned left = crowd; left > 0;) {
        pl_http_completion done[64];
        pl_error err = {0};
        size_t n = 0;
        PL_KIT_OK(t->ops->poll(t, UINT64_MAX, done, 64, &n, &err), &err);
        for (size_t i = 0; i < n; i++, left--) {
            if (done[i].failure != PL_HTTP_OK)
                fail_msg("request %u: %s", (unsigned)done[i].tag, done[i].error.msg);
            assert_int_equal(done[i].reply.status, 200);
            assert_string_equal(pl__str_c(&done[i].reply.body), "done");
            assert_false(answered[done[i].tag]);
            answered[done[i].tag] = true;
            pl__http_reply_clear(&done[i].reply);
        }
    }
}

static void all_at_once(const char *url, const pl_http_route *route, const barrier *b, unsigned crowd)
{
    static char bytes[IMAGE_BYTES];
    pl_transport *t = NULL;
    pl_error err = {0};
    memset(bytes, 'x', sizeof(bytes));
    pl_blob *image = pl__blob_copy(bytes, sizeof(bytes));
    PL_KIT_OK(pl__transport_curl_new(NULL, &t, &err), &err);
#ifdef PL_FAULTS
    long blocks[ROUNDS];
#endif
    for (unsigned i = 0; i < ROUNDS; i++) {
        one_round(t, url, route, image, crowd);
#ifdef PL_FAULTS
        blocks[i] = pl__live_blocks();
#endif
    }
#ifdef PL_FAULTS
    print_message("blocks held after each round: %ld %ld %ld\n", blocks[0], blocks[1], blocks[2]);
    assert_true(blocks[2] <= blocks[1] + (long)crowd / 16);
#endif
    assert_int_equal(barrier_rounds(b), ROUNDS);
    t->ops->free(t);
    pl__blob_unref(image);
}

static void a_thousand_over_http1(void **state)
{
    char url[100];
    (void)state;
    if (!files_enough())
        skip();
    barrier *b = barrier_start(CROWD);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1", barrier_port(b));
    all_at_once(url, NULL, b, CROWD);
    barrier_stop(b);
}

static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

static bool listens(unsigned port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    (void)close(fd);
    return good;
}

static const char *nginx_path(void)
{
    static const char *const places[] = {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (access(places[i], X_OK) == 0)
            return places[i];
    return NULL;
}

static pl_kit_process *start_nginx(const char *nginx, const char *dir, unsigned port, unsigned backend)
{
    static const char conf[] = "daemon off; master_process off; pid nginx.pid; error_log error.log;\n"
                               "events { worker_connections 4096; }\n"
                               "http {\n"
                               "  access_log off; client_body_buffer_size 64k; keepalive_requests 1000000;\n"
                               "  client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;\n"
                               "  scgi_temp_path s;\n"
                               "  server {\n"
                               "    listen 127.0.0.1:%u ssl http2 backlog=4096;\n"
                               "    ssl_certificate cert.pem; ssl_certificate_key key.pem;\n"
                               "    location / {\n"
                               "      proxy_pass http://127.0.0.1:%u; proxy_read_timeout 120s;\n"
                               "      proxy_set_header X-Protocol $server_protocol;\n"
                               "      proxy_set_header X-Connection $connection;\n"
                               "    }\n"
                               "  }\n"
                               "}\n";
    char text[sizeof(conf) + 40];
    (void)snprintf(text, sizeof(text), conf, port, backend);
    char *path = pl__kit_write_text(dir, "nginx.conf", text);
    const char *argv[] = {nginx, "-p", dir, "-e", "error.log", "-c", path, NULL};
    pl_kit_process *process = pl__kit_start(argv, NULL);
    unsigned tries = 0;
    for (; tries < TRIES_MAX && !listens(port); tries++)
        (void)nanosleep(&(const struct timespec){.tv_nsec = TRY_NS}, NULL);
    free(path);
    if (tries == TRIES_MAX) {
        char *said = pl__kit_path(dir, "error.log");
        print_message("%s\n", pl__kit_exists(said) ? pl__kit_read(said, NULL) : "no log");
        fail_msg("nginx does not listen");
    }
    return process;
}

/* Returns over how many connections they went. */
static unsigned over_http2(const char *dir, unsigned crowd)
{
    const char *nginx = nginx_path();
    char url[100];
    pl_kit_result end;
    if (!nginx || !files_enough()) {
        print_message("no nginx (Debian: nginx-light), or too few files may be open\n");
        skip();
    }
    char *cert_path = pl__kit_path(dir, "cert.pem");
    char *key_path = pl__kit_path(dir, "key.pem");
    const pl_http_route route = {.ca_file = cert_path};
    EVP_PKEY *key = certificate_key();
    X509 *cert = certificate_self_signed(key, "IP:127.0.0.1");
    certificate_write(cert, cert_path, key, key_path);
    X509_free(cert);
    EVP_PKEY_free(key);
    barrier *b = barrier_start(crowd);
    unsigned port = free_port();
    pl_kit_process *process = start_nginx(nginx, dir, port, barrier_port(b));
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/v1", port);
    all_at_once(url, &route, b, crowd);
    assert_int_equal(barrier_http2(b), crowd * ROUNDS);
    unsigned n_connections = barrier_connections(b);
    print_message("%u requests at once over %u connections\n", crowd, n_connections);
    pl__kit_signal(process, SIGTERM);
    pl__kit_wait(process, &end);
    pl__kit_result_clear(&end);
    barrier_stop(b);
    free(cert_path);
    free(key_path);
    return n_connections;
}

static void a_thousand_over_http2(void **state)
{
    /* The first connection is filled. Then libcurl 7.88 opens one for each request as long as none of the new ones is
     * ready, so only the first hundred are sure to share; the connections are all used again. */
    assert_in_range(over_http2(*state, CROWD), 1, CROWD - SHARING + 1);
}

static void a_hundred_share_a_connection(void **state)
{
    assert_int_equal(over_http2(*state, SHARING), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_over_http1),
        cmocka_unit_test(a_thousand_over_http2),
        cmocka_unit_test(a_hundred_share_a_connection),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, pl__kit_temp_setup, pl__kit_temp_teardown);
}
