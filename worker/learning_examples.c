/*
 * Examples of a label, out of the store.
 */

#include <stdlib.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "conversations.h"
#include "document.h"
#include "label.h"
#include "learning_examples.h"

#define EXAMPLES_ASK  1024      /* conversations between questions */


struct learning_item_s {
    int64_t     at;             /* when the label was given */
    uint8_t     key[CONVERSATION_KEY];
    uint8_t     gold;
    uint8_t     said;
    size_t      bytes;
    size_t      n;
    aud_str_t   texts[];        /* [n], and behind them what they say */
};

typedef struct {
    learning_examples_t      *x;
    const learning_source_t  *source;
    classifier_label_t        label;
    aud_str_t                *texts;    /* of the customer */
    size_t                    ntexts;
    size_t                    room;
} examples_reading_t;


static int examples_read(examples_reading_t *r, aud_error_t *err);
static int examples_may(aud_str_t value);
static int examples_add(examples_reading_t *r, aud_str_t key, aud_str_t value);
static int examples_conversation(examples_reading_t *r, const json_t *document,
    aud_str_t key, uint8_t gold);
static int examples_texts(examples_reading_t *r,
    const classifier_message_t *messages, size_t n);
static learning_item_t *examples_item(const examples_reading_t *r);
static void examples_trim(learning_examples_t *x);
static int examples_newer(const void *a, const void *b);
static int examples_list(learning_examples_t *x);


int
learning_examples_read(learning_examples_t *x, const learning_source_t *source,
    classifier_label_t label, aud_error_t *err)
{
    int                 rc;
    examples_reading_t  r = { .x = x, .source = source, .label = label };

    memset(x, 0, sizeof(learning_examples_t));
    rc = examples_read(&r, err);
    aud_free(r.texts);

    if (rc == 0) {
        examples_trim(x);
        rc = examples_list(x) == 0 ? 0
             : aud_error_set(err, "no memory for examples");
    }

    return rc;
}


static int
examples_read(examples_reading_t *r, aud_error_t *err)
{
    int            rc;
    size_t         n = 0;
    aud_str_t      key, value;
    store_key_t    prefix = key_prefix(r->source->tenant, KEY_CONVERSATION);
    store_scan_t  *scan;

    scan = store_scan(r->source->store, NULL, key_str(&prefix), aud_str("", 0),
                      0);

    while ((rc = store_scan_next(scan, &key, &value, err)) == 1) {
        if (n++ % EXAMPLES_ASK == 0
            && r->source->cancelled(r->source->data))
        {
            break;
        }

        if (examples_may(value)
            && examples_add(r, aud_str(key.data + prefix.len,
                                       key.len - prefix.len), value)
               != 0)
        {
            rc = aud_error_set(err, "a conversation cannot be read");
            break;
        }
    }

    store_scan_free(scan);

    return rc;
}


/* Most conversations have no label that was given: a look at their bytes tells,
 * which is cheaper than reading them. */

static int
examples_may(aud_str_t value)
{
    return memmem(value.data, value.len, "\"person\"", 8) != NULL
           || memmem(value.data, value.len, "\"sent\"", 6) != NULL;
}


static int
examples_add(examples_reading_t *r, aud_str_t key, aud_str_t value)
{
    int      gold, rc = 0;
    json_t  *document;

    document = json_loadb(value.data, value.len, 0, NULL);

    if (document == NULL || key.len != CONVERSATION_KEY) {
        json_decref(document);
        return -1;
    }

    gold = label_given(conversation_labels(document), r->label);

    if (gold >= 0) {
        rc = examples_conversation(r, document, key, gold);
    }

    json_decref(document);

    return rc;
}


static int
examples_conversation(examples_reading_t *r, const json_t *document,
    aud_str_t key, uint8_t gold)
{
    int                    rc = -1;
    size_t                 n;
    const char            *at;
    learning_item_t       *item = NULL;
    learning_examples_t   *x = r->x;
    classifier_result_t    results[CLASSIFIER_LABELS];
    classifier_message_t  *messages = conversation_messages(document, &n);

    if (messages == NULL || examples_texts(r, messages, n) != 0) {
        goto done;
    }

    if (r->ntexts == 0) {
        rc = 0;
        goto done;
    }

    item = examples_item(r);

    if (item == NULL || aud_grow(&x->items, sizeof(x->items[0]), x->nitems,
                                 &x->room) != 0)
    {
        aud_free(item);
        goto done;
    }

    classifier_run(r->source->classifier, r->source->scratch,
                   conversation_newest(document, "language"), messages, n,
                   results);
    at = document_text(json_object_get(conversation_labels(document),
                                       classifier_label_name(r->label)), "at");
    (void) aud_time_parse(at, strlen(at), &item->at, NULL);

    memcpy(item->key, key.data, CONVERSATION_KEY);
    item->gold = gold;
    item->said = label_class(r->label, results[r->label].value);
    x->items[x->nitems++] = item;
    x->bytes += item->bytes;

    if (x->nitems >= 2 * LEARNING_MOST || x->bytes >= 2 * LEARNING_BYTES) {
        examples_trim(x);
    }

    rc = 0;

done:

    aud_free(messages);

    return rc;
}


/* What a model reads of the customer's. */

static int
examples_texts(examples_reading_t *r, const classifier_message_t *messages,
    size_t n)
{
    size_t  i, from, skip;

    r->ntexts = 0;

    for (i = 0; i < n; i++) {
        if (messages[i].from != CLASSIFIER_CUSTOMER || !messages[i].text.len) {
            continue;
        }

        if (aud_grow(&r->texts, sizeof(aud_str_t), r->ntexts, &r->room) != 0) {
            return -1;
        }

        r->texts[r->ntexts++] = messages[i].text;
    }

    if (r->ntexts == 0) {
        return 0;
    }

    from = text_features_from(r->texts, r->ntexts, &skip);
    r->ntexts -= from;
    memmove(r->texts, r->texts + from, r->ntexts * sizeof(aud_str_t));

    if (skip) {
        r->texts[0] = aud_str(r->texts[0].data + skip,
                              r->texts[0].len - skip);
    }

    return 0;
}


static learning_item_t *
examples_item(const examples_reading_t *r)
{
    char             *to;
    size_t            i, bytes = 0;
    learning_item_t  *item;

    for (i = 0; i < r->ntexts; i++) {
        bytes += r->texts[i].len;
    }

    item = aud_malloc(sizeof(learning_item_t) + r->ntexts * sizeof(aud_str_t)
                      + bytes);
    if (item == NULL) {
        return NULL;
    }

    memset(item, 0, sizeof(learning_item_t));
    item->bytes = bytes;
    item->n = r->ntexts;
    to = (char *) (item->texts + item->n);

    for (i = 0; i < item->n; i++) {
        memcpy(to, r->texts[i].data, r->texts[i].len);
        item->texts[i] = aud_str(to, r->texts[i].len);
        to += r->texts[i].len;
    }

    return item;
}


/* Which are kept does not depend on when it is looked. */

static void
examples_trim(learning_examples_t *x)
{
    size_t  i, n = 0;

    if (x->nitems) {
        qsort(x->items, x->nitems, sizeof(x->items[0]), examples_newer);
    }

    x->bytes = 0;

    for (i = 0; i < x->nitems && i < LEARNING_MOST
                && x->bytes + x->items[i]->bytes <= LEARNING_BYTES; i++)
    {
        x->bytes += x->items[i]->bytes;
    }

    for (n = i; i < x->nitems; i++) {
        aud_free(x->items[i]);
    }

    x->nitems = n;
}


static int
examples_newer(const void *a, const void *b)
{
    const learning_item_t  *x = *(learning_item_t *const *) a;
    const learning_item_t  *y = *(learning_item_t *const *) b;

    return x->at != y->at ? (x->at < y->at) - (x->at > y->at)
                          : memcmp(x->key, y->key, CONVERSATION_KEY);
}


static int
examples_list(learning_examples_t *x)
{
    const learning_item_t  *item;

    x->examples = aud_calloc(x->nitems + 1, sizeof(learned_example_t));

    if (x->examples == NULL) {
        return -1;
    }

    for (x->n = 0; x->n < x->nitems; x->n++) {
        item = x->items[x->n];
        x->examples[x->n] = (learned_example_t) {
            item->texts, item->n, item->gold, item->said
        };
    }

    return 0;
}


void
learning_examples_free(learning_examples_t *x)
{
    size_t  i;

    for (i = 0; i < x->nitems; i++) {
        aud_free(x->items[i]);
    }

    aud_free(x->items);
    aud_free(x->examples);
}
