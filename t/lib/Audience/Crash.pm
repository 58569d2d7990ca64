# Audience::Crash: how long a part of the fault suite (t/crash) runs, and with
# which random choices.
#
#   seed            SEED of the environment, or always the same one
#   turns(6, 200)   the first in `make test`, the second in `make crash`, which
#                   says CRASH=long; TURNS of the environment goes before both

package Audience::Crash;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(seed turns);


sub seed { $ENV{SEED} // 20261122 }


sub turns
{
    my ($short, $long) = @_;
    return $ENV{TURNS} // (($ENV{CRASH} // '') eq 'long' ? $long : $short);
}

1;
