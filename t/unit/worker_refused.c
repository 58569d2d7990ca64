/*
 * Who has refused, against a list of all that was said: whatever imports say,
 * and whichever are undone, the newest word of each counts.
 */

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "importing.h"
#include "import_consent.h"
#include "random.h"

#define PEOPLE   40
#define IMPORTS  200
#define SAID     6000


typedef struct {                    /* all that was said, in order */
    int  import;
    int  who;
    int  refused;
} said_t;

static said_t  said[SAID];
static int     nsaid;
static int     undone[IMPORTS];


static void
siphash_is_that_of_libcrypto(void **state)
{
    int            i;
    size_t         len, size = 16;
    uint8_t        key[SIPHASH_KEY], text[80], out[16];
    siphash_t      hash;
    EVP_MAC       *mac;
    OSSL_PARAM     params[2];
    EVP_MAC_CTX   *ctx;

    mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    assert_non_null(mac);
    ctx = EVP_MAC_CTX_new(mac);
    params[0] = OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size);
    params[1] = OSSL_PARAM_construct_end();

    for (i = 0; i < 20000; i++) {
        for (len = 0; len < sizeof(key); len++) {
            key[len] = random_below(256);
        }

        for (len = 0; len < sizeof(text); len++) {
            text[len] = random_below(256);
        }

        len = random_below(sizeof(text));
        hash = siphash(key, text, len);
        size = 0;
        assert_int_equal(EVP_MAC_init(ctx, key, sizeof(key), params), 1);
        assert_int_equal(EVP_MAC_update(ctx, text, len), 1);
        assert_int_equal(EVP_MAC_final(ctx, out, &size, sizeof(out)), 1);
        assert_memory_equal(&hash, out, sizeof(out));
        size = 16;
    }

    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
}


/* One of their identifiers, or two. */

static aud_source_record_t
record_of(int who, char phone[20], char email[20])
{
    aud_source_record_t  record = { .ref = 0 };

    snprintf(phone, 20, "+55119876500%02d", who);
    snprintf(email, 20, "m%d@x.com", who);

    if (who % 3) {
        record.phone = aud_str(phone, strlen(phone));
    }

    if (who % 3 != 1) {
        record.email = aud_str(email, strlen(email));
    }

    return record;
}


static int
has_refused(int who)
{
    int  i;

    for (i = nsaid; i-- > 0; /* void */ ) {
        if (said[i].who == who && !undone[said[i].import]) {
            return said[i].refused;
        }
    }

    return 0;
}


static void
import_id(int import, aud_uuid_t *id)
{
    memset(id, 0, sizeof(*id));
    id->bytes[14] = import >> 8;
    id->bytes[15] = import;
}


static void
says_what_was_said(import_consent_t *c)
{
    int                   who;
    char                  phone[20], email[20];
    aud_error_t           err = { 0 };
    component_kind_t      by;
    aud_source_record_t   record;

    for (who = 0; who < PEOPLE; who++) {
        record = record_of(who, phone, email);
        assert_int_equal(import_consent_stands(c, &record, &by, &err),
                         has_refused(who));
    }
}


static void
an_import_says(int import)
{
    int                   i, who, rows;
    char                  phone[20], email[20];
    aud_uuid_t            id;
    aud_error_t           err = { 0 };
    store_batch_t        *batch;
    import_consent_t     *c;
    aud_source_record_t   record;

    c = import_consent_create(&worker, TENANT, &err);
    assert_non_null(c);
    says_what_was_said(c);
    rows = random_below(20);

    for (i = 0; i < rows; i++) {
        who = random_below(PEOPLE);
        record = record_of(who, phone, email);
        said[nsaid].import = import;
        said[nsaid].who = who;
        said[nsaid].refused = random_below(2);

        assert_int_equal((said[nsaid].refused ? import_consent_refuse
                                              : import_consent_agree)
                         (c, &record, &err), 0);
        nsaid++;
    }

    says_what_was_said(c);

    batch = store_batch_create();
    import_id(import, &id);
    assert_int_equal(import_consent_put(c, &id, batch), 0);
    assert_int_equal(store_apply(worker.store, batch, &err), STORE_OK);
    store_batch_free(batch);
    import_consent_kept(c);
    import_consent_free(c);
}


static void
an_import_is_undone(int import)
{
    aud_uuid_t      id;
    aud_error_t     err = { 0 };
    store_batch_t  *batch;

    batch = store_batch_create();
    import_id(import, &id);
    assert_int_equal(refusals_undo(worker.refusals, TENANT, &id, batch, &err),
                     0);
    assert_int_equal(store_apply(worker.store, batch, &err), STORE_OK);
    store_batch_free(batch);
    refusals_changed(worker.refusals, TENANT, NULL);
    undone[import] = 1;
}


static void
the_newest_word_counts(void **state)
{
    int                i;
    aud_error_t        err = { 0 };
    import_consent_t  *c;

    nsaid = 0;
    memset(undone, 0, sizeof(undone));

    for (i = 0; i < IMPORTS; i++) {
        an_import_says(i);

        if (random_below(4) == 0) {
            an_import_is_undone(random_below(i + 1));
        }

        if (random_below(8) == 0) {         /* a worker that starts again */
            refusals_changed(worker.refusals, TENANT, NULL);
        }
    }

    c = import_consent_create(&worker, TENANT, &err);
    says_what_was_said(c);
    import_consent_free(c);
}


static void
many_are_found(void **state)
{
    uint32_t    i, n = 300000;
    siphash_t  *items, *words, hash;
    refused_t  *r, *after;

    items = refused_room(n);
    words = aud_calloc(n, sizeof(siphash_t));
    assert_true(items && words);

    for (i = 0; i < n; i++) {           /* every other one, ascending */
        items[i].high = (uint64_t) i << 45;
        items[i].low = 4 * i | REFUSED_BIT;
    }

    r = refused_create(items, n, n);
    assert_non_null(r);

    for (i = 0; i < n; i++) {
        hash = words[i] = r->items[i];
        assert_int_equal(refused_word(r, hash), 1);
        hash.low += 2;
        assert_int_equal(refused_word(r, hash), -1);
        words[i].low &= ~REFUSED_BIT;
        words[i].low += i % 3 ? 0 : 2;
    }

    after = refused_after(r, words, n);
    assert_non_null(after);
    assert_int_equal(after->n, n + n / 3);

    for (i = 0; i < n; i++) {
        assert_int_equal(refused_word(after, r->items[i]), i % 3 ? 0 : 1);
        assert_int_equal(refused_word(after, words[i]), 0);
    }

    refused_release(after);
    refused_release(r);
    aud_free(words);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(siphash_is_that_of_libcrypto),
        cmocka_unit_test(many_are_found),
        cmocka_unit_test_setup_teardown(the_newest_word_counts, worker_setup,
                                        worker_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
