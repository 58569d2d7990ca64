/*
 * The learned models of a tenant.
 */

#include <stdio.h>
#include <string.h>

#include "aud_alloc.h"
#include "aud_checksum.h"
#include "document.h"
#include "label.h"
#include "learned_models.h"
#include "log.h"

#define VERSION  "learned-1-"


struct learned_models_s {
    const classifier_t  *classifier;
    learned_t           *models[CLASSIFIER_LABELS];     /* NULL: built in */
    char                 versions[CLASSIFIER_LABELS][LEARNED_VERSION_LEN];
    text_features_t      features;
    aud_str_t           *texts;         /* the customer's messages, and */
    size_t              *places;        /* where they stand */
    size_t               n;
    size_t               room;
};

typedef struct {                        /* a conversation that is asked about */
    learned_models_t            *m;
    classifier_scratch_t        *scratch;
    const char                  *language;
    classifier_label_t           label;
    unsigned                     class;         /* that was found */
    double                       most;          /* a sentence has shown it */
    classifier_result_t         *result;
} models_asking_t;


static void models_open(learned_models_t *m, const learning_t *learning,
    classifier_label_t label, const char *tenant);
static int models_take(learned_models_t *m,
    const classifier_message_t *messages, size_t n);
static void models_label(models_asking_t *x);
static void models_evidence(models_asking_t *x);
static void models_message(models_asking_t *x, size_t i, size_t at);
static double models_sentence(models_asking_t *x, aud_str_t sentence);


learned_models_t *
learned_models_load(store_t *store, const char *tenant,
    const classifier_t *classifier, aud_error_t *err)
{
    learning_t         learning;
    learned_models_t  *m = NULL;

    if (learning_read(&learning, store, tenant, err) == 0) {
        m = learned_models_of(&learning, tenant, classifier, err);
    }

    learning_free(&learning);

    return m;
}


learned_models_t *
learned_models_of(const learning_t *learning, const char *tenant,
    const classifier_t *classifier, aud_error_t *err)
{
    learned_models_t    *m = aud_calloc(1, sizeof(learned_models_t));
    classifier_label_t   label;

    if (m == NULL) {
        aud_error_set(err, "no memory for learned models");
        return NULL;
    }

    m->classifier = classifier;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        models_open(m, learning, label, tenant);
    }

    return m;
}


/* What is damaged is no reason not to label. */

static void
models_open(learned_models_t *m, const learning_t *learning,
    classifier_label_t label, const char *tenant)
{
    learned_t     *model;
    aud_str_t      bytes = aud_buffer_str(&learning->models[label]);
    const char    *version = classifier_version(m->classifier);
    aud_error_t    err;
    const json_t  *built_in;

    built_in = json_object_get(learning->trained[label], "built_in");

    if (bytes.len == 0
        || strcmp(document_text(built_in, "version"), version) != 0)
    {
        return;
    }

    model = learned_read(bytes, &err);

    if (model && learned_classes(model) != label_classes(label)) {
        aud_error_set(&err, "a learned model is of another label");
        learned_free(model);
        model = NULL;
    }

    if (model == NULL) {
        log_line(LOG_WARNING, NULL, "a learned model is not used",
                 "s:tenant", tenant, "s:label", classifier_label_name(label),
                 "s:error", err.text, NULL);
        return;
    }

    m->models[label] = model;
    learned_version(bytes, version, m->versions[label]);
}


void
learned_models_free(learned_models_t *m)
{
    classifier_label_t  label;

    if (m) {
        for (label = 0; label < CLASSIFIER_LABELS; label++) {
            learned_free(m->models[label]);
        }

        aud_free(m->texts);
        aud_free(m->places);
        aud_free(m);
    }
}


const char *
learned_models_version(const learned_models_t *m, classifier_label_t label)
{
    return m->models[label] ? m->versions[label] : NULL;
}


void
learned_version(aud_str_t bytes, const char *built_in,
    char version[LEARNED_VERSION_LEN])
{
    char  known[AUD_HEADER_BYTES] = { 0 };

    snprintf(known, sizeof(known), "%s", built_in);
    snprintf(version, LEARNED_VERSION_LEN, VERSION "%016llx",
             (unsigned long long) aud_checksum(known, bytes.data, bytes.len));
}


/* --- labels ---------------------------------------------------------------- */


int
learned_models_apply(learned_models_t *m, classifier_scratch_t *scratch,
    const char *language, const classifier_message_t *messages, size_t n,
    classifier_result_t results[CLASSIFIER_LABELS])
{
    models_asking_t  x = {
        .m = m, .scratch = scratch, .language = language
    };

    if (models_take(m, messages, n) != 0) {
        return -1;
    }

    for (x.label = 0; m->n && x.label < CLASSIFIER_LABELS; x.label++) {
        if (m->models[x.label]) {
            x.result = &results[x.label];
            models_label(&x);
        }
    }

    return 0;
}


/* What the customer wrote. */

static int
models_take(learned_models_t *m, const classifier_message_t *messages,
    size_t n)
{
    void    *texts, *places;
    size_t   i;

    if (n > m->room) {
        texts = aud_realloc(m->texts, n * sizeof(aud_str_t));
        m->texts = texts ? texts : m->texts;
        places = aud_realloc(m->places, n * sizeof(size_t));
        m->places = places ? places : m->places;

        if (texts == NULL || places == NULL) {
            return -1;
        }

        m->room = n;
    }

    for (i = 0, m->n = 0; i < n; i++) {
        if (messages[i].from == CLASSIFIER_CUSTOMER && messages[i].text.len) {
            m->places[m->n] = i;
            m->texts[m->n++] = messages[i].text;
        }
    }

    return 0;
}


static void
models_label(models_asking_t *x)
{
    int                said = label_class(x->label, x->result->value);
    double             p[LEARNED_CLASSES];
    unsigned           k;
    learned_models_t  *m = x->m;

    learned_predict(m->models[x->label], &m->features, m->texts, m->n, said, p);

    for (k = 1, x->class = 0; k < label_classes(x->label); k++) {
        x->class = p[k] > p[x->class] ? k : x->class;
    }

    x->result->value = label_value(x->label, x->class);
    x->result->confidence = p[x->class];

    if (x->class != (unsigned) said) {
        models_evidence(x);
    }
}


/* Of the sentences that the model has read the one by which alone it is surest
 * of what it found, the last of such; none shows the last class of a label. */

static void
models_evidence(models_asking_t *x)
{
    size_t  i, from, skip;

    x->result->message = CLASSIFIER_NOWHERE;
    x->result->from = x->result->to = 0;
    x->most = 0;

    if (x->class + 1 == label_classes(x->label)) {
        return;
    }

    from = text_features_from(x->m->texts, x->m->n, &skip);

    for (i = x->m->n; i-- > from; /* void */ ) {
        models_message(x, i, i == from ? skip : 0);
    }
}


static void
models_message(models_asking_t *x, size_t i, size_t at)
{
    double                   p, most = 0;
    aud_str_t                text = x->m->texts[i];
    conversation_sentence_t  s;

    while (conversation_next(text, &at, &s)) {
        p = models_sentence(x, aud_str(text.data + s.from, s.to - s.from));

        if (p >= most && p > x->most) {
            most = p;
            x->result->message = x->m->places[i];
            x->result->from = s.from;
            x->result->to = s.to;
        }
    }

    x->most = most > x->most ? most : x->most;
}


/* How sure the model is of what it found, had nothing else been said. */

static double
models_sentence(models_asking_t *x, aud_str_t sentence)
{
    double                 p[LEARNED_CLASSES];
    learned_models_t      *m = x->m;
    classifier_result_t    results[CLASSIFIER_LABELS];
    classifier_message_t   message = { .from = CLASSIFIER_CUSTOMER,
                                       .text = sentence };

    classifier_run(m->classifier, x->scratch, x->language, &message, 1,
                   results);
    learned_predict(m->models[x->label], &m->features, &sentence, 1,
                    label_class(x->label, results[x->label].value), p);

    return p[x->class];
}
