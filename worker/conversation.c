/*
 * One conversation as it is stored.
 */

#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "conversation.h"
#include "document.h"


typedef struct {
    int64_t   at;
    size_t    place;
    json_t   *message;
} conversation_place_t;


static int64_t conversation_time(const json_t *message);
static int conversation_compare(const void *a, const void *b);
static void conversation_drop(json_t *items, const char *import);


json_t *
conversation_create(const char *id)
{
    return json_pack("{s:s, s:[], s:[]}", "id", id, "messages", "rows");
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
conversation_extend(json_t *document, const json_t *messages, json_t *row)
{
    if (messages
        && json_array_extend(json_object_get(document, "messages"),
                             (json_t *) messages)
           != 0)
    {
        return -1;
    }

    return json_array_append(json_object_get(document, "rows"), row);
}


int
conversation_settle(json_t *document, const conversation_judge_t *judge)
{
    if (conversation_last(document) == NULL) {
        (void) json_object_del(document, "labels");
        return 0;
    }

    if (conversation_sort(document) != 0) {
        return -1;
    }

    return json_object_set_new(document, "labels",
                               conversation_judge(document, judge));
}


int
conversation_sort(json_t *document)
{
    size_t                 i, n;
    json_t                *all, *message, *sorted;
    conversation_place_t  *places;

    all = json_object_get(document, "messages");
    n = json_array_size(all);
    sorted = json_array();
    places = aud_calloc(n + 1, sizeof(conversation_place_t));

    if (places && sorted) {
        json_array_foreach(all, i, message) {
            places[i].at = conversation_time(message);
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


/* It was checked when it came. */

static int64_t
conversation_time(const json_t *message)
{
    int64_t      at = INT64_MIN;
    const char  *time = document_text(message, "at");

    (void) aud_time_parse(time, strlen(time), &at, NULL);

    return at;
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


int64_t
conversation_spoke(const json_t *document)
{
    size_t         i;
    const json_t  *message, *all = json_object_get(document, "messages");

    for (i = json_array_size(all); i-- > 0; /* void */ ) {
        message = json_array_get(all, i);

        if (strcmp(document_text(message, "from"), "customer") == 0) {
            return conversation_time(message);
        }
    }

    return INT64_MIN;
}


classifier_message_t *
conversation_messages(const json_t *document, size_t *n)
{
    size_t                 i;
    json_t                *all, *message, *text;
    classifier_message_t  *messages;

    all = json_object_get(document, "messages");
    *n = json_array_size(all);
    messages = aud_calloc(*n + 1, sizeof(classifier_message_t));

    if (messages == NULL) {
        return NULL;
    }

    json_array_foreach(all, i, message) {
        text = json_object_get(message, "text");
        messages[i].text = aud_str(json_string_value(text),
                                   json_string_length(text));
        (void) conversation_from(json_object_get(message, "from"),
                                 &messages[i].from);
    }

    return messages;
}


/* --- rows ------------------------------------------------------------------ */


const json_t *
conversation_last(const json_t *document)
{
    size_t         i;
    const json_t  *row, *rows = json_object_get(document, "rows");

    for (i = json_array_size(rows); i-- > 0; /* void */ ) {
        row = json_array_get(rows, i);

        if (!json_is_true(json_object_get(row, "corrects"))) {
            return row;
        }
    }

    return NULL;
}


const json_t *
conversation_given(const json_t *document, classifier_label_t label)
{
    size_t         i;
    const char    *name = classifier_label_name(label);
    const json_t  *row, *sent = NULL, *rows = json_object_get(document, "rows");

    for (i = json_array_size(rows); i-- > 0; /* void */ ) {
        row = json_array_get(rows, i);

        if (json_object_get(json_object_get(row, "given"), name) == NULL) {
            continue;
        }

        if (json_is_true(json_object_get(row, "corrects"))) {
            return row;
        }

        sent = sent ? sent : row;
    }

    return sent;
}


const json_t *
conversation_labels(const json_t *document)
{
    return json_object_get(document, "labels");
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
