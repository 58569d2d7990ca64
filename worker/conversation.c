/*
 * One conversation as it is stored.
 */

#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "aud_clock.h"
#include "conversation.h"
#include "document.h"


typedef struct {
    int64_t   at;
    size_t    place;
    json_t   *message;
} conversation_place_t;


static json_t *conversation_last(const json_t *document);
static int conversation_key(aud_buffer_t *key, const json_t *message);
static json_t *conversation_known(const json_t *messages);
static int conversation_append(json_t *document, const json_t *message,
    const char *import, json_t *known);
static size_t conversation_size(const json_t *messages);
static int conversation_sort(json_t *document);
static int conversation_compare(const void *a, const void *b);
static void conversation_drop(json_t *items, const char *import);


static const char *const  contact_names[] = {
    "phone", "email", "taxDocument", NULL
};


json_t *
conversation_create(const char *id)
{
    return json_pack("{s:s, s:[], s:[]}", "id", id, "messages", "rows");
}


static json_t *
conversation_last(const json_t *document)
{
    const json_t  *rows = json_object_get(document, "rows");

    return json_array_size(rows)
           ? json_array_get(rows, json_array_size(rows) - 1) : NULL;
}


json_t *
conversation_contact(const json_t *document)
{
    size_t   i;
    json_t  *row, *contact;

    contact = json_object();

    json_array_foreach(json_object_get(document, "rows"), i, row) {
        if (json_object_update(contact, json_object_get(row, "contact")) != 0) {
            json_decref(contact);
            return NULL;
        }
    }

    return contact;
}


int
conversation_is_with(const json_t *document, const json_t *contact)
{
    int           shared = 0, more = 0;
    size_t        i, k;
    json_t       *row;
    const char   *value;

    for (i = 0; contact_names[i]; i++) {
        value = document_text(contact, contact_names[i]);

        if (value[0] == '\0') {
            continue;
        }

        json_array_foreach(json_object_get(document, "rows"), k, row) {
            if (strcmp(document_text(json_object_get(row, "contact"),
                                     contact_names[i]), value)
                == 0)
            {
                break;
            }
        }

        if (k < json_array_size(json_object_get(document, "rows"))) {
            shared = 1;

        } else {
            more = 1;
        }
    }

    return conversation_last(document) == NULL ? 2 : shared ? 1 + more : 0;
}


/* --- messages -------------------------------------------------------------- */


int
conversation_grow(json_t *document, const json_t *messages, const char *import,
    const char **reason)
{
    int      rc = 0, added = 0;
    size_t   i, n;
    json_t  *message, *known, *all;

    *reason = NULL;
    all = json_object_get(document, "messages");
    n = json_array_size(all);
    known = conversation_known(all);

    json_array_foreach((json_t *) messages, i, message) {
        rc = known ? conversation_append(document, message, import, known)
                   : -1;

        if (rc < 0) {
            break;
        }

        added += rc;
    }

    json_decref(known);

    if (rc >= 0 && added
        && (json_array_size(all) > INTAKE_MESSAGES
            || conversation_size(all) > CONVERSATION_TEXT))
    {
        *reason = json_array_size(all) > INTAKE_MESSAGES
                  ? "The conversation would have more than 10,000 messages."
                  : "The messages of the conversation would be longer than "
                    "4 MiB.";

        while (json_array_size(all) > n) {
            json_array_remove(all, json_array_size(all) - 1);
        }

        return 0;
    }

    return rc >= 0 && (added == 0 || conversation_sort(document) == 0) ? added
                                                                       : -1;
}


/* What makes a message the same as another. */

static int
conversation_key(aud_buffer_t *key, const json_t *message)
{
    const char  *id = document_text(message, "id");

    key->len = 0;

    if (id[0]) {
        aud_buffer_text(key, "id ");
        aud_buffer_text(key, id);

    } else {
        aud_buffer_text(key, "says ");
        aud_buffer_text(key, document_text(message, "at"));
        aud_buffer_text(key, document_text(message, "from"));
        aud_buffer_text(key, document_text(message, "text"));
    }

    return key->failed ? -1 : 0;
}


static json_t *
conversation_known(const json_t *messages)
{
    size_t         i;
    json_t        *known, *message;
    aud_buffer_t   key = { 0 };

    known = json_object();

    json_array_foreach((json_t *) messages, i, message) {
        if (conversation_key(&key, message) != 0
            || json_object_setn_new(known, key.data, key.len, json_true())
               != 0)
        {
            json_decref(known);
            known = NULL;
            break;
        }
    }

    aud_buffer_free(&key);

    return known;
}


/* 1, 0 where it is known, -1 where memory is out. */

static int
conversation_append(json_t *document, const json_t *message,
    const char *import, json_t *known)
{
    int            rc = -1;
    int64_t        at = 0;
    json_t        *own;
    const char    *time;
    aud_buffer_t   key = { 0 };

    time = document_text(message, "at");
    (void) aud_time_parse(time, strlen(time), &at, NULL);   /* it was checked */
    own = json_pack("{s:s*, s:o, s:O, s:O, s:s}",
                    "id", json_string_value(json_object_get(message, "id")),
                    "at", document_time(at),
                    "from", json_object_get(message, "from"),
                    "text", json_object_get(message, "text"),
                    "import", import);

    if (own == NULL || conversation_key(&key, own) != 0) {
        json_decref(own);

    } else if (json_object_getn(known, key.data, key.len)) {
        json_decref(own);
        rc = 0;

    } else if (json_object_setn_new(known, key.data, key.len, json_true()) == 0
               && json_array_append_new(json_object_get(document, "messages"),
                                        own)
                  == 0)
    {
        rc = 1;
    }

    aud_buffer_free(&key);

    return rc;
}


static size_t
conversation_size(const json_t *messages)
{
    size_t   i, size = 0;
    json_t  *message;

    json_array_foreach((json_t *) messages, i, message) {
        size += json_string_length(json_object_get(message, "text"));
    }

    return size;
}


static int
conversation_sort(json_t *document)
{
    size_t                 i, n;
    json_t                *all, *message, *sorted;
    const char            *time;
    conversation_place_t  *places;

    all = json_object_get(document, "messages");
    n = json_array_size(all);
    sorted = json_array();
    places = aud_calloc(n + 1, sizeof(conversation_place_t));

    if (places && sorted) {
        json_array_foreach(all, i, message) {
            time = document_text(message, "at");
            (void) aud_time_parse(time, strlen(time), &places[i].at, NULL);
            places[i].place = i;
            places[i].message = message;
        }

        qsort(places, n, sizeof(conversation_place_t), conversation_compare);

        for (i = 0; i < n; i++) {
            json_array_append(sorted, places[i].message);
        }
    }

    aud_free(places);

    if (json_array_size(sorted) != n) {
        json_decref(sorted);
        return -1;
    }

    return json_object_set_new(document, "messages", sorted);
}


static int
conversation_compare(const void *a, const void *b)
{
    const conversation_place_t  *x = a, *y = b;

    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }

    return x->place < y->place ? -1 : x->place > y->place;
}


/* --- rows ------------------------------------------------------------------ */


const json_t *
conversation_labels(const json_t *document)
{
    return json_object_get(conversation_last(document), "labels");
}


const char *
conversation_label(const json_t *labels, classifier_label_t label)
{
    return json_string_value(json_object_get(
               json_object_get(labels, classifier_label_name(label)),
               "value"));
}


const char *
conversation_newest(const json_t *document, const char *name)
{
    size_t         i;
    const char    *text;
    const json_t  *rows = json_object_get(document, "rows");

    for (i = json_array_size(rows); i-- > 0; /* void */ ) {
        text = document_text(json_array_get(rows, i), name);

        if (text[0]) {
            return text;
        }
    }

    return "";
}


size_t
conversation_forget(json_t *document, const char *import)
{
    json_t  *rows = json_object_get(document, "rows");

    conversation_drop(rows, import);
    conversation_drop(json_object_get(document, "messages"), import);

    return json_array_size(rows);
}


static void
conversation_drop(json_t *items, const char *import)
{
    size_t  i;

    for (i = json_array_size(items); i-- > 0; /* void */ ) {
        if (strcmp(document_text(json_array_get(items, i), "import"), import)
            == 0)
        {
            json_array_remove(items, i);
        }
    }
}


/* --- shown ----------------------------------------------------------------- */


json_t *
conversation_show(const json_t *document, int messages)
{
    size_t       n;
    json_t      *all, *shown, *first, *last;
    const char  *channel, *language;

    all = json_object_get(document, "messages");
    n = json_array_size(all);
    first = json_object_get(json_array_get(all, 0), "at");
    last = json_object_get(json_array_get(all, n ? n - 1 : 0), "at");

    channel = conversation_newest(document, "channel");
    language = conversation_newest(document, "language");

    shown = json_pack("{s:O, s:o, s:s*, s:s*, s:O*, s:O*, s:I, s:O*}",
                      "id", json_object_get(document, "id"),
                      "contact", conversation_contact(document),
                      "channel", channel[0] ? channel : NULL,
                      "language", language[0] ? language : NULL,
                      "first_at", first, "last_at", last,
                      "message_count", (json_int_t) n,
                      "labels", conversation_labels(document));

    if (shown && messages
        && json_object_set(shown, "messages", all) != 0)
    {
        json_decref(shown);
        return NULL;
    }

    return shown;
}
