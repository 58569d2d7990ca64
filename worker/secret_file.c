/*
 * Files of one secret.
 */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "secret_file.h"


static int secret_file_line(FILE *file, const char *path, char *out,
    size_t size, aud_error_t *err);


int
secret_file_read(const char *path, char *out, size_t size, aud_error_t *err)
{
    int          rc;
    FILE        *file;
    struct stat  st;

    out[0] = '\0';
    file = fopen(path, "re");

    if (file == NULL) {
        return aud_error_system(err, "%s", path);
    }

    /* A buffer of the library's would keep a copy. */
    setvbuf(file, NULL, _IONBF, 0);

    if (fstat(fileno(file), &st) == 0 && st.st_mode & 007) {
        rc = aud_error_set(err, "%s: every user of this machine can read or "
                           "change it; run chmod o= on it", path);

    } else {
        rc = secret_file_line(file, path, out, size, err);
    }

    fclose(file);

    return rc;
}


static int
secret_file_line(FILE *file, const char *path, char *out, size_t size,
    aud_error_t *err)
{
    size_t  len;

    if (fgets(out, (int) size, file) == NULL) {
        out[0] = '\0';
        return ferror(file) ? aud_error_system(err, "%s", path) : 0;
    }

    len = strcspn(out, "\r\n");

    if (len + 1 == size) {
        explicit_bzero(out, size);
        return aud_error_set(err, "%s: its first line is longer than %zu bytes",
                             path, size - 2);
    }

    out[len] = '\0';

    return 0;
}
