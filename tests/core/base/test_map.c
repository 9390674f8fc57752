#include "map.h"

#include "kit.h"
#include "rng.h"

#include <stdio.h>
#include <string.h>

static void test_names_keep_their_order(void **state)
{
    (void)state;
    pl_names *names = pl__names_new();
    assert_non_null(names);
    assert_int_equal(pl__names_find(names, pl__view("a")), PL_NAME_NONE);
    uint32_t index = 99;
    PL_KIT_OK(pl__names_intern(names, pl__view("b"), &index), NULL);
    assert_int_equal(index, 0);
    PL_KIT_OK(pl__names_intern(names, pl__view(""), &index), NULL);
    assert_int_equal(index, 1);
    PL_KIT_OK(pl__names_intern(names, pl__view_n("b\0c", 3), &index), NULL);
    assert_int_equal(index, 2);
    PL_KIT_OK(pl__names_intern(names, pl__view("b"), &index), NULL);
    assert_int_equal(index, 0);
    assert_int_equal(pl__names_find(names, pl__view(NULL)), 1);
    assert_int_equal(pl__names_count(names), 3);
    assert_null(pl__names_get(names, 3));
    pl__names_free(names);
    pl__names_free(NULL);
}

static void test_names_stay_where_they_are(void **state)
{
    (void)state;
    enum { N = 20000 };
    static const char *where[N];
    pl_names *names = pl__names_new();
    assert_non_null(names);
    for (uint32_t i = 0; i < N; i++) {
        char text[32];
        uint32_t index = 0;
        (void)snprintf(text, sizeof(text), "item-%u", i * 7919u);
        PL_KIT_OK(pl__names_intern(names, pl__view(text), &index), NULL);
        assert_int_equal(index, i);
        where[i] = pl__names_get(names, i);
    }
    for (uint32_t i = 0; i < N; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "item-%u", i * 7919u);
        assert_ptr_equal(pl__names_get(names, i), where[i]);
        assert_string_equal(where[i], text);
        assert_int_equal(pl__names_find(names, pl__view(text)), i);
    }
    pl__names_free(names);
}

/* Short names are told apart by two words and a length, long ones by their bytes: names of every length that differ
 * from each other in one byte, or in being cut off. */
static void test_names_of_all_lengths(void **state)
{
    enum { LENGTHS = 40 };
    (void)state;
    pl_names *names = pl__names_new();
    uint32_t want = 0;
    assert_non_null(names);
    for (int pass = 0; pass < 2; pass++) {
        want = 0;
        for (size_t len = 0; len < LENGTHS; len++) {
            for (size_t odd = 0; odd <= len; odd++) { /* odd == len: none is */
                char text[LENGTHS];
                uint32_t index = 0;
                memset(text, 'n', sizeof(text));
                if (odd < len)
                    text[odd] = '\0';
                pl_view name = pl__view_n(text, len);
                if (pass == 1)
                    assert_int_equal(pl__names_find_hashed(names, name, pl__names_hash(names, name)), want);
                PL_KIT_OK(pl__names_intern(names, name, &index), NULL);
                assert_int_equal(index, want);
                assert_int_equal(pl__names_find(names, name), want);
                assert_true(pl__view_eq(pl__names_view(names, index), name));
                want++;
            }
        }
    }
    assert_int_equal(pl__names_count(names), want);
    assert_null(pl__names_view(names, want).ptr);
    assert_int_equal(pl__names_find(names, pl__view("m")), PL_NAME_NONE);
    pl__names_free(names);
}

typedef struct walk {
    const uintptr_t *model;
    size_t n;
} walk;

static void visit(const void *key, size_t key_bytes, uintptr_t value, void *user)
{
    walk *w = user;
    uint16_t k = 0;
    assert_int_equal(key_bytes, sizeof(k));
    memcpy(&k, key, sizeof(k));
    assert_int_equal(w->model[k], value);
    w->n++;
}

/* Random puts, gets and removals against a plain array. Few keys, so that runs of full slots form and dissolve. */
static void test_map_against_a_model(void **state)
{
    (void)state;
    enum { KEYS = 700 };
    static uintptr_t model[KEYS]; /* 0: absent */
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "map", 0);
    pl_map *map = pl__map_new();
    assert_non_null(map);
    size_t count = 0;
    for (uint32_t step = 0; step < 100000; step++) {
        uint16_t key = (uint16_t)pl__rng_below(&rng, KEYS);
        uintptr_t value = 0;
        if (pl__rng_below(&rng, 2) == 0) {
            uintptr_t fresh = 1 + (uintptr_t)pl__rng_below(&rng, 1000000);
            PL_KIT_OK(pl__map_put(map, &key, sizeof(key), fresh), NULL);
            count += model[key] == 0;
            model[key] = fresh;
        } else {
            assert_int_equal(pl__map_remove(map, &key, sizeof(key), &value), model[key] != 0);
            assert_int_equal(value, model[key]);
            count -= model[key] != 0;
            model[key] = 0;
        }
        assert_int_equal(pl__map_count(map), count);
        uint16_t other = (uint16_t)pl__rng_below(&rng, KEYS);
        value = 0;
        assert_int_equal(pl__map_get(map, &other, sizeof(other), &value), model[other] != 0);
        assert_int_equal(value, model[other]);
    }
    walk w = {.model = model};
    pl__map_each(map, visit, &w);
    assert_int_equal(w.n, count);
    pl__map_free(map);
    pl__map_free(NULL);
}

static void test_map_keys_are_bytes(void **state)
{
    (void)state;
    pl_map *map = pl__map_new();
    assert_non_null(map);
    uintptr_t value = 0;
    assert_false(pl__map_get(map, "a", 1, &value));
    assert_false(pl__map_remove(map, "a", 1, NULL));
    char key[] = "a";
    PL_KIT_OK(pl__map_put(map, key, 1, 10), NULL);
    PL_KIT_OK(pl__map_put(map, key, 2, 20), NULL); /* with the NUL */
    PL_KIT_OK(pl__map_put(map, NULL, 0, 30), NULL);
    key[0] = 'z'; /* the map has a copy */
    assert_true(pl__map_get(map, "a", 1, &value));
    assert_int_equal(value, 10);
    assert_true(pl__map_get(map, "a", 2, &value));
    assert_int_equal(value, 20);
    assert_true(pl__map_get(map, "", 0, &value));
    assert_int_equal(value, 30);
    assert_true(pl__map_get(map, "a", 1, NULL));
    assert_true(pl__map_remove(map, "a", 1, NULL));
    assert_int_equal(pl__map_count(map), 2);
    pl__map_free(map);
}

static pl_status names_run(void *user, pl_error *err)
{
    (void)user;
    (void)err;
    pl_status rc = PL_OK;
    pl_names *names = pl__names_new();
    if (!names)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < 60 && rc == PL_OK; i++) {
        char text[16];
        uint32_t index = PL_NAME_NONE;
        (void)snprintf(text, sizeof(text), "n%u", i);
        rc = pl__names_intern(names, pl__view(text), &index);
        assert_int_equal(pl__names_count(names), rc == PL_OK ? i + 1 : i);
        assert_int_equal(index, rc == PL_OK ? i : PL_NAME_NONE);
        assert_int_equal(pl__names_find(names, pl__view(text)), index);
    }
    pl__names_free(names);
    return rc;
}

static pl_status map_run(void *user, pl_error *err)
{
    (void)user;
    (void)err;
    pl_status rc = PL_OK;
    pl_map *map = pl__map_new();
    if (!map)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < 60 && rc == PL_OK; i++) {
        rc = pl__map_put(map, &i, sizeof(i), i);
        assert_int_equal(pl__map_count(map), rc == PL_OK ? i + 1 : i);
        assert_int_equal(pl__map_get(map, &i, sizeof(i), NULL), rc == PL_OK);
    }
    pl__map_free(map);
    return rc;
}

static void test_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("names", names_run, NULL);
    pl__kit_fault_loop("map", map_run, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_keep_their_order), cmocka_unit_test(test_names_stay_where_they_are),
        cmocka_unit_test(test_names_of_all_lengths),   cmocka_unit_test(test_map_against_a_model),
        cmocka_unit_test(test_map_keys_are_bytes),     cmocka_unit_test(test_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
