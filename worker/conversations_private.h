/*
 * Conversations that an import speaks of, while it is read: conversations.c
 * judges lines and puts conversations together, conversations_open.c tells what
 * a line brings that its conversation does not have yet.
 */

#ifndef CONVERSATIONS_PRIVATE_H
#define CONVERSATIONS_PRIVATE_H

#include "aud_clock.h"
#include "conversations.h"
#include "dictionary.h"
#include "keys.h"
#include "number_set.h"

#define CONVERSATION_NONE  SIZE_MAX

typedef struct {                    /* and then `len` bytes of JSON */
    size_t  next;                   /* of the same conversation */
    size_t  len;
} conversation_piece_t;

typedef struct {
    uint8_t   key[CONVERSATION_KEY];
    char     *id;
    size_t    rows;                 /* that it has, corrections not among */
    unsigned  met:1;                /*   them; somebody is known of it */
    size_t    messages;
    size_t    size;                 /* of them, bytes */
    char      language[36];         /* a tag (RFC 5646, 4.4.1) */
    uint8_t   sent[CLASSIFIER_LABELS];          /* label_code() */
    uint8_t   corrected[CLASSIFIER_LABELS];
    unsigned  anew:1;               /* other things than labels are new */
    size_t    first;                /* what this import brings: pieces */
    size_t    last;
    char     *text;                 /* once it is settled */
} conversation_open_t;

struct conversations_s {
    worker_t              *worker;
    const char            *tenant;
    const char            *import;
    const char            *user;
    intake_kind_t          kind;
    char                   at[AUD_TIME_LEN + 1];
    labeller_t            *labeller;
    conversation_index_t  *index;
    learning_change_t      learning;
    dictionary_t           keys;    /* of open, in this order */
    conversation_open_t   *open;
    size_t                 nopen;
    size_t                 open_room;
    number_set_t           known;   /* hashes of messages and identifiers, each
                                       with its conversation */
    aud_buffer_t           pieces;
    aud_buffer_t           key;     /* what is hashed */

    /* taken last */
    size_t                 taken;   /* which one */
    aud_buffer_t           news;    /* hashes, u64, that it would add */
    json_t                *messages;    /* that are new; NULL: none */
    size_t                 size;    /* their bytes */
    json_t                *row;
};

/* A conversation as it is stored, with what this import has brought; messages
 * are in no order yet.  NULL with err. */
json_t *conversations_whole(const conversations_t *c,
    const conversation_open_t *open, aud_error_t *err);

/* conversations_open.c */

/* c->taken is the conversation of that id.  -1 with err. */
int  conversations_open(conversations_t *c, const char *id, aud_error_t *err);

/* Whether it is with this contact, by one of its identifiers; whether it knows
 * less of it.  -1: no memory. */
int  conversations_meet(conversations_t *c, const json_t *contact,
    int *shared, int *more);

/* Sets c->messages and c->size to what it does not have yet of messages, as it
 * will have them.  -1: no memory. */
int  conversations_hear(conversations_t *c, const json_t *messages);

/* What was taken last is known from now on.  -1: no memory. */
int  conversations_know(conversations_t *c);

/* What a row means for the next ones. */
void conversations_heard(conversation_open_t *open, const json_t *row);

/* conversations_store.c */

store_key_t conversations_at(const char *tenant,
    const uint8_t key[CONVERSATION_KEY]);

#endif
