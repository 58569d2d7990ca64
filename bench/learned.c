/*
 * learned LEXICONS TUNE.ndjson JUDGE.ndjson prints how well models learn the
 * labels of conversations that carry gold ones:
 *
 *   tune, judge     each part by cross-validation, against the built-in
 *                   classifier
 *   tune -> judge   a model of all of the tune part, asked about the judge part
 *   time            2,000 short texts of three sentiments, judged and learned
 */

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "classifier.h"
#include "learned.h"

#define MOST  8192


typedef struct {
    size_t             n;
    json_t            *json[MOST];
    learned_example_t  examples[CLASSIFIER_LABELS][MOST];
} part_t;


static const learned_task_t  tasks[CLASSIFIER_LABELS] = {
    { "purchaseIntention", { "intent", "other" }, 2, NULL, NULL },
    { "priceSensitivity", { "sensitive", "insensitive", "none" }, 3, NULL,
      NULL },
    { "sentiment", { "positive", "negative", "neutral" }, 3, NULL, NULL }
};

static part_t  tune, judge;


static uint8_t
class_of(unsigned label, const char *value)
{
    uint8_t  i;

    for (i = 0; i < tasks[label].n; i++) {
        if (strcmp(tasks[label].classes[i], value ? value : "none") == 0) {
            return i;
        }
    }

    fprintf(stderr, "\"%s\" is no %s\n", value, tasks[label].label);
    exit(1);
}


static void
read_conversation(part_t *part, const classifier_t *c,
    classifier_scratch_t *scratch, json_t *json)
{
    size_t                 i, n, of_customer = 0;
    json_t                *list = json_object_get(json, "messages"), *m;
    unsigned               label;
    aud_str_t             *texts;
    const char            *from;
    learned_example_t     *e;
    classifier_result_t    results[CLASSIFIER_LABELS];
    classifier_message_t  *messages;

    n = json_array_size(list);
    messages = calloc(n, sizeof(messages[0]));
    texts = calloc(n, sizeof(texts[0]));

    for (i = 0; i < n; i++) {
        m = json_array_get(list, i);
        from = json_string_value(json_object_get(m, "from"));
        messages[i].from = strcmp(from, "customer") == 0 ? CLASSIFIER_CUSTOMER
                           : strcmp(from, "agent") == 0 ? CLASSIFIER_AGENT
                           : CLASSIFIER_BOT;
        m = json_object_get(m, "text");
        messages[i].text = aud_str(json_string_value(m),
                                   json_string_length(m));

        if (messages[i].from == CLASSIFIER_CUSTOMER) {
            texts[of_customer++] = messages[i].text;
        }
    }

    classifier_run(c, scratch, "", messages, n, results);
    part->json[part->n] = json;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        e = &part->examples[label][part->n];
        e->texts = texts;
        e->n = of_customer;
        e->said = class_of(label, results[label].value);
        e->gold = class_of(label, json_string_value(json_object_get(
                      json_object_get(json, "labels"), tasks[label].label)));
    }

    free(messages);
    part->n++;
}


static void
read_part(part_t *part, const classifier_t *c, const char *path)
{
    char                  *line = NULL;
    FILE                  *f = fopen(path, "r");
    size_t                 room = 0;
    classifier_scratch_t  *scratch = classifier_scratch_create();

    if (f == NULL) {
        perror(path);
        exit(1);
    }

    while (part->n < MOST && getline(&line, &room, f) > 0) {
        read_conversation(part, c, scratch, json_loads(line, 0, NULL));
    }

    classifier_scratch_free(scratch);
    free(line);
    fclose(f);
}


static double
seconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return t.tv_sec + t.tv_nsec / 1e9;
}


static learned_t *
learn(const learned_task_t *task, const learned_example_t *examples, size_t n,
    learned_judgement_t *j)
{
    learned_t    *model;
    aud_error_t   err;

    if (learned_train(task, examples, n, &model, j, &err) != LEARNED_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }

    return model;
}


static size_t
bytes_of(const learned_t *model)
{
    size_t        n;
    aud_buffer_t  b = { 0 };

    learned_write(model, &b);
    n = b.len;
    aud_buffer_free(&b);

    return n;
}


static void
print_part(const char *name, const part_t *part)
{
    double               began;
    unsigned             label;
    learned_t           *model;
    learned_judgement_t  j;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        began = seconds();
        model = learn(&tasks[label], part->examples[label], part->n, &j);

        printf("| %s | `%s` | %zu | %.3f | %.3f | %.3f | %.3f | %.3f | %s | "
               "%.2f s | %zu KB |\n", name, tasks[label].label, j.examples,
               j.built_in.accuracy, j.built_in.macro_f1, j.learned.accuracy,
               j.learned.macro_f1, j.surely, j.better ? "yes" : "no",
               seconds() - began, bytes_of(model) / 1024);
        learned_free(model);
    }
}


/* Of one label: right answers, their loss, and how far confidence is off. */
static void
print_unseen(unsigned label)
{
    double               p[LEARNED_CLASSES], right = 0, told = 0, loss = 0;
    double               sums[10] = { 0 }, off = 0;
    size_t               i;
    unsigned             k, said;
    learned_t           *model;
    text_features_t     *scratch = malloc(sizeof(text_features_t));
    learned_judgement_t  j;

    model = learn(&tasks[label], tune.examples[label], tune.n, &j);

    for (i = 0; i < judge.n; i++) {
        const learned_example_t  *e = &judge.examples[label][i];

        learned_predict(model, scratch, e->texts, e->n, e->said, p);

        for (k = 1, said = 0; k < tasks[label].n; k++) {
            said = p[k] > p[said] ? k : said;
        }

        right += said == e->gold;
        told += e->said == e->gold;
        loss -= log(p[e->gold]);
        sums[p[said] >= 1 ? 9 : (int) (p[said] * 10)] += (said == e->gold)
                                                         - p[said];
    }

    for (k = 0; k < 10; k++) {
        off += fabs(sums[k]) / judge.n;
    }

    printf("| `%s` | %.3f | %.3f | %.3f | %.3f |\n", tasks[label].label,
           told / judge.n, right / judge.n, loss / judge.n, off);
    learned_free(model);
    free(scratch);
}


/* The tune part's sentiments, balanced, short, as often as they are there. */
static void
print_time(void)
{
    size_t               i, n = 0, of[3] = { 0 };
    double               began;
    learned_example_t   *e = calloc(2000, sizeof(*e));
    learned_judgement_t  j;

    for (i = 0; n < 2000; i = (i + 1) % tune.n) {
        e[n] = tune.examples[CLASSIFIER_SENTIMENT][i];

        if (of[e[n].gold] < 667) {
            of[e[n++].gold]++;
        }
    }

    began = seconds();
    learned_free(learn(&tasks[CLASSIFIER_SENTIMENT], e, n, &j));
    printf("\n%zu texts, %zu of them different, judged and learned in %.2f s "
           "of CPU\n", n, j.texts, seconds() - began);
    free(e);
}


int
main(int argc, char **argv)
{
    unsigned       label;
    aud_error_t    err;
    classifier_t  *c;

    if (argc < 4) {
        fprintf(stderr, "usage: learned LEXICONS TUNE.ndjson JUDGE.ndjson\n");
        return 2;
    }

    c = classifier_open(argv[1], &err);

    if (c == NULL) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }

    read_part(&tune, c, argv[2]);
    read_part(&judge, c, argv[3]);

    printf("\n| part | label | texts | built-in: accuracy | macro-F1 | "
           "learned: accuracy | macro-F1 | surely | better | CPU | model |\n"
           "|---|---|---:|---:|---:|---:|---:|---:|---|---:|---:|\n");
    print_part("tune", &tune);
    print_part("judge", &judge);

    printf("\n| tune -> judge | built-in: accuracy | learned: accuracy | "
           "log loss | calibration error |\n|---|---:|---:|---:|---:|\n");

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        print_unseen(label);
    }

    print_time();
    classifier_free(c);

    return 0;
}
