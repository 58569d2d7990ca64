# Runs every unit program of t/unit (cmocka), or those that UNITS names, and
# reports each of their tests.

use strict;
use warnings;

use Test::More;

my $build = $ENV{BUILD} || 'build';

# Some mount small file systems: in a mount namespace of their own, which needs
# no root.
my $namespace = $> ? '--map-root-user --mount' : '--mount';

# Where / is no mount point, as in a chroot, its propagation cannot be changed.
$namespace .= ' --propagation unchanged'
    if system("unshare $namespace true 2>/dev/null") != 0;

my @sources = $ENV{UNITS} ? map({; "t/unit/$_.c" } split ' ', $ENV{UNITS})
                          : sort glob 't/unit/*.c';

plan tests => scalar @sources;

for my $source (@sources) {
    my ($name) = $source =~ m{([^/]+)\.c$};

    subtest $name => sub { run_unit("$build/t/unit/$name") };
}


sub run_unit
{
    my ($program) = @_;

    my $output = qx{unshare $namespace $program 2>&1 </dev/null};
    my $status = $?;
    my %seen;

    while ($output =~ /^\[ +(OK|FAILED|ERROR) +\] (\w+)$/mg) {
        ok($1 eq 'OK', $2) unless $seen{$2}++;
    }

    ok($status == 0 && %seen, "$program ends well")
        or diag(%seen ? "status $status" : 'no test ran', "\n$output");
}
