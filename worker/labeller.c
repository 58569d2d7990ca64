/*
 * Who finds the labels of conversations.
 */

#include <openssl/evp.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_buffer.h"
#include "conversation.h"
#include "dictionary.h"
#include "document.h"
#include "labeller.h"
#include "learned_models.h"

/* Of conversations that are asked about at a time. */
#define LABELLER_CONVERSATIONS  256
#define LABELLER_BYTES          (4 * 1024 * 1024)

#define LABELLER_KEY            32


typedef struct {                        /* waits to be asked about */
    json_t       *document;
    char         *language;
    redaction_t  *known;
} labeller_waiting_t;

struct labeller_s {
    worker_t              *worker;
    const char            *tenant;
    int                  (*turn)(void *arg);
    void                  *arg;
    classifier_scratch_t  *scratch;
    learned_models_t      *models;

    dictionary_t           said;        /* keys: the model labelled them */
    aud_buffer_t           labels;      /* labeller_label_t [CLASSIFIER_LABELS]
                                           of each */
    labeller_waiting_t     waiting[LABELLER_CONVERSATIONS];
    size_t                 nwaiting;
    size_t                 bytes;       /* of their texts */
    unsigned               stopped:1;
};


static int labeller_put(labeller_t *l,
    const classifier_conversation_t *conversation);
static int labeller_take(labeller_t *l,
    const classifier_conversation_t *conversations, size_t n);
static void labeller_drop(labeller_t *l);
static int labeller_turn(void *arg, size_t answered);
static int labeller_key(const char *language,
    const classifier_message_t *messages, size_t n,
    unsigned char key[LABELLER_KEY]);
static int labeller_said(labeller_t *l, const unsigned char key[LABELLER_KEY],
    labeller_label_t labels[CLASSIFIER_LABELS]);
static int labeller_find(labeller_t *l, const char *language,
    const classifier_message_t *messages, size_t n,
    labeller_label_t labels[CLASSIFIER_LABELS]);
static void labeller_who(const labeller_t *l, int asks,
    classifier_label_t label, const char **model, const char **version);
static int labeller_heard(const json_t *document);


labeller_t *
labeller_create(worker_t *worker, const char *tenant, int (*turn)(void *arg),
    void *arg, aud_error_t *err)
{
    labeller_t  *l;

    l = aud_calloc(1, sizeof(labeller_t));

    if (l == NULL) {
        aud_error_set(err, "out of memory");
        return NULL;
    }

    l->worker = worker;
    l->tenant = tenant;
    l->turn = turn;
    l->arg = arg;
    l->scratch = classifier_scratch_create();
    l->models = learned_models_load(worker->store, tenant, worker->classifier,
                                    err);

    if (l->scratch == NULL || l->models == NULL) {
        if (l->scratch == NULL) {
            aud_error_set(err, "out of memory");
        }

        labeller_free(l);
        return NULL;
    }

    return l;
}


void
labeller_free(labeller_t *l)
{
    if (l == NULL) {
        return;
    }

    labeller_drop(l);
    labeller_forget(l);
    classifier_scratch_free(l->scratch);
    learned_models_free(l->models);
    aud_free(l);
}


int
labeller_asks(const labeller_t *l)
{
    return llm_model(l->worker->llm) != NULL && !l->stopped;
}


int
labeller_stopped(const labeller_t *l)
{
    return l->stopped;
}


void
labeller_forget(labeller_t *l)
{
    dictionary_free(&l->said);
    memset(&l->said, 0, sizeof(l->said));
    aud_buffer_free(&l->labels);
}


/* --- the model ------------------------------------------------------------ */


int
labeller_ask(labeller_t *l, json_t *document, const char *language,
    redaction_t *known)
{
    size_t               i;
    json_t              *message;
    labeller_waiting_t  *w;

    if (!labeller_asks(l)) {
        json_decref(document);
        redaction_free(known);
        return 0;
    }

    w = &l->waiting[l->nwaiting++];
    w->document = document;
    w->known = known;
    w->language = aud_strndup(language, strlen(language));

    json_array_foreach(json_object_get(document, "messages"), i, message) {
        l->bytes += json_string_length(json_object_get(message, "text"));
    }

    if (w->language == NULL) {
        return -1;
    }

    return l->nwaiting == LABELLER_CONVERSATIONS || l->bytes >= LABELLER_BYTES
           ? labeller_answer(l) : 0;
}


int
labeller_answer(labeller_t *l)
{
    int                         rc = -1;
    size_t                      i, n = l->nwaiting;
    classifier_conversation_t  *asked;

    asked = aud_calloc(n + 1, sizeof(classifier_conversation_t));

    if (asked == NULL) {
        goto done;
    }

    for (i = 0; i < n; i++) {
        asked[i].language = l->waiting[i].language;
        asked[i].known = l->waiting[i].known;
        asked[i].messages = conversation_messages(l->waiting[i].document,
                                              &asked[i].n);
        if (asked[i].messages == NULL) {
            goto done;
        }
    }

    if (n == 0 || !labeller_asks(l)) {
        rc = 0;
        goto done;
    }

    if (classifier_llm_run(l->worker->llm, l->tenant, l->worker->classifier,
                           l->scratch, asked, n, labeller_turn, l)
        == 0)
    {
        rc = labeller_take(l, asked, n);
    }

done:

    for (i = 0; asked && i < n; i++) {
        aud_free((void *) asked[i].messages);
    }

    aud_free(asked);
    labeller_drop(l);

    return rc;
}


static void
labeller_drop(labeller_t *l)
{
    size_t  i;

    for (i = 0; i < l->nwaiting; i++) {
        json_decref(l->waiting[i].document);
        redaction_free(l->waiting[i].known);
        aud_free(l->waiting[i].language);
    }

    l->nwaiting = 0;
    l->bytes = 0;
}


static int
labeller_turn(void *arg, size_t answered)
{
    labeller_t  *l = arg;

    (void) answered;

    return l->turn ? l->turn(l->arg) : 0;
}


static int
labeller_take(labeller_t *l, const classifier_conversation_t *conversations,
    size_t n)
{
    int     rc = 0;
    size_t  i;

    for (i = 0; i < n && rc == 0; i++) {
        if (conversations[i].status == LLM_ANSWERED) {
            rc = labeller_put(l, &conversations[i]);

        } else if (conversations[i].status == LLM_STOPPED) {
            l->stopped = 1;
        }
    }

    return rc;
}


static int
labeller_put(labeller_t *l, const classifier_conversation_t *conversation)
{
    uint32_t             before = l->said.n;
    unsigned char        key[LABELLER_KEY];
    labeller_label_t     labels[CLASSIFIER_LABELS];
    classifier_label_t   i;

    if (labeller_key(conversation->language, conversation->messages,
                     conversation->n, key) != 0
        || dictionary_intern(&l->said, aud_str((char *) key, sizeof(key)))
           == UINT32_MAX)
    {
        return -1;
    }

    if (l->said.n == before) {
        return 0;
    }

    for (i = 0; i < CLASSIFIER_LABELS; i++) {
        labels[i].result = conversation->results[i];
        labels[i].model = conversation->model;
        labels[i].version = conversation->version;
    }

    aud_buffer_add(&l->labels, labels, sizeof(labels));

    return l->labels.failed ? -1 : 0;
}


/* --- labels --------------------------------------------------------------- */


int
labeller_label(labeller_t *l, const json_t *document, const char *language,
    labeller_label_t labels[CLASSIFIER_LABELS])
{
    int                    rc;
    size_t                 n;
    unsigned char          key[LABELLER_KEY];
    classifier_message_t  *messages;

    messages = conversation_messages(document, &n);

    if (messages == NULL) {
        return -1;
    }

    rc = l->said.n ? labeller_key(language, messages, n, key) : 0;

    if (rc == 0 && !labeller_said(l, key, labels)) {
        rc = labeller_find(l, language, messages, n, labels);
    }

    aud_free(messages);

    return rc;
}


static int
labeller_said(labeller_t *l, const unsigned char key[LABELLER_KEY],
    labeller_label_t labels[CLASSIFIER_LABELS])
{
    size_t    size = CLASSIFIER_LABELS * sizeof(labeller_label_t);
    uint32_t  place, n = l->said.n;

    if (n == 0) {
        return 0;
    }

    place = dictionary_find(&l->said, aud_str((const char *) key,
                                              LABELLER_KEY));
    if (place >= n) {
        return 0;
    }

    memcpy(labels, l->labels.data + place * size, size);

    return 1;
}


static int
labeller_find(labeller_t *l, const char *language,
    const classifier_message_t *messages, size_t n,
    labeller_label_t labels[CLASSIFIER_LABELS])
{
    classifier_label_t   i;
    classifier_result_t  results[CLASSIFIER_LABELS];

    classifier_run(l->worker->classifier, l->scratch, language, messages, n,
                   results);

    if (learned_models_apply(l->models, l->scratch, language, messages, n,
                             results)
        != 0)
    {
        return -1;
    }

    for (i = 0; i < CLASSIFIER_LABELS; i++) {
        labels[i].result = results[i];
        labeller_who(l, 0, i, &labels[i].model, &labels[i].version);
    }

    return 0;
}


static void
labeller_who(const labeller_t *l, int asks, classifier_label_t label,
    const char **model, const char **version)
{
    const char  *learned = learned_models_version(l->models, label);

    *model = asks ? llm_model(l->worker->llm)
             : learned ? LEARNED_MODEL : CLASSIFIER_BUILT_IN;
    *version = asks ? CLASSIFIER_LLM_VERSION
               : learned ? learned
               : classifier_version(l->worker->classifier);
}


void
labeller_by(const labeller_t *l, classifier_label_t label, const char **model,
    const char **version)
{
    labeller_who(l, llm_model(l->worker->llm) != NULL, label, model, version);
}


int
labeller_would_say(const labeller_t *l, const json_t *document)
{
    int                  asks;
    const char          *model, *version;
    const json_t        *label;
    classifier_label_t   i;

    asks = llm_model(l->worker->llm) && labeller_heard(document);

    for (i = 0; i < CLASSIFIER_LABELS; i++) {
        label = json_object_get(conversation_labels(document),
                                classifier_label_name(i));
        labeller_who(l, asks, i, &model, &version);

        if (strcmp(document_text(label, "by"), "classifier") == 0
            && (strcmp(document_text(label, "model"), model) != 0
                || strcmp(document_text(label, "version"), version) != 0))
        {
            return 0;
        }
    }

    return 1;
}


/* Whether the customer said anything. */

static int
labeller_heard(const json_t *document)
{
    size_t              i;
    json_t             *message;
    classifier_from_t   from;

    json_array_foreach(json_object_get(document, "messages"), i, message) {
        if (conversation_from(json_object_get(message, "from"), &from)
            && from == CLASSIFIER_CUSTOMER
            && document_text(message, "text")[0])
        {
            return 1;
        }
    }

    return 0;
}


int
labeller_estimate(labeller_t *l, const json_t *document,
    const redaction_t *known, classifier_llm_estimate_t *estimate)
{
    int                         rc;
    classifier_message_t       *messages;
    classifier_conversation_t   asked = { .language = "", .known = known };

    asked.messages = messages = conversation_messages(document, &asked.n);

    if (messages == NULL) {
        return -1;
    }

    rc = classifier_llm_estimate(l->worker->llm, l->tenant, &asked, 1,
                                 estimate);
    aud_free(messages);

    return rc;
}


/* --- what was said -------------------------------------------------------- */


/* Its texts are the document's. */

/* SHA-256 of all that labels depend on. */

static int
labeller_key(const char *language, const classifier_message_t *messages,
    size_t n, unsigned char key[LABELLER_KEY])
{
    int          rc;
    size_t       i;
    uint32_t     head[2];
    EVP_MD_CTX  *sum;

    sum = EVP_MD_CTX_new();
    rc = sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL)
         && EVP_DigestUpdate(sum, language, strlen(language) + 1);

    for (i = 0; rc && i < n; i++) {
        head[0] = messages[i].from;
        head[1] = messages[i].text.len;
        rc = EVP_DigestUpdate(sum, head, sizeof(head))
             && EVP_DigestUpdate(sum, messages[i].text.data,
                                 messages[i].text.len);
    }

    rc = rc && EVP_DigestFinal_ex(sum, key, NULL);
    EVP_MD_CTX_free(sum);

    return rc ? 0 : -1;
}
