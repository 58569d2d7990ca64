/*
 * The built-in classifier of conversations: lexicons and rules, no network.
 *
 * It reads what the customer of a conversation wrote and gives three labels:
 *
 *   intention   whether the customer wants to acquire something: buy,
 *               subscribe, book, renew; asking for a price or whether there is
 *               one counts, giving up takes it away
 *   price       how the customer takes what things cost: sensitive (complains,
 *               haggles, compares), insensitive (asks or hears it without
 *               complaint, praises it); no value where price never came up
 *   sentiment   how the customer feels at the end
 *
 * Only words of the customer weigh; what an agent or a bot writes is read for
 * three things: that a price came up, that an offer was made which "yes"
 * accepts, that a mark was asked for which a bare number gives.
 *
 *   message -> sentences -> words folded, spellings undone, repeated letters
 *   cut (conversation_text.h) -> phrases of the lexicons (lexicon.h), longest
 *   first -> negation, intensifiers, questions, contrast, irony -> sums in
 *   which later messages weigh more -> a label and how sure it is
 *
 * A classifier is immutable once open and may be used by any thread; a scratch
 * by one thread at a time.  Classifying allocates nothing: texts of any length
 * pass through the scratch a sentence at a time.  The same input gives the
 * same result, on every machine.
 */

#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include <stdint.h>

#include "aud_error.h"
#include "aud_str.h"

typedef struct classifier_s          classifier_t;
typedef struct classifier_scratch_s  classifier_scratch_t;

typedef enum {
    CLASSIFIER_INTENTION = 0,
    CLASSIFIER_PRICE,
    CLASSIFIER_SENTIMENT,
    CLASSIFIER_LABELS
} classifier_label_t;

typedef enum {
    CLASSIFIER_CUSTOMER = 0,
    CLASSIFIER_AGENT,
    CLASSIFIER_BOT
} classifier_from_t;

typedef struct {
    const char         *id;         /* not looked at */
    int64_t             at;         /* not looked at: messages come in order */
    classifier_from_t   from;
    aud_str_t           text;       /* meant to be UTF-8; any bytes will do */
} classifier_message_t;

#define CLASSIFIER_NOWHERE  SIZE_MAX

typedef struct {
    /*
     * Static text: "intent" or "other"; "sensitive", "insensitive" or NULL for
     * none; "positive", "negative" or "neutral".
     */
    const char  *value;
    double       confidence;        /* 0..1: how often such a label is right */
    /*
     * The sentence that shows it best, bytes from..to of messages[message]:
     * whole characters, without blanks around them.  Its message is
     * CLASSIFIER_NOWHERE where no single sentence does, as for "neutral".
     */
    size_t       message;
    size_t       from;
    size_t       to;
} classifier_result_t;

/*
 * Reads the lexicons below dir (conf/lexicons; docs/enrichment.md describes
 * the files).  NULL with err that names file and line.  Free with
 * classifier_free(), which takes NULL.
 */
classifier_t *classifier_open(const char *dir, aud_error_t *err);
void classifier_free(classifier_t *c);

/* NULL where memory is out.  About 70 KB; keep one for each thread. */
classifier_scratch_t *classifier_scratch_create(void);
void classifier_scratch_free(classifier_scratch_t *scratch);

/*
 * language is a tag such as "pt" or "es-MX"; "" or one without lexicons is
 * found out from the text.  Results point into nothing that the caller gave.
 * Messages of no customer give "other", none (or insensitive, where a price
 * was told) and "neutral".
 */
void classifier_run(const classifier_t *c, classifier_scratch_t *scratch,
    const char *language, const classifier_message_t *messages, size_t n,
    classifier_result_t out[CLASSIFIER_LABELS]);

/* "builtin-1-" and 16 hexadecimal digits of a hash over the lexicons: other
 * lexicons, another version.  Owned by c. */
const char *classifier_version(const classifier_t *c);

/* "purchaseIntention", "priceSensitivity" or "sentiment": the profile's
 * field.  Static. */
const char *classifier_label_name(classifier_label_t label);

#endif
