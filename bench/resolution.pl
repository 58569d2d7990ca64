#!/usr/bin/perl
#
# bench/resolution.pl
#
# How well rows become people: precision, recall and F1 over pairs of rows of
# made-up people (resolution_people.h), for the default policy, for variations
# of it, and for simpler ways to resolve.  docs/resolution.md tells how to read
# the table.  SEEDS=3 takes it of several worlds.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Test;

my $build = Audience::Stack::build();
my $root = "$FindBin::Bin/..";
my $program = folder() . '/resolution';

system(qw(gcc -std=gnu11 -O2 -D_GNU_SOURCE -pthread),
       "-I$root/common", "-I$root/worker", '-o', $program,
       "$FindBin::Bin/resolution.c", "$build/libworker.a",
       "$build/libcommon.a",
       qw(-ljansson -lcrypto -lutf8proc -lm -luv -lrocksdb -llz4 -lcurl),
       qw(-linih -lidn2 -lphonenumber -lprotobuf -lstdc++))
    == 0 or die "cannot compile resolution.c\n";

for my $seed (1 .. ($ENV{SEEDS} || 1)) {
    print "seed $seed\n" if $seed > 1;
    system($program, size(400_000, 40_000), $seed) == 0
        or die "resolution failed\n";
}
