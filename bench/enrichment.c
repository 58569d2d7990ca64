/*
 * enrichment LEXICONS FILE.ndjson [--errors] classifies conversations that
 * carry gold labels, and prints accuracy, macro-F1 and confusions per label
 * and language, how well confidence tells, and how fast it was.
 *
 * --errors also prints every conversation that came out wrong; do not use it
 * with judge.ndjson, which must stay unseen by whoever tunes.
 */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "classifier.h"

#define LANGUAGES  4                    /* all, pt, en, es */
#define CLASSES    3
#define BINS       5


typedef struct {
    json_t                *json;
    const char            *language;
    classifier_message_t  *messages;
    size_t                 n;
    int                    gold[CLASSIFIER_LABELS];
    int                    said[CLASSIFIER_LABELS];
    classifier_result_t    results[CLASSIFIER_LABELS];
} conversation_t;


static const char *const  languages[LANGUAGES] = { "all", "pt", "en", "es" };

static const char *const  classes[CLASSIFIER_LABELS][CLASSES] = {
    { "intent", "other", NULL },
    { "sensitive", "insensitive", "none" },
    { "positive", "negative", "neutral" }
};

static conversation_t  *all;
static size_t           nall;


static int
class_of(classifier_label_t label, const char *value)
{
    int  i;

    for (i = 0; i < CLASSES && classes[label][i]; i++) {
        if (strcmp(classes[label][i], value ? value : "none") == 0) {
            return i;
        }
    }

    fprintf(stderr, "\"%s\" is no %s\n", value, classifier_label_name(label));
    exit(1);
}


static classifier_from_t
side(const char *from)
{
    return strcmp(from, "customer") == 0 ? CLASSIFIER_CUSTOMER
           : strcmp(from, "agent") == 0 ? CLASSIFIER_AGENT : CLASSIFIER_BOT;
}


static void
read_one(const char *line, size_t number)
{
    int                  label;
    size_t               i;
    json_t              *list, *m, *labels;
    conversation_t      *c;

    all = realloc(all, (nall + 1) * sizeof(conversation_t));
    c = &all[nall++];

    c->json = json_loads(line, 0, NULL);
    list = json_object_get(c->json, "messages");
    labels = json_object_get(c->json, "labels");
    c->n = json_array_size(list);

    if (c->json == NULL || c->n == 0 || labels == NULL) {
        fprintf(stderr, "line %zu is no conversation with labels\n", number);
        exit(1);
    }

    c->language = json_string_value(json_object_get(c->json, "language"));
    c->messages = calloc(c->n, sizeof(classifier_message_t));

    for (i = 0; i < c->n; i++) {
        m = json_array_get(list, i);
        c->messages[i].id = json_string_value(json_object_get(m, "id"));
        c->messages[i].from = side(json_string_value(json_object_get(m,
                                                                 "from")));
        c->messages[i].text = aud_str(
            json_string_value(json_object_get(m, "text")),
            json_string_length(json_object_get(m, "text")));
    }

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        c->gold[label] = class_of(label, json_string_value(
            json_object_get(labels, classifier_label_name(label))));
    }
}


static void
read_all(const char *path)
{
    char    *line = NULL;
    FILE    *f = fopen(path, "r");
    size_t   room = 0, number = 0;

    if (f == NULL) {
        perror(path);
        exit(1);
    }

    while (getline(&line, &room, f) > 0) {
        read_one(line, ++number);
    }

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


/* Classifies all, with the language told or found out. */
static void
classify(const classifier_t *c, int told)
{
    int                    label;
    size_t                 i;
    conversation_t        *x;
    classifier_scratch_t  *scratch = classifier_scratch_create();

    for (i = 0; i < nall; i++) {
        x = &all[i];
        classifier_run(c, scratch, told ? x->language : "", x->messages, x->n,
                       x->results);

        for (label = 0; label < CLASSIFIER_LABELS; label++) {
            x->said[label] = class_of(label, x->results[label].value);
        }
    }

    classifier_scratch_free(scratch);
}


static int
counts(const conversation_t *c, int language)
{
    return language == 0 || strcmp(c->language, languages[language]) == 0;
}


static void
table_of(classifier_label_t label, int language,
    size_t table[CLASSES][CLASSES])
{
    size_t  i;

    memset(table, 0, CLASSES * CLASSES * sizeof(size_t));

    for (i = 0; i < nall; i++) {
        if (counts(&all[i], language)) {
            table[all[i].gold[label]][all[i].said[label]]++;
        }
    }
}


/* The mean of F1 over the classes. */
static double
macro_f1(size_t table[CLASSES][CLASSES], int n)
{
    int     i, j;
    double  sum = 0, gold, said;

    for (i = 0; i < n; i++) {
        gold = 0;
        said = 0;

        for (j = 0; j < n; j++) {
            gold += table[i][j];
            said += table[j][i];
        }

        sum += gold + said > 0 ? 2 * table[i][i] / (gold + said) : 1;
    }

    return sum / n;
}


static double
accuracy(size_t table[CLASSES][CLASSES])
{
    int     i, j;
    double  right = 0, total = 0;

    for (i = 0; i < CLASSES; i++) {
        for (j = 0; j < CLASSES; j++) {
            total += table[i][j];
            right += i == j ? table[i][j] : 0;
        }
    }

    return total > 0 ? right / total : 0;
}


static void
print_scores(const char *title)
{
    int     label, language, n;
    size_t  table[CLASSES][CLASSES];

    printf("\n%s\n\n| label | ", title);

    for (language = 0; language < LANGUAGES; language++) {
        printf("%s: accuracy | macro-F1 |%s", languages[language],
               language + 1 < LANGUAGES ? " " : "\n|---|");
    }

    for (language = 0; language < LANGUAGES; language++) {
        printf("---:|---:|%s", language + 1 < LANGUAGES ? "" : "\n");
    }

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        n = classes[label][2] ? 3 : 2;
        printf("| `%s` |", classifier_label_name(label));

        for (language = 0; language < LANGUAGES; language++) {
            table_of(label, language, table);
            printf(" %.3f | %.3f |", accuracy(table), macro_f1(table, n));
        }

        printf("\n");
    }
}


static void
print_confusions(void)
{
    int     label, i, j, n;
    size_t  table[CLASSES][CLASSES];

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        n = classes[label][2] ? 3 : 2;
        table_of(label, 0, table);
        printf("\n| `%s`: gold, said |", classifier_label_name(label));

        for (i = 0; i < n; i++) {
            printf(" %s |", classes[label][i]);
        }

        printf("\n|---|%s\n", n == 3 ? "---:|---:|---:|" : "---:|---:|");

        for (i = 0; i < n; i++) {
            printf("| %s |", classes[label][i]);

            for (j = 0; j < n; j++) {
                printf(" %zu |", table[i][j]);
            }

            printf("\n");
        }
    }
}


/* How often labels of a confidence are right. */
static void
print_calibration(void)
{
    int     label, bin;
    size_t  i;
    double  n[BINS], right[BINS], sum[BINS], c;

    printf("\n| confidence | 0-0.6 | 0.6-0.7 | 0.7-0.8 | 0.8-0.9 | 0.9-1 |\n"
           "|---|---:|---:|---:|---:|---:|\n");

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        memset(n, 0, sizeof(n));
        memset(right, 0, sizeof(right));
        memset(sum, 0, sizeof(sum));

        for (i = 0; i < nall; i++) {
            c = all[i].results[label].confidence;
            bin = c < 0.6 ? 0 : c >= 1 ? BINS - 1 : (int) (c * 10) - 5;
            n[bin]++;
            sum[bin] += c;
            right[bin] += all[i].said[label] == all[i].gold[label];
        }

        printf("| `%s` |", classifier_label_name(label));

        for (bin = 0; bin < BINS; bin++) {
            printf(" %.2f of %.0f |", n[bin] ? right[bin] / n[bin] : 0, n[bin]);
        }

        printf("\n");
    }
}


static void
print_wrong(const conversation_t *c, int label)
{
    size_t                      i;
    const classifier_result_t  *r = &c->results[label];

    printf("\n%s %s: %s, said %s (%.2f)\n",
           json_string_value(json_object_get(c->json, "id")),
           classifier_label_name(label), classes[label][c->gold[label]],
           classes[label][c->said[label]], r->confidence);

    for (i = 0; i < c->n; i++) {
        printf("  %c: %.*s\n", "cab"[c->messages[i].from],
               (int) c->messages[i].text.len, c->messages[i].text.data);
    }

    if (r->message != CLASSIFIER_NOWHERE) {
        printf("  by \"%.*s\"\n", (int) (r->to - r->from),
               c->messages[r->message].text.data + r->from);
    }
}


static void
print_errors(void)
{
    int     label;
    size_t  i;

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        for (i = 0; i < nall; i++) {
            if (all[i].said[label] != all[i].gold[label]) {
                print_wrong(&all[i], label);
            }
        }
    }
}


static void
print_speed(const classifier_t *c)
{
    double    began, took;
    size_t    i, j, bytes = 0;
    unsigned  rounds = 20;

    for (i = 0; i < nall; i++) {
        for (j = 0; j < all[i].n; j++) {
            bytes += all[i].messages[j].text.len;
        }
    }

    began = seconds();

    for (i = 0; i < rounds; i++) {
        classify(c, 0);
    }

    took = (seconds() - began) / rounds;
    printf("\n%.0f conversations a minute on one core (%.1f us and %.0f bytes "
           "each)\n", nall / took * 60, took / nall * 1e6,
           (double) bytes / nall);
}


int
main(int argc, char **argv)
{
    aud_error_t    err;
    classifier_t  *c;

    if (argc < 3) {
        fprintf(stderr, "usage: enrichment LEXICONS FILE.ndjson [--errors]\n");
        return 2;
    }

    c = classifier_open(argv[1], &err);

    if (c == NULL) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }

    read_all(argv[2]);
    printf("%s, %zu conversations of %s\n", classifier_version(c), nall,
           argv[2]);

    classify(c, 0);
    print_scores("language found out");
    classify(c, 1);
    print_scores("language told");
    print_confusions();
    print_calibration();

    if (argc > 3 && strcmp(argv[3], "--errors") == 0) {
        print_errors();

    } else {
        print_speed(c);
    }

    classifier_free(c);

    return 0;
}
