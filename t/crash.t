# The fault suite in its short form: each file of t/crash, the same random
# choices each time.  `make crash` is the long one.

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

for my $file (sort glob 't/crash/*.t') {
    my $begun = Time::HiRes::time();
    my $output = qx{$^X $file 2>&1};
    my $what = $output =~ /^1\.\.0 # SKIP (.*)/m ? "skipped: $1"
             : sprintf 'all well, in %.1f s', Time::HiRes::time() - $begun;

    ok($? == 0, "$file: $what") or diag($output);
}

done_testing();
