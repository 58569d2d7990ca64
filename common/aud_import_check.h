/*
 * The rules of an import file, checked while it streams in: name, encoding,
 * separator, header, number of rows, size.  What a row holds (phones, consent)
 * is the worker's to judge.
 *
 * A first line "sep=;" or "sep=,", as Excel has it, names the separator and is
 * spooled as an empty line, so that all that follow keep their numbers.
 *
 * feed() takes raw bytes of the file in pieces of any size and appends what is
 * to be spooled (UTF-8, no BOM) to `out`.  At the first rule that is certainly
 * broken it returns -1 with a problem; the caller stops.  All problems of the
 * header are reported together.  One thread per check.
 */

#ifndef AUD_IMPORT_CHECK_H
#define AUD_IMPORT_CHECK_H

#include "aud_buffer.h"
#include "aud_import_kind.h"
#include "aud_problem.h"

typedef struct {
    uint64_t  max_bytes;        /* of the file as sent */
    uint64_t  max_rows;         /* without the header */
    uint32_t  max_columns;      /* 1000 */
    size_t    max_row_bytes;    /* 1 MiB */
    aud_import_kind_t  kind;
} aud_import_limits_t;

typedef struct aud_import_check_s  aud_import_check_t;

/* The columns that the product knows, in the order of the model file. */
extern const char *const aud_known_columns[];   /* NULL at the end */
#define AUD_COLUMN_PHONE   "phoneNumber"
#define AUD_COLUMN_OPT_IN  "Opt-in"
#define AUD_COLUMN_NAME_MAX  255    /* bytes, trimmed */
#define AUD_EXTRA_NAME_MAX   100    /* likewise, of a file of extras */

/* encoding: value of ?encoding=, empty for UTF-8.  NULL with problem->status
 * set (500 when memory is out, 422 for an unknown encoding). */
aud_import_check_t *aud_import_check_create(const aud_import_limits_t *limits,
    aud_str_t encoding, aud_problem_t *problem);
void aud_import_check_free(aud_import_check_t *c);

/* The display name of an upload: last path component, control characters out,
 * at most 255 bytes of whole UTF-8; -1 and a problem unless it ends in .csv
 * (any case). */
int aud_import_filename(aud_str_t name, aud_buffer_t *out,
    aud_problem_t *problem);

int aud_import_check_feed(aud_import_check_t *c, const char *data, size_t len,
    aud_buffer_t *out, aud_problem_t *problem);
int aud_import_check_finish(aud_import_check_t *c, aud_buffer_t *out,
    aud_problem_t *problem);

/* After the header / after finish. */
uint32_t  aud_import_check_columns(const aud_import_check_t *c);
aud_str_t aud_import_check_column(const aud_import_check_t *c, uint32_t i);
uint64_t  aud_import_check_rows(const aud_import_check_t *c);
char      aud_import_check_separator(const aud_import_check_t *c);

#endif
