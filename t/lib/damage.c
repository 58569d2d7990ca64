/*
 * damage DB TENANT KIND REST
 *
 * Turns a bit in the middle of a value of a store that no worker has open, past
 * the store's own checksums, as failing memory would have done when it was
 * written.  For tests.
 */

#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "store.h"


int
main(int argc, char **argv)
{
    int             rc = 1;
    store_t        *store;
    aud_str_t       value;
    aud_error_t     err = { 0 };
    store_key_t     key;
    store_batch_t  *batch = store_batch_create();

    if (argc != 5 || batch == NULL) {
        fprintf(stderr, "usage: damage DB TENANT KIND REST\n");
        return 2;
    }

    store = store_open(argv[1], &err);
    key = key_text(argv[2], (key_kind_t) argv[3][0],
                   aud_str(argv[4], strlen(argv[4])));

    if (store && store_get(store, key_str(&key), &value, &err) == STORE_OK) {
        ((char *) value.data)[value.len / 2] ^= 1;
        store_batch_put(batch, key_str(&key), value);
        store_value_free(value);
        rc = store_apply(store, batch, &err) != STORE_OK;
    }

    if (rc) {
        fprintf(stderr, "%s\n", err.text[0] ? err.text : "there is no such key");
    }

    store_batch_free(batch);

    if (store) {
        store_close(store);
    }

    return rc;
}
