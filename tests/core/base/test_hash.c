#include "hash.h"

#include "kit.h"

#include <string.h>

static void check(const void *bytes, size_t n, const char *wanted)
{
    pl_digest d;
    char hex[PL_DIGEST_HEX_BYTES];
    pl__sha256(bytes, n, &d);
    pl__digest_hex(&d, hex);
    assert_string_equal(hex, wanted);
}

/* FIPS 180-2, appendix B, and NIST's example values for the empty message. */
static void test_published_vectors(void **state)
{
    (void)state;
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static char million[1000000];
    check(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check(two_blocks, strlen(two_blocks), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', sizeof(million));
    check(million, sizeof(million), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_pieces_equal_the_whole(void **state)
{
    (void)state;
    unsigned char bytes[300];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 7);
    pl_sha256 *h = pl__sha256_new();
    assert_non_null(h);
    pl_digest whole;
    pl__sha256(bytes, sizeof(bytes), &whole);
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        pl_digest parts;
        pl__sha256_reset(h);
        pl__sha256_add(h, bytes, cut);
        pl__sha256_add(h, bytes + cut, sizeof(bytes) - cut);
        pl__sha256_finish(h, &parts);
        assert_true(pl__digest_eq(&whole, &parts));
    }
    pl__sha256_free(h);
    pl__sha256_free(NULL);
}

static pl_digest strings(const char *a, const char *b)
{
    pl_digest d;
    pl_sha256 *h = pl__sha256_new();
    assert_non_null(h);
    pl__sha256_add_str(h, a);
    pl__sha256_add_str(h, b);
    pl__sha256_finish(h, &d);
    pl__sha256_free(h);
    return d;
}

static void test_fields_are_separated(void **state)
{
    (void)state;
    const pl_digest all[] = {strings("ab", "c"), strings("a", "bc"),   strings("abc", ""), strings("abc", NULL),
                             strings("", NULL),  strings(NULL, "abc"), strings(NULL, "")};
    for (size_t a = 0; a < sizeof(all) / sizeof(all[0]); a++)
        for (size_t b = 0; b < a; b++)
            assert_false(pl__digest_eq(&all[a], &all[b]));
    const pl_digest again = strings("ab", "c");
    assert_true(pl__digest_eq(&all[0], &again));
}

/* Stored identities depend on these bytes: they are the same on every machine. */
static void test_integers_are_little_endian(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 3,  0,
                                          0,    0,    0,    0,    0,    0,    'a',  'b',  'c'};
    pl_digest wanted;
    pl_digest got;
    pl_sha256 *h = pl__sha256_new();
    assert_non_null(h);
    pl__sha256_add_u64(h, UINT64_C(0x0102030405060708));
    pl__sha256_add_field(h, "abc", 3);
    pl__sha256_finish(h, &got);
    pl__sha256_free(h);
    pl__sha256(bytes, sizeof(bytes), &wanted);
    assert_true(pl__digest_eq(&got, &wanted));
}

static void test_table_hash(void **state)
{
    (void)state;
    /* XXH3's own test value for the empty input and seed 0. */
    assert_true(pl__hash64(NULL, 0, 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(pl__hash64("a", 1, 0) != pl__hash64("a", 1, 1));
    assert_true(pl__hash64("a", 1, 0) != pl__hash64("b", 1, 0));
}

static pl_status make(void *user, pl_error *err)
{
    (void)user;
    (void)err;
    pl_sha256 *h = pl__sha256_new();
    pl_status rc = h ? PL_OK : PL_E_NOMEM;
    pl__sha256_free(h);
    return rc;
}

static void test_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("sha256", make, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),    cmocka_unit_test(test_pieces_equal_the_whole),
        cmocka_unit_test(test_fields_are_separated), cmocka_unit_test(test_integers_are_little_endian),
        cmocka_unit_test(test_table_hash),           cmocka_unit_test(test_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
