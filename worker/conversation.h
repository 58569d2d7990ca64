/*
 * One conversation as it is stored: what was said, and what each line that spoke
 * of it made of the profile.
 *
 *   {"id": "c-1",
 *    "messages": [{"id"?, "at", "from", "text", "import": "imp_…"}, …],
 *    "rows": [{"import": "imp_…", "line": 3, "at": "…",
 *              "contact": {"phone", "email", "taxDocument"},
 *              "channel"?, "language"?, "corrects"? (true: nothing was said),
 *              "labels": {"sentiment": {"value": "negative", "by": "classifier",
 *                         "model": "builtin", "version": "builtin-1-…",
 *                         "confidence": 0.91, "sentence": "…",
 *                         "message": {"id"?, "at"}, "at": "…"},
 *                         "priceSensitivity": {"value": null, "by": "person",
 *                         "user": "…", "at": "…"}, …}}, …]}
 *
 * Messages are in the order of their time, and each counts once: by its id, one
 * without by all that it says.  Rows are in the order of imports.  As a profile
 * is the fold of its records, a conversation is that of its rows: the newest says
 * what its labels are.  So when an import is undone its rows and messages go,
 * and what is left is what profiles have.
 *
 * A label is a person's ("by": "person"), or was sent with the conversation
 * ("sent"), or is the classifier's; the first of these that there is counts, and
 * stays when messages come.
 *
 * The caller owns documents.  Any thread.
 */

#ifndef CONVERSATION_H
#define CONVERSATION_H

#include "classifier.h"
#include "intake.h"
#include "labeller.h"

#define CONVERSATION_TEXT  (4 * 1024 * 1024)    /* bytes of all messages */

typedef struct {                    /* what labels a conversation now */
    labeller_t    *labeller;
    const json_t  *given;           /* labels, checked by label.h, or NULL */
    const char    *person;          /* whose they are; NULL: they were sent */
    const char    *at;              /* the time of it */
    unsigned       anew:1;          /* what a classifier has found before is
                                       found anew; else it stays */
} conversation_judge_t;

/* NULL: no memory. */
json_t *conversation_create(const char *id);

/* {"phone", "email", "taxDocument"}, as far as it is known: of all rows.  A new
 * reference; NULL: no memory. */
json_t *conversation_contact(const json_t *document);

/* Whether a contact is that of the document: 0 it is another one, 1 it is, 2 it
 * is, and says more. */
int  conversation_is_with(const json_t *document, const json_t *contact);

/*
 * Adds the messages of a line that are not there yet, as those of an import.  How
 * many they were, or -1: no memory.  *reason, where it is set, says why none
 * was added; static.
 */
int  conversation_grow(json_t *document, const json_t *messages,
    const char *import, const char **reason);

/* The labels of all that is said now, a new reference; those of the newest row
 * where they would say the same.  NULL: no memory. */
json_t *conversation_judge(const json_t *document, const char *language,
    const conversation_judge_t *judge);

/* Whether any of them would have to be found by a classifier. */
int  conversation_unlabelled(const json_t *document, const json_t *given);

/* Those of the newest row, borrowed; NULL: there is none. */
const json_t *conversation_labels(const json_t *document);

/* The value of one, NULL: none. */
const char *conversation_label(const json_t *labels, classifier_label_t label);

/* What the newest row that speaks of it says: "channel", "language"; "". */
const char *conversation_newest(const json_t *document, const char *name);

/* Takes what an import has brought.  How many rows are left. */
size_t conversation_forget(json_t *document, const char *import);

/* What the API shows, with its messages or their number.  NULL: no memory. */
json_t *conversation_show(const json_t *document, int messages);

#endif
