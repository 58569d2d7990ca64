#include "aud_import_check.h"

#include <strings.h>

#include "aud_text.h"

#define FILENAME_MAX_BYTES  255
#define EXTENSION           ".csv"

static void clean_name(aud_buffer_t *out, aud_str_t name);
static int no_memory(aud_problem_t *problem);


int
aud_import_filename(aud_str_t name, aud_buffer_t *out, aud_problem_t *problem)
{
    int           rc;
    size_t        len, cut;
    aud_str_t     clean;
    aud_buffer_t  b = { 0 };

    clean_name(&b, name);

    if (b.failed) {
        rc = no_memory(problem);
        goto done;
    }

    clean = aud_trim(aud_buffer_str(&b));
    len = sizeof(EXTENSION) - 1;

    if (clean.len < len
        || strncasecmp(clean.data + clean.len - len, EXTENSION, len) != 0)
    {
        rc = aud_problem_set(problem, 422, "not-csv",
                             "The file is not a CSV file",
                             clean.len ? "The name of the file must end in "
                             ".csv. In a spreadsheet program choose \"Save "
                             "as\" and \"CSV UTF-8\"."
                             : "The upload does not say the name of its file, "
                             "which must end in .csv.");
        goto done;
    }

    cut = clean.len;

    if (cut > FILENAME_MAX_BYTES) {
        cut = aud_utf8_valid(aud_str(clean.data, FILENAME_MAX_BYTES - len));
        aud_buffer_add(out, clean.data, cut);
        clean = aud_str(clean.data + clean.len - len, len);
    }

    aud_buffer_add(out, clean.data, clean.len);
    rc = out->failed ? no_memory(problem) : 0;

done:

    aud_buffer_free(&b);

    return rc;
}


/* The last component of a path of any system, without control characters and
 * what is not UTF-8. */

static void
clean_name(aud_buffer_t *out, aud_str_t name)
{
    size_t         i, valid;
    unsigned char  c;

    for (i = name.len; i > 0; i--) {
        if (name.data[i - 1] == '/' || name.data[i - 1] == '\\') {
            break;
        }
    }

    name = aud_str(name.data + i, name.len - i);
    valid = 0;

    for (i = 0; i < name.len; i++) {

        if (i >= valid) {
            valid = i + aud_utf8_valid(aud_str(name.data + i, name.len - i));
        }

        c = name.data[i];

        if (i >= valid || c < 0x20 || c == 0x7F) {
            continue;
        }

        if (c == 0xC2 && (unsigned char) name.data[i + 1] < 0xA0) {
            i++;                        /* C1 controls */
            continue;
        }

        aud_buffer_char(out, name.data[i]);
    }
}


static int
no_memory(aud_problem_t *problem)
{
    return aud_problem_set(problem, 500, "internal-error",
                           "Something went wrong",
                           "The server has no memory left to read the file's "
                           "name.");
}
