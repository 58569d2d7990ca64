#!/usr/bin/perl
#
# bench/enrichment.pl
#
# How well and how fast the built-in classifier labels conversations: accuracy,
# macro-F1 and confusions on the part that lexicons were tuned on, and on the
# one that they were not (docs/enrichment.md).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Test;

my $build = Audience::Stack::build();
my $root = "$FindBin::Bin/..";
my $program = folder() . '/enrichment';

system(qw(gcc -std=gnu11 -O2 -D_GNU_SOURCE -pthread),
       "-I$root/common", "-I$root/worker", '-o', $program,
       "$FindBin::Bin/enrichment.c", "$build/libworker.a",
       "$build/libcommon.a",
       qw(-ljansson -lcrypto -lutf8proc -lm -luv -lrocksdb -llz4 -lcurl),
       qw(-linih -lidn2 -lphonenumber -lprotobuf -lstdc++))
    == 0 or die "cannot compile enrichment.c\n";

for my $part (qw(tune judge)) {
    print "\n# $part.ndjson\n\n";
    system($program, "$root/conf/lexicons",
           "$FindBin::Bin/enrichment/$part.ndjson") == 0
        or die "enrichment failed\n";
}
