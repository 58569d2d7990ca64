/*
 * One conversation as it is stored: what was said, what each line that spoke of
 * it brought, and what it means.
 *
 *   {"id": "c-1",
 *    "messages": [{"id"?, "at", "from", "text", "import": "imp_…"}, …],
 *    "rows": [{"import": "imp_…", "line": 3, "at": "…",
 *              "contact": {"phone", "email", "taxDocument"},
 *              "channel"?, "language"?,
 *              "given"?: {"sentiment": "negative"},
 *              "corrects"? (true: nothing was said), "user"?}, …],
 *    "labels": {"sentiment": {"value": "negative", "by": "classifier",
 *                         "model": "builtin", "version": "builtin-1-…",
 *                         "confidence": 0.91, "sentence": "…",
 *                         "message": {"id"?, "at"}, "at": "…"},
 *               "priceSensitivity": {"value": null, "by": "person",
 *                         "user": "…", "at": "…"}, …}}
 *
 * Messages are in the order of their time, and each counts once: by its id, one
 * without by all that it says.  Rows are in the order in which they came.
 *
 * Labels follow from the rest.  A label is a person's, whatever came before or
 * after ("by": "person", the newest row that corrects it), or was sent with the
 * conversation ("sent", likewise), or is what the classifier finds in the
 * messages.  So when an import is undone its rows and messages go, the labels
 * are judged once more, and are those of a conversation of which nobody ever
 * sent the rest.
 *
 * Where nothing but corrections is left of a conversation, it is kept without
 * labels and is not shown: when its lines come again, corrected labels are what
 * a person said.
 *
 * The caller owns documents.  Any thread.
 */

#ifndef CONVERSATION_H
#define CONVERSATION_H

#include "intake.h"
#include "labeller.h"

#define CONVERSATION_TEXT  (4 * 1024 * 1024)    /* bytes of all messages */

typedef struct {                    /* what labels a conversation now */
    labeller_t  *labeller;
    const char  *at;                /* the time of it */
    unsigned     anew:1;            /* what a classifier has found before is
                                       found anew; else it stays */
} conversation_judge_t;

/* NULL: no memory. */
json_t *conversation_create(const char *id);

/* {"phone", "email", "taxDocument"}, as far as it is known: of all rows.  A new
 * reference; NULL: no memory. */
json_t *conversation_contact(const json_t *document);

/* All that is said, for classifier_run(): the caller's, its texts the document's.
 * NULL: no memory. */
classifier_message_t *conversation_messages(const json_t *document, size_t *n);

/* Adds messages, none of which it has, or NULL, and the row that brought them;
 * borrows both.  -1: no memory. */
int  conversation_extend(json_t *document, const json_t *messages, json_t *row);

/* Puts messages in order, after some were added.  -1: no memory. */
int  conversation_sort(json_t *document);

/* After all that was added or taken: messages in order, and labels of all that
 * is said now; one that says what it said before stays what it was.  Where only
 * corrections are left, there are no labels.  -1: no memory. */
int  conversation_settle(json_t *document, const conversation_judge_t *judge);

/* Labels of what it holds, a new reference (conversation_judge.c).  NULL: no
 * memory. */
json_t *conversation_judge(const json_t *document,
    const conversation_judge_t *judge);

/* The row that gives a label ("given"): the newest that corrects it, else the
 * newest with which it was sent.  Borrowed; NULL: none. */
const json_t *conversation_given(const json_t *document,
    classifier_label_t label);

/* Whether some label is given by none, and is for a classifier to find. */
int  conversation_unlabelled(const json_t *document);

/* Its labels, borrowed; NULL: there are none yet. */
const json_t *conversation_labels(const json_t *document);

/* The value of one, NULL: none. */
const char *conversation_label(const json_t *labels, classifier_label_t label);

/* What the newest row that speaks of it says: "channel", "language"; "". */
const char *conversation_newest(const json_t *document, const char *name);

/* When the customer spoke last, microseconds; INT64_MIN: never. */
int64_t conversation_spoke(const json_t *document);

/* The newest row that is no correction, borrowed; NULL: there is none. */
const json_t *conversation_last(const json_t *document);

/* Takes what an import has brought.  How many rows are left. */
size_t conversation_forget(json_t *document, const char *import);

/* What the API shows, with its messages or their number.  NULL: no memory. */
json_t *conversation_show(const json_t *document, int messages);

#endif
