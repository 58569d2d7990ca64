/*
 * What an import does to conversations.
 */

#include <openssl/evp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "conversations_private.h"
#include "document.h"
#include "label.h"


static void conversations_drop(conversations_t *c);
static json_t *conversations_contact(const intake_line_t *line);
static int conversations_id(const json_t *said, const json_t *contact,
    char id[INTAKE_ID_MAX + 1]);
static conversation_taken_t conversations_judge(conversations_t *c,
    const json_t *said, const json_t *contact, const char **reason,
    const char **pointer);
static int conversations_says(const conversations_t *c, const json_t *said);
static int conversations_row(conversations_t *c, const json_t *said,
    json_t *contact, uint64_t line);
static json_t *conversations_member(const json_t *said, const char *name);
static int conversations_settle_one(conversations_t *c,
    conversation_open_t *open, aud_error_t *err);


conversations_t *
conversations_create(worker_t *worker, const char *tenant,
    conversation_index_t *index, const char *import, intake_kind_t kind,
    const char *user, int64_t at, labeller_t *labeller)
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
    c->index = index;
    c->labeller = labeller;
    aud_time_format(c->at, at);

    return c;
}


void
conversations_free(conversations_t *c)
{
    size_t  i;

    if (c == NULL) {
        return;
    }

    for (i = 0; i < c->nopen; i++) {
        aud_free(c->open[i].id);
        free(c->open[i].text);              /* jansson's */
    }

    conversations_drop(c);
    dictionary_free(&c->keys);
    number_set_free(&c->known);
    aud_buffer_free(&c->pieces);
    aud_buffer_free(&c->news);
    aud_buffer_free(&c->key);
    aud_free(c->open);
    aud_free(c);
}


static void
conversations_drop(conversations_t *c)
{
    json_decref(c->messages);
    json_decref(c->row);
    c->messages = NULL;
    c->row = NULL;
    c->size = 0;
    c->news.len = 0;
}


/* --- a line ------------------------------------------------------------------ */


conversation_taken_t
conversations_take(conversations_t *c, const intake_line_t *line,
    const char **reason, const char **pointer, aud_error_t *err)
{
    char                   id[INTAKE_ID_MAX + 1];
    json_t                *contact;
    conversation_taken_t   taken = CONVERSATION_FAILED;

    conversations_drop(c);
    contact = conversations_contact(line);

    if (contact == NULL || conversations_id(line->said, contact, id) != 0) {
        aud_error_set(err, "out of memory");

    } else if (conversations_open(c, id, err) == 0) {
        taken = conversations_judge(c, line->said, contact, reason, pointer);

        if (taken == CONVERSATION_FAILED
            || (taken == CONVERSATION_TAKEN
                && conversations_row(c, line->said, contact, line->number)
                   != 0))
        {
            aud_error_set(err, "out of memory");
            taken = CONVERSATION_FAILED;
        }
    }

    json_decref(contact);

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


/* Its own, or one made of all that it says. */

static int
conversations_id(const json_t *said, const json_t *contact,
    char id[INTAKE_ID_MAX + 1])
{
    char        *text;
    size_t       i;
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
    free(text);

    for (i = 0; i < CONVERSATION_KEY; i++) {
        snprintf(id + 2 * i, 3, "%02x", key[i]);
    }

    return 0;
}


/* What it brings, and whether that may be. */

static conversation_taken_t
conversations_judge(conversations_t *c, const json_t *said,
    const json_t *contact, const char **reason, const char **pointer)
{
    int                         shared, more;
    size_t                      added;
    const conversation_open_t  *open = &c->open[c->taken];

    if (conversations_meet(c, contact, &shared, &more) != 0) {
        return CONVERSATION_FAILED;
    }

    *pointer = "/id";

    if (c->kind == INTAKE_LABELS && open->rows == 0) {
        *reason = "There is no such conversation any more.";
        return CONVERSATION_REFUSED;
    }

    if (open->met && !shared) {
        *reason = "The conversation of this id is with another contact.";
        return CONVERSATION_REFUSED;
    }

    *pointer = "/messages";

    if (c->kind == INTAKE_CONVERSATIONS
        && conversations_hear(c, json_object_get(said, "messages")) != 0)
    {
        return CONVERSATION_FAILED;
    }

    added = json_array_size(c->messages);

    if (added && open->messages + added > INTAKE_MESSAGES) {
        *reason = "The conversation would have more than 10,000 messages.";
        return CONVERSATION_REFUSED;
    }

    if (added && open->size + c->size > CONVERSATION_TEXT) {
        *reason = "The messages of the conversation would be longer than "
                  "4 MiB.";
        return CONVERSATION_REFUSED;
    }

    return added || more || open->rows == 0 || conversations_says(c, said)
           ? CONVERSATION_TAKEN : CONVERSATION_DUPLICATE;
}


/* Whether a line without new messages changes a label, or the language. */

static int
conversations_says(const conversations_t *c, const json_t *said)
{
    json_t                     *given = json_object_get(said, "labels");
    uint8_t                     code;
    const char                 *language = document_text(said, "language");
    classifier_label_t          label;
    const conversation_open_t  *open = &c->open[c->taken];
    const uint8_t              *before = c->kind == INTAKE_LABELS
                                         ? open->corrected : open->sent;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        code = label_code(label, json_object_get(given,
                                              classifier_label_name(label)));
        if (code && code != before[label]) {
            return 1;
        }
    }

    return language[0] && strcmp(language, open->language) != 0;
}


/* The row, which holds the messages that are new until it is in a document. */

static int
conversations_row(conversations_t *c, const json_t *said, json_t *contact,
    uint64_t line)
{
    json_t  *corrects = NULL, *user = NULL;

    if (c->kind == INTAKE_LABELS) {
        corrects = json_true();
        user = json_string(c->user);
    }

    c->row = json_pack("{s:s, s:I, s:s, s:O, s:O*, s:O*, s:O*, s:o*, s:o*, "
                       "s:O*}",
                       "import", c->import, "line", (json_int_t) line,
                       "at", c->at, "contact", contact,
                       "channel", conversations_member(said, "channel"),
                       "language", conversations_member(said, "language"),
                       "given", conversations_member(said, "labels"),
                       "corrects", corrects, "user", user,
                       "messages", c->messages);

    return c->row ? 0 : -1;
}


/* What is null is not there. */

static json_t *
conversations_member(const json_t *said, const char *name)
{
    json_t  *value = json_object_get(said, name);

    return json_is_null(value) ? NULL : value;
}


int
conversations_keep(conversations_t *c)
{
    char                  *text;
    conversation_open_t   *open = &c->open[c->taken];
    conversation_piece_t   piece = { .next = CONVERSATION_NONE };

    text = json_dumps(c->row, JSON_COMPACT);

    if (text == NULL || conversations_know(c) != 0) {
        free(text);
        return -1;
    }

    if (open->last == CONVERSATION_NONE) {
        open->first = c->pieces.len;

    } else {
        memcpy(c->pieces.data + open->last
               + offsetof(conversation_piece_t, next), &c->pieces.len,
               sizeof(c->pieces.len));
    }

    open->last = c->pieces.len;
    open->messages += json_array_size(c->messages);
    open->size += c->size;
    open->anew |= json_array_size(c->messages)
                  || json_object_get(c->row, "language");
    conversations_heard(open, c->row);

    piece.len = strlen(text);
    aud_buffer_add(&c->pieces, &piece, sizeof(piece));
    aud_buffer_add(&c->pieces, text, piece.len);
    free(text);

    return c->pieces.failed ? -1 : 0;
}


/* --- all of them ------------------------------------------------------------- */


int
conversations_settle(conversations_t *c, aud_error_t *err)
{
    size_t  i;

    for (i = 0; i < c->nopen; i++) {
        if (c->open[i].first != CONVERSATION_NONE
            && conversations_settle_one(c, &c->open[i], err) != 0)
        {
            return -1;
        }
    }

    aud_buffer_free(&c->pieces);
    number_set_free(&c->known);

    return 0;
}


static int
conversations_settle_one(conversations_t *c, conversation_open_t *open,
    aud_error_t *err)
{
    json_t                      *document, *before;
    const conversation_judge_t   judge = {
        .labeller = c->labeller, .at = c->at, .anew = open->anew
    };

    document = conversations_whole(c, open, err);

    if (document == NULL) {
        return -1;
    }

    before = json_incref((json_t *) conversation_labels(document));

    if (conversation_settle(document, &judge) == 0
        && conversation_index_set(c->index, open->key, document, 0) == 0)
    {
        learning_give(&c->learning, before, conversation_labels(document));
        open->text = json_dumps(document, JSON_COMPACT);
    }

    json_decref(before);
    json_decref(document);

    return open->text ? 0 : aud_error_set(err, "out of memory");
}


json_t *
conversations_whole(const conversations_t *c, const conversation_open_t *open,
    aud_error_t *err)
{
    int                    rc = 0, found;
    size_t                 at;
    json_t                *document, *row, *messages;
    conversation_piece_t   piece;

    document = conversations_get(c->worker->store, c->tenant, open->key,
                                 &found, err);
    if (found < 0) {
        return NULL;
    }

    if (document == NULL) {
        document = conversation_create(open->id);
    }

    if (document == NULL) {
        aud_error_set(err, "out of memory");
        return NULL;
    }

    for (at = open->first; rc == 0 && at != CONVERSATION_NONE;
         at = piece.next)
    {
        memcpy(&piece, c->pieces.data + at, sizeof(piece));
        row = json_loadb(c->pieces.data + at + sizeof(piece), piece.len, 0,
                         NULL);
        messages = json_incref(json_object_get(row, "messages"));
        json_object_del(row, "messages");
        rc = row ? conversation_extend(document, messages, row) : -1;
        json_decref(messages);
        json_decref(row);
    }

    if (rc != 0) {
        aud_error_set(err, "out of memory");
        json_decref(document);
        return NULL;
    }

    return document;
}


const learning_change_t *
conversations_learning(const conversations_t *c)
{
    return &c->learning;
}


void
conversations_put(conversations_t *c, store_batch_t *batch)
{
    size_t                i;
    store_key_t           key;
    conversation_open_t  *open;

    for (i = 0; i < c->nopen; i++) {
        open = &c->open[i];

        if (open->text) {
            key = conversations_at(c->tenant, open->key);
            store_batch_put(batch, key_str(&key),
                            aud_str(open->text, strlen(open->text)));
            free(open->text);
            open->text = NULL;
        }
    }
}


void
conversations_key(const char *id, uint8_t key[CONVERSATION_KEY])
{
    unsigned char  sum[EVP_MAX_MD_SIZE] = { 0 };

    (void) EVP_Digest(id, strlen(id), sum, NULL, EVP_sha256(), NULL);
    memcpy(key, sum, CONVERSATION_KEY);
}
