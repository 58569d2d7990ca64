/* The names that are used: a list, for there are hundreds at most. */

#include "aud_alloc.h"
#include "aud_text.h"
#include "class_naming.h"


struct class_used_s {
    aud_buffer_t  *names;               /* folded */
    size_t         n;
    size_t         capacity;
};


class_used_t *
class_used_create(void)
{
    return aud_calloc(1, sizeof(class_used_t));
}


void
class_used_free(class_used_t *used)
{
    if (used == NULL) {
        return;
    }

    for (size_t i = 0; i < used->n; i++) {
        aud_buffer_free(&used->names[i]);
    }

    aud_free(used->names);
    aud_free(used);
}


int
class_used_add(class_used_t *used, aud_str_t name)
{
    aud_buffer_t  folded = { 0 };

    aud_fold(&folded, aud_trim(name));

    if (folded.failed) {
        return -1;
    }

    for (size_t i = 0; i < used->n; i++) {
        if (aud_str_equal(aud_buffer_str(&used->names[i]),
                          aud_buffer_str(&folded)))
        {
            aud_buffer_free(&folded);
            return 0;
        }
    }

    if (aud_grow(&used->names, sizeof(*used->names), used->n, &used->capacity)
        != 0)
    {
        aud_buffer_free(&folded);
        return -1;
    }

    used->names[used->n++] = folded;

    return 1;
}
