#!/usr/bin/perl
#
# bench/learned.pl [LEXICONS]
#
# How well and how fast labels are learned from conversations with gold labels,
# against the built-in classifier with these lexicons (docs/enrichment.md).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Test;

my $build = Audience::Stack::build();
my $root = "$FindBin::Bin/..";
my $program = folder() . '/learned';

system(qw(gcc -std=gnu11 -O2 -D_GNU_SOURCE -pthread),
       "-I$root/common", "-I$root/worker", '-o', $program,
       "$FindBin::Bin/learned.c", "$build/libworker.a", "$build/libcommon.a",
       qw(-ljansson -lcrypto -lutf8proc -lm -luv -lrocksdb -llz4 -lcurl),
       qw(-linih -lidn2 -lphonenumber -lprotobuf -lstdc++))
    == 0 or die "cannot compile learned.c\n";

system($program, $ARGV[0] // "$root/conf/lexicons",
       map { "$root/bench/enrichment/$_.ndjson" } qw(tune judge)) == 0
    or die "learned failed\n";
