/*
 * Answers in the store.
 */

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "aud_clock.h"
#include "document.h"
#include "keys.h"
#include "llm_ledger.h"


static int llm_ledger_before(aud_str_t value, int64_t since);
static int llm_ledger_day_before(aud_str_t key, int64_t since);


void
llm_ledger_key(aud_str_t request, llm_key_t *key)
{
    (void) EVP_Digest(request.data, request.len, key->bytes, NULL,
                      EVP_sha256(), NULL);
}


void
llm_ledger_hex(const llm_key_t *key, char hex[2 * LLM_KEY_BYTES + 1])
{
    size_t  i;

    for (i = 0; i < LLM_KEY_BYTES; i++) {
        sprintf(hex + 2 * i, "%02x", key->bytes[i]);
    }
}


int
llm_ledger_find(store_t *store, const char *tenant, const llm_key_t *key,
    int64_t since, aud_buffer_t *text, int64_t *at)
{
    int           rc = 0;
    json_t       *answer;
    aud_str_t     value;
    const char   *when, *what;
    aud_error_t   err;
    store_key_t   name;

    name = key_text(tenant, KEY_ANSWER, aud_str((const char *) key->bytes,
                                                LLM_KEY_BYTES));

    if (store_get(store, key_str(&name), &value, &err) != STORE_OK) {
        return 0;
    }

    answer = json_loadb(value.data, value.len, 0, NULL);
    store_value_free(value);

    when = document_text(answer, "at");
    what = document_text(answer, "text");

    if (aud_time_parse(when, strlen(when), at, NULL) == 0 && *at >= since) {
        aud_buffer_text(text, what);
        rc = 1;
    }

    json_decref(answer);

    return rc;
}


void
llm_ledger_keep(store_batch_t *batch, const char *tenant,
    const llm_key_t *key, aud_str_t text)
{
    char          at[AUD_TIME_LEN + 1];
    store_key_t   name;
    aud_buffer_t  value = { 0 };

    aud_time_format(at, aud_now());
    aud_buffer_printf(&value, "{\"at\":\"%s\",\"text\":", at);
    aud_buffer_json(&value, text);
    aud_buffer_char(&value, '}');

    name = key_text(tenant, KEY_ANSWER, aud_str((const char *) key->bytes,
                                                LLM_KEY_BYTES));

    /* Without it the same is asked again: no harm beyond its price. */
    if (!value.failed) {
        store_batch_put(batch, key_str(&name), aud_buffer_str(&value));
    }

    aud_buffer_free(&value);
}


size_t
llm_ledger_old(store_t *store, const char *tenant, key_kind_t kind,
    int64_t since, size_t most, store_batch_t *batch)
{
    size_t         n = 0;
    aud_str_t      key, value;
    aud_error_t    err;
    store_key_t    prefix;
    store_scan_t  *scan;

    prefix = key_prefix(tenant, kind);
    scan = store_scan(store, NULL, key_str(&prefix), aud_str("", 0), 0);

    while (n < most && store_scan_next(scan, &key, &value, &err) == 1) {
        if (kind == KEY_TOKENS ? llm_ledger_day_before(key, since)
                               : llm_ledger_before(value, since))
        {
            store_batch_delete(batch, key);
            n++;
        }
    }

    store_scan_free(scan);

    return n;
}


static int
llm_ledger_before(aud_str_t value, int64_t since)
{
    int          before;
    json_t      *answer;
    int64_t      at;
    const char  *when;

    answer = json_loadb(value.data, value.len, 0, NULL);
    when = document_text(answer, "at");
    before = aud_time_parse(when, strlen(when), &at, NULL) != 0 || at < since;
    json_decref(answer);

    return before;
}


static int
llm_ledger_day_before(aud_str_t key, int64_t since)
{
    char        day[AUD_TIME_LEN + 1], tenant[65];
    aud_str_t   rest;
    key_kind_t  kind;

    aud_time_format(day, since);

    return key_split(key, tenant, &kind, &rest) == 0
           && aud_str_compare(rest, aud_str(day, 10)) < 0;
}
