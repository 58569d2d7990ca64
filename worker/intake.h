/*
 * What comes in as lines of JSON, each of which names a contact and says
 * something of it:
 *
 *   extras     {"phone": "+5511987654321", "extras": {"loja": "Centro"}}
 *   campaigns  {"id": "e-1", "campaign": "Black Friday", "phone": "+55…",
 *               "status": "read", "at": "2026-11-01T12:00:00Z"}
 *
 *   conversations {"id": "c-1", "phone": "+55…", "messages": […]}
 *   labels     {"id": "c-1", "phone": "+55…", "labels": {…}}: of a conversation,
 *              corrected by a person; the worker writes these lines itself
 *
 * A batch of lines is an import of another kind.  Its columns are the three
 * identifiers, then the fields that its lines speak of; each line that is well
 * is a row.  A line that is not is refused alone.
 *
 * A CSV file of the same kind (aud_import_kind.h) says it in rows: each becomes
 * such a line and is judged as one.  Its number is that of the row's line in the
 * file.  The rows of a conversation with one contact are one line, which has the
 * number of the first of them, wherever the others stand.
 *
 * Lines are read twice: when they come, to say what is accepted, and by the
 * import's job (import_lines.c), which comes to the same since both judge by
 * the time of the call.
 *
 * An intake belongs to one thread at a time.
 */

#ifndef INTAKE_H
#define INTAKE_H

#include <jansson.h>

#include "aud_buffer.h"
#include "aud_error.h"
#include "aud_phone.h"
#include "aud_tax_document.h"
#include "classifier.h"
#include "email.h"

typedef enum {
    INTAKE_CONTACTS = 0,            /* a CSV file of contacts: no lines */
    INTAKE_EXTRAS,
    INTAKE_CAMPAIGNS,
    INTAKE_CONVERSATIONS,
    INTAKE_LABELS,
    INTAKE_KINDS
} intake_kind_t;

#define INTAKE_LINE_MAX   (4 * 1024 * 1024)
#define INTAKE_NAME_MAX   100       /* bytes of a campaign or an extra */
#define INTAKE_VALUE_MAX  10000     /* bytes */
#define INTAKE_ID_MAX     200       /* bytes */
#define INTAKE_COLUMNS    1000
#define INTAKE_MESSAGES   10000     /* of a conversation */

/* Where the columns of labels stand, in the order of classifier_label_t, in lines
 * of conversations and labels.  Their cells are empty: what a line means for a
 * label depends on its conversation (conversation_index.h). */
#define INTAKE_LABELS_AT  3

typedef struct intake_s  intake_t;

typedef struct {
    uint64_t          number;       /* from 1 */
    const char       *reason;       /* NULL: it is accepted; static or the
                                       intake's until the next line */
    char              pointer[128]; /* to what is wrong, "" the whole line; in
                                       CSV the name of the column */
    uint32_t          column;       /* in CSV: its place from 1, 0 unknown */
    const aud_str_t  *raw;          /* in CSV: [nraw] the row's cells, as far */
    uint32_t          nraw;         /* as it is refused alone */

    /* of an accepted one, until the next line */

    const aud_str_t  *cells;        /* [intake_columns()], raw as in a CSV */
    uint32_t          ncells;
    const json_t     *said;         /* the line, of conversations and labels */
    unsigned          has_id:1;     /* it counts once, */
    uint8_t           id[16];       /* by this */
} intake_line_t;

/* "extras"; INTAKE_KINDS where there is no such. */
const char    *intake_kind_name(intake_kind_t kind);
intake_kind_t  intake_kind(const char *name);

/* now: of the call, microseconds.  country and area_code as of phone.h,
 * borrowed.  NULL: no memory. */
intake_t *intake_create(intake_kind_t kind, int64_t now, const char *country,
    const char *area_code);
void      intake_free(intake_t *intake);

/* Files are CSV with this separator, ',' or ';', and a header. */
void      intake_separated(intake_t *intake, char separator);

/* The columns are these, and lines add none: those that the lines had when they
 * came.  -1: no memory. */
int       intake_fix(intake_t *intake, const aud_str_t *columns,
    uint32_t ncolumns);

/*
 * Judges each line of a file that holds something: fn gets it, and stops the
 * reading by other than 0, which is returned.  -1 with err where the file
 * cannot be read or memory is out.
 */
int       intake_read(intake_t *intake, const char *path,
    int (*fn)(void *arg, const intake_line_t *line), void *arg,
    aud_error_t *err);

/* So far, of the file's size: 0 to 1. */
double    intake_progress(const intake_t *intake);

/* The names of the columns that lines have spoken of so far, first the three
 * identifiers; the intake's. */
const aud_str_t *intake_columns(const intake_t *intake, uint32_t *n);

/* Whether lines of the kind are of conversations. */
int       intake_speaks(intake_kind_t kind);

/* Who speaks, "customer", "agent" or "bot"; from may be NULL.  Whether it is one
 * of them. */
int       conversation_from(const json_t *value, classifier_from_t *from);

#endif
