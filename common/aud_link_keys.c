/*
 * The file of link keys.  See aud_token.h.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include <openssl/crypto.h>

#include "aud_token.h"

#define KEY_BYTES_MIN  32
#define BLANKS         " \t\r\n"

static int open_keys(const char *path, FILE **file, aud_error_t *err);
static int read_line(char *line, const char *path, unsigned number,
    aud_link_keys_t *keys, aud_error_t *err);
static const char *add_key(aud_link_keys_t *keys, const char *id,
    const char *hex);
static int id_valid(const char *id);
static int hex_digit(char c);


int
aud_link_keys_read(const char *path, aud_link_keys_t *keys, aud_error_t *err)
{
    int        rc;
    char       line[512];
    FILE      *file;
    unsigned   number;

    memset(keys, 0, sizeof(aud_link_keys_t));

    if (open_keys(path, &file, err) != 0) {
        return -1;
    }

    rc = 0;

    for (number = 1; rc == 0 && fgets(line, sizeof(line), file); number++) {
        rc = read_line(line, path, number, keys, err);
    }

    if (rc == 0 && ferror(file)) {
        rc = aud_error_system(err, "reading link keys %s", path);
    }

    if (rc == 0 && keys->n == 0) {
        rc = aud_error_set(err, "%s holds no link key", path);
    }

    if (rc != 0) {
        OPENSSL_cleanse(keys, sizeof(aud_link_keys_t));
    }

    OPENSSL_cleanse(line, sizeof(line));
    fclose(file);

    return rc;
}


static int
open_keys(const char *path, FILE **file, aud_error_t *err)
{
    struct stat  st;

    *file = fopen(path, "re");

    if (*file == NULL || fstat(fileno(*file), &st) != 0) {
        aud_error_system(err, "opening link keys %s", path);
        goto failed;
    }

    if (!S_ISREG(st.st_mode)) {
        aud_error_set(err, "link keys %s is not a file", path);
        goto failed;
    }

    if (st.st_mode & 007) {
        aud_error_set(err, "link keys %s: every user of this machine can read "
                      "or change it; run chmod o= on it", path);
        goto failed;
    }

    setvbuf(*file, NULL, _IONBF, 0);        /* leaves no keys in freed memory */

    return 0;

failed:

    if (*file) {
        fclose(*file);
    }

    return -1;
}


static int
read_line(char *line, const char *path, unsigned number,
    aud_link_keys_t *keys, aud_error_t *err)
{
    char        *save, *id, *hex, *more;
    size_t       len;
    const char  *wrong;

    len = strlen(line);

    if (len && line[len - 1] != '\n' && len >= 511) {
        return aud_error_set(err, "%s line %u: too long", path, number);
    }

    line[strcspn(line, "#")] = '\0';

    id = strtok_r(line, BLANKS, &save);

    if (id == NULL) {
        return 0;
    }

    hex = strtok_r(NULL, BLANKS, &save);
    more = hex ? strtok_r(NULL, BLANKS, &save) : NULL;
    wrong = (hex == NULL || more) ? "expected an id and a key"
                                  : add_key(keys, id, hex);

    if (wrong) {
        return aud_error_set(err, "%s line %u: %s", path, number, wrong);
    }

    return 0;
}


/* Returns what is wrong, or NULL. */

static const char *
add_key(aud_link_keys_t *keys, const char *id, const char *hex)
{
    int              high, low;
    size_t           i, n;
    aud_link_key_t  *key;

    n = strlen(hex);

    if (!id_valid(id)) {
        return "an id is 1 to 16 letters and digits";
    }

    for (i = 0; i < keys->n; i++) {
        if (strcmp(keys->keys[i].id, id) == 0) {
            return "this id came before";
        }
    }

    if (keys->n == AUD_LINK_KEYS_MAX) {
        return "too many keys";
    }

    key = &keys->keys[keys->n];

    if (n % 2 || n / 2 < KEY_BYTES_MIN || n / 2 > sizeof(key->key)) {
        return "a key is 64 to 128 hexadecimal digits";
    }

    for (i = 0; i < n / 2; i++) {
        high = hex_digit(hex[2 * i]);
        low = hex_digit(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            return "a key is 64 to 128 hexadecimal digits";
        }

        key->key[i] = (uint8_t) (high << 4 | low);
    }

    key->len = n / 2;
    strcpy(key->id, id);
    keys->n++;

    return NULL;
}


static int
id_valid(const char *id)
{
    size_t  i;

    for (i = 0; id[i]; i++) {
        if (!isalnum((unsigned char) id[i])) {
            return 0;
        }
    }

    return i >= 1 && i <= sizeof(((aud_link_key_t *) 0)->id) - 1;
}


static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
