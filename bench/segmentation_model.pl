#!/usr/bin/perl
#
# bench/segmentation_model.pl
#
# Latent classes against an EM in numpy and against k-means, on people whose
# classes are known: bench/lib/latent_peers.py.  docs/segmentation.md has the
# figures.  ROUNDS=5

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Test;

$ENV{BUILD} = Audience::Stack::build();
$ENV{ROUNDS} = rounds();

system('make', '-s', '-C', "$FindBin::Bin/..", "$ENV{BUILD}/t/lib/latent_fit")
    == 0 or die "cannot build latent_fit\n";
system('/usr/bin/python3', "$FindBin::Bin/lib/latent_peers.py") == 0
    or die "latent_peers.py failed\n";
