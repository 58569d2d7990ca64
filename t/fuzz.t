# Fuzz targets build, and take every input that was kept; `make fuzz` goes on from
# there.

use lib 't/lib';
use Audience::Stack;
use Test::More;

my $build = Audience::Stack->build =~ s{/asan$}{}r;
# They have flags of their own, and not those of `make sanitize`.
delete @ENV{qw(MAKEFLAGS CFLAGS LDFLAGS)};

my @targets = sort map { m{t/fuzz/(\w+)\.c$} } glob 't/fuzz/*.c';

is(system("make --no-print-directory BUILD='$build' fuzzers >'$build/fuzz.log' 2>&1"),
   0, 'the targets build') or diag(qx{tail -n 20 '$build/fuzz.log'});

for my $target (@targets) {
    my $kept = "$build/fuzz/kept/$target";
    my $said = qx{'$build/fuzz/$target' -runs=0 -timeout=10 t/fuzz/corpus/$target '$kept' 2>&1};

    is($? >> 8, 0, $target) or diag($said);
    like($said, qr/^INFO: seed corpus: files: \d\d/m, "$target has a corpus");
}

done_testing();
