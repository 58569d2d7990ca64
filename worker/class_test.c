#include <math.h>
#include <stdlib.h>

#include "class_test.h"


static double part(double observed, double row, double column, double all);
static int ascending(const void *a, const void *b);


double
class_test_g(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    double  in = (double) a + b, out = (double) c + d;
    double  has = (double) a + c, not = (double) b + d;
    double  all = in + out, g;

    g = 2 * (part(a, in, has, all) + part(b, in, not, all)
             + part(c, out, has, all) + part(d, out, not, all));

    return g > 0 ? g : 0;           /* rounding may leave a little below */
}


static double
part(double observed, double row, double column, double all)
{
    return observed > 0 ? observed * log(observed * all / (row * column)) : 0;
}


double
class_test_p(double g)
{
    return erfc(sqrt(g / 2));
}


double
class_test_limit(double *p, size_t n, double rate)
{
    size_t  i;

    qsort(p, n, sizeof(double), ascending);

    for (i = n; i > 0; i--) {
        if (p[i - 1] <= rate * i / n) {
            return p[i - 1];
        }
    }

    return -1;
}


static int
ascending(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}
