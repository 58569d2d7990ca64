/*
 * Preloaded into a program, fails one allocation, which a test chooses while the
 * program runs (t/allocations.t).  The test and the program, with the processes
 * that it forks, share the file that FAILING_MALLOC names:
 *
 *   u32 fail      this allocation from now on fails, counted from 1; 0: none
 *   u32 seen      allocations so far
 *   u32 failed    1: it came to that
 *   i64 blocks    that are allocated and not freed, since the program began;
 *                 meaningful where one process allocates
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>


typedef struct {
    uint32_t  fail;
    uint32_t  seen;
    uint32_t  failed;
    uint32_t  unused;
    int64_t   blocks;
} shared_t;


static void failing_find(void);
static int failing_now(void);
static void *failing_early(size_t size);
static int failing_is_early(const void *p);
static void *failing_counted(void *p);


static void    *(*real_malloc)(size_t);
static void    *(*real_calloc)(size_t, size_t);
static void    *(*real_realloc)(void *, size_t);
static int      (*real_memalign)(void **, size_t, size_t);
static void     (*real_free)(void *);

/* What dlsym() itself asks for; never given back. */
static char      early[65536] __attribute__((aligned(16)));
static size_t    early_used;
static int       finding;

static shared_t  nothing;
static shared_t *shared = &nothing;


__attribute__((constructor)) static void
failing_begin(void)
{
    int          fd;
    void        *p;
    const char  *path = getenv("FAILING_MALLOC");

    failing_find();
    fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

    if (fd != -1) {
        p = mmap(NULL, sizeof(shared_t), PROT_READ | PROT_WRITE, MAP_SHARED,
                 fd, 0);
        close(fd);

        if (p != MAP_FAILED) {
            shared = p;
        }
    }
}


static void
failing_find(void)
{
    finding = 1;
    real_malloc = dlsym(RTLD_NEXT, "malloc");
    real_calloc = dlsym(RTLD_NEXT, "calloc");
    real_realloc = dlsym(RTLD_NEXT, "realloc");
    real_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    real_free = dlsym(RTLD_NEXT, "free");
    finding = 0;
}


static int
failing_now(void)
{
    uint32_t  fail = __atomic_load_n(&shared->fail, __ATOMIC_RELAXED);

    if (fail == 0
        || __atomic_add_fetch(&shared->seen, 1, __ATOMIC_RELAXED) != fail)
    {
        return 0;
    }

    shared->failed = 1;
    errno = ENOMEM;

    return 1;
}


static void *
failing_early(size_t size)
{
    char  *p = early + early_used;

    size = (size + 15) & ~(size_t) 15;

    if (early_used + size > sizeof(early)) {
        _exit(126);
    }

    early_used += size;

    return p;
}


static int
failing_is_early(const void *p)
{
    return (const char *) p >= early
           && (const char *) p < early + sizeof(early);
}


static void *
failing_counted(void *p)
{
    if (p) {
        __atomic_add_fetch(&shared->blocks, 1, __ATOMIC_RELAXED);
    }

    return p;
}


void *
malloc(size_t size)
{
    if (real_malloc == NULL) {
        if (finding) {
            return failing_early(size);
        }

        failing_find();
    }

    return failing_now() ? NULL : failing_counted(real_malloc(size));
}


void *
calloc(size_t n, size_t size)
{
    if (real_calloc == NULL) {
        if (finding) {
            return failing_early(n * size);
        }

        failing_find();
    }

    return failing_now() ? NULL : failing_counted(real_calloc(n, size));
}


void *
realloc(void *p, size_t size)
{
    void  *new;

    if (failing_is_early(p)) {
        new = malloc(size);

        if (new) {
            memcpy(new, p, size);       /* reads on within `early` */
        }

        return new;
    }

    if (real_realloc == NULL) {
        failing_find();
    }

    if (failing_now()) {
        return NULL;
    }

    new = real_realloc(p, size);

    return p ? new : failing_counted(new);
}


int
posix_memalign(void **p, size_t alignment, size_t size)
{
    int  rc;

    if (real_memalign == NULL) {
        failing_find();
    }

    rc = failing_now() ? ENOMEM : real_memalign(p, alignment, size);

    if (rc == 0) {
        failing_counted(*p);
    }

    return rc;
}


void
free(void *p)
{
    if (p == NULL || failing_is_early(p)) {
        return;
    }

    __atomic_sub_fetch(&shared->blocks, 1, __ATOMIC_RELAXED);
    real_free(p);
}
