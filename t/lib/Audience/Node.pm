# Audience::Node: runs a Node.js program of t/<folder>, with the packages that
# the folder's package-lock.json pins.
#
#   my ($output, $status) = run_node('t/browser', 'upload.mjs', @arguments);
#
# Packages are installed (npm ci) when the lock file is newer than they are.

package Audience::Node;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT_OK = qw(run_node);


sub run_node
{
    my ($folder, $program, @arguments) = @_;

    install($folder);

    open my $pipe, '-|', 'node', "$folder/$program", @arguments
        or die "node: $!\n";
    my $output = do { local $/; <$pipe> };
    close $pipe;
    return ($output // '', $?);
}


sub install
{
    my ($folder) = @_;

    system('tools/node-packages', $folder) == 0
        or die "the packages of $folder cannot be installed\n";
}

1;
