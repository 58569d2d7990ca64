/*
 * Answers kept under Idempotency-Keys, and the commits that keep them.
 *
 * The key of the store is a digest of user and key; its value is
 *
 *   {"at": "…", "fingerprint": "…", "status": 202, "location": "…"|null,
 *    "body": …}
 *
 * where the fingerprint tells a repeated request from another one: of an upload
 * it is the digest and the name of the file, of all others the request itself.
 */

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "aud_clock.h"
#include "aud_filter.h"
#include "api_private.h"
#include "commit.h"
#include "log.h"

#define IDEMPOTENCY_KEY_MAX  255
#define IDEMPOTENCY_LIFE     AUD_DAY


static int idempotency_key(exchange_t *x);
static int idempotency_fingerprint(exchange_t *x);
static int idempotency_upload(exchange_t *x, EVP_MD_CTX *digest);
static void idempotency_digest_str(EVP_MD_CTX *digest, aud_str_t s);
static int idempotency_load(exchange_t *x, json_t **kept);
static void idempotency_replay(exchange_t *x, const json_t *kept);
static void idempotency_keep(exchange_t *x, store_batch_t *batch,
    unsigned status, const char *location, aud_str_t body);
static void api_committed(void *arg, store_status_t status);
static void idempotency_problem(api_call_t *call, int status, const char *slug,
    const char *title, const char *detail);


/* Requests under way that have a key; few at a time. */
static exchange_t  *under_way;


int
api_replayed(api_call_t *call)
{
    json_t      *kept;
    exchange_t  *x = (exchange_t *) call, *other;

    if (call->request.idempotency_key.len == 0) {
        return 0;
    }

    if (call->request.idempotency_key.len > IDEMPOTENCY_KEY_MAX) {
        idempotency_problem(call, 400, "idempotency-key-too-long",
                            "The Idempotency-Key is too long",
                            "An Idempotency-Key has at most 255 bytes.");
        return 1;
    }

    if (idempotency_key(x) != 0 || idempotency_fingerprint(x) != 0) {
        x->key.len = 0;
        api_no_memory(call);
        return 1;
    }

    for (other = under_way; other; other = other->next_under_way) {
        if (aud_str_equal(key_str(&other->key), key_str(&x->key))) {
            x->key.len = 0;
            idempotency_problem(call, 409, "idempotency-key-in-use",
                                "The same request is under way",
                                "A request with this Idempotency-Key is being "
                                "answered; repeat it in a moment.");
            return 1;
        }
    }

    if (idempotency_load(x, &kept) != 0) {
        x->key.len = 0;
        idempotency_problem(call, 500, "internal-error",
                            "Something went wrong",
                            "Whether this Idempotency-Key was used before "
                            "cannot be read; nothing was changed.");
        return 1;
    }

    if (kept == NULL) {
        x->next_under_way = under_way;
        under_way = x;
        return 0;
    }

    x->key.len = 0;
    idempotency_replay(x, kept);
    json_decref(kept);

    return 1;
}


void
api_idempotency_release(exchange_t *x)
{
    exchange_t  **link;

    for (link = &under_way; *link; link = &(*link)->next_under_way) {
        if (*link == x) {
            *link = x->next_under_way;
            return;
        }
    }
}


static int
idempotency_key(exchange_t *x)
{
    int             rc;
    unsigned        len = 32;
    EVP_MD_CTX     *digest;
    unsigned char   sum[32];

    digest = EVP_MD_CTX_new();

    if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(digest);
        return -1;
    }

    idempotency_digest_str(digest, x->call.request.user);
    idempotency_digest_str(digest, x->call.request.idempotency_key);
    rc = EVP_DigestFinal_ex(digest, sum, &len) == 1 ? 0 : -1;
    EVP_MD_CTX_free(digest);

    x->key = key_text(x->call.request.tenant.data, KEY_IDEMPOTENCY,
                      aud_str((char *) sum, len));

    return rc;
}


static int
idempotency_fingerprint(exchange_t *x)
{
    int             rc = -1;
    unsigned        i, len = 32;
    unsigned char   sum[32];
    EVP_MD_CTX     *digest;

    digest = EVP_MD_CTX_new();

    if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1) {
        goto done;
    }

    idempotency_digest_str(digest, x->call.request.path);

    if (x->call.request.method != AUD_METHOD_IMPORT
        || idempotency_upload(x, digest) != 0)
    {
        idempotency_digest_str(digest, aud_str((char *)
                                               &x->call.request.method,
                                               sizeof(aud_method_t)));
        idempotency_digest_str(digest, x->call.request.args);
        idempotency_digest_str(digest, x->call.request.body);
    }

    if (EVP_DigestFinal_ex(digest, sum, &len) != 1) {
        goto done;
    }

    for (i = 0; i < len; i++) {
        snprintf(x->fingerprint + 2 * i, 3, "%02x", sum[i]);
    }

    rc = 0;

done:

    EVP_MD_CTX_free(digest);

    return rc;
}


/* A repeated upload is spooled under another id: the file counts. */

static int
idempotency_upload(exchange_t *x, EVP_MD_CTX *digest)
{
    json_t         *body;
    const char     *sum, *filename;
    aud_problem_t   problem;

    body = aud_json_read(x->call.request.body, AUD_FRAME_MAX_REQUEST,
                         &problem);
    sum = json_string_value(json_object_get(body, "digest"));
    filename = json_string_value(json_object_get(body, "filename"));

    if (sum) {
        idempotency_digest_str(digest, aud_str(sum, strlen(sum)));
        idempotency_digest_str(digest, filename ? aud_str(filename,
                                                          strlen(filename))
                                                : aud_str("", 0));
    }

    json_decref(body);

    return sum ? 0 : -1;
}


/* With its length, so that no two lists of strings are digested alike. */

static void
idempotency_digest_str(EVP_MD_CTX *digest, aud_str_t s)
{
    uint64_t  len = s.len;

    EVP_DigestUpdate(digest, &len, sizeof(len));
    EVP_DigestUpdate(digest, s.data, s.len);
}


/* *kept: what is kept and not too old (a new reference), or NULL.  -1: nobody
 * knows, and doing the request might do it a second time. */

static int
idempotency_load(exchange_t *x, json_t **kept)
{
    int64_t          at;
    aud_str_t        value = { 0 };
    const char      *text;
    aud_error_t      err = { 0 };
    store_status_t   status;

    *kept = NULL;
    status = store_get(x->call.worker->store, key_str(&x->key), &value, &err);

    if (status != STORE_OK) {
        if (status == STORE_NOT_FOUND) {
            return 0;
        }

        log_line(LOG_ERROR, x->call.request.request_id.data,
                 "cannot read an idempotency key", "s:error", err.text, NULL);
        return -1;
    }

    *kept = json_loadb(value.data, value.len, 0, NULL);
    store_value_free(value);
    text = json_string_value(json_object_get(*kept, "at"));

    if (text == NULL || aud_time_parse(text, strlen(text), &at, NULL) != 0
        || at + IDEMPOTENCY_LIFE <= aud_now())
    {
        json_decref(*kept);
        *kept = NULL;
    }

    return 0;
}


static void
idempotency_replay(exchange_t *x, const json_t *kept)
{
    const char  *location, *fingerprint;

    fingerprint = json_string_value(json_object_get(kept, "fingerprint"));
    location = json_string_value(json_object_get(kept, "location"));

    if (fingerprint == NULL || strcmp(fingerprint, x->fingerprint) != 0) {
        idempotency_problem(&x->call, 422, "idempotency-key-reused",
                            "The Idempotency-Key was used before",
                            "This Idempotency-Key was sent with another "
                            "request; use a new one.");
        return;
    }

    if (location) {
        api_header(&x->call, "Location", location);
    }

    api_header(&x->call, "Idempotency-Replayed", "true");
    api_json(&x->call, json_integer_value(json_object_get(kept, "status")),
             json_incref(json_object_get(kept, "body")));
}


void
api_commit(api_call_t *call, store_batch_t *batch, unsigned status,
    const char *location, json_t *body,
    void (*then)(api_call_t *call, store_status_t status))
{
    char        *text = NULL;
    exchange_t  *x = (exchange_t *) call;

    if (body) {
        text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
        json_decref(body);

        if (text == NULL) {
            log_no_memory("answer");
        }

        aud_buffer_text(&x->body, text);
        free(text);
    }

    if (location) {
        api_header(call, "Location", location);
    }

    x->status = status;
    x->then = then;

    if (x->key.len) {
        idempotency_keep(x, batch, status, location,
                         aud_buffer_str(&x->body));
    }

    commit_submit(call->worker->commit, batch, api_committed, x);
}


void
api_keep(api_call_t *call, store_batch_t *batch, unsigned status,
    const char *location, const json_t *body)
{
    char        *text;
    exchange_t  *x = (exchange_t *) call;

    if (x->key.len == 0) {
        return;
    }

    text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);

    if (text == NULL) {
        log_no_memory("answer");
    }

    idempotency_keep(x, batch, status, location, aud_str(text, strlen(text)));
    free(text);
}


static void
idempotency_keep(exchange_t *x, store_batch_t *batch, unsigned status,
    const char *location, aud_str_t body)
{
    char          at[AUD_TIME_LEN + 1];
    aud_buffer_t  value = { 0 };

    aud_time_format(at, aud_now());
    aud_buffer_printf(&value, "{\"at\":\"%s\",\"fingerprint\":\"%s\","
                      "\"status\":%u,\"location\":", at, x->fingerprint,
                      status);

    if (location) {
        aud_buffer_json(&value, aud_str(location, strlen(location)));

    } else {
        aud_buffer_text(&value, "null");
    }

    aud_buffer_text(&value, ",\"body\":");
    aud_buffer_add(&value, body.len ? body.data : "null",
                   body.len ? body.len : 4);
    aud_buffer_char(&value, '}');

    if (value.failed) {
        log_no_memory("answer");
    }

    store_batch_put(batch, key_str(&x->key), aud_buffer_str(&value));
    aud_buffer_free(&value);
}


static void
api_committed(void *arg, store_status_t status)
{
    aud_buffer_t   body;
    exchange_t    *x = arg;

    if (x->then) {
        x->then(&x->call, status);
    }

    if (status != STORE_OK) {
        x->nheaders = 0;            /* no Location of what is not there */
        idempotency_problem(&x->call, 507, "disk-full",
                            "The server has no space left",
                            "Nothing was changed.");
        return;
    }

    if (x->body.len == 0) {
        api_empty(&x->call, x->status);
        return;
    }

    body = x->body;
    x->body = (aud_buffer_t) { 0 };
    api_text(&x->call, x->status, "application/json", &body);
}


static void
idempotency_problem(api_call_t *call, int status, const char *slug,
    const char *title, const char *detail)
{
    aud_problem_t  problem = { 0 };

    aud_problem_set(&problem, status, slug, title, "%s", detail);
    api_problem(call, &problem);
}
