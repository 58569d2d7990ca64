/*
 * What is known of conversations while an import speaks of them.
 *
 * A conversation is read from the store once, at its first line; then hashes of
 * its messages and of its contact's identifiers are enough to tell what is new
 * in a further one.
 */

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "aud_alloc.h"
#include "conversations_private.h"
#include "document.h"
#include "label.h"


static int open_read(conversations_t *c, conversation_open_t *open,
    aud_error_t *err);
static int open_know(conversations_t *c, conversation_open_t *open,
    const json_t *document);
static int open_know_contact(conversations_t *c, const json_t *contact);
static int open_hear(conversations_t *c, const json_t *message,
    number_set_t *line);
static json_t *open_message(const conversations_t *c, const json_t *message);
static uint64_t open_message_hash(conversations_t *c, const json_t *message);
static uint64_t open_hash(conversations_t *c, const char *what,
    const char *const *texts, size_t n);
static int open_news(conversations_t *c, uint64_t hash);
static void open_labels(uint8_t codes[CLASSIFIER_LABELS],
    const json_t *given);


int
conversations_open(conversations_t *c, const char *id, aud_error_t *err)
{
    uint8_t               key[CONVERSATION_KEY];
    uint32_t              code, n = c->keys.n;
    conversation_open_t  *open;

    conversations_key(id, key);
    code = dictionary_intern(&c->keys, aud_str((char *) key, sizeof(key)));

    if (code == UINT32_MAX) {
        return aud_error_set(err, "out of memory");
    }

    c->taken = code;

    if (code < n) {
        return 0;
    }

    if (aud_grow(&c->open, sizeof(conversation_open_t), c->nopen,
                 &c->open_room)
        != 0)
    {
        return aud_error_set(err, "out of memory");
    }

    open = &c->open[c->nopen++];
    memset(open, 0, sizeof(conversation_open_t));
    memcpy(open->key, key, sizeof(key));
    open->first = open->last = CONVERSATION_NONE;
    open->id = aud_strndup(id, strlen(id));

    return open->id ? open_read(c, open, err)
                    : aud_error_set(err, "out of memory");
}


static int
open_read(conversations_t *c, conversation_open_t *open, aud_error_t *err)
{
    int      rc, found;
    json_t  *document;

    document = conversations_get(c->worker->store, c->tenant, open->key,
                                 &found, err);
    if (found < 0) {
        return -1;
    }

    rc = open_know(c, open, document);
    json_decref(document);

    return rc == 0 ? 0 : aud_error_set(err, "out of memory");
}


static int
open_know(conversations_t *c, conversation_open_t *open,
    const json_t *document)
{
    size_t   i;
    json_t  *message, *row;

    json_array_foreach(json_object_get(document, "messages"), i, message) {
        open->messages++;
        open->size += json_string_length(json_object_get(message, "text"));

        if (number_set_add(&c->known, open_message_hash(c, message)) < 0) {
            return -1;
        }
    }

    json_array_foreach(json_object_get(document, "rows"), i, row) {
        conversations_heard(open, row);

        if (open_know_contact(c, json_object_get(row, "contact")) != 0) {
            return -1;
        }
    }

    return c->key.failed ? -1 : 0;
}


static int
open_know_contact(conversations_t *c, const json_t *contact)
{
    int          rc = 0;
    json_t      *value;
    const char  *name, *texts[1];

    json_object_foreach((json_t *) contact, name, value) {
        texts[0] = json_string_value(value);
        rc |= number_set_add(&c->known, open_hash(c, name, texts, 1)) < 0;
    }

    return rc;
}


void
conversations_heard(conversation_open_t *open, const json_t *row)
{
    int          corrects;
    json_t      *given = json_object_get(row, "given");
    const char  *language = document_text(row, "language");

    corrects = json_is_true(json_object_get(row, "corrects"));
    open->met = 1;
    open->rows += !corrects;
    open_labels(corrects ? open->corrected : open->sent, given);

    if (language[0]) {
        snprintf(open->language, sizeof(open->language), "%s", language);
    }
}


static void
open_labels(uint8_t codes[CLASSIFIER_LABELS], const json_t *given)
{
    uint8_t              code;
    classifier_label_t   label;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        code = label_code(label, json_object_get(given,
                                              classifier_label_name(label)));
        codes[label] = code ? code : codes[label];
    }
}


/* --- a line ------------------------------------------------------------------ */


int
conversations_meet(conversations_t *c, const json_t *contact, int *shared,
    int *more)
{
    json_t      *value;
    uint64_t     hash;
    const char  *name, *texts[1];

    *shared = 0;
    *more = 0;

    json_object_foreach((json_t *) contact, name, value) {
        texts[0] = json_string_value(value);
        hash = open_hash(c, name, texts, 1);

        if (number_set_has(&c->known, hash)) {
            *shared = 1;

        } else {
            *more = 1;
            (void) open_news(c, hash);
        }
    }

    return c->key.failed || c->news.failed ? -1 : 0;
}


int
conversations_hear(conversations_t *c, const json_t *messages)
{
    int            rc = 0;
    size_t         i;
    json_t        *message;
    number_set_t   line = { 0 };    /* hashes of what this line has said */

    c->size = 0;
    c->messages = json_array();

    json_array_foreach((json_t *) messages, i, message) {
        rc = open_hear(c, message, &line);

        if (rc != 0) {
            break;
        }
    }

    number_set_free(&line);

    return rc == 0 && c->messages && !c->key.failed ? 0 : -1;
}


static int
open_hear(conversations_t *c, const json_t *message, number_set_t *line)
{
    int        rc;
    json_t    *own;
    uint64_t   hash;

    own = open_message(c, message);
    hash = open_message_hash(c, own);
    rc = own == NULL ? -1
         : number_set_has(&c->known, hash) ? 0 : number_set_add(line, hash);

    if (rc == 1) {
        c->size += json_string_length(json_object_get(own, "text"));
        return json_array_append_new(c->messages, own)
               | open_news(c, hash);
    }

    json_decref(own);

    return rc;
}


/* As conversations have them; it was checked when it came. */

static json_t *
open_message(const conversations_t *c, const json_t *message)
{
    int64_t      at = 0;
    const char  *time = document_text(message, "at");

    (void) aud_time_parse(time, strlen(time), &at, NULL);

    return json_pack("{s:s*, s:o, s:O, s:O, s:s}",
                     "id", json_string_value(json_object_get(message, "id")),
                     "at", document_time(at),
                     "from", json_object_get(message, "from"),
                     "text", json_object_get(message, "text"),
                     "import", c->import);
}


/* What makes a message the same as another: its id, or all that it says. */

static uint64_t
open_message_hash(conversations_t *c, const json_t *message)
{
    const char  *texts[3] = { document_text(message, "id") };

    if (texts[0][0]) {
        return open_hash(c, "id", texts, 1);
    }

    texts[0] = document_text(message, "at");
    texts[1] = document_text(message, "from");
    texts[2] = document_text(message, "text");

    return open_hash(c, "says", texts, 3);
}


/* Of the conversation that is taken.  As long as it is, two that differ are as
 * good as never alike: a conversation has 10,000 of them. */

static uint64_t
open_hash(conversations_t *c, const char *what, const char *const *texts,
    size_t n)
{
    size_t         i;
    uint64_t       hash = 0;
    unsigned char  sum[EVP_MAX_MD_SIZE] = { 0 };

    c->key.len = 0;
    aud_buffer_add(&c->key, c->open[c->taken].key, CONVERSATION_KEY);
    aud_buffer_text(&c->key, what);

    for (i = 0; i < n; i++) {
        aud_buffer_char(&c->key, '\0');
        aud_buffer_text(&c->key, texts[i]);
    }

    (void) EVP_Digest(c->key.data, c->key.len, sum, NULL, EVP_sha256(), NULL);
    memcpy(&hash, sum, sizeof(hash));

    return hash;
}


static int
open_news(conversations_t *c, uint64_t hash)
{
    aud_buffer_add(&c->news, &hash, sizeof(hash));

    return c->news.failed ? -1 : 0;
}


int
conversations_know(conversations_t *c)
{
    size_t    at;
    uint64_t  hash;

    for (at = 0; at < c->news.len; at += sizeof(hash)) {
        memcpy(&hash, c->news.data + at, sizeof(hash));

        if (number_set_add(&c->known, hash) < 0) {
            return -1;
        }
    }

    return 0;
}
