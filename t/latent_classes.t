# The worker's latent classes against an EM in numpy: t/latent/check.py.

use strict;
use warnings;

use Test::More;

my $build = $ENV{BUILD} || 'build';

-x "$build/t/lib/latent_fit" or BAIL_OUT('no latent_fit: make units builds it');

my $output = qx{BUILD='$build' PYTHONDONTWRITEBYTECODE=1 \\
                /usr/bin/python3 t/latent/check.py 2>&1 </dev/null};
my $status = $?;

for ($output =~ /^((?:not )?ok .*(?:\n#.*)*)/mg) {
    my ($not, $name, $details) = /^(not )?ok \d+ - (.*)((?:\n#.*)*)/;

    ok(!$not, $name) or diag($details);
}

is($status, 0, 'it ran to its end') or diag($output);
done_testing;
