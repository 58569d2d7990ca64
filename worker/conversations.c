/*
 * What an import does to conversations.
 */

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "aud_clock.h"
#include "cell.h"
#include "conversations.h"
#include "document.h"

#define CONVERSATION_HEX  (2 * CONVERSATION_KEY)


typedef struct {                    /* of a row that was kept */
    uint32_t  line;
    uint8_t   key[CONVERSATION_KEY];
} conversation_row_t;

struct conversations_s {
    worker_t              *worker;
    const char            *tenant;
    const char            *import;
    const char            *user;
    intake_kind_t          kind;
    char                   at[AUD_TIME_LEN + 1];
    labeller_t            *labeller;
    json_t                *kept;    /* key in hex -> document */
    aud_buffer_t           rows;    /* conversation_row_t */

    /* taken last */
    uint8_t                key[CONVERSATION_KEY];
    json_t                *taken;   /* its document */
    json_t                *row;     /* what would be added to it */
};


static void conversations_drop(conversations_t *c);
static json_t *conversations_contact(const intake_line_t *line);
static int conversations_open(conversations_t *c, const intake_line_t *line,
    const json_t *contact, aud_error_t *err);
static int conversations_id(const json_t *said, const json_t *contact,
    char id[INTAKE_ID_MAX + 1]);
static conversation_taken_t conversations_merge(conversations_t *c,
    const json_t *said, const json_t *contact, const char **reason,
    const char **pointer);
static json_t *conversations_labels(conversations_t *c, const json_t *said,
    int anew);
static json_t *conversations_row(const conversations_t *c, const json_t *said,
    json_t *contact, json_t *labels);
static int conversations_cells(const conversations_t *c,
    aud_str_t cells[CLASSIFIER_LABELS], aud_error_t *err);
static void conversations_hex(const uint8_t key[CONVERSATION_KEY],
    char hex[CONVERSATION_HEX + 1]);


conversations_t *
conversations_create(worker_t *worker, const char *tenant, const char *import,
    intake_kind_t kind, const char *user, int64_t at, labeller_t *labeller)
{
    conversations_t  *c;

    c = aud_calloc(1, sizeof(conversations_t));
    if (c == NULL) {
        return NULL;
    }

    c->worker = worker;
    c->tenant = tenant;
    c->import = import;
    c->kind = kind;
    c->user = user;
    c->kept = json_object();
    c->labeller = labeller;
    aud_time_format(c->at, at);

    if (c->kept == NULL) {
        conversations_free(c);
        return NULL;
    }

    return c;
}


void
conversations_free(conversations_t *c)
{
    if (c == NULL) {
        return;
    }

    conversations_drop(c);
    json_decref(c->kept);
    aud_buffer_free(&c->rows);
    aud_free(c);
}


static void
conversations_drop(conversations_t *c)
{
    json_decref(c->taken);
    json_decref(c->row);
    c->taken = NULL;
    c->row = NULL;
}


conversation_taken_t
conversations_take(conversations_t *c, const intake_line_t *line,
    aud_str_t cells[CLASSIFIER_LABELS], const char **reason,
    const char **pointer, aud_error_t *err)
{
    json_t                *contact;
    conversation_taken_t   taken;

    conversations_drop(c);
    contact = conversations_contact(line);

    if (contact == NULL) {
        aud_error_set(err, "out of memory");
        return CONVERSATION_FAILED;
    }

    if (conversations_open(c, line, contact, err) != 0) {
        json_decref(contact);
        return CONVERSATION_FAILED;
    }

    taken = conversations_merge(c, line->said, contact, reason, pointer);
    json_decref(contact);

    if (taken == CONVERSATION_FAILED) {
        aud_error_set(err, "out of memory");

    } else if (taken == CONVERSATION_TAKEN
               && conversations_cells(c, cells, err) != 0)
    {
        return CONVERSATION_FAILED;
    }

    return taken;
}


/* As it is normalised. */

static json_t *
conversations_contact(const intake_line_t *line)
{
    size_t      i;
    json_t     *contact;
    aud_str_t   value;

    static const char *const  names[INTAKE_LABELS_AT] = {
        "phone", "email", "taxDocument"
    };

    contact = json_object();

    for (i = 0; contact && i < INTAKE_LABELS_AT; i++) {
        value = line->cells[i];

        if (value.len
            && json_object_set_new(contact, names[i],
                                   json_stringn(value.data, value.len))
               != 0)
        {
            json_decref(contact);
            return NULL;
        }
    }

    return contact;
}


/* The document as this import has left it, as it is stored, or a new one. */

static int
conversations_open(conversations_t *c, const intake_line_t *line,
    const json_t *contact, aud_error_t *err)
{
    int      found = 0;
    char     id[INTAKE_ID_MAX + 1], hex[CONVERSATION_HEX + 1];
    json_t  *kept;

    if (conversations_id(line->said, contact, id) != 0) {
        return aud_error_set(err, "out of memory");
    }

    conversations_key(id, c->key);
    conversations_hex(c->key, hex);
    kept = json_object_get(c->kept, hex);

    if (kept) {
        c->taken = json_deep_copy(kept);

    } else {
        c->taken = conversations_get(c->worker->store, c->tenant, c->key,
                                     &found);
    }

    if (c->taken == NULL && kept == NULL && found == 0) {
        c->taken = conversation_create(id);
    }

    return c->taken ? 0
                    : aud_error_set(err, "a conversation cannot be read");
}


/* Its own, or one made of all that it says. */

static int
conversations_id(const json_t *said, const json_t *contact,
    char id[INTAKE_ID_MAX + 1])
{
    char        *text;
    json_t      *content;
    uint8_t      key[CONVERSATION_KEY];
    const char  *own = document_text(said, "id");

    if (own[0]) {
        snprintf(id, INTAKE_ID_MAX + 1, "%s", own);
        return 0;
    }

    content = json_pack("{s:O, s:s, s:O}", "contact", contact,
                        "channel", document_text(said, "channel"),
                        "messages", json_object_get(said, "messages"));
    text = content ? json_dumps(content, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(content);

    if (text == NULL) {
        return -1;
    }

    conversations_key(text, key);
    conversations_hex(key, id);
    free(text);

    return 0;
}


static conversation_taken_t
conversations_merge(conversations_t *c, const json_t *said,
    const json_t *contact, const char **reason, const char **pointer)
{
    int      with, anew, added = 0;
    json_t  *labels;

    *pointer = "/id";
    with = conversation_is_with(c->taken, contact);

    if (with == 0) {
        *reason = "The conversation of this id is with another contact.";
        return CONVERSATION_REFUSED;
    }

    if (c->kind == INTAKE_LABELS && conversation_labels(c->taken) == NULL) {
        *reason = "There is no such conversation any more.";
        return CONVERSATION_REFUSED;
    }

    *pointer = "/messages";

    if (c->kind == INTAKE_CONVERSATIONS) {
        added = conversation_grow(c->taken, json_object_get(said, "messages"),
                                 c->import, reason);

        if (added <= 0 && (added < 0 || *reason)) {
            return added < 0 ? CONVERSATION_FAILED : CONVERSATION_REFUSED;
        }
    }

    anew = added || (c->kind == INTAKE_LABELS
                     && json_object_get(said, "labels") == NULL);
    labels = conversations_labels(c, said, anew);

    if (labels && added == 0 && with == 1
        && json_equal(labels, conversation_labels(c->taken)))
    {
        json_decref(labels);
        return CONVERSATION_DUPLICATE;
    }

    c->row = labels ? conversations_row(c, said, (json_t *) contact, labels)
                    : NULL;

    return c->row ? CONVERSATION_TAKEN : CONVERSATION_FAILED;
}


static json_t *
conversations_labels(conversations_t *c, const json_t *said, int anew)
{
    const char            *language;
    conversation_judge_t   judge = {
        .labeller = c->labeller, .given = json_object_get(said, "labels"),
        .person = c->kind == INTAKE_LABELS ? c->user : NULL, .at = c->at,
        .anew = anew
    };

    language = document_text(said, "language");

    return conversation_judge(c->taken, language[0] ? language
                              : conversation_newest(c->taken, "language"),
                              &judge);
}


/* Takes labels. */

static json_t *
conversations_row(const conversations_t *c, const json_t *said,
    json_t *contact, json_t *labels)
{
    json_t  *channel, *language, *corrects;

    corrects = c->kind == INTAKE_LABELS ? json_true() : NULL;
    channel = json_object_get(said, "channel");
    language = json_object_get(said, "language");

    return json_pack("{s:s, s:s, s:O, s:O*, s:O*, s:o*, s:o}",
                     "import", c->import, "at", c->at, "contact", contact,
                     "channel", channel, "language", language,
                     "corrects", corrects, "labels", labels);
}


/* A correction of a conversation that was not the last to speak says nothing of
 * the profile. */

static int
conversations_cells(const conversations_t *c,
    aud_str_t cells[CLASSIFIER_LABELS], aud_error_t *err)
{
    int                  overtaken = 0;
    json_t              *labels;
    const char          *value;
    classifier_label_t   label;

    if (c->kind == INTAKE_LABELS) {
        overtaken = conversations_overtaken(c->worker, c->tenant, c->taken,
                                            err);
    }

    labels = json_object_get(c->row, "labels");

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        value = conversation_label(labels, label);
        cells[label] = overtaken ? aud_str("", 0)
                       : value ? aud_str(value, strlen(value))
                       : AUD_STR(CELL_NONE);
    }

    return overtaken < 0 ? -1 : 0;
}


int
conversations_keep(conversations_t *c, uint32_t line)
{
    char                 hex[CONVERSATION_HEX + 1];
    conversation_row_t   row = { .line = line };

    memcpy(row.key, c->key, sizeof(row.key));
    aud_buffer_add(&c->rows, (const char *) &row, sizeof(row));
    conversations_hex(c->key, hex);

    return !c->rows.failed
           && json_object_set_new(c->row, "line", json_integer(line)) == 0
           && json_array_append(json_object_get(c->taken, "rows"), c->row) == 0
           && json_object_set(c->kept, hex, c->taken) == 0 ? 0 : -1;
}


int
conversations_put(const conversations_t *c, store_batch_t *batch)
{
    char                *text;
    size_t               at;
    json_t              *document;
    uint8_t              digest[CONVERSATION_KEY];
    aud_uuid_t           import;
    const char          *hex;
    store_key_t          key;
    conversation_row_t   row;

    json_object_foreach(c->kept, hex, document) {
        text = json_dumps(document, JSON_COMPACT);
        if (text == NULL) {
            return -1;
        }

        conversations_key(document_text(document, "id"), digest);
        key = key_text(c->tenant, KEY_CONVERSATION,
                       aud_str((char *) digest, sizeof(digest)));
        store_batch_put(batch, key_str(&key), aud_str(text, strlen(text)));
        free(text);
    }

    if (aud_id_parse(c->import, strlen(c->import), "imp", &import) != 0) {
        return -1;
    }

    for (at = 0; at < c->rows.len; at += sizeof(row)) {
        memcpy(&row, c->rows.data + at, sizeof(row));
        key = key_part(c->tenant, KEY_SAID, &import, row.line);
        store_batch_put(batch, key_str(&key),
                        aud_str((char *) row.key, sizeof(row.key)));
    }

    return 0;
}


void
conversations_key(const char *id, uint8_t key[CONVERSATION_KEY])
{
    unsigned char  sum[EVP_MAX_MD_SIZE] = { 0 };

    (void) EVP_Digest(id, strlen(id), sum, NULL, EVP_sha256(), NULL);
    memcpy(key, sum, CONVERSATION_KEY);
}


static void
conversations_hex(const uint8_t key[CONVERSATION_KEY],
    char hex[CONVERSATION_HEX + 1])
{
    size_t  i;

    for (i = 0; i < CONVERSATION_KEY; i++) {
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    }
}
