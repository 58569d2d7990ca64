/*
 * What a label is learned from: a tenant's conversations that have it from a
 * person or came with it, as examples (learned.h).
 *
 * All conversations are read, a few of them are kept: of the newest, by when the
 * label was given, LEARNING_MOST, and of those the newest that together have no
 * more than LEARNING_BYTES of text.  While reading there may be twice as much.
 * Conversations in which the customer wrote nothing are left out: no model is
 * asked about such.
 *
 * One thread.
 */

#ifndef LEARNING_EXAMPLES_H
#define LEARNING_EXAMPLES_H

#include "classifier.h"
#include "learned.h"
#include "learning.h"
#include "store.h"

#define LEARNING_BYTES  (4 * 1024 * 1024)   /* LEARNED_EXAMPLES of the longest
                                               are less */

typedef struct learning_item_s  learning_item_t;

typedef struct {
    learned_example_t    *examples;     /* [n] */
    size_t                n;

    learning_item_t     **items;        /* that they point into */
    size_t                nitems;
    size_t                room;
    size_t                bytes;        /* of their texts */
} learning_examples_t;

typedef struct {
    store_t               *store;
    const char            *tenant;
    const classifier_t    *classifier;
    classifier_scratch_t  *scratch;
    /* Asked now and then: not 0 stops. */
    int                  (*cancelled)(void *data);
    void                  *data;
} learning_source_t;

/* What is to be freed with learning_examples_free().  -1 with err; 1: it was
 * cancelled. */
int  learning_examples_read(learning_examples_t *x,
    const learning_source_t *source, classifier_label_t label,
    aud_error_t *err);
void learning_examples_free(learning_examples_t *x);

#endif
